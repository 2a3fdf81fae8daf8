"""Every limit of the rules against a second way of counting: from each day, a second before midnight and at midnight.

Three years with a leap day, make-up Saturdays, long holidays and every month's end; every day in `make prove`, in
`make test` every eleventh and all days around month ends and holidays.
"""

import calendar
import os
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest

from tcloud.core.time import TAIPEI, end_of_day, taipei_date
from tcloud.programme.calendar import is_working_day
from tcloud.programme.counting import last_day_of
from tcloud.programme.rules import Limit, Rules, Unit, limit_names

STEP = 1 if os.environ.get("TCLOUD_PROVE") else 11
FIRST, LAST = date(2025, 12, 1), date(2028, 3, 31)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
WORKED = {day: is_working_day(day) for day in (FIRST + number * DAY for number in range((LAST - FIRST).days + 500))}


def second_count(limit: Limit, event: date) -> date:
    """Written after the civil code and the guide, without looking at `programme.rules`."""
    if limit.unit is Unit.WORKING_DAYS:
        worked = [day for day, works in WORKED.items() if works and day > event]
        return worked[limit.count - 1]
    if limit.unit is Unit.DAYS:
        last = date.fromordinal(event.toordinal() + limit.count)
    else:
        year, month = event.year, event.month
        for _ in range(limit.count):
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        last = date(year, month, min(event.day, calendar.monthrange(year, month)[1]))
    if limit.moves_to_working_day:
        last = next(day for day, works in WORKED.items() if works and day >= last)
    return last


def event_days() -> Iterator[date]:
    for number in range((LAST - FIRST).days + 1):
        day = FIRST + number * DAY
        near_month_end = day.day <= 2 or (day + 2 * DAY).month != day.month
        near_holiday = WORKED[day] != WORKED[day + DAY] and day.weekday() not in (4, 6)
        if number % STEP == 0 or near_month_end or near_holiday:
            yield day


def end_of(limit: Limit, event_at: datetime) -> datetime:
    return end_of_day(last_day_of(limit, taipei_date(event_at), is_working_day))


@pytest.mark.parametrize("name", limit_names())
def test_each_clock_from_each_day_to_the_second(name: str) -> None:
    limit: Limit = getattr(Rules(), name)
    for day in event_days():
        midnight = datetime.combine(day + DAY, time(0), TAIPEI)
        for event_at, counted_from in ((midnight - SECOND, day), (midnight, day + DAY)):
            end = end_of(limit, event_at)
            assert end == datetime.combine(second_count(limit, counted_from) + DAY, time(0), TAIPEI), (name, event_at)
            assert f"{(end - SECOND).astimezone(TAIPEI):%H:%M:%S}" == "23:59:59"


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize(("unit", "count"), [(Unit.MONTHS, 1), (Unit.MONTHS, 3), (Unit.MONTHS, 12), (Unit.DAYS, 1), (Unit.DAYS, 29)])
def test_the_same_in_other_units_and_without_the_move(unit: Unit, count: int, moves: bool) -> None:
    limit = Limit(count=count, unit=unit, moves_to_working_day=moves)
    for day in event_days():
        assert last_day_of(limit, day, is_working_day) == second_count(limit, day), day


@pytest.mark.parametrize(
    ("event", "months", "last"),
    [("2027-11-30", 3, "2028-02-29"), ("2027-02-28", 12, "2028-02-28"), ("2028-02-29", 12, "2029-02-28"), ("2027-12-31", 2, "2028-02-29")],
)
def test_the_leap_day(event: str, months: int, last: str) -> None:
    limit = Limit(count=months, unit=Unit.MONTHS, moves_to_working_day=False)
    assert last_day_of(limit, date.fromisoformat(event), is_working_day) == date.fromisoformat(last)
