"""The sweeper: each kind of deadline calls one use case, and is settled by it or after it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from tcloud.core.transactions import use_case
from tcloud.jobs import payments
from tcloud.orders.services import answering, delivering
from tcloud.points.services import ending, mass_expiring, reminding
from tcloud.programme import queries
from tcloud.programme.rules import DUTIES, DeadlineKind

if TYPE_CHECKING:
    from tcloud.programme.models import Deadline

log = structlog.get_logger()
BATCH = 500


def _grant_clock(row: "Deadline", now: datetime) -> None:
    ending.end_grant(grant_id=int(row.subject), deadline=DeadlineKind(row.kind), now=now)


def _unanswered(row: "Deadline", now: datetime) -> None:
    answering.lapse_unanswered(number=row.subject, due_at=row.due_at, now=now)


def _unpaid(row: "Deadline", now: datetime) -> None:
    """Before an order lapses its gateway is asked; an attempt still open keeps it for the rule's hours of grace."""
    grace_until = row.due_at + timedelta(hours=row.rule_set.rules.open_attempt_grace_hours)
    # The sweep comes every minute: until the last of those hours it keeps to the poller's pace.
    undecided = payments.ask(row.subject, now, patiently=now < grace_until)
    payments.apply(row.subject, now)
    if undecided and now < grace_until:
        raise StillOpen
    answering.lapse_unpaid(number=row.subject, due_at=row.due_at, now=now)


def _silent(row: "Deadline", now: datetime) -> None:
    delivering.deem_approved(number=row.subject, due_at=row.due_at, now=now)


def _term_over(row: "Deadline", now: datetime) -> None:
    delivering.finish_order(number=row.subject, due_at=row.due_at, now=now)


def _overdue(row: "Deadline", now: datetime) -> None:
    """The vendor is late: the limit stays visible on both sides until it acts; nothing happens by itself."""
    raise StillOpen


class StillOpen(Exception):
    """The deadline has passed and is not settled yet; the next sweep looks again."""


ACTIONS: dict[DeadlineKind, Callable[["Deadline", datetime], None]] = {
    DeadlineKind.GRANT_ACTIVATION: _grant_clock,
    DeadlineKind.GRANT_USE: _grant_clock,
    DeadlineKind.VENDOR_ANSWER: _unanswered,
    DeadlineKind.SELF_PAY: _unpaid,
    DeadlineKind.APPROVAL: _silent,
    DeadlineKind.TERM_END: _term_over,
    **dict.fromkeys(DUTIES, _overdue),
}
ACTING = [kind for kind, action in ACTIONS.items() if action not in (_overdue, _unpaid)]
ASKING = [DeadlineKind.SELF_PAY]
"""They ask a gateway first, which may be slow or away: everything else is done before them."""


def sweep(now: datetime) -> int:
    """Act on what is due, oldest first; returns how many deadlines were settled.

    Each row is tried once: one that fails or cannot go on yet stays for the next sweep and keeps no other waiting.
    """
    return _mass_expiry(now) + reminding.remind_all(now=now) + _sweep(ACTING, now) + _sweep(ASKING, now)


def _sweep(kinds: list[DeadlineKind], now: datetime) -> int:
    settled, last = 0, None
    while rows := queries.due_after(now, kinds, last, BATCH):
        settled += sum(_act(row, now) for row in rows)
        last = rows[-1]
    return settled


def _act(row: "Deadline", now: datetime) -> bool:
    """Whether the row is settled now. One failure stops no other."""
    try:
        ACTIONS[DeadlineKind(row.kind)](row, now)
    except StillOpen:
        return False
    except Exception:
        log.exception("deadline_failed", kind=row.kind, deadline=row.pk)
        return False
    _settle(deadline_id=row.pk, now=now)
    return True


def _mass_expiry(now: datetime) -> int:
    """More grants than one sweep does row by row fall due in the same instant: they end in batches."""
    if mass_expiring.due_clocks(now)[: BATCH + 1].count() <= BATCH:
        return 0
    settled: list[int] = []
    mass_expiring.mass_expire(now=now, progress=settled.append)
    return sum(settled)


@use_case
def _settle(*, deadline_id: int, now: datetime) -> None:
    row = queries.lock_deadline(deadline_id)
    if row is not None:
        row.done_at = now
        row.save(update_fields=["done_at"])
