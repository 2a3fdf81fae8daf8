"""The arithmetic of an order: split, allotment, refund preview, end of term. Pure: no database, no clock.

Source of every rule: PRODUCT.md §2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from tcloud.core.money import Points, Twd
from tcloud.programme.counting import month_later
from tcloud.programme.rules import RefundRule, Share


@dataclass(frozen=True, slots=True)
class Split:
    """How a price is paid: `points` + `cash` = price, whole numbers."""

    points: Points
    cash: Twd


def points_ceiling(*, price: Twd, share: Share, available: Points) -> Points:
    """The most points an order may use: ⌊price × share⌋, and never more than there are."""
    return Points(max(0, min(price * share.numerator // share.denominator, available)))


def split_price(*, price: Twd, points: Points) -> Split:
    """What remains to be paid in cash beside a number of points."""
    return Split(points, Twd(price - points))


def allot(*, prices: list[Twd], points: Points) -> list[Split]:
    """Spread an order's points over its lines by price: largest remainder, ties by line number.

    59,999 + 1 with 30,000 points → 30,000 + 29,999 and 0 + 1.
    """
    total = sum(prices)
    shares = [points * price // total for price in prices]
    by_remainder = sorted(range(len(prices)), key=lambda line: (-(points * prices[line] % total), line))
    for line in by_remainder[: points - sum(shares)]:
        shares[line] += 1
    return [Split(Points(share), Twd(price - share)) for share, price in zip(shares, prices, strict=True)]


def refundable(*, amount: int, term: int, used: int) -> int:
    """What a change of mind returns of an amount: ⌊amount × (term − used) ÷ term⌋ up to half the term, then nothing.

    `used` is 0 before the start, else a started month counts as one. Exactly half still refunds.
    """
    return amount * (term - used) // term if 2 * used <= term else 0


_REFUNDS: dict[RefundRule, Callable[..., int]] = {RefundRule.STARTED_MONTHS_TO_HALF: refundable}


def refund_of(rule: RefundRule, *, amount: int, term: int, used: int) -> int:
    """What a change of mind returns of an amount under the rule of a call."""
    return _REFUNDS[rule](amount=amount, term=term, used=used)


def term_last_day(start: date, months: int) -> date:
    """The last day of a term: the start day counts, so it ends the day before the start's number comes round.

    10 March + 12 months → 9 March; 31 January + 1 month → 28 (29) February.
    """
    anniversary = month_later(start, months)
    return anniversary - timedelta(days=1) if anniversary.day == start.day else anniversary
