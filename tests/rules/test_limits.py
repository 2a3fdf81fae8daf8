"""How limits count: month ends, leap days, working days, and a last day that is off."""

from datetime import date

import pytest

from tcloud.programme.calendar import is_working_day
from tcloud.programme.counting import last_day_of, month_later
from tcloud.programme.rules import Limit, Rules, Unit


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        ("2026-02-12", 3, "2026-02-24"),
        ("2026-02-13", 1, "2026-02-23"),
        ("2026-02-13", 5, "2026-03-02"),
        ("2025-02-06", 3, "2025-02-10"),
        ("2025-02-07", 1, "2025-02-08"),  # a make-up Saturday
        ("2024-02-16", 2, "2024-02-19"),
        ("2023-01-06", 2, "2023-01-09"),
        ("2026-09-24", 1, "2026-09-29"),
        ("2026-09-24", 5, "2026-10-05"),
        ("2026-10-08", 3, "2026-10-14"),
        ("2026-12-24", 3, "2026-12-30"),
        ("2026-11-20", 5, "2026-11-27"),
        ("2025-09-26", 1, "2025-09-30"),
    ],
)
def test_working_days_as_the_office_calendar_counts_them(start: str, count: int, expected: str) -> None:
    limit = Limit(count=count, unit=Unit.WORKING_DAYS)

    assert last_day_of(limit, date.fromisoformat(start), is_working_day) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-03-10", 1, "2026-04-10"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-12-31", 1, "2027-01-31"),
        ("2026-10-15", 12, "2027-10-15"),
    ],
)
def test_months_end_on_the_same_number_or_the_months_last_day(start: str, months: int, expected: str) -> None:
    assert month_later(date.fromisoformat(start), months) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("start", "count", "moves", "expected"),
    [
        ("2026-04-21", 2, True, "2026-04-23"),
        ("2026-04-23", 2, True, "2026-04-27"),  # Saturday → Monday
        ("2026-04-23", 2, False, "2026-04-25"),
        ("2026-02-12", 2, True, "2026-02-23"),  # into the New Year holidays → the first working day after them
    ],
)
def test_a_last_day_that_is_off_moves_where_the_rule_says_so(start: str, count: int, moves: bool, expected: str) -> None:
    limit = Limit(count=count, unit=Unit.DAYS, moves_to_working_day=moves)

    assert last_day_of(limit, date.fromisoformat(start), is_working_day) == date.fromisoformat(expected)


def test_the_rules_are_the_guides() -> None:
    rules = Rules()

    assert rules.points_per_company == 30_000
    assert (rules.points_share.numerator, rules.points_share.denominator) == (1, 2)
    assert (rules.activation.count, rules.use.count) == (1, 3)
    assert (rules.self_pay.count, rules.service_start.count, rules.vendor_answers.count) == (2, 7, 5)
    assert rules.warnings_days_before == (14, 7, 3, 1)


def test_an_unknown_rule_or_a_limit_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="extra"):
        Rules.model_validate({"no_such_rule": 1})
    with pytest.raises(ValueError, match="greater than or equal"):
        Limit(count=0, unit=Unit.DAYS)
