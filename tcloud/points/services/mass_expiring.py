"""The clocks of very many grants run out at once: what `ending` does for one, in batches of one transaction each.

The deadlines that are due say what is left to do, so a run that was killed goes on and a second run finds nothing.
Grants with points that outlive their window are few, and go through `ending` one by one.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import structlog
from django.db import connection
from django.db.models import Q, QuerySet

from tcloud.audit.services import record, record_many
from tcloud.core.actors import PROGRAMME, Actor
from tcloud.core.arrays import among_numbers
from tcloud.core.jobs import Job, defer
from tcloud.core.transactions import operation, use_case
from tcloud.ledger import chart
from tcloud.ledger.queries import balances
from tcloud.ledger.services.mass import Posting, plan_by_index, post_many
from tcloud.ledger.services.posting import Move
from tcloud.notifications.catalogue import MessageName
from tcloud.points import locks, queries
from tcloud.points.models import Grant
from tcloud.points.services.ending import end_grant
from tcloud.points.services.holding import slot_for
from tcloud.points.services.limiting import stop_clocks
from tcloud.points.services.pacing import Pace
from tcloud.points.services.telling import tell_many
from tcloud.programme.models import Deadline
from tcloud.programme.queries import due
from tcloud.programme.rules import DeadlineKind
from tcloud.programme.services.limiting import settle_deadlines_of

KINDS = [DeadlineKind.GRANT_ACTIVATION, DeadlineKind.GRANT_USE]
MESSAGES = {
    DeadlineKind.GRANT_ACTIVATION: MessageName.POINTS_NEVER_ACTIVATED,
    DeadlineKind.GRANT_USE: MessageName.POINTS_ENDED,
}
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class MassExpiry:
    """What a run did, or would do: grants that were never activated, grants whose window is over, points taken back."""

    never_activated: int = 0
    over: int = 0
    points: int = 0

    def __add__(self, other: "MassExpiry") -> "MassExpiry":
        return MassExpiry(
            self.never_activated + other.never_activated, self.over + other.over, self.points + other.points
        )


@dataclass(frozen=True, slots=True)
class Ended:
    """A grant whose clock ran out: which one, and what is left in its wallet (whole points)."""

    grant: Grant
    reason: DeadlineKind
    left: int


def due_clocks(now: datetime) -> QuerySet[Deadline]:
    """Both clocks of grants that have run out; ends of single lots of kept points are the sweeper's."""
    return due(now).filter(kind__in=KINDS, detail="")


def plan(*, now: datetime, size: int = 5_000) -> MassExpiry:
    """What a run would take back now, in constant memory; writes and locks nothing."""
    never = Q(activated_at=None, activate_until__lte=now)
    open_ones = Grant.objects.filter(never | Q(use_until__lte=now), ended_at=None).select_related("call").order_by("pk")
    total, last = MassExpiry(), 0
    while grants := list(open_ones.filter(pk__gt=last)[:size]):
        last = grants[-1].pk
        living = queries.living_kept_points([grant.pk for grant in grants if grant.activated_at], now)
        kinds = [(grant, next(kind for kind in KINDS if _is_over(grant, kind, now))) for grant in grants]
        total += _sum([one for one in _with_balance(kinds) if one.grant.pk not in living])
        kept = [(grant, kind) for grant, kind in kinds if grant.pk in living]
        total += MassExpiry(points=sum(one.left - living[one.grant.pk] for one in _with_balance(kept)))
    return total


def mass_expire(
    *, now: datetime, actor: Actor = PROGRAMME, progress: Callable[[int], None] = lambda rows: None
) -> MassExpiry:
    """End every grant whose activation or use window is over; returns the totals of this run."""
    pace, total = Pace(), MassExpiry()
    with _due_now(now) as following:
        while ids := following(pace.begin()):
            total += end_batch(deadline_ids=ids, now=now)
            total += _end_with_kept_points(ids, now)
            pace.done(len(ids))
            progress(len(ids))
    if total != MassExpiry():
        _note(total=total, actor=actor, now=now)
    return total


@contextmanager
def _due_now(now: datetime) -> Iterator[Callable[[int], list[int]]]:
    """Numbers of the clocks that have run out, the oldest first, the next so many of them.

    The server keeps the list: asked anew for each batch, it would step over every other deadline that is due each time.
    """
    query, values = due_clocks(now).values_list("id").query.sql_with_params()
    connection.ensure_connection()
    # WITH HOLD: it outlives the transaction of each batch.
    cursor = connection.connection.cursor(name=f"mass_{uuid4().hex}", withhold=True)
    try:
        cursor.execute(query, values)
        yield lambda count: [row[0] for row in cursor.fetchmany(count)]
    finally:
        cursor.close()


