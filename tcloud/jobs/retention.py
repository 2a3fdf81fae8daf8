"""How long what is not kept for good is kept, why, and who forgets it: the one table, shown by docs/reference/retention.md.

Contracts, points, payments, decisions, consents and the evidence of accepted card signatures are not in it: the database
deletes none of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import structlog

from tcloud.identity import forgetting as identity
from tcloud.members.services import forgetting as members
from tcloud.notifications import forgetting as notifications

log = structlog.get_logger()
BATCH = 500
"""Rows in one transaction: some milliseconds, so nobody waits for a row that is being forgotten."""


class Clock(StrEnum):
    """Whose time an age is counted in; they differ in a demonstration only (docs/adr/0005)."""

    MACHINE = "machine"
    PROGRAMME = "programme"


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of thing that is forgotten. `what` and `why` are for the documentation's readers."""

    what: str
    span: timedelta
    since: str
    why: str
    forget: Callable[[datetime, datetime, int], int]
    """Forgets what is older than an instant, told the programme's `now`, at most so many; returns how many."""
    clock: Clock = Clock.MACHINE


NO_LONGER = timedelta(0)
RETENTION: tuple[Kept, ...] = (
    Kept(
        "application that never became an account: contact's name, e-mail address, phone, password, code", timedelta(days=30),
        "it was begun", "Somebody may come back to it for a month. Consents and the card's company stay, as evidence.",
        lambda before, now, most: members.forget_unfinished(before=before, now=now, at_most=most), Clock.PROGRAMME,
    ),
    Kept(
        "e-mail code of an application that went on", timedelta(days=1), "it was sent", "It proves nothing after a quarter of an hour.",
        lambda before, _now, most: members.forget_codes(before=before, at_most=most),
    ),
    Kept(
        "mail that was sent or given up: address, name, text", timedelta(days=180), "it was written",
        "Half a year answers whether somebody was told, and where. What was said stays in 我的通知, the decision in the audit log.",
        lambda before, now, most: notifications.forget_mails(before=before, at_most=most), Clock.PROGRAMME,
    ),
    Kept(
        "card challenge that no accepted signature answers", timedelta(days=1), "it ran out",
        "A day to look into a complaint about a card. A challenge that was signed is evidence and stays.",
        lambda before, _now, most: identity.forget_challenges(before=before, at_most=most),
    ),
    Kept(
        "count of tries (a keyed hash, no address)", NO_LONGER, "its span ended", "It limits nothing any more.",
        lambda before, _now, most: identity.forget_attempts(before=before, at_most=most),
    ),
    Kept(
        "the sign-in library's counts", NO_LONGER, "they ran out", "They limit nothing any more.",
        lambda before, _now, most: identity.forget_counted_sign_ins(before=before, at_most=most),
    ),
    Kept(
        "failed sign-in: address, network address, browser", timedelta(days=30), "the last failure",
        "The lock-out needs a quarter of an hour; a month shows whether somebody is at an account.",
        lambda before, _now, most: identity.forget_failed_sign_ins(before=before, at_most=most),
    ),
    Kept(
        "sign-in: address, network address, browser", timedelta(days=180), "it happened",
        "An owner who finds a stranger's act can ask who was signed in.",
        lambda before, _now, most: identity.forget_sign_ins(before=before, at_most=most),
    ),
    Kept(
        "session", NO_LONGER, "it ran out, eight hours after it began", "It opens nothing any more.",
        lambda before, _now, most: identity.forget_sessions(before=before, at_most=most),
    ),
)  # fmt: skip


def forget(now: datetime, machine_now: datetime) -> int:
    """Forget everything whose time is over, in small batches; returns how many rows. One failure stops no other kind."""
    return sum(_forget(kept, now, machine_now) for kept in RETENTION)


def _forget(kept: Kept, now: datetime, machine_now: datetime) -> int:
    before = (now if kept.clock is Clock.PROGRAMME else machine_now) - kept.span
    forgotten, last = 0, BATCH
    try:
        while last == BATCH:
            last = kept.forget(before, now, BATCH)
            forgotten += last
    except Exception:
        log.exception("not_forgotten", what=kept.what, rows=forgotten)
    if forgotten:
        log.info("forgotten", what=kept.what, rows=forgotten)
    return forgotten
