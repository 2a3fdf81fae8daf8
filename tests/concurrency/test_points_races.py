"""Races around a grant, each first shown to go wrong with its lock taken away, by barriers and not by luck."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tcloud.identity.services import open_account
from tcloud.ledger import chart
from tcloud.ledger.models import Account
from tcloud.ledger.queries import balance
from tcloud.ledger.services.posting import InsufficientBalance, Move, post
from tcloud.ledger.services.verifying import verify
from tcloud.members.models import Company
from tcloud.points import queries
from tcloud.points.models import ClockChange, Grant, MovedClock, WaitingPlace
from tcloud.points.services import ending, extending, holding, issuing
from tcloud.points.services.extending import AlreadyDecided, decide_change, propose_change
from tcloud.programme.models import Call
from tcloud.programme.rules import DeadlineKind
from tests import make
from tests.concurrency.control import LOCKED
from tests.concurrency.test_races import companies
from tests.concurrency.threads import WAIT, Gate, outcome, until_blocked

pytestmark = pytest.mark.django_db(transaction=True)
NOW, UBN = make.NOW, make.COMPANY.ubn


@LOCKED
def test_one_company_asking_twice_at_once_has_one_grant(
    locked: bool, monkeypatch: pytest.MonkeyPatch, threads: Callable[..., "Future[Any]"]
) -> None:
    make.call()
    (ubn,) = companies(1)
    both = threading.Barrier(2)
    if not locked:
        monkeypatch.setattr(issuing, "lock_company", lambda ubn: Company.objects.get(ubn=ubn))
        real = queries.grant_of

        def both_have_looked(ubn: str, call: Call) -> Grant | None:
            found = real(ubn, call)
            both.wait(WAIT)
            return found

        monkeypatch.setattr(queries, "grant_of", both_have_looked)

    results = [outcome(each) for each in [threads(issuing.issue_grant, ubn=ubn, call_code="115-1", now=NOW) for _ in range(2)]]

    if locked:
        assert {result.pk for result in results} == {Grant.objects.get().pk}
    else:
        assert [type(result) for result in results].count(IntegrityError) == 1, "the constraint was the last line"
    assert balance(chart.wallet("115-1", ubn)) == 30_000
    assert verify() is None


@LOCKED
def test_nobody_overtakes_who_is_joining_the_line(
    locked: bool, monkeypatch: pytest.MonkeyPatch, threads: Callable[..., "Future[Any]"]
) -> None:
    """The first finds the budget short; before it stands in the line points come back and a second company asks."""
    make.call(budget=30_000)
    holder, first, second = companies(3)
    issuing.issue_grant(ubn=holder, call_code="115-1", now=NOW)
    if not locked:
        monkeypatch.setattr(queries, "lock_call", lambda code: Call.objects.get(code=code))
    gate, real = Gate(), issuing.collect

    def pause_when_short(slots: dict[str, int], points: int) -> list[tuple[str, int]] | None:
        found = real(slots, points)
        if found is None and not gate.reached.is_set():
            gate.stop()
        return found

    monkeypatch.setattr(issuing, "collect", pause_when_short)
    joining = threads(issuing.issue_grant, ubn=first, call_code="115-1", now=NOW)
    assert gate.reached.wait(WAIT)
    returning = threads(_return_points, ubn=holder)
    until_blocked(1)
    asking = threads(issuing.issue_grant, ubn=second, call_code="115-1", now=NOW)
    until_blocked(2)
    gate.open.set()
    for each in (joining, returning, asking):
        assert not isinstance(outcome(each), Exception)

    line = list(WaitingPlace.objects.order_by("id").values_list("ubn", flat=True))
    if locked:
        assert line == [first, second]
    else:
        assert (line, Grant.objects.filter(ubn=second).count()) == ([first], 1), "overtaken"
    assert verify() is None


def _return_points(ubn: str) -> None:
    with transaction.atomic():
        post(key="back", moves=[Move(chart.wallet("115-1", ubn), chart.budget_slot("115-1", 0), 30_000)], memo="", now=NOW)


@LOCKED
def test_an_order_at_the_last_instant_and_the_end_of_the_window(
    locked: bool, monkeypatch: pytest.MonkeyPatch, threads: Callable[..., "Future[Any]"]
) -> None:
    """The clock has read the wallet when an order takes from it: one of them must wait, or the sum is wrong."""
    make.call()
    make.company_with_points()
    _hold(number="CE2600000018", points=1)
    grant = Grant.objects.get()
    if not locked:
        monkeypatch.setattr(queries, "lock_grant_by_id", lambda pk: Grant.objects.select_related("call", "rule_set").get(pk=pk))
    gate, real = Gate(), ending.balance

    def pause_after_reading(place: chart.Place) -> int:
        found = real(place)
        gate.stop()
        return found

    monkeypatch.setattr(ending, "balance", pause_after_reading)
    end = threads(ending.end_grant, grant_id=grant.pk, deadline=DeadlineKind.GRANT_USE, now=grant.use_until)
    assert gate.reached.wait(WAIT)
    order = threads(_hold, number="CE2600000026", points=12_000, now=grant.use_until - timedelta(seconds=1))
    if locked:
        until_blocked(1)
    else:
        assert outcome(order) is None
    gate.open.set()

    if locked:
        assert outcome(end) is None
        assert isinstance(outcome(order), holding.PointsEnded)
        assert _budget() == 3_000_000 - 1
    else:
        assert isinstance(outcome(end), InsufficientBalance), "it wanted to take back what was spent"
    assert verify() is None


def _hold(number: str, points: int, now: Any = NOW) -> None:
    with transaction.atomic():
        holding.hold(ubn=UBN, call=Call.objects.get(), order_number=number, points=points, now=now)


def _budget() -> int:
    return sum(account.balance for account in Account.objects.filter(code__contains="/budget/"))


@LOCKED
def test_two_people_deciding_at_once_move_the_clocks_once(
    locked: bool, monkeypatch: pytest.MonkeyPatch, threads: Callable[..., "Future[Any]"]
) -> None:
    make.call()
    make.company_with_points()
    people = [open_account(email=f"{n}@office.example", name=n, password=make.PASSWORD, now=NOW) for n in ("a", "b", "c")]
    grant = Grant.objects.get()
    change = propose_change(call_code="115-1", grant_id=grant.pk, days=10, reason="颱風", by=people[0], now=NOW)
    if not locked:
        both = threading.Barrier(2)

        def both_have_looked(change_id: int) -> ClockChange:
            row = ClockChange.objects.select_related("call", "grant", "freeze").get(pk=change_id)
            both.wait(WAIT)
            return row

        monkeypatch.setattr(queries, "lock_change", both_have_looked)

    deciding = [threads(decide_change, change_id=change.pk, agreed=True, by=by, now=NOW) for by in people[1:]]
    results = [type(outcome(each)) for each in deciding]

    assert sorted(kind.__name__ for kind in results) == (
        ["AlreadyDecided", "ClockChange"] if locked else ["ClockChange", "IntegrityError"]
    )
    assert (AlreadyDecided in results) is locked
    assert MovedClock.objects.count() == 1
    later = extending._later(grant.use_until, 10, grant.rule_set.rules.use)
    assert Grant.objects.get().use_until == later


def test_the_same_hold_released_from_many_threads_comes_back_once(threads: Callable[..., "Future[Any]"]) -> None:
    make.call()
    make.company_with_points()
    near = Grant.objects.get().use_until - timedelta(days=1)
    _hold(number="CE2600000018", points=12_000)

    def release() -> bool:
        with transaction.atomic():
            return holding.release_hold(
                ubn=UBN, call=Call.objects.get(), order_number="CE2600000018", points=12_000,
                cause=holding.Cause.VENDOR, now=near,
            )  # fmt: skip

    assert [outcome(each) for each in [threads(release) for _ in range(6)]] == [True] * 6
    assert (balance(chart.wallet("115-1", UBN)), [lot.points for lot in Grant.objects.get().kept.all()]) == (30_000, [12_000])
