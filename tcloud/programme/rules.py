"""The rules of a call as typed values. Pure: no database, no clock.

Every limit is a number with a unit, never a bare number; PRODUCT.md §2 is the source of each default. A rule whose
meaning would break with another unit says which units it takes: contracts say 「5 個工作天」 of the vendor's answer,
and points that come back near an end are measured in calendar days. `programme.counting` says when a limit ends,
`programme.wording` says each rule in words.
"""

from datetime import time
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError


class Unit(StrEnum):
    """How a limit counts."""

    DAYS = "days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"


class Limit(BaseModel):
    """A span that ends at 24:00 of its last day in Asia/Taipei.

    `moves_to_working_day`: a last day that is off moves to the next working day (civil code, §122). A limit in
    working days ends on one anyway.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: Annotated[int, Field(ge=1, le=366)]
    unit: Unit
    moves_to_working_day: bool = True


class Share(BaseModel):
    """Which part of a price points may pay, as a fraction so that no rounding hides in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    numerator: Annotated[int, Field(ge=1, le=100)]
    denominator: Annotated[int, Field(ge=2, le=100)]

    @model_validator(mode="after")
    def _leaves_a_self_pay(self) -> "Share":
        if self.numerator >= self.denominator:
            raise PydanticCustomError("share_whole", "points never pay a whole price")
        return self


class ActivationTrigger(StrEnum):
    """What activates a grant."""

    FIRST_ORDER = "first_order"


class UseStart(StrEnum):
    """From when the use window counts."""

    GRANT = "grant"
    ACTIVATION = "activation"


class RefundRule(StrEnum):
    """What a change of mind returns. The arithmetic of each is in `orders.rules`; another way is a new member."""

    STARTED_MONTHS_TO_HALF = "started_months_to_half"


class DefaultRefund(StrEnum):
    """What a vendor's default returns."""

    UNSERVED_MONTHS = "unserved_months"


