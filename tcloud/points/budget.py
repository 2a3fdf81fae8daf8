"""A call's budget in figures: where its points are, how the unallocated part went down, how long it would last. Pure.

Source: PRODUCT.md §5.3 (appropriation = unallocated + in wallets + held + with vendors).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What a movement of a call's points was; points/sql/flows.sql tells them apart."""

    APPROPRIATED = "appropriated"
    LOWERED = "lowered"
    GRANTED = "granted"
    REGRANTED = "regranted"
    RESTORED = "restored"
    CREDITED = "credited"
    RECLAIMED = "reclaimed"
    DEBITED = "debited"
    HELD = "held"
    RELEASED = "released"
    RELEASED_OVER = "released_over"
    CAPTURED = "captured"
    REFUNDED = "refunded"
    REFUNDED_OVER = "refunded_over"


K = Kind
OUT_OF_BUDGET = (K.GRANTED, K.REGRANTED, K.RESTORED, K.CREDITED)
BACK_TO_BUDGET = (K.RECLAIMED, K.DEBITED, K.RELEASED_OVER, K.REFUNDED_OVER)


@dataclass(frozen=True, slots=True)
class Flow:
    """Whole points of one kind that moved on one day (Taipei), in how many entries."""

    day: date
    kind: Kind
    points: int
    entries: int


@dataclass(frozen=True, slots=True)
class Position:
    """Where a call's points are. `appropriated` and `unallocated` are balances of accounts; the rest is summed from entries.

    So the identity compares two ways of counting. `appropriated_in_all` counts every raise and no reduction.
    """

    appropriated: int
    unallocated: int
    in_wallets: int
    held: int
    with_vendors: int
    granted: int
    granted_companies: int
    regranted: int
    regranted_companies: int
    reclaimed: int
    refunded: int
    captured: int
    restored: int
    corrected: int
    raised: int
    lowered: int

    @property
    def difference(self) -> int:
        """What is missing in the identity; 0 when everything agrees."""
        return self.appropriated - self.unallocated - self.in_wallets - self.held - self.with_vendors


def position(flows: Iterable[Flow], *, appropriated: int, unallocated: int) -> Position:
    """Add up a call's movements; `appropriated` and `unallocated` come from the accounts."""
    points, entries = dict.fromkeys(Kind, 0), dict.fromkeys(Kind, 0)
    for flow in flows:
        points[flow.kind] += flow.points
        entries[flow.kind] += flow.entries
    into = sum(points[kind] for kind in OUT_OF_BUDGET)
    return Position(
        appropriated=appropriated, unallocated=unallocated,
        in_wallets=into + points[K.RELEASED] + points[K.REFUNDED] - points[K.RECLAIMED] - points[K.DEBITED] - points[K.HELD],
        held=points[K.HELD] - points[K.RELEASED] - points[K.RELEASED_OVER] - points[K.CAPTURED],
        with_vendors=points[K.CAPTURED] - points[K.REFUNDED] - points[K.REFUNDED_OVER],
        granted=points[K.GRANTED] + points[K.REGRANTED], granted_companies=entries[K.GRANTED] + entries[K.REGRANTED],
        regranted=points[K.REGRANTED], regranted_companies=entries[K.REGRANTED],
        reclaimed=points[K.RECLAIMED] + points[K.RELEASED_OVER],
        refunded=points[K.REFUNDED] + points[K.REFUNDED_OVER], captured=points[K.CAPTURED],
        restored=points[K.RESTORED], corrected=points[K.CREDITED] - points[K.DEBITED],
        raised=points[K.APPROPRIATED], lowered=points[K.LOWERED],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """One day or week of the burn-down: what went out, came back, was added, and what was left at its end."""

    first: date
    last: date
    out: int
    back: int
    changed: int
    left: int


def burn_down(flows: Iterable[Flow], today: date, *, days: int = 1) -> list[Span]:
    """The unallocated budget in spans of `days` that end today, the first movement in the first one."""
    by_day: dict[date, list[int]] = {}
    for flow in flows:
        row = by_day.setdefault(flow.day, [0, 0, 0])
        if flow.kind in OUT_OF_BUDGET:
            row[0] += flow.points
        elif flow.kind in BACK_TO_BUDGET:
            row[1] += flow.points
        elif flow.kind in (K.APPROPRIATED, K.LOWERED):
            row[2] += flow.points if flow.kind is K.APPROPRIATED else -flow.points
    if not by_day:
        return []
    end, start = max(today, *by_day), min(by_day)
    count = (end - start).days // days + 1
    spans, left = [], 0
    for number in range(count, 0, -1):
        first, last = end - timedelta(days=number * days - 1), end - timedelta(days=(number - 1) * days)
        rows = [by_day.get(first + timedelta(days=n), [0, 0, 0]) for n in range(days)]
        out, back, changed = (sum(column) for column in zip(*rows, strict=True))
        left += changed + back - out
        spans.append(Span(max(first, start), last, out, back, changed, left))
    return spans


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the unallocated budget would be used up, at the pace of the last whole weeks (four at most).

    `per_week` is their mean of what went out less what came back. `earliest` and `latest` take the fastest and the
    slowest of those weeks for the pace; None: not in sight within `HORIZON`.
    """

    weeks: int
    per_week: int
    fastest: int
    slowest: int
    used_up: date | None
    earliest: date | None
    latest: date | None


WEEKS = 4
HORIZON = timedelta(days=2 * 365)


def forecast(days: Sequence[Span], left: int, today: date) -> Forecast | None:
    """Look ahead from a burn-down by day; None with less than two whole weeks, because one week has no spread."""
    weeks = min(WEEKS, len(days) // 7)
    if weeks < 2:
        return None
    recent = days[-7 * weeks :]
    used = [sum(day.out - day.back for day in recent[7 * week : 7 * week + 7]) for week in range(weeks)]
    return Forecast(
        weeks=weeks, per_week=round(sum(used) / weeks), fastest=max(used), slowest=min(used),
        used_up=_gone(left, sum(used) / weeks, today),
        earliest=_gone(left, max(used), today), latest=_gone(left, min(used), today),
    )  # fmt: skip


def _gone(left: int, per_week: float, today: date) -> date | None:
    if left <= 0:
        return today
    if per_week <= 0 or 7 * left / per_week > HORIZON.days:
        return None
    return today + timedelta(days=int(7 * left / per_week))


def turn_by(
    number: int, *, unallocated: int, per_company: int, back_in_four_weeks: int, today: date
) -> date | None:
    """When the company at a place of the line (from 1) could get its whole grant, at the pace points came back lately.

    None: nothing came back in four weeks, or it would take longer than `HORIZON`.
    """
    missing = number * per_company - unallocated
    if missing <= 0:
        return today
    if back_in_four_weeks <= 0:
        return None
    days = -(-missing * 7 * WEEKS // back_in_four_weeks)
    return today + timedelta(days=days) if days <= HORIZON.days else None
