"""The budget's figures: every kind of movement in its place, the identity, and sums that miss and double nothing."""

import itertools
import threading
import time
from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from tcloud.core.time import taipei_date
from tcloud.identity.services import open_account
from tcloud.jobs import deadlines, tasks
from tcloud.ledger.models import Entry
from tcloud.points.budget import Kind, Position, burn_down, position
from tcloud.points.budget_queries import budget_of
from tcloud.points.models import BudgetDay, BudgetMark, Grant
from tcloud.points.queries import available
from tcloud.points.rules import Cause
from tcloud.points.services import summing
from tcloud.points.services.adjusting import decide_adjustment, propose_adjustment
from tcloud.points.services.holding import capture, hold, refund, release_hold
from tcloud.points.services.summing import sum_up
from tcloud.programme.models import Call
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
NOW, UBN = make.NOW, make.COMPANY.ubn
ONE, TWO, THREE = "CE2600000018", "CE2600000026", "CE2600000034"


def figures(call: Call) -> Position:
    read = budget_of(call)
    return position(read.flows, appropriated=read.appropriated, unallocated=read.unallocated)


def lived() -> Call:
    """A call in which everything has happened once."""
    call = make.call(budget=300_000)
    make.company_with_points()
    make.company_with_points(make.OTHER)
    with transaction.atomic():
        hold(ubn=UBN, call=call, order_number=ONE, points=12_000, now=NOW)
        hold(ubn=UBN, call=call, order_number=TWO, points=6_000, now=NOW)
        hold(ubn=UBN, call=call, order_number=THREE, points=1_000, now=NOW)
        capture(order_number=ONE, vendor_ubn=make.VENDOR_UBN, points=12_000, now=NOW)
        refund(ubn=UBN, call=call, order_number=ONE, vendor_ubn=make.VENDOR_UBN, case="1", points=5_000, opened_at=NOW,
               never_started=False, now=NOW)  # fmt: skip
        release_hold(ubn=UBN, call=call, order_number=TWO, points=6_000, cause=Cause.COMPANY, now=NOW)
    one, two = (open_account(email=f"{n}@office.example", name=n, password=make.PASSWORD, now=NOW) for n in ("one", "two"))
    grant = Grant.objects.get(ubn=UBN)
    for key, points, of in (("a", 60_000, None), ("b", -10_000, None), ("c", -4_000, grant.pk), ("d", 1_500, grant.pk)):
        made = propose_adjustment(
            call_code="115-1", grant_id=of, points=points, reason="x", request_key=key, by=one, now=NOW
        )
        decide_adjustment(adjustment_id=made.pk, agreed=True, by=two, now=NOW)
    deadlines.sweep(grant.use_until)
    with transaction.atomic():
        release_hold(ubn=UBN, call=call, order_number=THREE, points=1_000, cause=Cause.COMPANY, now=grant.use_until)
        refund(ubn=UBN, call=call, order_number=ONE, vendor_ubn=make.VENDOR_UBN, case="2", points=2_000,
               opened_at=grant.use_until, never_started=False, now=grant.use_until)  # fmt: skip
    return call


LIVED = Position(
    appropriated=350_000, unallocated=345_000, in_wallets=0, held=0, with_vendors=5_000, granted=60_000,
    granted_companies=2, regranted=0, regranted_companies=0, reclaimed=50_500, refunded=7_000, captured=12_000,
    restored=0, corrected=-2_500, raised=360_000, lowered=10_000,
)  # fmt: skip


def test_every_movement_is_in_its_place_and_the_identity_holds() -> None:
    call = lived()
    assert (figures(call), figures(call).difference) == (LIVED, 0)
    assert {flow.kind for flow in budget_of(call).flows} == set(Kind) - {Kind.REGRANTED, Kind.RESTORED}


def settled_sum() -> int:
    """Sum until everything noted is in: other databases of this server may hold transactions open for a moment."""
    until = time.monotonic() + 30
    while not (summed := sum_up()) and time.monotonic() < until:
        time.sleep(0.05)
    return summed


def test_summed_or_not_the_figures_are_the_same() -> None:
    call = lived()
    before = budget_of(call).flows
    assert (sum_up(), BudgetDay.objects.count()) == (0, 0)  # only noted: what is under way may still come
    assert settled_sum() == BudgetMark.objects.get().summed_up_to > 0
    assert BudgetDay.objects.count() == len(before)
    assert figures(call) == LIVED
    tasks.sum_budget(timestamp=0)
    tasks.sum_budget(timestamp=0)
    assert sorted(budget_of(call).flows, key=str) == sorted(before, key=str)


def test_a_long_journal_is_summed_in_short_steps_that_go_on_after_a_kill(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first step ends in the middle of the entries: then others read, and the summing may be killed."""
    call = lived()
    before, last = sorted(budget_of(call).flows, key=str), Entry.objects.latest("id").pk
    monkeypatch.setattr(summing, "CHUNK", middle := last - Entry.objects.count() // 2)
    assert summing.sum_chunk() == summing.Step(0, more=False)
    until = time.monotonic() + 30
    while not (step := summing.sum_chunk()).up_to and time.monotonic() < until:
        time.sleep(0.05)
    assert step == summing.Step(middle, more=True)
    half = set(BudgetDay.objects.values_list("kind", "points"))
    assert half
    assert sorted(budget_of(call).flows, key=str) == before, "half is summed, the rest added live"
    monkeypatch.setattr(summing, "CHUNK", 1)
    assert sum_up() == last
    assert set(BudgetDay.objects.values_list("kind", "points")) != half
    assert sorted(budget_of(call).flows, key=str) == before


def test_what_is_under_way_is_neither_missed_nor_counted_twice() -> None:
    call = make.call(budget=300_000)
    make.company_with_points()
    inside, go_on = threading.Event(), threading.Event()

    def late() -> None:
        with transaction.atomic():
            hold(ubn=UBN, call=call, order_number=ONE, points=12_000, now=NOW)
            inside.set()
            go_on.wait(20)
        connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    assert inside.wait(20)
    make.company_with_points(make.OTHER)  # has higher entry numbers, and is committed first
    assert (sum_up(), sum_up(), sum_up()) == (0, 0, 0)
    assert (figures(call).held, figures(call).granted) == (0, 60_000)
    go_on.set()
    thread.join()
    assert (figures(call).held, figures(call).granted, figures(call).difference) == (12_000, 60_000, 0)
    assert settled_sum() > 0
    assert (figures(call).held, figures(call).granted, figures(call).difference) == (12_000, 60_000, 0)


def test_the_figures_are_two_queries(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    call = lived()
    with django_assert_num_queries(2):
        figures(call)


def test_after_a_mass_operation_the_page_waits_for_the_summing(monkeypatch: pytest.MonkeyPatch) -> None:
    call = lived()
    monkeypatch.setattr("tcloud.points.budget_queries.LIVE_AT_MOST", 3)
    read = budget_of(call)
    assert (read.flows, read.behind > 3, read.unallocated) == ([], True, 345_000)
    settled_sum()
    assert (budget_of(call).behind, figures(call)) == (0, LIVED)


def test_a_burn_down_ends_with_what_is_there() -> None:
    call = lived()
    today = taipei_date(Grant.objects.get(ubn=UBN).use_until)
    for days in (1, 7):
        spans = burn_down(budget_of(call).flows, today, days=days)
        assert (spans[-1].left, spans[-1].last, spans[0].first) == (345_000, today, date(2026, 1, 20))
        assert all(later.first - earlier.last == timedelta(days=1) for earlier, later in itertools.pairwise(spans))
    assert available(UBN, call) == 0
