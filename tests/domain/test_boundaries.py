"""Each clock of grants and orders from nought to one: a second before its end it still holds, at its end it acts.

Ends are 24:00 in Taipei of the last day, so the pairs below are 23:59:59 and 00:00:00 there. The events fall on month
ends, in a leap year, before long holidays and before plain weekends.
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from tcloud.core.time import TAIPEI
from tcloud.points.queries import grant_of, usable_now
from tcloud.points.services.ending import end_grant
from tcloud.points.services.holding import NotActivated, PointsEnded, hold
from tcloud.programme import queries
from tcloud.programme.rules import DeadlineKind, Limit, Rules, Unit, limit_names
from tcloud.programme.services import set_deadline
from tests import make

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def taipei(moment: str) -> datetime:
    """An instant written in Taipei time."""
    return datetime.fromisoformat(moment).replace(tzinfo=TAIPEI).astimezone(UTC)


# Issued at, last day of activation, last day of use: one month and three months, moved on where the day is off.
GRANTS = [
    ("2026-01-31T23:59:59", "2026-03-02", "2026-04-30"),  # 28 February is a Saturday
    ("2026-02-01T00:00:00", "2026-03-02", "2026-05-04"),  # 1 March is a Sunday, 1 May Labour Day before a weekend
    ("2028-01-31T12:00:00", "2028-02-29", "2028-05-02"),  # a leap day; 30 April is a Sunday before Labour Day
    ("2026-04-20T10:00:00", "2026-05-20", "2026-07-20"),
    ("2026-11-30T10:00:00", "2026-12-30", "2027-03-02"),  # 28 February 2027 is a Sunday, 1 March made up for
    ("2025-12-31T00:00:00", "2026-02-02", "2026-03-31"),  # 31 January is a Saturday
]


@pytest.mark.parametrize(("issued", "activation", "use"), GRANTS)
def test_both_ends_of_a_grant_are_midnights_of_working_days(issued: str, activation: str, use: str) -> None:
    rules, at = Rules(), taipei(issued)

    ends = [queries.limit_end(limit, at) for limit in (rules.activation, rules.use)]

    days = [(end - SECOND).astimezone(TAIPEI) for end in ends]
    assert [f"{day:%H:%M:%S}" for day in days] == ["23:59:59", "23:59:59"]
    assert [f"{day:%Y-%m-%d}" for day in days] == [activation, use]


@pytest.mark.parametrize("issued", [row[0] for row in GRANTS if row[0] < "2027"])
def test_activation_holds_to_the_last_second(issued: str) -> None:
    at = taipei(issued)
    call = make.call(now=at)
    make.vendor()
    make.company_with_points(now=at)
    grant = grant_of(make.COMPANY.ubn, call)
    assert grant is not None
    end = grant.activate_until

    assert usable_now(grant, end - SECOND) == 30_000
    assert usable_now(grant, end) == 0
    end_grant(grant_id=grant.pk, deadline=DeadlineKind.GRANT_ACTIVATION, now=end - SECOND)
    grant.refresh_from_db()
    assert grant.ended_at is None
    end_grant(grant_id=grant.pk, deadline=DeadlineKind.GRANT_ACTIVATION, now=end)
    grant.refresh_from_db()
    assert grant.ended_at == end


@pytest.mark.parametrize(("late", "refusal"), [(-SECOND, None), (timedelta(0), NotActivated)])
def test_the_first_order_activates_to_the_last_second(late: timedelta, refusal: type[Exception] | None) -> None:
    call = make.call()
    make.company_with_points()
    grant = grant_of(make.COMPANY.ubn, call)
    assert grant is not None
    _order_at(grant.activate_until + late, refusal)


@pytest.mark.parametrize(("late", "refusal"), [(-SECOND, None), (timedelta(0), PointsEnded)])
def test_points_are_used_to_the_last_second(late: timedelta, refusal: type[Exception] | None) -> None:
    call = make.call()
    make.company_with_points()
    grant = grant_of(make.COMPANY.ubn, call)
    assert grant is not None
    _order_at(make.NOW, None, "AA0000000009")
    _order_at(grant.use_until + late, refusal)
    end_grant(grant_id=grant.pk, deadline=DeadlineKind.GRANT_USE, now=grant.use_until + late)
    grant.refresh_from_db()
    assert (grant.ended_at is None) is (refusal is None)


def _order_at(now: datetime, refusal: type[Exception] | None, number: str = "AA0000000001") -> None:
    call = queries.named_call("115-1")
    with transaction.atomic():
        if refusal is None:
            hold(ubn=make.COMPANY.ubn, call=call, order_number=number, points=100, now=now)
        else:
            with pytest.raises(refusal):
                hold(ubn=make.COMPANY.ubn, call=call, order_number=number, points=100, now=now)


# Rule, event, last day. Every limit of an order, at the edges of days, months, years and holidays.
ORDERS = [
    ("vendor_answers", "2026-02-13T23:59:59", "2026-03-02"),  # the New Year holidays and 27 February are no days
    ("vendor_answers", "2026-02-14T00:00:00", "2026-03-02"),  # a second later it is Saturday: the same five days
    ("vendor_answers", "2023-01-06T10:00:00", "2023-01-12"),  # the make-up Saturday counts
    ("vendor_answers", "2026-04-20T10:00:00", "2026-04-27"),
    ("self_pay", "2026-04-21T23:59:59", "2026-04-23"),
    ("self_pay", "2026-04-22T00:00:00", "2026-04-24"),
    ("self_pay", "2026-04-23T12:00:00", "2026-04-27"),  # Saturday moves to Monday
    ("self_pay", "2026-12-30T12:00:00", "2027-01-04"),  # New Year's Day is a Friday
    ("self_pay", "2028-02-27T12:00:00", "2028-02-29"),  # a leap day
    ("self_pay", "2026-02-12T12:00:00", "2026-02-23"),  # Saturday before the New Year holidays
    ("first_contact", "2026-09-24T10:00:00", "2026-09-30"),
    ("invoice", "2026-09-23T10:00:00", "2026-09-29"),  # 25 to 28 September are off
    ("invoice", "2026-04-28T10:00:00", "2026-04-30"),
    ("service_start", "2026-04-24T10:00:00", "2026-05-04"),  # 1 May moves over the weekend
    ("approval", "2026-06-05T10:00:00", "2026-06-22"),  # 19 June is off
    ("cancellation_answer", "2026-12-11T10:00:00", "2026-12-28"),  # 25 December is off
    ("payout", "2026-01-31T10:00:00", "2026-03-02"),
    ("appeal", "2028-01-30T10:00:00", "2028-02-29"),  # the leap day is the 30th
    ("transfer_answer", "2026-10-08T10:00:00", "2026-10-14"),
    ("cash_refund", "2026-04-20T10:00:00", "2026-05-04"),
    ("allowance_wait", "2026-04-20T10:00:00", "2026-04-27"),
    ("correction_round", "2026-04-20T10:00:00", "2026-05-05"),
    ("second_applicant", "2026-04-20T10:00:00", "2026-04-27"),
    ("question_answer", "2026-04-20T10:00:00", "2026-04-22"),
    ("objection_mended", "2026-04-20T10:00:00", "2026-04-27"),
    ("review_target", "2026-02-13T23:59:59", "2026-03-02"),
    ("review_target", "2026-04-20T10:00:00", "2026-04-27"),
    ("rating_opens", "2026-01-31T23:59:59", "2026-03-02"),
    ("rating_editable", "2026-06-05T10:00:00", "2026-06-22"),
    ("vendor_below_zero", "2028-01-30T10:00:00", "2028-02-29"),
    ("released_points_usable", "2026-04-24T10:00:00", "2026-05-04"),
]
ELSEWHERE = {"activation", "use", "released_points_window", "released_points_cap"}
"""The grant's clocks above; the spans around its end in tests/rules/test_points_rules.py and tests/domain/test_kept_points.py."""


