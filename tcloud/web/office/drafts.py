"""The draft of a call's next rules: written by one person, looked at and published by another."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tcloud.core.errors import Refused
from tcloud.identity.roles import Permission, any_may
from tcloud.points.queries import running_by_version
from tcloud.programme import queries
from tcloud.programme.rules import Rules, limit_names
from tcloud.programme.services import drafting, publishing
from tcloud.programme.states import DraftEvent, DraftState
from tcloud.programme.wording import differences, rule_title, sections
from tcloud.web.access import PageRequest, office_role
from tcloud.web.answers import answer_status, posted
from tcloud.web.office.forms import WhyForm
from tcloud.web.office.rule_form import RulesForm, initial_of

if TYPE_CHECKING:
    from tcloud.programme.models import Call, RuleDraft

CLOCKS = ("activation", "use")
SAID = {
    DraftEvent.SENT: gettext_lazy("已送出，等另一位同事覆核。"),
    DraftEvent.TAKEN_BACK: gettext_lazy("已取回，可以再修改。"),
    DraftEvent.RETURNED: gettext_lazy("已退回，撰寫的同事可以修改。"),
    DraftEvent.REVIEWED: gettext_lazy("覆核完成，可以公布。"),
    DraftEvent.DISCARDED: gettext_lazy("草案已作廢，規則沒有變動。"),
}


@dataclass(frozen=True, slots=True)
class DateEffect:
    """What today would lead to under both versions: the last day of one limit."""

    title: str
    before: datetime
    after: datetime


def effects(before: Rules, after: Rules, now: datetime) -> list[DateEffect]:
    """Both clocks of a grant issued now, and every other limit that the draft changes, counted from now."""
    calendar = queries.current_calendar()
    names = [name for name in limit_names() if name in CLOCKS or getattr(before, name) != getattr(after, name)]
    return [
        DateEffect(
            rule_title(name), queries.limit_end(getattr(before, name), now, calendar),
            queries.limit_end(getattr(after, name), now, calendar),
        )
        for name in sorted(names, key=lambda name: name not in CLOCKS)
    ]  # fmt: skip


def _found(request: PageRequest, code: str) -> "tuple[Call, RuleDraft | None]":
    call = queries.named_call(code)
    draft = queries.open_draft(call)
    if draft is None:
        messages.error(request, _("這個梯次現在沒有草案。要改規則，請先開始一份。"))
    return call, draft


@require_safe
@office_role(Permission.OFFICE_VIEW)
def draft_page(request: PageRequest, call: str) -> HttpResponse:
    """What the draft changes, what that does to grants and limits that run, and the next step."""
    return _draft_page(request, call, WhyForm())


def _draft_page(request: PageRequest, call: str, why_form: WhyForm) -> HttpResponse:
    found, draft = _found(request, call)
    if draft is None:
        return redirect("office:call-rules", call)
    base = next(iter(queries.versions_of(found)), None)
    is_author = draft.drafted_by_id == request.user.pk
    context = {
        "found": found, "draft": draft, "base": base, "section": "calls", "call": queries.latest_call(request.now),
        "changes": differences(base.rules, draft.rules) if base else [],
        "all_rules": sections(draft.rules) if base is None else [],
        "effects": effects(base.rules if base else draft.rules, draft.rules, request.now),
        "grants": sum(running_by_version(found).values()), "limits": sum(queries.open_limits_by_version(found).values()),
        "steps": queries.steps_of(draft), "why_form": why_form, "is_author": is_author,
        "writes": is_author and any_may(request.office_roles, Permission.RULES_DRAFT),
        "decides": not is_author and any_may(request.office_roles, Permission.RULES_PUBLISH),
    }  # fmt: skip
    return render(request, "office/draft.html", context, status=answer_status(why_form))


@require_http_methods(["GET", "POST"])
@office_role(Permission.RULES_DRAFT)
def draft_edit(request: PageRequest, call: str) -> HttpResponse:
    """The editor: every rule with its explanation; what is wrong is said at its field and nothing typed is lost."""
    found, draft = _found(request, call)
    if draft is None:
        return redirect("office:call-rules", call)
    if draft.drafted_by_id != request.user.pk or draft.state != DraftState.DRAFT:
        messages.error(request, _("這份草案現在不能改：只有撰寫的人、而且在草擬中才可以。"))
        return redirect("office:draft", call)
    form = RulesForm(posted(request), initial=initial_of(draft.rules, draft.reason, draft.effective_date))
    if request.method == "POST" and form.is_valid():
        try:
            drafting.save_draft(
                draft_id=draft.pk, rules=form.rules, effective_date=form.cleaned_data["effective_date"],
                reason=form.cleaned_data["reason"], by=request.user, now=request.now,
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("草案已存。看過差異和影響，再送出覆核。"))
            return redirect("office:draft", call)
    context = {"form": form, "found": found, "draft": draft, "section": "calls", "call": queries.latest_call(request.now)}
    return render(request, "office/draft_edit.html", context, status=answer_status(form))


def _step(request: PageRequest, call: str, event: DraftEvent, why: str = "") -> HttpResponse:
    _call, draft = _found(request, call)
    if draft is None:
        return redirect("office:call-rules", call)
    try:
        drafting.step_draft(draft_id=draft.pk, event=event, by=request.user, now=request.now, why=why)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, str(SAID[event]))
    return redirect("office:call-rules" if event == DraftEvent.DISCARDED else "office:draft", call)


@require_POST
@office_role(Permission.RULES_DRAFT)
def draft_send(request: PageRequest, call: str) -> HttpResponse:
    """The author hands the draft over."""
    return _step(request, call, DraftEvent.SENT)


@require_POST
@office_role(Permission.RULES_DRAFT)
def draft_take_back(request: PageRequest, call: str) -> HttpResponse:
    """The author takes it back to change it."""
    return _step(request, call, DraftEvent.TAKEN_BACK)


@require_POST
@office_role(Permission.RULES_DRAFT)
def draft_discard(request: PageRequest, call: str) -> HttpResponse:
    """The author gives the draft up."""
    return _step(request, call, DraftEvent.DISCARDED)


@require_POST
@office_role(Permission.RULES_PUBLISH)
def draft_review(request: PageRequest, call: str) -> HttpResponse:
    """A second person has read it and agrees."""
    return _step(request, call, DraftEvent.REVIEWED)


@require_POST
@office_role(Permission.RULES_PUBLISH)
def draft_return(request: PageRequest, call: str) -> HttpResponse:
    """A second person sends it back, with the reason."""
    form = WhyForm(request.POST)
    if not form.is_valid():
        return _draft_page(request, call, form)
    return _step(request, call, DraftEvent.RETURNED, form.cleaned_data["why"])


@require_http_methods(["GET", "POST"])
@office_role(Permission.RULES_PUBLISH)
def draft_publish(request: PageRequest, call: str) -> HttpResponse:
    """Say once more what will happen, and publish."""
    found, draft = _found(request, call)
    if draft is None:
        return redirect("office:call-rules", call)
    if request.method == "POST":
        try:
            version = publishing.publish(draft_id=draft.pk, by=request.user, now=request.now)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("office:draft", call)
        messages.success(request, _("第 %(version)s 版規則已公布。") % {"version": version.version})
        return redirect("office:rule-version", call, version.version)
    base = next(iter(queries.versions_of(found)), None)
    context = {
        "found": found, "draft": draft, "base": base, "section": "calls", "call": queries.latest_call(request.now),
        "changes": differences(base.rules, draft.rules) if base else [],
    }  # fmt: skip
    return render(request, "office/draft_publish.html", context)
