"""Split, allotment, refund and term, against a second way of computing them."""

import os
from datetime import date
from fractions import Fraction
from math import floor

import pytest

from tcloud.core.money import Points, Twd
from tcloud.orders.rules import allot, points_ceiling, refundable, split_price, term_last_day
from tcloud.programme.rules import Share

STEP = 1 if os.environ.get("TCLOUD_PROVE") else 997
SHARES = [(1, 2), (7, 10), (4, 5)]
AVAILABLE = sorted({0, 1, 29_999, 30_000, *range(0, 120_001, 997 if STEP == 1 else 29_910)})


@pytest.mark.parametrize(
    ("price", "available", "points", "cash"),
    [
        (60_000, 30_000, 30_000, 30_000),
        (70_000, 30_000, 30_000, 40_000),
        (25_001, 30_000, 12_500, 12_501),
        (60_000, 12_345, 12_345, 47_655),
        (1, 30_000, 0, 1),
        (60_000, 0, 0, 60_000),
    ],
)
def test_the_programmes_own_examples(price: int, available: int, points: int, cash: int) -> None:
    ceiling = points_ceiling(price=Twd(price), share=Share(numerator=1, denominator=2), available=Points(available))

    assert split_price(price=Twd(price), points=ceiling) == split_price(price=Twd(price), points=Points(points))
    assert (ceiling, price - ceiling) == (points, cash)


@pytest.mark.parametrize(("numerator", "denominator"), SHARES)
def test_the_ceiling_equals_exact_fractions_for_every_price(numerator: int, denominator: int) -> None:
    share = Share(numerator=numerator, denominator=denominator)
    for price in range(1, 120_001, STEP):
        exact = floor(Fraction(price * numerator, denominator))
        for available in AVAILABLE:
            assert points_ceiling(price=Twd(price), share=share, available=Points(available)) == min(exact, available)


def test_points_never_pay_a_whole_price() -> None:
    with pytest.raises(ValueError, match="whole price"):
        Share(numerator=3, denominator=3)


def largest_remainder(prices: list[int], points: int) -> list[int]:
    """The same allotment by exact fractions: floors first, then one each to the largest remainders, early lines first."""
    exact = [Fraction(points * price, sum(prices)) for price in prices]
    shares = [floor(part) for part in exact]
    order = sorted(range(len(prices)), key=lambda line: (shares[line] - exact[line], line))
    for line in order[: points - sum(shares)]:
        shares[line] += 1
    return shares


@pytest.mark.parametrize(
    ("prices", "points", "expected"),
    [
        ([59_999, 1], 30_000, [(30_000, 29_999), (0, 1)]),
        ([100, 100, 100], 50, [(17, 83), (17, 83), (16, 84)]),
        ([60_000], 30_000, [(30_000, 30_000)]),
    ],
)
def test_allotment_examples(prices: list[int], points: int, expected: list[tuple[int, int]]) -> None:
    result = allot(prices=[Twd(price) for price in prices], points=Points(points))

    assert [(split.points, split.cash) for split in result] == expected


@pytest.mark.parametrize("prices", [[1, 1], [7, 11, 13], [59_999, 1], [99_991, 3, 30_000, 7], [5, 5, 5, 5, 5], [1, 60_000, 2]])
def test_allotment_equals_largest_remainder_and_every_line_adds_up(prices: list[int]) -> None:
    for points in range(1, sum(prices) // 2 + 1, max(1, sum(prices) // 400)):
        result = allot(prices=[Twd(price) for price in prices], points=Points(points))
        assert [split.points for split in result] == largest_remainder(prices, points)
        assert [split.points + split.cash for split in result] == prices
        assert sum(split.points for split in result) == points


def second_refund(amount: int, term: int, used: int) -> int:
    """The refund as the guide draws it: nothing past half, else the unused months' exact part, cents dropped."""
    if Fraction(used, term) > Fraction(1, 2):
        return 0
    return floor(amount * Fraction(term - used, term))


@pytest.mark.parametrize(("used", "points", "cash"), [(5, 17_500, 23_333), (6, 15_000, 20_000), (7, 0, 0)])
def test_refund_examples(used: int, points: int, cash: int) -> None:
    assert refundable(amount=30_000, term=12, used=used) == points
    assert refundable(amount=40_000, term=12, used=used) == cash


def test_refund_over_the_whole_domain() -> None:
    amounts = [*range(201), 29_999, 30_000, 40_000, 99_991]
    for term in range(1, 61):
        for used in range(term + 1):
            for amount in amounts if STEP == 1 else amounts[:: 7 if used % 3 else 3]:
                assert refundable(amount=amount, term=term, used=used) == second_refund(amount, term, used)


def test_a_term_of_one_month_returns_nothing_after_the_start() -> None:
    assert refundable(amount=30_000, term=1, used=0) == 30_000
    assert refundable(amount=30_000, term=1, used=1) == 0


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        (date(2026, 3, 10), 12, date(2027, 3, 9)),
        (date(2026, 3, 10), 1, date(2026, 4, 9)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 1, 31), 2, date(2026, 3, 30)),
        (date(2026, 12, 1), 1, date(2026, 12, 31)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
    ],
)
def test_the_last_day_of_a_term(start: date, months: int, last: date) -> None:
    assert term_last_day(start, months) == last
