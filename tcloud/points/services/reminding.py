"""Warnings before a date: each once, for many grants at a time.

After a mass grant a million warnings fall due in one instant, so what a batch needs to know is asked once for all of it.
The deadlines that are due say what is left to do: a run that was killed goes on, and a second run finds nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db.models import QuerySet

from tcloud.core.arrays import among_numbers
from tcloud.core.transactions import operation, use_case
from tcloud.ledger import chart
from tcloud.ledger.queries import balances
from tcloud.ledger.services.mass import plan_by_index
from tcloud.notifications.catalogue import MessageName
from tcloud.points import locks, queries
from tcloud.points.models import Grant, KeptPoints
from tcloud.points.rules import is_superseded
from tcloud.points.services.limiting import ACTIVATION, USE, kept_name
from tcloud.points.services.pacing import Pace
from tcloud.points.services.telling import tell_many
from tcloud.programme.models import Deadline
from tcloud.programme.queries import due
from tcloud.programme.rules import DeadlineKind
from tcloud.programme.services.limiting import settle_deadlines_of

log = structlog.get_logger()


def due_warnings(now: datetime) -> QuerySet[Deadline]:
    """Warnings whose instant has come, the oldest first."""
    return due(now).filter(kind=DeadlineKind.REMINDER)


def remind_all(*, now: datetime, progress: Callable[[int], None] = lambda rows: None) -> int:
    """Send every warning that is due; returns how many deadlines were settled. One failure stops no other."""
    pace, settled, failed = Pace(), 0, set[int]()
    while ids := list(due_warnings(now).exclude(pk__in=failed).values_list("pk", flat=True)[: pace.begin()]):
        left = _sent(ids, now)
        failed |= left
        settled += len(ids) - len(left)
        pace.done(len(ids))
        progress(len(ids))
    return settled


def _sent(ids: Sequence[int], now: datetime) -> set[int]:
    """Send a batch, or, where it cannot be sent whole, one by one; returns which of it the next sweep must try again."""
    try:
        remind_batch(deadline_ids=ids, now=now)
    except Exception:
        if len(ids) == 1:
            log.exception("warning_failed", deadline=ids[0])
            return set(ids)
        return {one for one in ids if _sent([one], now)}
    return set()


@use_case
def remind(*, grant_id: int, detail: str, now: datetime) -> None:
    """One warning before a date of a grant, once, if there is still something to lose."""
    rows = Deadline.objects.filter(kind=DeadlineKind.REMINDER, subject=str(grant_id), detail=detail, done_at=None)
    _remind(list(rows.values_list("pk", flat=True)), now)


@use_case
def remind_batch(*, deadline_ids: Sequence[int], now: datetime) -> None:
    """Settle these warnings, and tell each company that still has something to lose, by mail and notice."""
    plan_by_index()
    _remind(deadline_ids, now)


@operation
def _remind(ids: Sequence[int], now: datetime) -> None:
    asked = Deadline.objects.filter(pk__in=among_numbers(ids), kind=DeadlineKind.REMINDER)
    grants = _locked({int(subject) for subject in asked.values_list("subject", flat=True)})
    # Asked after the locks: what another sweep has settled meanwhile is not told again.
    rows = list(asked.filter(done_at=None).order_by("due_at", "id"))
    settle_deadlines_of(ids=[row.pk for row in rows], now=now)
    facts = _facts({int(row.subject): grants[int(row.subject)] for row in rows}.values())
    told: dict[tuple[MessageName, str, int], list[tuple[Grant, Mapping[str, object]]]] = {}
    for row in rows:
        grant, (which, days) = grants[int(row.subject)], row.detail.split(":")
        left, end = facts.at_stake(grant, which)
        if not _is_due(grant, left, end, int(days), now):
            continue
        context = {"days": int(days), "left": left, "ends_until": end.isoformat()}
        # One company hears of one date in one call once; of another date or call in a message of its own.
        told.setdefault((facts.message(grant, which), which, grant.call_id), []).append((grant, context))
    for (message, _which, _call), alike in told.items():
        tell_many(message, alike, now)


def _is_due(grant: Grant, left: int, end: datetime, days: int, now: datetime) -> bool:
    """Whether there is still something to lose by a date that has not come.

    When the sweeper was late and a nearer warning is due as well, only the nearest is sent: its number is the true one.
    """
    if grant.ended_at is not None or not left or now >= end:
        return False
    return not is_superseded(days=days, warnings=grant.rule_set.rules.warnings_days_before, end=end, now=now)


def _locked(numbers: Iterable[int]) -> dict[int, Grant]:
    return {grant.pk: grant for grant in locks.lock_grants(sorted(numbers))}


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a batch must know: balances by wallet, kept points by grant, and which grants are frozen."""

    held: Mapping[str, int]
    lots: Mapping[int, Sequence[KeptPoints]]
    frozen: frozenset[int]

    def at_stake(self, grant: Grant, which: str) -> tuple[int, datetime]:
        """How many points end with a date, and its exclusive end."""
        lots = self.lots.get(grant.pk, ())
        if which in (ACTIVATION, USE):
            if which == ACTIVATION and grant.activated_at is not None:
                return 0, grant.activate_until
            left = self.held[chart.wallet(grant.call.code, grant.ubn).code] - sum(lot.points for lot in lots)
            return left, grant.activate_until if which == ACTIVATION else grant.use_until
        lot = next((lot for lot in lots if kept_name(lot) == which), None)
        return (lot.points, lot.usable_until) if lot else (0, grant.use_until)

    def message(self, grant: Grant, which: str) -> MessageName:
        """What is said depends on what can still be done: nobody can order from a frozen grant."""
        if grant.pk in self.frozen:
            return MessageName.FROZEN_POINTS_EXPIRING
        usual = {ACTIVATION: MessageName.ACTIVATION_DUE, USE: MessageName.POINTS_EXPIRING}
        return usual.get(which, MessageName.KEPT_POINTS_EXPIRING)


def _facts(grants: Iterable[Grant]) -> _Facts:
    grants = list(grants)
    numbers = [grant.pk for grant in grants]
    held = balances([chart.wallet(grant.call.code, grant.ubn) for grant in grants])
    return _Facts(held, queries.kept_lots_of(numbers), queries.frozen_among(numbers))
