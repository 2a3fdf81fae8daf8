"""Races of slots, of the line, of journal keys, and of mass runs with single ones; each with its lock and without."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import F

from bench.companies import ready
from tcloud.ledger import chart
from tcloud.ledger.models import Account, Entry
from tcloud.ledger.queries import balance
from tcloud.ledger.services import mass
from tcloud.ledger.services.mass import Posting, post_many
from tcloud.ledger.services.posting import InsufficientBalance, Move, open_accounts, post
from tcloud.ledger.services.verifying import verify
from tcloud.members.models import Company
from tcloud.points import queries
from tcloud.points.models import Grant, WaitingPlace
from tcloud.points.services import holding, issuing, mass_expiring, mass_granting
from tcloud.points.services.mass_expiring import mass_expire
from tcloud.points.services.mass_granting import MassGrant, mass_grant
from tcloud.programme.models import Call
from tests import make
from tests.concurrency.control import LOCKED
from tests.concurrency.threads import WAIT, Gate, outcome, until_blocked

pytestmark = pytest.mark.django_db(transaction=True)
NOW, DAY = make.NOW, timedelta(days=1)
Start = Callable[..., "Future[Any]"]


@LOCKED
def test_two_companies_never_draw_on_one_slot(locked: bool, monkeypatch: pytest.MonkeyPatch, threads: Start) -> None:
    call = make.call(budget=16 * 30_000)
    line = ready(call, 2, NOW)
    if not locked:
        both = threading.Barrier(2)

        def look_only(call: Call, points: int) -> str:
            row = queries._slots(call).filter(received__gte=F("sent") + points).first()
            both.wait(WAIT)
            return str(row.code)

        monkeypatch.setattr(queries, "free_slot", look_only)
    results = [outcome(each) for each in [threads(issuing.issue_grant, ubn=ubn, call_code="115-1", now=NOW) for ubn in line]]

    kinds = sorted(type(result).__name__ for result in results)
    assert kinds == (["Grant", "Grant"] if locked else ["Grant", InsufficientBalance.__name__])
    assert verify() is None


@LOCKED
def test_a_turn_in_the_line_is_taken_once(locked: bool, monkeypatch: pytest.MonkeyPatch, threads: Start) -> None:
    call = make.call(budget=2 * 30_000)
    (ubn,) = ready(call, 1, NOW)
    place = WaitingPlace.objects.create(call=call, ubn=ubn, joined_at=NOW)
    if not locked:
        both, real = threading.Barrier(2), queries.next_waiting

        def both_have_looked(call: Call, passed: Sequence[int] = ()) -> WaitingPlace | None:
            found = real(call, passed)
            both.wait(WAIT)
            return found

        monkeypatch.setattr(queries, "lock_call", lambda code: Call.objects.get(code=code))
        monkeypatch.setattr(issuing, "lock_company", lambda ubn: Company.objects.get(ubn=ubn))
        monkeypatch.setattr(queries, "next_waiting", both_have_looked)
    turns = [threads(issuing.give_turn, place_id=place.pk, passed=[], eligible=True, reason="", now=NOW) for _ in range(2)]
    results = [outcome(each) for each in turns]

    if locked:
        assert sorted(results) == [False, True]
    else:
        assert sorted(type(result).__name__ for result in results) == [IntegrityError.__name__, "bool"]
    assert (Grant.objects.count(), balance(chart.wallet("115-1", ubn))) == (1, 30_000)


A, B = chart.Place("points/race/a"), chart.Place("points/race/b")
SOURCE = chart.Place("points/race/source", may_go_negative=True)


def fund() -> None:
    with transaction.atomic():
        open_accounts([SOURCE, A, B])
        post(key="fund", moves=[Move(SOURCE, A, 100), Move(SOURCE, B, 100)], memo="", now=NOW)


@LOCKED
def test_one_key_in_two_mass_postings_is_written_once(locked: bool, monkeypatch: pytest.MonkeyPatch, threads: Start) -> None:
    fund()
    if not locked:
        both, real = threading.Barrier(2), mass._write
        monkeypatch.setattr(mass, "_lock", lambda moves: None)

        def both_know_nothing(postings: Sequence[Posting], memo: str, now: Any) -> None:
            both.wait(WAIT)
            real(postings, memo, now)

        monkeypatch.setattr(mass, "_write", both_know_nothing)

    def pay() -> int:
        with transaction.atomic():
            return post_many(postings=[Posting("same", [Move(A, B, 60)])], memo="", now=NOW)

    results = [outcome(each) for each in [threads(pay) for _ in range(2)]]
    if locked:
        assert sorted(results) == [0, 1]
    else:
        assert sorted(type(result).__name__ for result in results) == [IntegrityError.__name__, "int"]
    assert balance(B) == 160


@LOCKED
def test_locks_in_one_order_never_deadlock(locked: bool, threads: Start) -> None:
    """The control takes the two accounts in the order in which it names them."""
    fund()
    both = threading.Barrier(2)

    def there(source: chart.Place, destination: chart.Place) -> None:
        with transaction.atomic():
            if not locked:
                Account.objects.select_for_update().get(code=source.code)
            both.wait(WAIT)
            post(key=source.code, moves=[Move(source, destination, 1)], memo="", now=NOW)

    results = [outcome(each) for each in (threads(there, source=A, destination=B), threads(there, source=B, destination=A))]
    deadlocks = [result for result in results if isinstance(result, OperationalError) and "deadlock" in str(result)]
    assert len(deadlocks) == (0 if locked else 1)


@LOCKED
def test_a_single_grant_while_a_mass_run_is_about_to_pay_the_same_company(
    locked: bool, monkeypatch: pytest.MonkeyPatch, threads: Start
) -> None:
    call = make.call()
    line = ready(call, 3, NOW)
    if not locked:
        monkeypatch.setattr(mass_granting, "lock_companies", lambda ubns: None)
    gate, real = Gate(), mass_granting._draw

    def pause(call: Call, points: int, count: int) -> Any:
        gate.stop()
        return real(call, points, count)

    monkeypatch.setattr(mass_granting, "_draw", pause)
    run = threads(mass_grant, call_code="115-1", now=NOW)
    assert gate.reached.wait(WAIT)
    single = threads(issuing.issue_grant, ubn=line[1], call_code="115-1", now=NOW)
    if locked:
        until_blocked(1)
    else:
        assert isinstance(outcome(single), Grant)
    gate.open.set()

    if locked:
        assert outcome(run) == MassGrant(3, 0, 90_000)
        assert outcome(single) == Grant.objects.get(ubn=line[1])
    else:
        assert isinstance(outcome(run), IntegrityError), "the constraint was the last line"
    assert Entry.objects.filter(key=f"grant:115-1:{line[1]}").count() == 1
    assert balance(chart.wallet("115-1", line[1])) == 30_000
    assert verify() is None


@LOCKED
def test_an_order_at_the_last_instant_and_a_mass_expiry(locked: bool, monkeypatch: pytest.MonkeyPatch, threads: Start) -> None:
    call = make.call()
    line = ready(call, 2, NOW)
    mass_grant(call_code="115-1", now=NOW)
    end = Grant.objects.latest("id").activate_until
    if not locked:
        monkeypatch.setattr(queries, "lock_grants", lambda pks: list(Grant.objects.select_related("call").filter(pk__in=pks)))
    gate, real = Gate(), mass_expiring.balances

    def pause_after_reading(places: list[chart.Place]) -> dict[str, int]:
        found = real(places)
        gate.stop()
        return found

    monkeypatch.setattr(mass_expiring, "balances", pause_after_reading)
    run = threads(mass_expire, now=end)
    assert gate.reached.wait(WAIT)
    order = threads(_hold, call=call, ubn=line[0], now=end - timedelta(seconds=1))
    if locked:
        until_blocked(1)
    else:
        assert outcome(order) is None
    gate.open.set()

    if locked:
        assert outcome(run).points == 60_000
        assert isinstance(outcome(order), (holding.NotActivated, holding.PointsEnded, InsufficientBalance))
    else:
        assert isinstance(outcome(run), InsufficientBalance), "it wanted to take back what was spent"
    assert verify() is None


def _hold(call: Call, ubn: str, now: Any) -> None:
    with transaction.atomic():
        holding.hold(ubn=ubn, call=call, order_number="CE2600000018", points=12_000, now=now)


def test_single_grants_beside_a_mass_run_pay_each_company_once_and_the_budget_to_the_last_point(threads: Start) -> None:
    call = make.call(budget=150 * 30_000 + 11)
    line = ready(call, 200, NOW)
    run = threads(mass_grant, call_code="115-1", now=NOW)
    singles = [threads(issuing.issue_grant, ubn=ubn, call_code="115-1", now=NOW) for ubn in reversed(line)]
    for each in [run, *singles]:
        assert not isinstance(outcome(each), Exception)
    connection.close()
    assert (Grant.objects.count(), WaitingPlace.objects.count()) == (150, 50)
    assert sum(row.balance for row in Account.objects.filter(code__contains="/budget/")) == 11
    assert verify() is None
