"""The template library of forms: a field with its label, hint and error, and the summary of what is wrong."""

from typing import Any

from django import template
from django.forms import BoundField

register = template.Library()


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, css: str = "") -> dict[str, Any]:
    """A form field: label above, hint, error, and the wiring between them."""
    described = [f"{bound.auto_id}-hint"] if bound.help_text else []
    if bound.errors:
        described.append(f"{bound.auto_id}-error")
    attributes: dict[str, str | bool] = {"class": f"tc-input {css}".strip()}
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if bound.errors:
        attributes["aria-invalid"] = "true"
    return {"field": bound, "widget": bound.as_widget(attrs=attributes)}


@register.inclusion_tag("office/_parts/rule_input.html")
def rule_input(bound: BoundField, rule: str) -> dict[str, Any]:
    """One of the fields that hold a rule; the rule's title and explanation stand above all of them."""
    attributes: dict[str, str | bool] = {"aria-describedby": f"{rule}-what"}
    kind = bound.field.widget.__class__.__name__
    if kind not in ("CheckboxInput", "CheckboxSelectMultiple"):
        short = "__" in bound.name and kind == "TextInput"
        attributes["class"] = "tc-input tc-input-count" if short else "tc-input"
    if bound.errors:
        attributes["aria-invalid"] = "true"
    only = [str(label) for _value, label in getattr(bound.field, "choices", [])]
    return {
        "field": bound, "widget": bound.as_widget(attrs=attributes), "kind": kind, "is_first": "__" not in bound.name
        or bound.name.endswith(("__count", "__numerator")), "only": only[0] if len(only) == 1 else "",
    }  # fmt: skip


@register.inclusion_tag("components/tick.html")
def tick(bound: BoundField) -> dict[str, Any]:
    """A check box whose whole row can be clicked."""
    attributes: dict[str, str | bool] = {}
    if bound.errors:
        attributes = {"aria-invalid": "true", "aria-describedby": f"{bound.auto_id}-error"}
    return {"field": bound, "widget": bound.as_widget(attrs=attributes)}


@register.inclusion_tag("components/choices.html")
def choices(bound: BoundField) -> dict[str, Any]:
    """One choice of several, each row clickable; none is ticked beforehand."""
    return {"field": bound}


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: Any) -> dict[str, Any]:
    """Errors on top, each a link to its field; a group of radio buttons is reached at its first one."""
    fields = [
        {"label": bound.label, "error": bound.errors[0], "target": bound.id_for_label or f"{bound.auto_id}_0"}
        for bound in form
        if bound.errors
    ]
    return {"form": form, "fields": fields}
