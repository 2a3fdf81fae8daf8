"""我的點數: balance, where the points are, both dates, every movement; and the same as files."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from tcloud.core.exports import csv_response, xlsx_response
from tcloud.core.language import in_language
from tcloud.identity.roles import Permission
from tcloud.members.queries import application_of
from tcloud.points.queries import (
    Wallet,
    clocks_past_days_off,
    grants_of,
    kept_lots,
    moved_clocks_of,
    open_freeze,
    own_calls,
    waiting_position,
    wallet_of,
)
from tcloud.points.statements import yearly_statement, years_of
from tcloud.web.access import PageRequest, company_role
from tcloud.web.member.own_call import chosen_call
from tcloud.web.member.points_page import Moves, Period, rules_of

DAYS = [MinValueValidator(date(1912, 1, 1)), MaxValueValidator(date(2999, 12, 31))]
"""Days that have a day before and a day after."""


class PeriodForm(forms.Form):
    """Which days of the movements to show; a day that is none is left out."""

    since = forms.DateField(label=gettext_lazy("從"), required=False, validators=DAYS, widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(label=gettext_lazy("到"), required=False, validators=DAYS, widget=forms.DateInput({"type": "date"}))

    def period(self) -> Period:
        """Both days, each None where none was given."""
        self.is_valid()
        return Period(self.cleaned_data.get("since"), self.cleaned_data.get("until"))


@require_safe
@company_role(Permission.POINTS_VIEW)
def points(request: PageRequest) -> HttpResponse:
    """我的點數 of one call: ?call= chooses among several, ?since= and ?until= the days."""
    company, call = request.membership.company, chosen_call(request)
    wallet, grants = (wallet_of(company.ubn, call) if call else None), grants_of(company.ubn)
    context: dict[str, Any] = {
        "company": company, "call": call, "wallet": wallet, "section": "points",
        "calls": own_calls(company.ubn), "years": years_of(grants, request.now),
    }  # fmt: skip
    if wallet:
        context |= _facts(wallet, request)
    elif call:
        context |= {"position": waiting_position(company.ubn, call), "application": application_of(company, call)}
    return render(request, "member/points.html", context)


def _facts(wallet: Wallet, request: PageRequest) -> dict[str, Any]:
    grant = wallet.grant
    share, form = grant.rule_set.rules.points_share, PeriodForm(request.GET)
    return {
        "buys": wallet.available * share.denominator // share.numerator, "share": share, "rules": rules_of(wallet),
        "form": form, "page": Moves(wallet, form.period()).page(request.GET.get("page")), "freeze": open_freeze(grant),
        "lots": kept_lots(grant), "moved": moved_clocks_of(grant), "past_days_off": clocks_past_days_off(grant),
    }  # fmt: skip


def _table(request: PageRequest) -> tuple[str, list[str], list[list[object]]]:
    """Name, header and rows of the file."""
    company, call = request.membership.company, chosen_call(request)
    wallet = wallet_of(company.ubn, call) if call else None
    rows = Moves(wallet, PeriodForm(request.GET).period()).rows() if wallet else []
    return f"points-{company.ubn}", [_("時間"), _("事由"), _("訂單編號"), _("異動"), _("可用餘額")], rows


@require_safe
@company_role(Permission.POINTS_VIEW)
def points_csv(request: PageRequest) -> HttpResponse:
    """The movements of the days asked for as a CSV file."""
    return csv_response(*_table(request))


@require_safe
@company_role(Permission.POINTS_VIEW)
def points_xlsx(request: PageRequest) -> FileResponse:
    """The same as a workbook."""
    return xlsx_response(*_table(request))


@require_safe
@company_role(Permission.POINTS_VIEW)
def points_statement(request: PageRequest, year: int) -> HttpResponse:
    """One year's statement of every call as PDF, in the reader's language."""
    company = request.membership.company
    organiser = in_language(settings.ORGANISER, settings.ORGANISER_EN)
    content = yearly_statement(ubn=company.ubn, company=company.name, organiser=organiser, year=year, now=request.now)
    if content is None:
        raise Http404
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="points-{company.ubn}-{year}.pdf"'
    return response
