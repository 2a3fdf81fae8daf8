"""When a limit ends: months, working days, days that are off. Pure: no database, no clock."""

from collections.abc import Callable
from datetime import date, timedelta

from tcloud.programme.rules import Limit, Unit

IsWorkingDay = Callable[[date], bool]


def month_later(start: date, months: int) -> date:
    """The day with the start's number `months` later, or that month's last day (civil code, §121)."""
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    month_end = first_of_next - timedelta(days=1)
    return month_end.replace(day=min(start.day, month_end.day))


def last_day_of(limit: Limit, event_day: date, is_working_day: IsWorkingDay) -> date:
    """The last day of a limit whose event fell on `event_day`, which itself is not counted."""
    if limit.unit is Unit.WORKING_DAYS:
        return _working_days_later(event_day, limit.count, is_working_day)
    if limit.unit is Unit.MONTHS:
        day = month_later(event_day, limit.count)
    else:
        day = event_day + timedelta(days=limit.count)
    if limit.moves_to_working_day:
        while not is_working_day(day):
            day += timedelta(days=1)
    return day


def moved_past_days_off(limit: Limit, event_day: date, last_day: date, is_working_day: IsWorkingDay) -> bool:
    """Whether a limit ends on `last_day` because the day counted from the event was off (civil code, §122).

    False for working days, which skip days off while they count, and for a last day that came about otherwise.
    """
    if limit.unit is Unit.WORKING_DAYS:
        return False
    counted = last_day_of(limit.model_copy(update={"moves_to_working_day": False}), event_day, is_working_day)
    return counted < last_day == last_day_of(limit, event_day, is_working_day)


def _working_days_later(day: date, count: int, is_working_day: IsWorkingDay) -> date:
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def later_last_day(limit: Limit, event_day: date, last_day: date, is_working_day: IsWorkingDay) -> date:
    """The last day of an open limit after the calendar changed: later or the same, never earlier.

    Working days are counted again from the event. A day or month limit keeps its last day unless that day is off now
    and the rule moves it (PRODUCT.md §2, "Counting").
    """
    if limit.unit is Unit.WORKING_DAYS:
        return max(last_day, _working_days_later(event_day, limit.count, is_working_day))
    if limit.moves_to_working_day:
        while not is_working_day(last_day):
            last_day += timedelta(days=1)
    return last_day
