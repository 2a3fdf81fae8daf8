"""工作日曆: the official table of each year, the office's word on single days, and what changed when."""

import binascii
from base64 import b64decode, b64encode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tcloud.core.errors import Refused
from tcloud.core.time import taipei_date
from tcloud.identity.roles import Permission, any_may
from tcloud.programme import queries
from tcloud.programme.calendar import MOST_BYTES
from tcloud.programme.services import keeping_calendar
from tcloud.web.access import PageRequest, office_role
from tcloud.web.answers import answer_status
from tcloud.web.office.forms import DayForm, LookedAtForm, TableForm

SHOWN = 20
SAYS = {"off": False, "work": True, "table": None}


def _page(request: PageRequest, table_form: TableForm, day_form: DayForm) -> HttpResponse:
    """The page with both forms; the one that was refused, if any, is summed up on top."""
    form = day_form if day_form.errors else table_form
    year = taipei_date(request.now).year
    tables = {row.year: row for row in queries.active_tables(queries.calendar_version())}
    context = {
        "section": "calendar", "call": queries.latest_call(request.now), "table_form": table_form, "day_form": day_form,
        "years": [(one, tables.get(one), queries.special_days(one)) for one in (year, year + 1)],
        "words": queries.office_words(SHOWN), "history": queries.calendar_history(SHOWN),
        "may_keep": any_may(request.office_roles, Permission.CALENDAR_KEEP), "form": form,
    }  # fmt: skip
    return render(request, "office/calendar.html", context, status=answer_status(form))


@require_safe
@office_role(Permission.OFFICE_VIEW)
def calendar(request: PageRequest) -> HttpResponse:
    """This year and the next: which table counts, its special days, and the office's words."""
    return _page(request, TableForm(), DayForm())


@require_POST
@office_role(Permission.CALENDAR_KEEP)
def look(request: PageRequest) -> HttpResponse:
    """Read a file and show what it would change; nothing is written."""
    form = TableForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, DayForm())
    upload = form.cleaned_data["table"]
    content = upload.read(MOST_BYTES + 1)
    preview = keeping_calendar.preview_table(content)
    carried = LookedAtForm(initial={"name": upload.name[:120], "content": b64encode(content).decode()})
    context = {
        "section": "calendar", "call": queries.latest_call(request.now), "preview": preview, "name": upload.name,
        "form": carried,
    }  # fmt: skip
    return render(request, "office/calendar_look.html", context)


@require_POST
@office_role(Permission.CALENDAR_KEEP)
def take(request: PageRequest) -> HttpResponse:
    """Make the file that was looked at the table of its year."""
    form = LookedAtForm(request.POST)
    try:
        content = b64decode(form.data.get("content", ""), validate=True) if form.is_valid() else b""
    except (binascii.Error, ValueError):
        content = b""
    try:
        version = keeping_calendar.import_table(
            content=content, name=form.cleaned_data.get("name", ""), by=request.user.actor, now=request.now
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("office:calendar")
    messages.success(request, _("%(year)s 年的日曆表已匯入。還沒到期的期限會跟著重算，只會延後，不會提早。") % {"year": version.year})
    return redirect("office:calendar")


@require_POST
@office_role(Permission.CALENDAR_KEEP)
def say(request: PageRequest) -> HttpResponse:
    """The office's word on one day."""
    form = DayForm(request.POST)
    if not form.is_valid():
        return _page(request, TableForm(), form)
    data = form.cleaned_data
    try:
        keeping_calendar.say_day(
            day=data["day"], is_workday=SAYS[data["says"]], reason=data["reason"], by=request.user.actor, now=request.now
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, TableForm(), form)
    messages.success(request, _("公告已記下。還沒到期的期限會跟著重算，只會延後，不會提早。"))
    return redirect("office:calendar")
