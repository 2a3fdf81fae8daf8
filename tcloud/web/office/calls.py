"""梯次與規則: calls, their versions of the rules, and the draft of the next one."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tcloud.catalog.queries import category_choices
from tcloud.core.errors import Refused
from tcloud.core.time import taipei_date
from tcloud.identity.roles import Permission, any_may
from tcloud.points.queries import running_by_version
from tcloud.programme import queries
from tcloud.programme.services import drafting, opening
from tcloud.programme.wording import sections
from tcloud.web.access import PageRequest, office_role
from tcloud.web.answers import answer_status, posted
from tcloud.web.office.forms import CallForm

if TYPE_CHECKING:
    from tcloud.programme.models import Call, RuleDraft


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call in the list: where it stands, and the draft under way."""

    call: "Call"
    tag: tuple[str, str]
    version: int
    draft: "RuleDraft | None"


def where_it_stands(call: "Call", version: int, now: datetime) -> tuple[str, str]:
    """A call's state in a word, with the kind of its tag."""
    today = taipei_date(now)
    if not version:
        return "wait", _("準備中")
    if today < call.opens_date:
        return "plain", _("還沒開放")
    return ("ok", _("開放申請")) if today < call.closes_until else ("end", _("已截止"))


@require_safe
@office_role(Permission.OFFICE_VIEW)
def call_list(request: PageRequest) -> HttpResponse:
    """Every call, prepared ones included."""
    rows = [
        CallRow(call, where_it_stands(call, version, request.now), version, draft)
        for call, version, draft in queries.calls_with_rules(request.now)
    ]
    today = taipei_date(request.now)
    context = {
        "rows": rows, "section": "calls", "call": queries.latest_call(request.now),
        "may_prepare": any_may(request.office_roles, Permission.CALL_PREPARE),
        "provisional": queries.current_calendar().is_provisional(today), "year": today.year,
    }  # fmt: skip
    return render(request, "office/calls.html", context)


@require_http_methods(["GET", "POST"])
@office_role(Permission.CALL_PREPARE)
def call_new(request: PageRequest) -> HttpResponse:
    """Write a call down; it opens when a second person publishes its first rules."""
    form = CallForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            call = opening.prepare_call(plan=form.plan(), by=request.user, today=taipei_date(request.now), now=request.now)
        except opening.CodeTaken as refusal:
            form.add_error("code", str(refusal))
        except opening.CallDates as refusal:
            form.add_error("opens_date", str(refusal))
        else:
            messages.success(request, _("梯次已建立，還沒開放。接著確認規則，送出覆核；另一位同事公布後才開放、經費才入帳。"))
            return redirect("office:draft-edit", call.code)
    context = {"form": form, "section": "calls", "call": queries.latest_call(request.now)}
    return render(request, "office/call_new.html", context, status=answer_status(form))


@require_safe
@office_role(Permission.OFFICE_VIEW)
def call_rules(request: PageRequest, call: str) -> HttpResponse:
    """One call: its facts, every version of its rules with who published it, and the draft under way."""
    found = queries.named_call(call)
    versions = queries.versions_of(found)
    grants, limits = running_by_version(found), queries.open_limits_by_version(found)
    in_force = next((row.version for row in versions if row.effective_at <= request.now), 0)
    names = dict(category_choices())
    context = {
        "found": found, "section": "calls", "call": queries.latest_call(request.now), "draft": queries.open_draft(found),
        "tag": where_it_stands(found, versions[-1].version if versions else 0, request.now), "in_force": in_force,
        "versions": [(row, grants.get(row.version, 0), limits.get(row.version, 0)) for row in versions],
        "categories": [names.get(slug, slug) for slug in found.categories],
        "may_draft": any_may(request.office_roles, Permission.RULES_DRAFT),
    }  # fmt: skip
    return render(request, "office/call.html", context)


@require_safe
@office_role(Permission.OFFICE_VIEW)
def rule_version(request: PageRequest, call: str, version: int) -> HttpResponse:
    """One published version in plain words."""
    found = queries.named_call(call)
    rule_set = queries.version_of(found, version)
    context = {
        "found": found, "rule_set": rule_set, "sections": sections(rule_set.rules), "section": "calls",
        "call": queries.latest_call(request.now),
    }  # fmt: skip
    return render(request, "office/rule_version.html", context)


@require_POST
@office_role(Permission.RULES_DRAFT)
def draft_start(request: PageRequest, call: str) -> HttpResponse:
    """Begin the next version as a copy of the last one."""
    queries.named_call(call)
    try:
        drafting.start_draft(call_code=call, by=request.user, now=request.now)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("office:draft", call)
    return redirect("office:draft-edit", call)