def test_no_limit_is_left_out() -> None:
    assert {rule for rule, _event, _last in ORDERS} | ELSEWHERE == set(limit_names())



@pytest.mark.parametrize(("rule", "event", "last"), ORDERS)
def test_a_limit_is_due_at_midnight_after_its_last_day_and_no_second_earlier(rule: str, event: str, last: str) -> None:
    rule_set = make.call().rule_sets.get()
    with transaction.atomic():
        limit = set_deadline(
            kind=DeadlineKind.SELF_PAY, subject="AA0000000001", rule=rule, rule_set=rule_set, event_at=taipei(event)
        )

    assert f"{(limit.due_at - SECOND).astimezone(TAIPEI):%Y-%m-%d %H:%M:%S}" == f"{last} 23:59:59"
    assert list(queries.due(limit.due_at - SECOND)) == []
    assert list(queries.due(limit.due_at)) == [limit]


@pytest.mark.parametrize(("event", "last"), [("2026-01-31T23:59:59", "2026-02-28"), ("2026-02-01T00:00:00", "2026-03-01")])
def test_a_month_that_does_not_move_ends_on_its_number_or_the_months_end(event: str, last: str) -> None:
    limit = Limit(count=1, unit=Unit.MONTHS, moves_to_working_day=False)

    assert queries.limit_end(limit, taipei(event)) == taipei(f"{last}T00:00:00") + timedelta(days=1)
