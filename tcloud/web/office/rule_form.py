"""The editor of rules: one form made from the typed fields of `Rules`, grouped as the rules are for people.

A limit becomes a number, a unit where the rule takes more than one, and a tick for days off. What pydantic refuses
comes back in words at the field that holds it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, cast

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy
from pydantic import ValidationError

from tcloud.programme.rule_texts import EXPLANATIONS, SECTIONS, TITLES, VALUES
from tcloud.programme.rules import NOT_OPEN_YET, Bounds, Limit, Rules, ServiceHours, Share, Unit, bounds_of
from tcloud.programme.services.drafting import REASON_LENGTH
from tcloud.programme.wording import CHOICES, UNITS, trouble

WEEKDAYS = [(1, "一"), (2, "二"), (3, "三"), (4, "四"), (5, "五"), (6, "六"), (7, "日")]
NEEDED = {"required": gettext_lazy("請填這一項。"), "invalid": gettext_lazy("請填整數。")}


def _number(label: Any) -> forms.IntegerField:
    widget = forms.TextInput({"inputmode": "numeric", "autocomplete": "off"})
    return forms.IntegerField(label=label, widget=widget, error_messages=NEEDED)


def _limit_fields(name: str, bounds: Bounds) -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {f"{name}__count": _number(TITLES[name])}
    units = [(unit.value, UNITS[unit]) for unit in bounds.most]
    fields[f"{name}__unit"] = forms.ChoiceField(label=gettext_lazy("單位"), choices=units)
    if not bounds.fixed_end and list(bounds.most) != [Unit.WORKING_DAYS]:
        fields[f"{name}__moves"] = forms.BooleanField(
            label=gettext_lazy("最後一天放假就順延到下一個工作天"), required=False
        )
    return fields


def _fields_of(name: str) -> dict[str, forms.Field]:
    """The form fields that hold one rule; the first carries the rule's title and its troubles."""
    kind, title = Rules.model_fields[name].annotation, cast(Any, TITLES[name])
    if kind is Limit:
        return _limit_fields(name, bounds_of(name))
    if kind is Share:
        return {f"{name}__numerator": _number(title), f"{name}__denominator": _number(gettext_lazy("分母"))}
    if kind is ServiceHours:
        time_input = forms.TimeInput({"type": "time"}, format="%H:%M")
        return {
            f"{name}__opens": forms.TimeField(label=gettext_lazy("開始"), widget=time_input, error_messages=NEEDED),
            f"{name}__closes": forms.TimeField(label=gettext_lazy("結束"), widget=time_input, error_messages=NEEDED),
            f"{name}__weekdays": forms.TypedMultipleChoiceField(
                label=gettext_lazy("星期"), choices=WEEKDAYS, coerce=int, widget=forms.CheckboxSelectMultiple,
                error_messages=NEEDED,
            ),
        }  # fmt: skip
    if kind is bool:
        choices = [("1", VALUES[name, True]), ("0", VALUES[name, False])]
        return {name: forms.TypedChoiceField(label=title, choices=choices, coerce=lambda value: value == "1")}
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {name: forms.ChoiceField(label=title, choices=[(item.value, CHOICES[item]) for item in kind])}
    if kind is int:
        return {name: _number(title)}
    return {name: forms.CharField(label=title, max_length=60, error_messages=NEEDED)}


@dataclass(frozen=True, slots=True)
class RuleFields:
    """One rule in the form: what it is called and means, and the fields that hold it."""

    name: str
    title: str
    explanation: str
    fields: list[BoundField]
    is_open: bool = True
    """Whether anything follows from it today."""

    @property
    def errors(self) -> list[str]:
        """What is wrong with any of the fields, in words."""
        return [str(error) for bound in self.fields for error in bound.errors]


