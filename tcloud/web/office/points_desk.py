"""What the pages about budget and points share: the call that is looked at, the tabs, and steps that ask twice."""

from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tcloud.core.errors import NotFound, Refused
from tcloud.identity.roles import Permission, any_may
from tcloud.points.desk_queries import waiting_for_a_second_person
from tcloud.programme.queries import all_calls
from tcloud.web.access import PageRequest

TABS = (
    ("budget", _("經費"), "office:budget", Permission.BUDGET_VIEW),
    ("waiting", _("候補"), "office:waiting", Permission.GRANTS_VIEW),
    ("grants", _("企業點數"), "office:grants", Permission.GRANTS_VIEW),
    ("decisions", _("待覆核"), "office:decisions", Permission.GRANTS_VIEW),
)


def desk(request: PageRequest, tab: str, **context: Any) -> dict[str, Any]:
    """What every page of these needs: its tab, the tabs the person may open, and how many decisions wait."""
    return {
        "section": "points", "tab": tab, "decisions_open": waiting_for_a_second_person(),
        "tabs": [(key, title, url) for key, title, url, permission in TABS if any_may(request.office_roles, permission)],
        "stewards": any_may(request.office_roles, Permission.GRANTS_STEWARD), "adjusts": any_may(request.office_roles, Permission.POINTS_ADJUST),
        **context,
    }  # fmt: skip


def chosen_call(request: PageRequest) -> tuple[Any, list[Any]]:
    """The call asked for by `?call=`, else the newest one, and all of them. Raises Http404 where there is none such."""
    calls = all_calls()
    code = request.GET.get("call")
    found = next((call for call in calls if call.code == code), None) if code else (calls[0] if calls else None)
    if found is None:
        raise Http404
    return found, calls


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing a person does in two steps: fill in a form, then check the answers and their effect.

    `sums` are label and value; `preview` is the message the company will read; `effects` lines say what changes.
    """

    tab: str
    title: str | Promise
    button: str | Promise
    done: str | Promise
    back: str
    subject: str = ""
    hint: str | Promise = ""
    rule: str | Promise = ""
    danger: bool = False
    facts: tuple[tuple[str | Promise, str], ...] = ()
    check: Callable[[dict[str, Any]], dict[str, Any]] = field(default=lambda data: {})


def two_steps(
    request: PageRequest, asked: Asked, form_class: type[Form], act: Callable[[dict[str, Any]], Any],
    initial: dict[str, Any] | None = None,
) -> HttpResponse:  # fmt: skip
    """Ask, show what it will do, act once: the form's own key makes a double click or a way back one effect.

    Nothing typed is lost: a refusal comes back on the form. What is missing stays a page of its own.
    """
    context = desk(request, asked.tab, asked=asked)
    if request.method != "POST":
        form = form_class(initial={**(initial or {}), "request_key": token_urlsafe(16)})
        return render(request, "office/points/ask.html", {**context, "form": form})
    form = form_class(request.POST)
    if not form.is_valid():
        return render(request, "office/points/ask.html", {**context, "form": form}, status=422)
    if "back" in request.POST:
        return render(request, "office/points/ask.html", {**context, "form": form})
    try:
        if "confirmed" in request.POST:
            act(form.cleaned_data)
            messages.success(request, str(asked.done))
            return redirect(asked.back)
        extra = asked.check(form.cleaned_data)
    except NotFound:
        raise
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return render(request, "office/points/ask.html", {**context, "form": form}, status=refusal.status)
    answers = [(bound.label, _said(bound)) for bound in form.visible_fields()]
    return render(request, "office/points/check.html", {**context, "form": form, "answers": answers, **extra})


def _said(bound: Any) -> str:
    value = bound.form.cleaned_data.get(bound.name)
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    choices = dict(getattr(bound.field, "choices", ()))
    return str(choices.get(value, value))
