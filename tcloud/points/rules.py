"""Where points that come back go, until when they can be used, and how a clock moves. Pure.

Source: PRODUCT.md §2, rows "points held when the window ends", "refunded points" and "freeze of a grant".
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum


class Cause(StrEnum):
    """Whose act released the points; the rule differs."""

    COMPANY = "company"
    VENDOR = "vendor"


@dataclass(frozen=True, slots=True)
class Window:
    """The end of a grant's use window and what the rules say of points that come back near it.

    `extended_until` is the exclusive end of the extra days counted from now; `near_end` and `cap` are calendar spans
    before and after `use_until`.
    """

    use_until: datetime
    extended_until: datetime
    near_end: timedelta
    cap: timedelta


@dataclass(frozen=True, slots=True)
class Release:
    """Points go back to the wallet or to the budget; `kept_until` is set when they outlive the window."""

    to_wallet: bool
    kept_until: datetime | None = None


TO_BUDGET = Release(to_wallet=False)
TO_WALLET = Release(to_wallet=True)


def release(*, cause: Cause, now: datetime, window: Window) -> Release:
    """Decide where points of an order that ended before it was paid go.

    The company's act: before the end of the use window → wallet with no extra day; after it → budget.
    The vendor's act: in time → wallet; after the end or within `near_end` before it → wallet until `extended_until`,
    never beyond `cap` after the end; past the cap → budget.
    """
    if cause is Cause.COMPANY:
        return TO_WALLET if now < window.use_until else TO_BUDGET
    return _kept(now, window)


def late(outcome: Release, *, now: datetime, window: Window) -> Release:
    """What is left at `now` of a decision that should have been posted before: what has ended since → budget."""
    if outcome.to_wallet and now >= (outcome.kept_until or window.use_until):
        return TO_BUDGET
    return outcome


def refund(*, opened_at: datetime, never_started: bool, now: datetime, window: Window) -> Release:
    """Decide where points that a vendor gives back go: the day the case was opened decides, not the day of posting.

    Opened inside the use window, or against a vendor that never started → wallet (with the extra days where it is
    posted after the end or within `near_end` before it, never beyond the cap); opened after it → budget.
    """
    if opened_at >= window.use_until and not never_started:
        return TO_BUDGET
    return _kept(now, window)


def _kept(now: datetime, window: Window) -> Release:
    if now < window.use_until - window.near_end:
        return TO_WALLET
    last = window.use_until + window.cap
    if now >= last:
        return TO_BUDGET
    return Release(to_wallet=True, kept_until=max(window.use_until, min(window.extended_until, last)))


@dataclass(frozen=True, slots=True)
class Lot:
    """Points in the wallet that outlive the use window: how many are left and their exclusive end."""

    points: int
    usable_until: datetime


def usable(*, balance: int, lots: list[Lot], use_until: datetime, now: datetime) -> int:
    """Whole points that can go into an order now: the whole wallet inside the window, only living lots after it."""
    over = sum(lot.points for lot in lots if lot.usable_until <= now)
    if now < use_until:
        return balance - over
    return sum(lot.points for lot in lots) - over


def take_from_lots(*, points: int, balance: int, lots: list[Lot], use_until: datetime, now: datetime) -> list[int]:
    """How many points each lot pays towards an order: what ends first is spent first, so lots come last in the window.

    `points` must be usable (see `usable`); `balance` is the wallet before the order.
    """
    plain = balance - sum(lot.points for lot in lots) if now < use_until else 0
    left = max(0, points - plain)
    taken = [0] * len(lots)
    for place in sorted(range(len(lots)), key=lambda index: lots[index].usable_until):
        if lots[place].usable_until > now:
            taken[place] = min(left, lots[place].points)
            left -= taken[place]
    return taken


MOST_DAYS = 366
"""The most days that one decision moves a clock by."""


def lost_days(frozen_date: date, released_date: date) -> int:
    """Calendar days a freeze took, as one decision can give them back: first and last day count, MOST_DAYS at most.

    The office gives more back by a further decision.
    """
    return min((released_date - frozen_date).days + 1, MOST_DAYS)


def is_superseded(*, days: int, warnings: tuple[int, ...], end: datetime, now: datetime) -> bool:
    """Whether a nearer warning before the same date is due as well, so that this one would tell a wrong number."""
    return any(nearer < days and now >= end - timedelta(days=nearer) for nearer in warnings)