class _RulesForm(forms.Form):
    """The rules of a draft, from when they apply, and why they change."""

    reason = forms.CharField(
        label=gettext_lazy("改了什麼，為什麼"), max_length=REASON_LENGTH, widget=forms.Textarea({"rows": 3}), required=False,
        help_text=gettext_lazy("覆核的同事會看到；公布後寫在版本紀錄裡，大家都看得到。送出覆核前要填。"),
    )  # fmt: skip
    effective_date = forms.DateField(
        label=gettext_lazy("從哪一天起適用"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("當天 00:00 起。不填，公布時立即適用。已經核發的點數和成立的訂單照原來的版本。"),
        error_messages={"invalid": gettext_lazy("日期格式是 年-月-日，例如 2026-05-14。")},
    )  # fmt: skip

    rules: Rules | None = None

    def clean(self) -> dict[str, Any]:
        """Let the typed rules judge all values together; what they refuse stands at its field."""
        data = super().clean() or {}
        unreadable = {name.split("__")[0] for name in self.errors}
        values = {name: _value_of(name, data) for name in Rules.model_fields if name not in unreadable}
        try:
            rules = Rules.model_validate(values)
        except ValidationError as refused:
            for error in refused.errors():
                rule = str(error["loc"][0]) if error["loc"] else ""
                where = next((name for name in self.fields if name.split("__")[0] == rule), None)
                if where or not unreadable:  # what rules say of each other is judged when each can be read
                    self.add_error(where, trouble(error["type"], error.get("ctx", {})))
        else:
            self.rules = None if unreadable else rules
        return data

    def sections(self) -> list[tuple[str, list[RuleFields]]]:
        """The fields under the headings of the rules."""
        return [
            (str(title), [RuleFields(name, str(TITLES[name]), str(EXPLANATIONS[name]), self._bound(name), name not in NOT_OPEN_YET) for name in names])
            for title, names in SECTIONS.values()
        ]

    def _bound(self, rule: str) -> list[BoundField]:
        return [self[name] for name in self.fields if name.split("__")[0] == rule]


def _value_of(name: str, data: Mapping[str, Any]) -> Any:
    """One rule as pydantic takes it, from the form's clean values."""
    kind = Rules.model_fields[name].annotation
    parts = {key.partition("__")[2]: value for key, value in data.items() if key.startswith(f"{name}__")}
    if kind is Limit:
        working = parts["unit"] == Unit.WORKING_DAYS
        moves = parts.get("moves", not bounds_of(name).fixed_end)
        return {"count": parts["count"], "unit": parts["unit"], "moves_to_working_day": moves or working}
    if parts:
        return parts
    value = data[name]
    if kind in (bool, int) or (isinstance(kind, type) and issubclass(kind, StrEnum)):
        return value
    return [part.strip() for part in str(value).replace("、", ",").replace("，", ",").split(",") if part.strip()]


RulesForm = type(
    "RulesForm", (_RulesForm,), {key: field for name in Rules.model_fields for key, field in _fields_of(name).items()}
)
"""Every rule as form fields: `self_pay__count`, `points_share__numerator`, `warnings_days_before` …"""


def initial_of(rules: Rules, reason: str, effective_date: date | None) -> dict[str, Any]:
    """What the form shows before anybody types."""
    found: dict[str, Any] = {"reason": reason, "effective_date": effective_date}
    for name in Rules.model_fields:
        value = getattr(rules, name)
        if isinstance(value, Limit):
            found |= {f"{name}__count": value.count, f"{name}__unit": value.unit.value,
                      f"{name}__moves": value.moves_to_working_day}  # fmt: skip
        elif isinstance(value, Share):
            found |= {f"{name}__numerator": value.numerator, f"{name}__denominator": value.denominator}
        elif isinstance(value, ServiceHours):
            found |= {f"{name}__opens": value.opens, f"{name}__closes": value.closes,
                      f"{name}__weekdays": list(value.weekdays)}  # fmt: skip
        elif isinstance(value, tuple):
            found[name] = ", ".join(str(part) for part in value)
        elif isinstance(value, bool):
            found[name] = "1" if value else "0"
        else:
            found[name] = value.value if isinstance(value, StrEnum) else value
    return found
