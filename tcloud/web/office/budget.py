"""The budget of a call: where its points are, how they went down, how long they last; and the waiting line."""

from datetime import date, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tcloud.core import wording
from tcloud.core.exports import table_response
from tcloud.core.time import taipei_date
from tcloud.identity.roles import Permission, any_may
from tcloud.points import desk_queries
from tcloud.points.budget import Flow, Forecast, Position, Span, burn_down, forecast, position, turn_by
from tcloud.points.budget_queries import budget_of
from tcloud.programme.queries import rule_set_at
from tcloud.web.access import PageRequest, office_role
from tcloud.web.office.points_desk import chosen_call, desk

PAGE, SHOWN_SPANS, EXPORT_ROWS = 50, 26, 100_000
SPANS = {"day": 1, "week": 7}
FORMS = ("csv", "xlsx")


@require_safe
@office_role(Permission.GRANTS_VIEW)
def entry(request: PageRequest) -> HttpResponse:
    """The first of these pages that the person may see."""
    return redirect("office:budget" if any_may(request.office_roles, Permission.BUDGET_VIEW) else "office:grants")


@require_safe
@office_role(Permission.BUDGET_VIEW)
def budget(request: PageRequest) -> HttpResponse:
    """Every figure of a call's budget, derived from the journal, with the identity that proves them."""
    call, calls = chosen_call(request)
    read = budget_of(call)
    today = taipei_date(request.now)
    figures = position(read.flows, appropriated=read.appropriated, unallocated=read.unallocated)
    days = burn_down(read.flows, today)
    by = _by(request)
    ahead = forecast(days, figures.unallocated, today)
    context = desk(
        request, "budget", call=call, calls=calls, figures=figures, behind=read.behind, days=days, by=by, today=today, forecast=ahead,
        spans=list(reversed(burn_down(read.flows, today, days=SPANS[by])))[:SHOWN_SPANS],
        headline=headline(figures, ahead), shares=_shares(figures), waiting=desk_queries.waiting_line(call).count(),
        adjustments=list(desk_queries.adjustments(call).filter(grant=None)[:PAGE]),
    )  # fmt: skip
    return render(request, "office/points/budget.html", context)


def _by(request: PageRequest) -> str:
    by = request.GET.get("by", "week")
    return by if by in SPANS else "week"


def _shares(figures: Position) -> dict[str, str]:
    """Percents of the appropriation, for the eye; the figures beside them are exact."""
    parts = {
        "unallocated": figures.unallocated, "wallets": figures.in_wallets, "held": figures.held,
        "vendors": figures.with_vendors,
    }  # fmt: skip
    return {name: _percent(value, figures.appropriated) for name, value in parts.items()}


def _percent(part: int, whole: int) -> str:
    share = 100 * part / whole if whole else 0.0
    return "<0.1" if 0 < share < 0.05 else f"{share:.1f}"


def headline(figures: Position, ahead: Forecast | None) -> str:
    """The answer the page is opened for."""
    if figures.unallocated <= 0:
        return _("經費已經發完，新的公司排入候補")
    if ahead is None:
        return _("還有 %(left)s 點未核發") % {"left": wording.amount(figures.unallocated)}
    if ahead.used_up is None:
        return _("照近 %(weeks)s 週的速度，兩年內用不完") % {"weeks": ahead.weeks}
    return _("照近 %(weeks)s 週的速度，經費用到 %(day)s") % {
        "weeks": ahead.weeks, "day": wording.day(ahead.used_up, year=True),
    }  # fmt: skip


def _row(span: Span) -> list[object]:
    return [span.first.isoformat(), span.last.isoformat(), span.out, span.back, span.changed, span.left]


@require_safe
@office_role(Permission.BUDGET_VIEW)
def budget_export(request: PageRequest, form: str) -> HttpResponseBase:
    """The burn-down by day or week as CSV or XLSX."""
    call, _calls = chosen_call(request)
    if form not in FORMS:
        raise Http404
    by = _by(request)
    spans = burn_down(budget_of(call).flows, taipei_date(request.now), days=SPANS[by])
    header = [_("起日"), _("迄日"), _("核發等支出"), _("收回"), _("核定增減"), _("期末未核發")]
    return table_response(form, f"budget-{call.code}-{by}", header, [_row(span) for span in spans])


def _estimate(flows: list[Flow], unallocated: int, per_company: int, today: date) -> dict[str, Any]:
    """What an estimate of turns needs: points that came back in the last four weeks, and what is there."""
    since = today - timedelta(days=28)
    back = sum(span.back for span in burn_down(flows, today) if span.last > since)
    return {"unallocated": unallocated, "per_company": per_company, "back_in_four_weeks": back, "today": today}


@require_safe
@office_role(Permission.GRANTS_VIEW)
def waiting(request: PageRequest) -> HttpResponse:
    """The line: place, company, since when, and when its turn may come."""
    call, calls = chosen_call(request)
    page = Paginator(desk_queries.waiting_line(call), PAGE).get_page(request.GET.get("page"))
    places = list(page)
    names = desk_queries.company_names([place.ubn for place in places])
    facts = _facts(request, call)
    rows = [
        {"number": number, "place": place, "name": names.get(place.ubn, ""), "turn": turn_by(number, **facts)}
        for number, place in enumerate(places, page.start_index())
    ]
    context = desk(request, "waiting", call=call, calls=calls, page=page, rows=rows, **facts)
    return render(request, "office/points/waiting.html", context)


def _facts(request: PageRequest, call: Any) -> dict[str, Any]:
    read = budget_of(call)
    per_company = rule_set_at(call, request.now).rules.points_per_company
    return _estimate(read.flows, read.unallocated, per_company, taipei_date(request.now))


@require_safe
@office_role(Permission.GRANTS_VIEW)
def waiting_export(request: PageRequest, form: str) -> HttpResponseBase:
    """The whole line as CSV or XLSX."""
    call, _calls = chosen_call(request)
    if form not in FORMS:
        raise Http404
    places = list(desk_queries.waiting_line(call)[:EXPORT_ROWS])
    names = desk_queries.company_names([place.ubn for place in places])
    facts = _facts(request, call)
    header = [_("位次"), _("統一編號"), _("公司"), _("候補起日"), _("預估輪到")]
    rows = []
    for number, place in enumerate(places, 1):
        turn = turn_by(number, **facts)
        since = taipei_date(place.joined_at).isoformat()
        rows.append([number, place.ubn, names.get(place.ubn, ""), since, turn.isoformat() if turn else _("看不出")])
    return table_response(form, f"waiting-{call.code}", header, rows)
