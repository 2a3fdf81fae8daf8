"""Burn-down, forecast and turns, by example; no database."""

from datetime import date, timedelta

import pytest

from tcloud.points.budget import Flow, Kind, Span, burn_down, forecast, position, turn_by

DAY = date(2026, 5, 14)
K = Kind


def flow(days_ago: int, kind: Kind, points: int, entries: int = 1) -> Flow:
    return Flow(DAY - timedelta(days=days_ago), kind, points, entries)


def weeks(*used: int) -> list[Span]:
    """Days of whole weeks, each week's net use on its first day."""
    return [
        Span(DAY, DAY, out=used[day // 7] if day % 7 == 0 else 0, back=0, changed=0, left=0) for day in range(7 * len(used))
    ]


def test_days_and_weeks_say_the_same() -> None:
    flows = [flow(9, K.APPROPRIATED, 100), flow(8, K.GRANTED, 30), flow(7, K.LOWERED, 5), flow(2, K.RECLAIMED, 10), flow(0, K.HELD, 9)]
    days = burn_down(flows, DAY)
    assert [day.left for day in days] == [100, 70, 65, 65, 65, 65, 65, 75, 75, 75]
    assert burn_down(flows, DAY, days=7) == [
        Span(DAY - timedelta(days=9), DAY - timedelta(days=7), 30, 0, 95, 65),
        Span(DAY - timedelta(days=6), DAY, 0, 10, 0, 75),
    ]
    assert burn_down([], DAY) == []


def test_a_difference_is_seen() -> None:
    assert position([flow(1, K.GRANTED, 30)], appropriated=100, unallocated=70).difference == 0
    assert position([flow(1, K.GRANTED, 30)], appropriated=100, unallocated=71).difference == -1


@pytest.mark.parametrize(
    ("used", "left", "expected"),
    [
        ([70], 700, None),
        ([70, 140], 630, (2, 105, 42, 31, 63)),
        ([0, 0, 70, 70, 70, 70], 70, (4, 70, 7, 7, 7)),
        ([0, 140], 140, (2, 70, 14, 7, None)),
        ([-70, 70], 700, (2, 0, None, 70, None)),
        ([-5, -5], 700, (2, -5, None, None, None)),
        ([70, 70], 0, (2, 70, 0, 0, 0)),
        ([1, 1], 10_000, (2, 1, None, None, None)),
    ],
)
def test_a_forecast_has_a_range_or_is_not_made(used: list[int], left: int, expected: tuple[int | None, ...] | None) -> None:
    found = forecast(weeks(*used), left, DAY)
    if expected is None:
        assert found is None
        return
    assert found is not None
    days = [(day - DAY).days if day else None for day in (found.used_up, found.earliest, found.latest)]
    assert (found.weeks, found.per_week, *days) == expected


@pytest.mark.parametrize(
    ("number", "left", "back", "days"),
    [(1, 30, 0, 0), (1, 29, 0, None), (1, 0, 30, 28), (2, 30, 30, 28), (3, 0, 30, 84), (1, 29, 30, 1), (99, 0, 1, None)],
)
def test_a_turn_is_estimated_by_what_came_back(number: int, left: int, back: int, days: int | None) -> None:
    found = turn_by(number, unallocated=left, per_company=30, back_in_four_weeks=back, today=DAY)
    assert found == (None if days is None else DAY + timedelta(days=days))
