"""The auditor's journal: find an account, read its statement over a period, its balance at an instant, take it away."""

from datetime import datetime, timedelta
from itertools import islice

from django import forms
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from tcloud.core.exports import csv_stream, xlsx_response
from tcloud.core.time import end_of_day
from tcloud.identity.roles import Permission
from tcloud.ledger.chart import Place
from tcloud.ledger.queries import (
    JOURNAL_HEADER,
    STATEMENT_HEADER,
    balance,
    balance_at,
    find_accounts,
    journal_rows,
    movements,
    place_of,
    statement_rows,
)
from tcloud.programme.queries import latest_call
from tcloud.web.access import PageRequest, office_role

SHOWN = 50


class PeriodForm(forms.Form):
    """Which account, which days (both included), which page; all in the address, so that a view can be sent on."""

    q = forms.CharField(label=_("統一編號、訂單編號或帳戶代碼"), required=False, max_length=80)
    account = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
    since = forms.DateField(label=_("起日"), required=False)
    until = forms.DateField(label=_("迄日"), required=False)
    at = forms.DateTimeField(label=_("某一刻的餘額"), required=False)
    page = forms.IntegerField(required=False, min_value=1, max_value=1_000_000)

    def period(self) -> tuple[datetime | None, datetime | None]:
        """From the first day's start to the last day's end, exclusive, in Asia/Taipei; empty is open."""
        first, last = (self.cleaned_data.get(name) for name in ("since", "until"))
        try:
            return (end_of_day(first - timedelta(days=1)) if first else None, end_of_day(last) if last else None)
        except OverflowError:
            return None, None

    def place(self) -> Place | None:
        """The account that was chosen, if there is one of that code."""
        code = self.cleaned_data.get("account")
        return place_of(code) if code and "\0" not in code else None


def _asked(request: PageRequest) -> PeriodForm:
    form = PeriodForm(request.GET)
    form.is_valid()
    return form


@require_safe
@office_role(Permission.JOURNAL_READ)
def journal(request: PageRequest) -> HttpResponse:
    """Search, and below it the statement of the account that was chosen."""
    form = _asked(request)
    text, place = form.cleaned_data.get("q", ""), form.place()
    found = find_accounts(text, SHOWN + 1) if text else []
    context: dict[str, object] = {
        "section": "journal", "call": latest_call(request.now), "form": form, "found": found[:SHOWN], "more": len(found) > SHOWN,
        "place": place, "asset": place.asset if place else "", "downloads": _address(request),
    }  # fmt: skip
    if place is not None:
        context |= _statement(form, place)
    return render(request, "office/journal.html", context)


def _statement(form: PeriodForm, place: Place) -> dict[str, object]:
    since, until = form.period()
    page = form.cleaned_data.get("page") or 1
    first = (page - 1) * SHOWN
    rows = list(islice(movements(place, since, until), first, first + SHOWN + 1))
    before, instant = timedelta(microseconds=1), form.cleaned_data.get("at")
    return {
        "rows": rows[:SHOWN], "page": page, "next": page + 1 if len(rows) > SHOWN else None, "previous": page - 1,
        "at": instant, "balance_at": balance_at(place, instant) if instant else None,
        "opening": balance_at(place, since - before) if since else 0,
        "closing": balance_at(place, until - before) if until else balance(place),
    }  # fmt: skip


def _address(request: PageRequest) -> str:
    asked = request.GET.copy()
    asked.pop("page", None)
    return asked.urlencode()


@require_safe
@office_role(Permission.JOURNAL_READ)
def statement_csv(request: PageRequest) -> HttpResponseBase:
    """The account's statement over the period, as CSV, sent as it is read."""
    form, place = _chosen(request)
    if place is None:
        return redirect("office:journal")
    return csv_stream(_file(place), STATEMENT_HEADER, statement_rows(place, *form.period()))


@require_safe
@office_role(Permission.JOURNAL_READ)
def statement_xlsx(request: PageRequest) -> HttpResponseBase:
    """The same as a workbook."""
    form, place = _chosen(request)
    if place is None:
        return redirect("office:journal")
    return xlsx_response(_file(place), STATEMENT_HEADER, statement_rows(place, *form.period()))


@require_safe
@office_role(Permission.JOURNAL_READ)
def all_csv(request: PageRequest) -> HttpResponseBase:
    """Every entry with its transfers, as CSV, sent as it is read."""
    return csv_stream("journal", JOURNAL_HEADER, journal_rows())


def _chosen(request: PageRequest) -> tuple[PeriodForm, Place | None]:
    """The period and the account; None when no account was named. Raises Http404 for one that was never opened."""
    form = _asked(request)
    place = form.place()
    if place is None and request.GET.get("account"):
        raise Http404
    return form, place


def _file(place: Place) -> str:
    return place.code.replace("/", "-")
