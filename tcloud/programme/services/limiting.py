"""Setting and settling deadlines."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from tcloud.core.arrays import among_numbers, text_array
from tcloud.core.transactions import operation
from tcloud.programme.models import Deadline, RuleSet
from tcloud.programme.queries import calendar_version, current_calendar, limit_end
from tcloud.programme.rules import DeadlineKind


@operation
def set_deadline(
    *, kind: DeadlineKind, subject: str, rule: str, rule_set: RuleSet, event_at: datetime, detail: str = ""
) -> Deadline:
    """Start a limit named by a field of Rules at an event; stores the instant, the rule version and the calendar behind it."""
    limit, calendar = getattr(rule_set.rules, rule), current_calendar()
    return Deadline.objects.create(
        kind=kind, subject=subject, detail=detail, rule=rule, rule_set=rule_set, created_at=event_at,
        due_at=limit_end(limit, event_at, calendar), calendar_version=calendar.version,
    )  # fmt: skip


@operation
def set_deadline_at(
    *, kind: DeadlineKind, subject: str, rule: str, rule_set: RuleSet, due_at: datetime, now: datetime, detail: str = ""
) -> Deadline:
    """Set a deadline whose instant is already known, for instance the end of a term."""
    return Deadline.objects.create(
        kind=kind, subject=subject, detail=detail, rule=rule, rule_set=rule_set, due_at=due_at, created_at=now,
        calendar_version=calendar_version(),
    )  # fmt: skip


@operation
def set_deadlines_alike(*, pattern: Sequence[Deadline], subjects: Sequence[str]) -> None:
    """The same unsaved deadlines for each of many subjects, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO programme_deadline (kind, subject, detail, rule, rule_set_id, due_at, created_at, calendar_version)"
            " SELECT p.kind, s.subject, p.detail, p.rule, p.rule_set_id, p.due_at, p.created_at, p.calendar_version"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS s(subject, place) CROSS JOIN unnest("
            "%s::text[], %s::text[], %s::text[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::bigint[]"
            ") WITH ORDINALITY AS p(kind, detail, rule, rule_set_id, due_at, created_at, calendar_version, row)"
            " ORDER BY s.place, p.row",
            [text_array(subjects), [str(row.kind) for row in pattern], [row.detail for row in pattern],
             [row.rule for row in pattern], [row.rule_set_id for row in pattern], [row.due_at for row in pattern],
             [row.created_at for row in pattern], [row.calendar_version for row in pattern]],
        )  # fmt: skip


@operation
def settle_deadlines(
    *, subject: str, now: datetime, kinds: list[DeadlineKind] | None = None, detail: str | None = None
) -> None:
    """Mark a subject's open deadlines as done: what they waited for has happened, or no longer can."""
    rows = Deadline.objects.filter(subject=subject, done_at=None)
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    if detail is not None:
        rows = rows.filter(detail=detail)
    rows.update(done_at=now)


@operation
def settle_deadlines_of(*, ids: Sequence[int], now: datetime) -> None:
    """Mark these deadlines as done, where they are not."""
    Deadline.objects.filter(pk__in=among_numbers(ids), done_at=None).update(done_at=now)
