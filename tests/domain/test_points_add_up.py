"""Freezes, moved dates and corrections: no point is lost, none is given twice, and the figures add up."""

from datetime import timedelta

import pytest
from django.db import transaction

from tcloud.core.errors import Refused
from tcloud.identity.models import User
from tcloud.jobs import deadlines, tasks
from tcloud.ledger.services.verifying import verify
from tcloud.points.models import ClockChange, Grant, KeptPoints
from tcloud.points.queries import available, usable_now, wallet_of
from tcloud.points.rules import Cause
from tcloud.points.services.adjusting import decide_adjustment, propose_adjustment
from tcloud.points.services.extending import GrantOver, decide_change, propose_change
from tcloud.points.services.freezing import freeze_grant, release_grant
from tcloud.points.services.holding import capture, release_hold
from tests import make
from tests.domain.test_freezing import DAY, NOW, ORDER, UBN, fresh, grant, held, people

__all__ = ["grant", "people"]
pytestmark = pytest.mark.django_db(transaction=True)


def kept(grant: Grant) -> KeptPoints:
    """12,000 points that a vendor gave back three days before the window's end: they outlive it by four days."""
    held(12_000)
    with transaction.atomic():
        release_hold(ubn=UBN, call=grant.call, order_number=ORDER, points=12_000, cause=Cause.VENDOR, now=grant.use_until - 3 * DAY)
    return KeptPoints.objects.get()


def correct(points: int, people: tuple[User, User], key: str) -> None:
    made = propose_adjustment(
        call_code="115-1", grant_id=Grant.objects.get(ubn=UBN).pk, points=points, reason="更正", request_key=key, by=people[0], now=NOW
    )
    decide_adjustment(adjustment_id=made.pk, agreed=True, by=people[1], now=NOW)


def adds_up() -> tuple[int, int, int, int, int]:
    """Available, held, spent, taken back, corrected; together they are the grant."""
    found = fresh()
    wallet = wallet_of(UBN, found.call)
    assert wallet is not None
    figures = (wallet.available, wallet.held, wallet.spent, wallet.returned, wallet.adjusted)
    assert sum(figures[:4]) == found.points + figures[4]
    assert verify() is None
    return figures


def test_what_a_freeze_cost_comes_back_although_kept_points_still_live(grant: Grant, people: tuple[User, User]) -> None:
    lot = kept(grant)
    freeze_grant(grant_id=grant.pk, by=people[0], reason="查核", now=grant.use_until - 3 * DAY)
    deadlines.sweep(grant.use_until)
    assert (available(UBN, grant.call), fresh().ended_at) == (12_000, None)
    later = grant.use_until + 3 * DAY
    assert lot.usable_until > later
    release_grant(grant_id=grant.pk, by=people[0], reason="沒問題", give_back_days=True, now=later)
    decide_change(change_id=ClockChange.objects.get().pk, agreed=True, by=people[1], now=later)
    assert (available(UBN, grant.call), usable_now(fresh(), later)) == (30_000, 30_000)
    assert fresh().use_until > later
    assert adds_up() == (30_000, 0, 0, 0, 0)


def test_a_window_that_is_over_is_not_opened_again_by_points_that_outlive_it(grant: Grant, people: tuple[User, User]) -> None:
    lot = kept(grant)
    before = propose_change(call_code="115-1", grant_id=grant.pk, days=30, reason="颱風", by=people[0], now=grant.use_until - DAY)
    of_all = propose_change(call_code="115-1", grant_id=None, days=30, reason="颱風", by=people[0], now=grant.use_until - DAY)
    later = grant.use_until + DAY
    with pytest.raises(GrantOver):
        propose_change(call_code="115-1", grant_id=grant.pk, days=30, reason="颱風", by=people[0], now=later)
    with pytest.raises(GrantOver):
        decide_change(change_id=before.pk, agreed=True, by=people[1], now=later)
    deadlines.sweep(later)
    decide_change(change_id=of_all.pk, agreed=True, by=people[1], now=later)
    tasks.move_clocks(change_id=of_all.pk)
    lot.refresh_from_db()
    assert (fresh().use_until, lot.points, available(UBN, grant.call)) == (grant.use_until, 12_000, 12_000)
    assert adds_up() == (12_000, 0, 0, 18_000, 0)


def test_corrections_are_no_points_taken_back(grant: Grant, people: tuple[User, User]) -> None:
    correct(-5_000, people, "a")
    assert adds_up() == (25_000, 0, 0, 0, -5_000)
    correct(5_000, people, "b")
    assert adds_up() == (30_000, 0, 0, 0, 0)


def test_no_correction_brings_more_than_was_granted(grant: Grant, people: tuple[User, User]) -> None:
    held(12_000)
    with transaction.atomic():
        capture(order_number=ORDER, vendor_ubn=make.VENDOR_UBN, points=12_000, now=NOW + timedelta(hours=1))
    with pytest.raises(Refused, match="0"):
        correct(1, people, "a")
    assert adds_up() == (18_000, 0, 12_000, 0, 0)
