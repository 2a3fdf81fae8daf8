"""Points held when the window ends, and points that come back near it: every row of the rule, to the instant."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from tcloud.core.time import taipei_date
from tcloud.jobs import deadlines
from tcloud.ledger import chart
from tcloud.ledger.models import Account
from tcloud.ledger.queries import balance
from tcloud.ledger.services.posting import InsufficientBalance, Move, open_accounts, post
from tcloud.ledger.services.verifying import verify
from tcloud.notifications.models import OutboxMessage
from tcloud.points.models import Grant, KeptPoints
from tcloud.points.queries import available, usable_now
from tcloud.points.rules import Cause
from tcloud.points.services.holding import PointsEnded, capture, hold, refund, release_hold
from tcloud.programme.models import Call, Deadline
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
NOW, UBN = make.NOW, make.COMPANY.ubn
ORDER, SECOND_ORDER = "CE2600000018", "CE2600000026"
INSTANT, DAY = timedelta(microseconds=1), timedelta(days=1)


@pytest.fixture
def grant() -> Grant:
    make.call()
    make.company_with_points()
    return fresh()


def fresh() -> Grant:
    return Grant.objects.select_related("call", "rule_set").get()


def budget() -> int:
    return sum(account.balance for account in Account.objects.filter(code__contains="/budget/"))


def held(points: int, now: datetime = NOW, order: str = ORDER) -> None:
    with transaction.atomic():
        hold(ubn=UBN, call=Call.objects.get(), order_number=order, points=points, now=now)


def released(points: int, cause: Cause, now: datetime, order: str = ORDER) -> bool:
    with transaction.atomic():
        return release_hold(ubn=UBN, call=Call.objects.get(), order_number=order, points=points, cause=cause, now=now)


def captured(points: int, order: str = ORDER) -> None:
    with transaction.atomic():
        capture(order_number=order, vendor_ubn=make.VENDOR_UBN, points=points, now=NOW)


def refunded(points: int, opened_at: datetime, now: datetime, *, never_started: bool = False) -> bool:
    with transaction.atomic():
        return refund(
            ubn=UBN, call=Call.objects.get(), order_number=ORDER, vendor_ubn=make.VENDOR_UBN, case="1", points=points,
            opened_at=opened_at, never_started=never_started, now=now,
        )  # fmt: skip


def test_only_the_released_points_outlive_the_window_not_the_whole_wallet(grant: Grant) -> None:
    held(12_000)
    near = grant.use_until - DAY
    assert released(12_000, Cause.VENDOR, near) is True
    lot = KeptPoints.objects.get()
    assert (lot.points, taipei_date(lot.usable_until - INSTANT).isoformat()) == (12_000, "2026-07-27")

    deadlines.sweep(grant.use_until)

    assert available(UBN, grant.call) == 12_000
    assert budget() == 3_000_000 - 12_000
    assert (fresh().ended_at, fresh().usable_until) == (None, lot.usable_until)
    deadlines.sweep(lot.usable_until - INSTANT)
    assert available(UBN, grant.call) == 12_000
    deadlines.sweep(lot.usable_until)
    assert (available(UBN, grant.call), budget(), fresh().ended_at) == (0, 3_000_000, lot.usable_until)
    assert OutboxMessage.objects.filter(name="points_ended").count() == 2
    assert verify() is None


def test_released_before_the_last_seven_days_nothing_is_extended(grant: Grant) -> None:
    held(12_000)
    released(12_000, Cause.VENDOR, grant.use_until - 7 * DAY - INSTANT)
    assert not KeptPoints.objects.exists()
    deadlines.sweep(grant.use_until)
    assert (available(UBN, grant.call), budget()) == (0, 3_000_000)


def test_released_by_the_company_before_the_end_there_is_no_extra_day(grant: Grant) -> None:
    held(12_000)
    assert released(12_000, Cause.COMPANY, grant.use_until - INSTANT) is True
    assert not KeptPoints.objects.exists()
    deadlines.sweep(grant.use_until)
    assert (available(UBN, grant.call), budget()) == (0, 3_000_000)


def test_each_release_has_its_own_seven_days_and_what_ends_first_is_spent_first(grant: Grant) -> None:
    held(5_000)
    held(3_000, order=SECOND_ORDER)
    released(5_000, Cause.VENDOR, grant.use_until - 5 * DAY)
    released(3_000, Cause.VENDOR, grant.use_until - DAY, order=SECOND_ORDER)
    first, second = KeptPoints.objects.order_by("usable_until")
    deadlines.sweep(grant.use_until)
    assert available(UBN, grant.call) == 8_000

    held(6_000, now=grant.use_until + DAY, order="CE2600000034")
    assert [lot.points for lot in KeptPoints.objects.order_by("usable_until")] == [0, 2_000]
    deadlines.sweep(first.usable_until)
    assert available(UBN, grant.call) == 2_000
    deadlines.sweep(second.usable_until)
    assert (available(UBN, grant.call), balance(chart.order_hold("CE2600000034"))) == (0, 6_000)
    assert budget() == 3_000_000 - 6_000


def test_after_the_end_an_order_cannot_take_more_than_was_kept(grant: Grant) -> None:
    held(12_000)
    released(12_000, Cause.VENDOR, grant.use_until - DAY)
    late = grant.use_until + INSTANT  # the sweeper has not been here yet

    assert usable_now(fresh(), late) == 12_000
    with pytest.raises(InsufficientBalance):
        held(12_001, now=late, order=SECOND_ORDER)
    assert (available(UBN, grant.call), KeptPoints.objects.get().points) == (30_000, 12_000)
    held(12_000, now=late, order=SECOND_ORDER)
    assert (available(UBN, grant.call), KeptPoints.objects.get().points, usable_now(fresh(), late)) == (18_000, 0, 0)


def test_an_order_from_kept_points_that_the_company_withdraws_returns_to_the_budget(grant: Grant) -> None:
    held(12_000)
    released(12_000, Cause.VENDOR, grant.use_until - DAY)
    deadlines.sweep(grant.use_until)
    after = grant.use_until + DAY
    held(12_000, now=after, order=SECOND_ORDER)
    assert fresh().usable_until == grant.use_until

    assert released(12_000, Cause.COMPANY, after, order=SECOND_ORDER) is False
    assert (available(UBN, grant.call), budget()) == (0, 3_000_000)


def test_sixty_days_after_the_end_nothing_returns_to_the_wallet(grant: Grant) -> None:
    held(12_000)
    held(8_000, order=SECOND_ORDER)
    last = grant.use_until + 60 * DAY
    deadlines.sweep(grant.use_until)

    assert released(12_000, Cause.VENDOR, last - INSTANT) is True
    assert KeptPoints.objects.get().usable_until == last
    assert released(8_000, Cause.VENDOR, last, order=SECOND_ORDER) is False
    deadlines.sweep(last)
    assert (available(UBN, grant.call), budget()) == (0, 3_000_000)
    with pytest.raises(PointsEnded):
        held(1, now=last, order="CE2600000034")


@pytest.mark.parametrize(
    ("opened", "posted", "never_started", "to_wallet", "kept"),
    [
        (-30, -20, False, True, False),
        (-30, -3, False, True, True),
        (-1, 10, False, True, True),
        (1, 10, False, False, False),
        (1, 10, True, True, True),
        (-1, 60, False, False, False),
        (1, 60, True, False, False),
    ],
)
def test_a_refund_goes_by_the_day_its_case_was_opened(
    grant: Grant, opened: int, posted: int, never_started: bool, to_wallet: bool, kept: bool
) -> None:
    held(12_000)
    captured(12_000)
    deadlines.sweep(grant.use_until + min(posted, 0) * DAY)

    at = grant.use_until + posted * DAY
    assert refunded(7_000, grant.use_until + opened * DAY - INSTANT * (opened < 0), at, never_started=never_started) is to_wallet

    assert balance(chart.vendor_points(make.VENDOR_UBN)) == 5_000
    assert KeptPoints.objects.exists() is kept
    assert verify() is None


def test_a_refund_of_points_the_vendor_no_longer_has_leaves_it_below_zero_and_posts_once(grant: Grant) -> None:
    held(12_000)
    captured(12_000)
    paid_out = chart.Place("points/test/paid-out")
    with transaction.atomic():
        open_accounts([paid_out])
        post(key="payout", moves=[Move(chart.vendor_points(make.VENDOR_UBN), paid_out, 12_000)], memo="", now=NOW)

    assert refunded(7_000, NOW, NOW) is True
    assert refunded(7_000, NOW, NOW) is True
    assert (balance(chart.vendor_points(make.VENDOR_UBN)), available(UBN, grant.call)) == (-7_000, 25_000)


def test_a_second_refund_of_the_same_case_keeps_nothing_twice(grant: Grant) -> None:
    held(12_000)
    captured(12_000)
    near = grant.use_until - DAY
    for _ in range(2):
        refunded(7_000, near, near)
    assert [lot.points for lot in KeptPoints.objects.all()] == [7_000]


def test_kept_points_have_their_own_warnings_until_they_are_used(grant: Grant) -> None:
    held(12_000)
    near = grant.use_until - DAY
    released(12_000, Cause.VENDOR, near)
    lot = KeptPoints.objects.get()
    planned = Deadline.objects.filter(kind="reminder", detail__startswith=f"kept{lot.pk}:", done_at=None)
    assert dict(planned.values_list("detail", "due_at")) == {
        f"kept{lot.pk}:{days}": lot.usable_until - timedelta(days=days) for days in (7, 3, 1)
    }
    deadlines.sweep(grant.use_until)
    OutboxMessage.objects.all().delete()
    deadlines.sweep(lot.usable_until - 3 * DAY)
    (message,) = OutboxMessage.objects.filter(name="kept_points_expiring")
    assert (message.context["left"], message.context["days"]) == (12_000, 3)

    held(12_000, now=lot.usable_until - 2 * DAY, order=SECOND_ORDER)
    assert not planned.exists()


def test_the_database_refuses_kept_points_below_zero(grant: Grant) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        KeptPoints.objects.create(grant=grant, order_number=ORDER, points=-1, usable_until=NOW)
