"""Decisions of two people: what waits, and the second person's word."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tcloud.core import wording
from tcloud.core.errors import NotFound, Refused
from tcloud.identity.roles import Permission
from tcloud.points import desk_queries
from tcloud.points.queries import budget_left
from tcloud.points.services import adjusting, extending
from tcloud.programme.queries import rule_set_at
from tcloud.web.access import PageRequest, office_role
from tcloud.web.office.grants import ASKS, signed
from tcloud.web.office.points_desk import Asked, chosen_call, desk, two_steps
from tcloud.web.office.points_forms import BudgetForm, ExtendForm, VerdictForm

PAGE = 20


@require_safe
@office_role(Permission.GRANTS_VIEW)
def waiting_decisions(request: PageRequest) -> HttpResponse:
    """What waits for a second person, and what was decided, the newest first."""
    changes, adjustments = desk_queries.open_changes(), desk_queries.open_adjustments()
    rows: list[Any] = [*changes, *adjustments]
    ubns = [row.grant.ubn for row in rows if row.grant]
    decided = Paginator(desk_queries.decided_changes(), PAGE).get_page(request.GET.get("page"))
    adjusted = desk_queries.decided_adjustments()
    context = desk(
        request, "decisions", changes=changes, adjustments=adjustments, names=desk_queries.company_names(ubns),
        decided=decided, adjusted=adjusted,
    )  # fmt: skip
    return render(request, "office/points/decisions.html", context)


def _decide(request: PageRequest, decision: Any, title: str, decide: Any, **context: Any) -> HttpResponse:
    """The decision with its effect and the form for the second person; a second click finds what was decided."""
    form = VerdictForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            agreed = form.cleaned_data["verdict"] == "agree"
            if decision.decided_by_id == request.user.pk and decision.agreed == agreed:
                return redirect("office:decisions")
            try:
                decide(agreed)
            except NotFound:
                raise
            except Refused as refusal:
                form.add_error(None, str(refusal))
                status = refusal.status
            else:
                messages.success(request, _("已同意，照提案執行。") if agreed else _("已記錄不同意，什麼都沒有動。"))
                return redirect("office:decisions")
        else:
            status = 422
    names = desk_queries.company_names([decision.grant.ubn]) if decision.grant else {}
    context = desk(
        request, "decisions", decision=decision, title=title, form=form, names=names,
        own=decision.proposed_by_id == request.user.pk, **context,
    )  # fmt: skip
    return render(request, "office/points/decide.html", context, status=status)


@require_http_methods(ASKS)
@office_role(Permission.GRANTS_STEWARD)
def decide_change(request: PageRequest, change: int) -> HttpResponse:
    """A proposal to move clocks: its dates before and after, and the second person's word."""
    found = desk_queries.change(change)
    if found is None:
        raise extending.ChangeMissing
    return _decide(
        request, found, _("延後期限 %(days)s 天") % {"days": found.days},
        lambda agreed: extending.decide_change(change_id=change, agreed=agreed, by=request.user, now=request.now),
        **(_effects(found) if found.agreed is None else {}), moved=desk_queries.moved_by(change),
    )  # fmt: skip


def _effects(change: Any) -> dict[str, Any]:
    """Dates before and after, of one grant or of the first and the last that would move."""
    if change.grant is not None:
        activate, use = extending.later_dates(change.grant, change.days)
        rows = [(_("使用期限"), change.grant.use_until, use)]
        if change.grant.activated_at is None:
            rows.insert(0, (_("啟用期限"), change.grant.activate_until, activate))
        return {"effects": [(label, _year(before), _year(after)) for label, before, after in rows]}
    return call_effects(change.call, change.days, change.proposed_at)


def _year(until: Any) -> str:
    return wording.limit(until, year=True)


def call_effects(call: Any, days: int, now: Any) -> dict[str, Any]:
    """How many grants would move, and the first and the last use window's end before and after."""
    running = desk_queries.running(call)
    note = _("會延後 %(all)s 家的期限；其中 %(idle)s 家還沒啟用，兩個期限都延後。") % {
        "all": wording.amount(running.grants), "idle": wording.amount(running.not_activated),
    }  # fmt: skip
    rows = []
    rule = rule_set_at(call, now).rules.use
    for label, until in ((_("最早的使用期限"), running.first_use_until), (_("最晚的使用期限"), running.last_use_until)):
        if until is not None:
            rows.append((label, _year(until), _year(extending.later_by(until, days, rule))))
    return {"effects": rows, "effect_note": note}


@require_http_methods(ASKS)
@office_role(Permission.POINTS_ADJUST)
def decide_adjustment(request: PageRequest, adjustment: int) -> HttpResponse:
    """An adjustment: what it would post, and the second person's word."""
    found = desk_queries.adjustments().filter(pk=adjustment).first()
    if found is None:
        raise adjusting.AdjustmentMissing
    effects: list[tuple[str, str, str]] = []
    if found.agreed is None:
        label = _("錢包餘額") if found.grant else _("未核發經費")
        before = desk_queries.balance_before(found)
        effects = [(label, wording.amount(before), wording.amount(before + found.points))]
    return _decide(
        request, found, _("更正企業點數") if found.grant else _("調整核定總額"),
        lambda agreed: adjusting.decide_adjustment(
            adjustment_id=adjustment, agreed=agreed, by=request.user, now=request.now
        ),
        effects=effects,
    )  # fmt: skip


@require_http_methods(ASKS)
@office_role(Permission.GRANTS_STEWARD)
def extend_all(request: PageRequest) -> HttpResponse:
    """Propose to move the clocks of every grant of a call."""
    call, _calls = chosen_call(request)
    asked = Asked(
        tab="decisions", subject=call.title, title=_("提議延後全梯次的期限"), button=_("送出提案"),
        done=_("提案已送出，等另一位同事覆核。"), back=reverse("office:decisions"),
        hint=_("還沒到期的點數，兩個期限一起延後；同意後分批進行，每家公司各收到一封信。"),
        rule=_("規則：停電、天災等可以延後一筆或全部點數，兩人作業。"),
        check=lambda data: call_effects(call, data["days"], request.now),
    )  # fmt: skip
    return two_steps(request, asked, ExtendForm, lambda data: extending.propose_change(
        call_code=call.code, grant_id=None, days=data["days"], reason=data["reason"], request_key=data["request_key"],
        by=request.user, now=request.now,
    ))  # fmt: skip


@require_http_methods(ASKS)
@office_role(Permission.POINTS_ADJUST)
def adjust_budget(request: PageRequest) -> HttpResponse:
    """Propose to raise or lower a call's budget."""
    call, _calls = chosen_call(request)
    left = budget_left(call)
    asked = Asked(
        tab="budget", subject=call.title, title=_("提議調整核定總額"), button=_("送出提案"),
        done=_("提案已送出，等另一位同事覆核。"), back=reverse("office:decisions"),
        facts=((_("未核發經費"), wording.amount(left)),),
        hint=_("增加的經費先給候補的公司；減少只能動未核發的部分。"),
        rule=_("規則：只能新增分錄，不能改舊帳；兩人作業；經費不得為負。"),
        check=lambda data: {
            "effects": [(_("未核發經費"), wording.amount(left), wording.amount(left + signed(data)))]
        },
    )  # fmt: skip
    return two_steps(request, asked, BudgetForm, lambda data: adjusting.propose_adjustment(
        call_code=call.code, grant_id=None, points=signed(data), reason=data["reason"],
        request_key=data["request_key"], by=request.user, now=request.now,
    ))  # fmt: skip
