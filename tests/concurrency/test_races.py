"""Real threads behind a barrier: what must be once is once, whoever comes first.

Each race has its control: the same race with the lock taken away, which then must go wrong.
"""

import threading
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F

from tcloud.core.errors import Refused
from tcloud.ledger import chart
from tcloud.ledger.chart import Place
from tcloud.ledger.models import Account
from tcloud.ledger.queries import balance
from tcloud.ledger.services.posting import InsufficientBalance, Move, open_accounts, post
from tcloud.ledger.services.verifying import verify
from tcloud.members.models import Application, Company, Membership
from tcloud.members.states import ApplicationState
from tcloud.points.models import Grant, WaitingPlace
from tcloud.points.services.issuing import give_turn, issue_grant
from tcloud.programme.models import Call
from tcloud.programme.queries import rule_set_at
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
NOW = make.NOW


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run calls in threads that start together; each result, or the exception it raised."""
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            barrier.wait(20)
            results[place] = call()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def companies(count: int) -> list[str]:
    """Approved companies that have filled in the questionnaire; returns their numbers."""
    call = Call.objects.get()
    from tcloud.assessments.models import Assessment

    made = []
    for number in range(count):
        ubn = f"{10_000_000 + number}"
        user = make.open_account(email=f"{ubn}@x.example", name="x", password=make.PASSWORD, now=NOW)
        company = Company.objects.create(ubn=ubn, name=ubn, email=user.email, created_at=NOW)
        Membership.objects.create(company=company, user=user, role="company_owner", created_at=NOW)
        Application.objects.create(
            call=call, rule_set=rule_set_at(call, NOW), state=ApplicationState.APPROVED, secret_hash=ubn, ubn=ubn,
            company=company, started_at=NOW, submitted_at=NOW, decided_at=NOW,
        )  # fmt: skip
        Assessment.objects.create(
            company_ubn=ubn, call_code=call.code, question_version=1, answers={}, scores={}, started_at=NOW, saved_at=NOW,
            completed_at=NOW,
        )  # fmt: skip
        made.append(ubn)
    return made


def test_a_budget_for_five_gives_exactly_five_and_the_others_wait_in_order() -> None:
    make.call(budget=5 * 30_000 + 29_999)
    ubns = companies(20)

    for start in range(0, 20, 10):
        at_once(*(lambda ubn=ubn: issue_grant(ubn=ubn, call_code="115-1", now=NOW) for ubn in ubns[start : start + 10]))

    assert Grant.objects.count() == 5
    assert WaitingPlace.objects.count() == 15
    left = sum(account.balance for account in Account.objects.filter(code__contains="/budget/"))
    assert left == 29_999
    assert verify() is None


def test_the_same_company_asking_ten_times_at_once_gets_one_grant() -> None:
    make.call()
    (ubn,) = companies(1)

    results = at_once(*(lambda: issue_grant(ubn=ubn, call_code="115-1", now=NOW) for _ in range(10)))

    assert {result.pk for result in results} == {Grant.objects.get().pk}
    assert balance(chart.wallet("115-1", ubn)) == 30_000
    assert verify() is None


def test_reclaimed_points_feed_the_line_in_order_and_once() -> None:
    make.call(budget=30_000)
    ubns = companies(4)
    for ubn in ubns:
        issue_grant(ubn=ubn, call_code="115-1", now=NOW)
    with transaction.atomic():  # one grant's points come back
        post(
            key="back", moves=[Move(chart.wallet("115-1", ubns[0]), chart.budget_slot("115-1", 3), 30_000)], memo="", now=NOW
        )

    first = WaitingPlace.objects.order_by("id")[0].pk
    at_once(*(lambda: give_turn(place_id=first, passed=[], eligible=True, reason="", now=NOW + timedelta(days=1)) for _ in range(4)))

    assert list(Grant.objects.order_by("id").values_list("ubn", flat=True)) == ubns[:2]
    assert list(WaitingPlace.objects.filter(left_at=None).order_by("id").values_list("ubn", flat=True)) == ubns[2:]


A, B = Place("points/race/a"), Place("points/race/b")


def fund() -> None:
    source = Place("points/race/source", may_go_negative=True)
    with transaction.atomic():
        open_accounts([source, A, B])
        post(key="fund", moves=[Move(source, A, 100)], memo="", now=NOW)


@contextmanager
def own_transaction():  # type: ignore[no-untyped-def]
    with transaction.atomic():
        yield


def spend(key: str, amount: int = 60) -> bool:
    with own_transaction():
        return post(key=key, moves=[Move(A, B, amount)], memo="", now=NOW)


def test_the_last_points_are_spent_once() -> None:
    fund()

    results = at_once(*(lambda key=key: spend(f"k{key}") for key in range(8)))

    assert results.count(True) == 1
    assert [type(result) for result in results if result is not True] == [InsufficientBalance] * 7
    assert (balance(A), balance(B)) == (40, 60)
    assert verify() is None


def test_control_without_the_lock_the_same_points_are_spent_twice_or_the_database_objects() -> None:
    """The same check made before locking: the race happens, and only the constraint stands between."""
    fund()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_account DISABLE TRIGGER USER")
    both_have_read = threading.Barrier(2)

    def careless() -> str:
        with own_transaction():
            if Account.objects.get(code=A.code).balance < 60:
                return "refused"
            both_have_read.wait(20)
            Account.objects.filter(code=A.code).update(sent=F("sent") + 60)
        return "spent"

    try:
        results = at_once(careless, careless)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_account ENABLE TRIGGER USER")

    assert "refused" not in results, "both saw enough"
    assert any(isinstance(result, (IntegrityError, DatabaseError)) for result in results), "the constraint was the last line"


def test_one_key_from_many_threads_is_posted_once() -> None:
    fund()

    results = at_once(*(lambda: spend("same", 10) for _ in range(8)))

    assert sorted(results) == [False] * 7 + [True]
    assert balance(B) == 10


def test_transfers_in_opposite_directions_do_not_deadlock() -> None:
    fund()
    spend("first", 50)

    def back(key: int) -> bool:
        with own_transaction():
            return post(key=f"back{key}", moves=[Move(B, A, 1)], memo="", now=NOW)

    results = at_once(*(call for key in range(8) for call in (lambda key=key: spend(f"there{key}", 1), lambda key=key: back(key))))

    assert results == [True] * 16
    assert (balance(A), balance(B)) == (50, 50)


def test_a_refusal_is_one_a_person_can_read() -> None:
    fund()

    results = at_once(lambda: spend("x", 100), lambda: spend("y", 100))

    refusal = next(result for result in results if isinstance(result, Refused))
    assert "點數不夠" in str(refusal)
