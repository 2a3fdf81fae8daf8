"""Open limits follow the calendar: later where their last day is off now, never earlier."""

from datetime import datetime

from tcloud.audit.services import record
from tcloud.core.actors import rule
from tcloud.core.time import end_of_day, last_day, taipei_date
from tcloud.core.transactions import operation, use_case
from tcloud.programme.calendar import Calendar
from tcloud.programme.counting import later_last_day
from tcloud.programme.models import Deadline
from tcloud.programme.queries import current_calendar
from tcloud.programme.rules import DeadlineKind, Limit

BATCH = 500
OF_GRANTS = (DeadlineKind.GRANT_ACTIVATION, DeadlineKind.GRANT_USE, DeadlineKind.REMINDER)
"""Clocks whose dates stand on the grant as well: `points.services.following` moves both together."""


def later_end(limit: Limit, event_at: datetime, until: datetime, calendar: Calendar, now: datetime) -> datetime:
    """The exclusive end of a limit under a newer calendar: the same or later; what has passed has passed."""
    if until <= now:
        return until
    day = later_last_day(limit, taipei_date(event_at), last_day(until), calendar.is_working_day)
    return max(until, end_of_day(day))


@use_case
def follow_batch(*, now: datetime) -> int:
    """Bring the next open limits up to the calendar; returns how many, 0 when all are. Safe to kill and run again.

    Each limit keeps the version it was computed with, so nothing is done twice. Rows somebody else holds are skipped
    and found by the next run.
    """
    calendar = current_calendar()
    stale = Deadline.objects.filter(done_at=None, calendar_version__lt=calendar.version).exclude(kind__in=OF_GRANTS)
    rows = list(
        stale.select_for_update(skip_locked=True, of=("self",)).select_related("rule_set").order_by("calendar_version", "id")[:BATCH]
    )
    for row in rows:
        _follow(row, calendar, now)
    Deadline.objects.bulk_update(rows, ["due_at", "calendar_version"])
    return len(rows)


@operation
def _follow(row: Deadline, calendar: Calendar, now: datetime) -> None:
    limit = getattr(row.rule_set.rules, row.rule, None)
    before = row.due_at
    row.calendar_version = calendar.version
    if not isinstance(limit, Limit):  # the end of a term, for instance, is no limit of the rules
        return
    row.due_at = later_end(limit, row.created_at, before, calendar, now)
    if row.due_at != before:
        note_moved(row.kind, row.subject, before, row.due_at, calendar, now)


@operation
def note_moved(
    kind: str, subject: str, before: datetime, after: datetime, calendar: Calendar, now: datetime
) -> None:
    """One row of the log: which limit, from when to when, by which calendar."""
    details = {
        "kind": str(kind), "before": before.isoformat(), "after": after.isoformat(), "calendar": calendar.version,
    }  # fmt: skip
    record(tag="programme:limit:moved", actor=rule("calendar"), subject=subject, now=now, details=details)
