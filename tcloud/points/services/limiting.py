"""The rows that are due for a grant: both clocks, points that outlive the window, and the warnings before each."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tcloud.core.arrays import among_texts
from tcloud.core.transactions import operation
from tcloud.points.models import Grant, KeptPoints
from tcloud.programme.models import Deadline
from tcloud.programme.queries import calendar_version, current_calendar, limit_end
from tcloud.programme.rules import DeadlineKind, Rules, UseStart
from tcloud.programme.services.limiting import set_deadlines_alike

ACTIVATION, USE = "activation", "use"
CLOCKS = [DeadlineKind.GRANT_ACTIVATION, DeadlineKind.GRANT_USE, DeadlineKind.REMINDER]


def kept_name(lot: KeptPoints) -> str:
    """What the deadlines of one lot of kept points are called."""
    return f"kept{lot.pk}"


def both_ends(rules: Rules, granted_at: datetime) -> tuple[datetime, datetime]:
    """The exclusive ends of activation and use of a grant issued at an instant.

    Where the use window counts from activation, its end is the latest possible one until the grant is activated.
    """
    calendar = current_calendar()
    activate_until = limit_end(rules.activation, granted_at, calendar)
    if rules.use_starts_at is UseStart.GRANT:
        return activate_until, limit_end(rules.use, granted_at, calendar)
    last_moment = activate_until - timedelta(microseconds=1)
    return activate_until, limit_end(rules.use, last_moment, calendar)


@operation
def start_use(grant: Grant, now: datetime) -> None:
    """The grant was activated: no activation clock any more, and a use window that counts from here begins."""
    stop_clock(grant, ACTIVATION, now)
    rules = grant.rule_set.rules
    if rules.use_starts_at is UseStart.GRANT:
        return
    stop_clock(grant, USE, now)
    grant.use_until = grant.usable_until = limit_end(rules.use, now)
    grant.save(update_fields=["use_until", "usable_until"])
    set_clocks([grant], now)


@operation
def set_clocks(grants: Iterable[Grant], now: datetime) -> None:
    """Start the clocks of grants that have none running: what is over already is left out, warnings included."""
    _start([row for grant in grants for row in _clocks(grant, now)])


@operation
def set_clocks_alike(grant: Grant, numbers: Sequence[int], now: datetime) -> None:
    """Start the clocks of many grants that were issued together, with the same dates under the same rules as this one."""
    set_deadlines_alike(pattern=_dated(_clocks(grant, now)), subjects=[str(number) for number in numbers])


def _clocks(grant: Grant, now: datetime) -> list[Deadline]:
    rows: list[Deadline] = []
    if grant.activated_at is None:
        rows.append(_row(grant, DeadlineKind.GRANT_ACTIVATION, "activation", grant.activate_until, now))
        rows += _warnings(grant, ACTIVATION, grant.activate_until, now)
    rows.append(_row(grant, DeadlineKind.GRANT_USE, "use", grant.use_until, now))
    return rows + _warnings(grant, USE, grant.use_until, now)


@operation
def set_kept_clock(grant: Grant, lot: KeptPoints, now: datetime) -> None:
    """Start the clock of points that outlive the window, with its warnings."""
    name = kept_name(lot)
    row = _row(grant, DeadlineKind.GRANT_USE, "released_points_usable", lot.usable_until, now, detail=name)
    _start([row, *_warnings(grant, name, lot.usable_until, now)])


def _start(rows: list[Deadline]) -> None:
    Deadline.objects.bulk_create(_dated(rows))


def _dated(rows: list[Deadline]) -> list[Deadline]:
    """Rows that name the calendar their dates were computed with."""
    version = calendar_version() if rows else 0
    for row in rows:
        row.calendar_version = version
    return rows


@operation
def stop_clocks(grants: Iterable[Grant], now: datetime, *, kinds: list[DeadlineKind] | None = None) -> None:
    """Settle every clock of grants, points that outlive their window excepted."""
    rows = Deadline.objects.filter(
        subject__in=among_texts([str(grant.pk) for grant in grants]), kind__in=kinds or CLOCKS, done_at=None
    )
    rows.exclude(detail__startswith="kept").update(done_at=now)


@operation
def stop_clock(grant: Grant, name: str, now: datetime) -> None:
    """Settle one clock of a grant and the warnings before it."""
    own = Deadline.objects.filter(subject=str(grant.pk), done_at=None)
    own.filter(kind=DeadlineKind.REMINDER, detail__startswith=f"{name}:").update(done_at=now)
    if name == ACTIVATION:
        own.filter(kind=DeadlineKind.GRANT_ACTIVATION).update(done_at=now)
    else:
        own.filter(kind=DeadlineKind.GRANT_USE, detail="" if name == USE else name).update(done_at=now)


def _warnings(grant: Grant, name: str, end: datetime, now: datetime) -> list[Deadline]:
    rows = []
    for days in grant.rule_set.rules.warnings_days_before:
        at = end - timedelta(days=days)
        if at > now:
            rows.append(_row(grant, DeadlineKind.REMINDER, "warnings_days_before", at, now, detail=f"{name}:{days}"))
    return rows


def _row(
    grant: Grant, kind: DeadlineKind, rule: str, due_at: datetime, now: datetime, *, detail: str = ""
) -> Deadline:
    return Deadline(
        kind=kind, subject=str(grant.pk), detail=detail, rule=rule, rule_set=grant.rule_set, due_at=due_at, created_at=now
    )
