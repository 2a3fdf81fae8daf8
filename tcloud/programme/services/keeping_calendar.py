"""Changing the calendar: a year's official table, or the office's word on one day. Every change is a version."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from tcloud.audit.services import record
from tcloud.core.actors import Actor, name_of
from tcloud.core.errors import Refused
from tcloud.core.jobs import Job, defer
from tcloud.core.transactions import operation, use_case
from tcloud.programme.calendar import DayKind, Table, TableDay, read_table
from tcloud.programme.models import CalendarDay, CalendarVersion
from tcloud.programme.queries import current_calendar, table_of

CALENDAR_LOCK = 7_203_002
"""Advisory lock: one change at a time, so that versions become visible in the order of their numbers."""
Source = CalendarVersion.Source


class BadTable(Refused):
    """The file is not a year's table."""

    code = "bad_table"
    message = _("這個檔案不能匯入：%(first)s 一個字都沒有存。請改正檔案後再匯入。")


class BadWord(Refused):
    """The office's word on a day needs a reason."""

    code = "bad_word"
    message = _("請寫下公告的理由，例如：颱風停止上班。申請人會看到期限因此延後。")


@dataclass(frozen=True, slots=True)
class DayChange:
    """A day that a new table answers differently: from `was` to `day.is_workday`."""

    day: TableDay
    was: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do: the file as read, whether it is in force already, and the days it changes."""

    table: Table
    is_active: bool
    changes: Sequence[DayChange]


def preview_table(content: bytes) -> Preview:
    """Read a file and compare it with what counts today, day by day; writes nothing."""
    table = read_table(content)
    if table.troubles:
        return Preview(table, is_active=False, changes=[])
    active, calendar = table_of(table.year), current_calendar()
    changes = [
        DayChange(row, calendar.is_working_day(row.day))
        for row in table.days
        if row.day not in calendar.office and calendar.is_working_day(row.day) != row.is_workday
    ]
    return Preview(table, is_active=active is not None and active.sha256 == table.sha256, changes=changes)


@use_case
def import_table(*, content: bytes, name: str, by: Actor, now: datetime) -> CalendarVersion:
    """Make a file the table of its year. The file in force again changes nothing and returns its version.

    Open limits that end on a day off now are moved later in a job. Raises BadTable.
    """
    _one_at_a_time()
    seen = preview_table(content)
    if seen.table.troubles:
        raise BadTable(first=str(seen.table.troubles[0]))
    active = table_of(seen.table.year)
    if active is not None and seen.is_active:
        return active
    version = CalendarVersion.objects.create(
        source=Source.TABLE, year=seen.table.year, name=name[:120], sha256=seen.table.sha256, made_by=(name_of(by) or by)[:80], made_at=now
    )
    CalendarDay.objects.bulk_create(
        CalendarDay(version=version, day_date=row.day, is_workday=row.is_workday, kind=row.kind, note=row.note)
        for row in seen.table.days
    )
    _changed(version, by, now, {"sha256": version.sha256, "changed_days": len(seen.changes)})
    return version


@use_case
def say_day(*, day: date, is_workday: bool | None, reason: str, by: Actor, now: datetime) -> CalendarVersion:
    """The office's word on one day, above any table; None takes it back. Raises BadWord without a reason."""
    if not reason.strip():
        raise BadWord
    _one_at_a_time()
    version = CalendarVersion.objects.create(
        source=Source.OFFICE, year=day.year, reason=reason.strip(), made_by=(name_of(by) or by)[:80], made_at=now
    )
    kind = DayKind.CLOSURE if is_workday is False else DayKind.MAKEUP if is_workday else DayKind.WORKDAY
    CalendarDay.objects.create(version=version, day_date=day, is_workday=is_workday, kind=kind, note=reason.strip()[:60])
    _changed(version, by, now, {"day": str(day), "is_workday": is_workday, "reason": reason.strip()})
    return version


@operation
def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CALENDAR_LOCK])


@operation
def _changed(version: CalendarVersion, by: Actor, now: datetime, details: dict[str, object]) -> None:
    told = {"version": version.pk, "year": version.year, **details}
    record(tag=f"programme:calendar:{version.source}", actor=by, subject=str(version.year), now=now, details=told)
    defer(Job.FOLLOW_CALENDAR, lock="calendar")
