"""The rules of a call as typed values, and the counting of limits. Pure: no database, no clock.

Every limit is a number with a unit, never a bare number; PRODUCT.md §2 is the source of each default.
"""

from collections.abc import Callable
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Unit(StrEnum):
    """How a limit counts."""

    DAYS = "days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"


class Limit(BaseModel):
    """A span that ends at 24:00 of its last day in Asia/Taipei.

    `moves_to_working_day`: a last day that is off moves to the next working day (civil code, §122).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: Annotated[int, Field(ge=1, le=366)]
    unit: Unit
    moves_to_working_day: bool = True


class Share(BaseModel):
    """Which part of a price points may pay, as a fraction so that no rounding hides in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    numerator: Annotated[int, Field(ge=1)]
    denominator: Annotated[int, Field(ge=2)]

    @model_validator(mode="after")
    def _leaves_a_self_pay(self) -> "Share":
        if self.numerator >= self.denominator:
            raise ValueError("points never pay a whole price")
        return self


def _days(count: int) -> Limit:
    return Limit(count=count, unit=Unit.DAYS)


def _working(count: int) -> Limit:
    return Limit(count=count, unit=Unit.WORKING_DAYS)


def _months(count: int) -> Limit:
    return Limit(count=count, unit=Unit.MONTHS)


class Rules(BaseModel):
    """One version of a call's rules. Field names are stable: decisions and deadlines name them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    points_per_company: Annotated[int, Field(ge=1, le=10_000_000)] = 30_000
    points_share: Share = Share(numerator=1, denominator=2)
    sme_capital_limit_twd: Annotated[int, Field(ge=1)] = 100_000_000
    review_target: Limit = _working(5)
    activation: Limit = _months(1)
    use: Limit = _months(3)
    vendor_answers: Limit = _working(5)
    self_pay: Limit = _days(2)
    first_contact: Limit = _working(2)
    invoice: Limit = _days(2)
    service_start: Limit = _days(7)
    cancellation_answer: Limit = _days(14)
    approval: Limit = _days(14)
    released_points_usable: Limit = Limit(count=7, unit=Unit.DAYS)
    released_points_window: Limit = Limit(count=7, unit=Unit.DAYS, moves_to_working_day=False)
    released_points_cap: Limit = Limit(count=60, unit=Unit.DAYS, moves_to_working_day=False)
    warnings_days_before: tuple[int, ...] = (14, 7, 3, 1)


class DeadlineKind(StrEnum):
    """What a limit is about; `jobs.deadlines` maps each kind to one use case."""

    GRANT_ACTIVATION = "grant_activation"
    GRANT_USE = "grant_use"
    VENDOR_ANSWER = "vendor_answer"
    SELF_PAY = "self_pay"
    FIRST_CONTACT = "first_contact"
    SERVICE_START = "service_start"
    INVOICE = "invoice"
    APPROVAL = "approval"
    TERM_END = "term_end"
    REMINDER = "reminder"


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
