"""An order's held points, captured and given back in parts: held = captured + released + still held (PRODUCT.md §5.3)."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import Sum

from tcloud.ledger import chart
from tcloud.ledger.models import Account, Entry, Transfer
from tcloud.ledger.queries import balance
from tcloud.ledger.services.posting import KeyReused
from tcloud.ledger.services.verifying import verify
from tcloud.points.models import Grant, KeptPoints
from tcloud.points.queries import available
from tcloud.points.rules import Cause
from tcloud.points.services.holding import MoreThanHeld, capture, hold, release_hold
from tcloud.programme.models import Call
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
NOW, UBN, ORDER = make.NOW, make.COMPANY.ubn, "CE2600000018"
INSTANT, DAY = timedelta(microseconds=1), timedelta(days=1)


@pytest.fixture
def grant() -> Grant:
    make.call()
    make.company_with_points()
    with transaction.atomic():
        hold(ubn=UBN, call=Call.objects.get(), order_number=ORDER, points=12_000, now=NOW)
    return Grant.objects.select_related("call").get()


def captured(points: int, part: str = "") -> None:
    with transaction.atomic():
        capture(order_number=ORDER, vendor_ubn=make.VENDOR_UBN, points=points, now=NOW, part=part)


def released(points: int, part: str = "", *, cause: Cause = Cause.COMPANY, now: datetime = NOW) -> bool:
    call = Call.objects.get()
    with transaction.atomic():
        return release_hold(ubn=UBN, call=call, order_number=ORDER, points=points, cause=cause, now=now, part=part)


def moved(step: str) -> int:
    found = Transfer.objects.filter(entry__key__startswith=f"order:{ORDER}:{step}").aggregate(points=Sum("amount"))
    return found["points"] or 0


def parts() -> tuple[int, int, int]:
    """Captured, released and still held, which together are what was held, whatever happened before."""
    found = moved("capture"), moved("release"), balance(chart.order_hold(ORDER))
    assert sum(found) == moved("hold") == 12_000
    assert balance(chart.vendor_points(make.VENDOR_UBN)) == found[0]
    assert verify() is None
    return found


def budget() -> int:
    return sum(account.balance for account in Account.objects.filter(code__contains="/budget/"))


def test_an_order_is_captured_and_released_line_by_line(grant: Grant) -> None:
    captured(5_000, "line-1")
    assert parts() == (5_000, 0, 7_000)
    assert released(4_000, "line-2") is True
    assert parts() == (5_000, 4_000, 3_000)
    captured(3_000, "line-3")
    assert parts() == (8_000, 4_000, 0)
    assert available(UBN, grant.call) == 30_000 - 12_000 + 4_000
    keys = Entry.objects.filter(key__startswith=f"order:{ORDER}").order_by("id").values_list("key", flat=True)
    assert list(keys) == [f"order:{ORDER}:{step}" for step in ("hold", "capture:line-1", "release:line-2", "capture:line-3")]


def test_a_whole_order_keeps_its_own_keys(grant: Grant) -> None:
    captured(12_000)
    assert Entry.objects.filter(key=f"order:{ORDER}:capture").count() == 1
    assert parts() == (12_000, 0, 0)


@pytest.mark.parametrize("part", ["", "line-2"])
def test_no_more_is_captured_or_released_than_is_still_held(grant: Grant, part: str) -> None:
    captured(5_000, "line-1")
    entries = Entry.objects.count()
    words = f"訂單 {ORDER} 只保留著 7,000 點，不能動用 7,001 點"
    with pytest.raises(MoreThanHeld, match=words):
        captured(7_001, part)
    with pytest.raises(MoreThanHeld, match=words):
        released(7_001, part)
    with pytest.raises(MoreThanHeld, match=words):
        released(7_001, part, cause=Cause.VENDOR, now=grant.use_until - DAY)
    assert (parts(), Entry.objects.count(), KeptPoints.objects.count()) == ((5_000, 0, 7_000), entries, 0)
    captured(7_000, part)
    assert parts() == (12_000, 0, 0)


def test_the_same_part_again_changes_nothing_and_another_sum_under_its_name_is_a_fault(grant: Grant) -> None:
    captured(5_000, "line-1")
    captured(5_000, "line-1")
    assert released(4_000, "line-2") is True
    assert released(4_000, "line-2") is True
    assert parts() == (5_000, 4_000, 3_000)
    with pytest.raises(KeyReused):
        captured(1_000, "line-1")
    with pytest.raises(KeyReused):
        released(1_000, "line-2")
    assert parts() == (5_000, 4_000, 3_000)


@pytest.mark.parametrize("cause", list(Cause))
def test_a_release_sent_again_after_the_window_gets_its_first_answer(grant: Grant, cause: Cause) -> None:
    assert released(4_000, "line-1", cause=cause) is True
    before = available(UBN, grant.call), budget()
    assert released(4_000, "line-1", cause=cause, now=grant.use_until + 70 * DAY) is True
    assert (available(UBN, grant.call), budget(), KeptPoints.objects.count()) == (*before, 0)


def test_after_the_window_the_company_s_part_goes_to_the_budget_and_the_vendor_s_to_the_wallet(grant: Grant) -> None:
    before, points = budget(), available(UBN, grant.call)
    captured(5_000, "line-1")

    assert released(4_000, "line-2", now=grant.use_until) is False
    assert (budget(), available(UBN, grant.call), KeptPoints.objects.count()) == (before + 4_000, points, 0)
    assert released(4_000, "line-2", now=grant.use_until + DAY) is False

    assert released(2_000, "line-3", cause=Cause.VENDOR, now=grant.use_until) is True
    assert (budget(), available(UBN, grant.call)) == (before + 4_000, points + 2_000)
    assert KeptPoints.objects.get().points == 2_000
    assert released(2_000, "line-3", cause=Cause.VENDOR, now=grant.use_until + DAY) is True
    assert (KeptPoints.objects.count(), available(UBN, grant.call)) == (1, points + 2_000)

    assert released(1_000, "line-4", cause=Cause.VENDOR, now=grant.use_until + 60 * DAY) is False  # the cap
    assert (parts(), budget()) == ((5_000, 7_000, 0), before + 5_000)