class ServiceHours(BaseModel):
    """When people answer the chat, in Asia/Taipei; `closes` is exclusive. Weekdays are 1 (Monday) to 7."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    opens: time = time(9)
    closes: time = time(18)
    weekdays: Annotated[tuple[Annotated[int, Field(ge=1, le=7)], ...], Field(min_length=1)] = (1, 2, 3, 4, 5, 6, 7)

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> "ServiceHours":
        if self.opens >= self.closes:
            raise PydanticCustomError("hours_order", "opens before it closes")
        if list(self.weekdays) != sorted(set(self.weekdays)):
            raise PydanticCustomError("weekdays_order", "each weekday once, in order")
        return self


class Bounds:
    """What a limit of one rule may be: its units, and the most of each. The form reads it, too."""

    def __init__(self, *, days: int = 0, working_days: int = 0, months: int = 0, fixed_end: bool = False) -> None:
        most = {Unit.DAYS: days, Unit.WORKING_DAYS: working_days, Unit.MONTHS: months}
        self.most = {unit: count for unit, count in most.items() if count}
        self.fixed_end = fixed_end

    def check(self, limit: Limit) -> Limit:
        """The limit itself; raises PydanticCustomError `unit`, `most` or `fixed_end`."""
        if limit.unit not in self.most:
            raise PydanticCustomError("unit", "another unit would change what the rule means", {"units": list(self.most)})
        if limit.count > self.most[limit.unit]:
            context = {"most": self.most[limit.unit], "unit": limit.unit}
            raise PydanticCustomError("most", "more than this rule allows", context)
        if self.fixed_end and limit.moves_to_working_day:
            raise PydanticCustomError("fixed_end", "a span before or after a date does not move")
        return limit


def _whole_days(*, most: int = 90, fixed_end: bool = False) -> Bounds:
    return Bounds(days=most, fixed_end=fixed_end)


WORKING = Bounds(working_days=60)
DAYS = _whole_days()
EITHER = Bounds(days=90, working_days=60)
WINDOW = Bounds(days=366, months=36)
SPAN = _whole_days(most=366, fixed_end=True)

WorkingDays = Annotated[Limit, WORKING, AfterValidator(WORKING.check)]
CalendarDays = Annotated[Limit, DAYS, AfterValidator(DAYS.check)]
AnyDays = Annotated[Limit, EITHER, AfterValidator(EITHER.check)]
Window = Annotated[Limit, WINDOW, AfterValidator(WINDOW.check)]
Span = Annotated[Limit, SPAN, AfterValidator(SPAN.check)]


def _falling(days: tuple[int, ...]) -> tuple[int, ...]:
    if list(days) != sorted(set(days), reverse=True):
        raise PydanticCustomError("falling", "each number once, the largest first")
    return days


DaysBefore = Annotated[
    tuple[Annotated[int, Field(ge=1, le=60)], ...], Field(min_length=1, max_length=8), AfterValidator(_falling)
]


def _days(count: int) -> Limit:
    return Limit(count=count, unit=Unit.DAYS)


def _span(count: int) -> Limit:
    return Limit(count=count, unit=Unit.DAYS, moves_to_working_day=False)


def _working(count: int) -> Limit:
    return Limit(count=count, unit=Unit.WORKING_DAYS)


def _months(count: int) -> Limit:
    return Limit(count=count, unit=Unit.MONTHS)


class Rules(BaseModel):
    """One version of a call's rules. Field names are stable: decisions and deadlines name them.

    A version published before a field existed reads with the field's default, which is the guide's value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    # points
    points_per_company: Annotated[int, Field(ge=1, le=10_000_000)] = 30_000
    points_share: Share = Share(numerator=1, denominator=2)
    renewals_take_points: bool = False
    # joining
    sme_capital_limit_twd: Annotated[int, Field(ge=1, le=100_000_000_000)] = 100_000_000
    sme_employee_limit: Annotated[int, Field(ge=1, le=100_000)] = 200
    earlier_grant_excludes: bool = True
    review_target: AnyDays = _working(5)
    correction_round: AnyDays = _working(10)
    appeal: CalendarDays = _days(30)
    second_applicant: AnyDays = _working(5)
    # the grant's clocks
    activation: Window = _months(1)
    activation_by: ActivationTrigger = ActivationTrigger.FIRST_ORDER
    use: Window = _months(3)
    use_starts_at: UseStart = UseStart.GRANT
    warnings_days_before: DaysBefore = (14, 7, 3, 1)
    released_points_usable: CalendarDays = _days(7)
    released_points_window: Span = _span(7)
    released_points_cap: Span = _span(60)
    # ordering and paying
    question_answer: AnyDays = _working(2)
    vendor_answers: WorkingDays = _working(5)
    self_pay: CalendarDays = _days(2)
    open_attempt_grace_hours: Annotated[int, Field(ge=1, le=72)] = 24
    transfer_answer: AnyDays = _working(3)
    # delivering
    first_contact: AnyDays = _working(2)
    invoice: CalendarDays = _days(2)
    service_start: CalendarDays = _days(7)
    approval: CalendarDays = _days(14)
    objection_mended: CalendarDays = _days(7)
    rating_opens: CalendarDays = _days(30)
    rating_editable: CalendarDays = _days(14)
    renewal_notice_days_before: DaysBefore = (30, 7)
    # changing one's mind
    cancellation_answer: CalendarDays = _days(14)
    refund: RefundRule = RefundRule.STARTED_MONTHS_TO_HALF
    vendor_default: DefaultRefund = DefaultRefund.UNSERVED_MONTHS
    cash_refund: CalendarDays = _days(14)
    allowance_wait: CalendarDays = _days(7)
    # paying the vendor
    payout: CalendarDays = _days(30)
    vendor_below_zero: CalendarDays = _days(30)
    # people who answer
    chat: ServiceHours = ServiceHours()

    @model_validator(mode="after")
    def _fit_together(self) -> "Rules":
        if self.use_starts_at is UseStart.GRANT and _at_most_days(self.activation) > _at_most_days(self.use):
            raise PydanticCustomError("activation_after_use", "points would have to be used before they are activated")
        if self.released_points_window.count > self.released_points_cap.count:
            raise PydanticCustomError("released_window", "the extra days would end before they begin")
        return self


NOT_OPEN_YET = frozenset({
    "renewals_take_points", "correction_round", "appeal", "second_applicant", "question_answer", "transfer_answer",
    "objection_mended", "rating_opens", "rating_editable", "renewal_notice_days_before", "vendor_default", "cash_refund",
    "allowance_wait", "payout", "vendor_below_zero", "chat",
})  # fmt: skip
"""Rules of steps that nobody can take on this platform yet. A version of the rules is whole from the first day, because
it is never edited and every decision names it; the office's form says beside these that nothing follows from them."""


def _at_most_days(limit: Limit) -> int:
    return limit.count * 31 if limit.unit is Unit.MONTHS else limit.count


def bounds_of(name: str) -> Bounds:
    """What the limit of a rule may be. Raises KeyError for a rule that is no limit."""
    bounds = [part for part in Rules.model_fields[name].metadata if isinstance(part, Bounds)]
    if not bounds:
        raise KeyError(name)
    return bounds[0]


def limit_names() -> list[str]:
    """The rules that are limits, in order."""
    return [name for name, field in Rules.model_fields.items() if field.annotation is Limit]


class DeadlineKind(StrEnum):
    """What a limit is about; `jobs.deadlines` maps each kind to one use case."""

    REVIEW = "review"
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


DUTIES = (DeadlineKind.FIRST_CONTACT, DeadlineKind.SERVICE_START, DeadlineKind.INVOICE, DeadlineKind.REVIEW)
"""Kinds that only a person settles: after the limit they stay open and visible, and nothing happens by itself."""