@use_case
def end_batch(*, deadline_ids: Sequence[int], now: datetime) -> MassExpiry:
    """End the grants behind these deadlines and settle them; grants with kept points are left to `end_grant`."""
    plan_by_index()
    found = Deadline.objects.filter(pk__in=among_numbers(deadline_ids), done_at=None).order_by("due_at", "id")
    rows = list(found.only("kind", "subject"))
    grants = locks.lock_grants([int(row.subject) for row in rows])
    keeping = queries.with_kept_points([grant.pk for grant in grants])
    rows = [row for row in rows if int(row.subject) not in keeping]
    ended = _ended(rows, [grant for grant in grants if grant.pk not in keeping], now)
    over = {one.grant.pk for one in ended}
    _reclaim(ended, now)
    Grant.objects.filter(pk__in=among_numbers(over)).update(ended_at=now)
    stop_clocks([one.grant for one in ended], now)
    settle_deadlines_of(ids=[row.pk for row in rows if int(row.subject) not in over], now=now)
    for reason in KINDS:
        _say([one for one in ended if one.reason is reason], reason, now)
    return _sum(ended)


def _ended(rows: Sequence[Deadline], grants: Sequence[Grant], now: datetime) -> list[Ended]:
    """Which grants are really over, by the first of their clocks that ran out."""
    by_id = {grant.pk: grant for grant in grants if grant.ended_at is None}
    reasons: dict[int, DeadlineKind] = {}
    for row in rows:
        grant, kind = by_id.get(int(row.subject)), DeadlineKind(row.kind)
        if grant is not None and _is_over(grant, kind, now):
            reasons.setdefault(grant.pk, kind)
    return _with_balance([(by_id[pk], reason) for pk, reason in reasons.items()])


def _with_balance(over: Sequence[tuple[Grant, DeadlineKind]]) -> list[Ended]:
    left = balances([chart.wallet(grant.call.code, grant.ubn) for grant, _reason in over])
    return [Ended(grant, reason, left[chart.wallet(grant.call.code, grant.ubn).code]) for grant, reason in over]


def _is_over(grant: Grant, kind: DeadlineKind, now: datetime) -> bool:
    if kind is DeadlineKind.GRANT_ACTIVATION:
        return grant.activated_at is None and now >= grant.activate_until
    return now >= grant.use_until


@operation
def _reclaim(ended: Sequence[Ended], now: datetime) -> None:
    """Everything in the wallets goes back to the budget, and the lines of those calls are fed."""
    some = [one for one in ended if one.left]
    postings = [
        Posting(
            f"grant:{one.grant.call.code}:{one.grant.ubn}:reclaim:{now:%Y%m%dT%H%M%S%f}",
            [Move(chart.wallet(one.grant.call.code, one.grant.ubn), slot_for(one.grant), one.left)],
        )
        for one in some
    ]
    post_many(postings=postings, memo="reclaim", now=now)
    for code in sorted({one.grant.call.code for one in some}):
        defer(Job.FEED_WAITING, lock=f"feed:{code}", call=code)


@operation
def _say(ended: Sequence[Ended], reason: DeadlineKind, now: datetime) -> None:
    details = {
        (code, left): {"call": code, "reclaimed": left, "reason": str(reason)}
        for code, left in {(one.grant.call.code, one.left) for one in ended}
    }
    rows = [(one.grant.ubn, details[one.grant.call.code, one.left]) for one in ended]
    record_many(tag="points:grant:ended", actor=PROGRAMME, rows=rows, now=now)
    tell_many(MESSAGES[reason], [(one.grant, {"reclaimed": one.left}) for one in ended if one.left], now)


def _sum(ended: Sequence[Ended]) -> MassExpiry:
    never = sum(one.reason is DeadlineKind.GRANT_ACTIVATION for one in ended)
    return MassExpiry(never, len(ended) - never, sum(one.left for one in ended))


def _end_with_kept_points(ids: Sequence[int], now: datetime) -> MassExpiry:
    """What a batch left: one grant at a time. One failure stops no other; the sweeper comes back to it."""
    total = MassExpiry()
    for row in due_clocks(now).filter(pk__in=among_numbers(ids)):
        kind, grant = DeadlineKind(row.kind), Grant.objects.select_related("call").get(pk=int(row.subject))
        before = queries.available(grant.ubn, grant.call)
        try:
            end_grant(grant_id=grant.pk, deadline=kind, now=now)
            _settle(deadline_id=row.pk, now=now)
        except Exception:
            log.exception("mass_expiry_left_one", deadline=row.pk)
            continue
        taken = before - queries.available(grant.ubn, grant.call)
        grant.refresh_from_db()
        ended, never = grant.ended_at is not None, kind is DeadlineKind.GRANT_ACTIVATION
        total += MassExpiry(int(ended and never), int(ended and not never), taken)
    return total


@use_case
def _settle(*, deadline_id: int, now: datetime) -> None:
    settle_deadlines_of(ids=[deadline_id], now=now)


@use_case
def _note(*, total: MassExpiry, actor: Actor, now: datetime) -> None:
    details = {"never_activated": total.never_activated, "over": total.over, "points": total.points}
    record(tag="points:mass:expired", actor=actor, subject="grants", now=now, details=details)
