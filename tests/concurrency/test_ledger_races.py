"""Races in the journal: a point is spent once, a key is posted once, nobody waits for each other in a ring."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from tcloud.core.errors import Refused
from tcloud.ledger.chart import Place
from tcloud.ledger.queries import balance
from tcloud.ledger.services import mass, posting
from tcloud.ledger.services.mass import Posting, post_many
from tcloud.ledger.services.posting import InsufficientBalance, Move, open_accounts, post
from tests.concurrency.racing import GATE, NOW, Meeting, Scene, all_holds, gate_closed, race, until_blocked

pytestmark = pytest.mark.django_db(transaction=True)
LOCK = "FOR NO KEY UPDATE"


@pytest.fixture(autouse=True, params=[1, 2], ids=["one move", "two moves"])
def _gate(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each statement stops at GATE when it has read its accounts and before it writes; both have their races."""
    monkeypatch.setattr(Accounts, "parts", request.param)
    stop = f"CROSS JOIN (SELECT pg_advisory_xact_lock_shared({GATE}) FROM (SELECT count(*) FROM locked) l) g"
    monkeypatch.setattr(posting, "_POST", _replaced(posting._POST, "    FROM totals\n)", f"    FROM totals {stop}\n)"))
    one = _replaced(posting._POST_ONE, "    FROM locked s\n", f"    FROM locked s {stop}\n")
    monkeypatch.setattr(posting, "_POST_ONE", one)


def _replaced(text: str, old: str, new: str) -> str:
    assert old in text, "the statement has changed: say here where its gate stands"
    return text.replace(old, new)


def _in_both(patch: pytest.MonkeyPatch, old: str, new: str) -> None:
    """The statement for one move and the one for several, changed alike."""
    for name in ("_POST", "_POST_ONE"):
        patch.setattr(posting, name, _replaced(getattr(posting, name), old, new))


def without_row_locks(patch: pytest.MonkeyPatch) -> None:
    """Accounts are read and not locked."""
    _in_both(patch, LOCK, "")


def without_keys(patch: pytest.MonkeyPatch) -> None:
    """Every posting has a key of its own, as if there were none."""
    _in_both(patch, "SELECT %(key)s,", "SELECT %(key)s || gen_random_uuid(),")


class Accounts:
    """A source that always has enough, and two accounts, the first with 100 points; an amount moves in so many parts."""

    parts = 1

    def __init__(self, scene: Scene) -> None:
        self.source = Place(scene.name("points/race/source"), may_go_negative=True)
        self.a, self.b = Place(scene.name("points/race/a")), Place(scene.name("points/race/b"))
        self.scene = scene
        with transaction.atomic():
            open_accounts([self.source, self.a, self.b])
            post(key=scene.name("fund"), moves=[Move(self.source, self.a, 100)], memo="", now=NOW)

    def move(self, key: str, amount: int, *, back: bool = False) -> bool:
        """A transaction with one posting from the first to the second, or back."""
        pair = (self.b, self.a) if back else (self.a, self.b)
        with transaction.atomic():
            return post(key=self.scene.name(key), moves=self.moves(*pair, amount), memo="", now=NOW)

    def moves(self, source: Place, destination: Place, amount: int) -> list[Move]:
        """The same for a single posting and for a mass one."""
        rest = amount - (self.parts - 1)
        return [Move(source, destination, part) for part in [rest, *[1] * (self.parts - 1)]]


@contextmanager
def all_have_read(count: int) -> Iterator[None]:
    """The statements started inside wait at the gate or for a lock, and go on together."""
    with gate_closed():
        yield
        until_blocked(count)


@race(without=without_row_locks)
def test_the_last_points_are_spent_once_and_the_others_read_why(scene: Scene) -> None:
    accounts = Accounts(scene)
    with all_have_read(6):
        spending = [scene.threads.start(accounts.move, key=f"k{number}", amount=60) for number in range(6)]
    results = [scene.threads.outcome(each) for each in spending]

    assert results.count(True) == 1
    refusals = [result for result in results if result is not True]
    assert [type(refusal) for refusal in refusals] == [InsufficientBalance] * 5
    assert all(isinstance(refusal, Refused) and "點數不夠" in str(refusal) for refusal in refusals)
    assert (balance(accounts.a), balance(accounts.b)) == (40, 60)
    all_holds()


@race(without=without_keys)
def test_one_key_from_many_threads_is_posted_once(scene: Scene) -> None:
    accounts = Accounts(scene)
    with all_have_read(6):
        spending = [scene.threads.start(accounts.move, key="same", amount=10) for _ in range(6)]
    results = [scene.threads.outcome(each) for each in spending]

    assert sorted(results, key=str) == [False] * 5 + [True]
    assert (balance(accounts.a), balance(accounts.b)) == (90, 10)
    all_holds()


IS_DESTINATION = {"_POST": "code IN (SELECT destination FROM asked)", "_POST_ONE": "code = %(destination)s"}


def source_first(patch: pytest.MonkeyPatch) -> None:
    """Accounts are locked as they are named, not in the order of their codes."""
    for name, is_destination in IS_DESTINATION.items():
        by_role = _replaced(getattr(posting, name), "ORDER BY code", f"ORDER BY {is_destination}")
        patch.setattr(posting, name, by_role)


@race(without=source_first)
def test_postings_in_opposite_directions_do_not_deadlock(scene: Scene) -> None:
    """Each stops when it has its first account and wants its second; the gate stands before every destination."""
    accounts = Accounts(scene)
    accounts.move("first", 50)
    with _a_gate_before_destinations(), gate_closed():
        moving = [scene.threads.start(_quick_to_see_a_deadlock, accounts=accounts, back=back) for back in (False, True)]
        until_blocked(2)
    assert [scene.threads.outcome(each) for each in moving] == [True, True]
    assert (balance(accounts.a), balance(accounts.b)) == (50, 50)
    all_holds()


@contextmanager
def _a_gate_before_destinations() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, is_destination in IS_DESTINATION.items():
            gated = f"SELECT pg_advisory_xact_lock_shared(CASE WHEN {is_destination} THEN {GATE} ELSE 0 END), id, code, asset"
            patch.setattr(posting, name, _replaced(getattr(posting, name), "SELECT id, code, asset", gated))
        yield


def _quick_to_see_a_deadlock(accounts: Accounts, back: bool) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SET deadlock_timeout = '50ms'")
    return accounts.move(f"back {back}", 2, back=back)


def without_mass_locks(patch: pytest.MonkeyPatch) -> None:
    """The mass posting does not lock its accounts first."""
    patch.setattr(mass, "_lock", lambda moves: None)


@race(without=without_mass_locks)
def test_a_mass_posting_and_a_single_one_for_the_same_event_pay_once(scene: Scene) -> None:
    """Both ways know the same key; the single one is under way when the mass one begins."""
    accounts = Accounts(scene)

    def many() -> int:
        with transaction.atomic():
            return post_many(postings=[Posting(scene.name("grant"), accounts.moves(accounts.a, accounts.b, 60))], memo="", now=NOW)

    with gate_closed():
        single = scene.threads.start(accounts.move, key="grant", amount=60)
        until_blocked(1)
        mass_run = scene.threads.start(many)
        until_blocked(2)
    assert (scene.threads.outcome(single), scene.threads.outcome(mass_run)) == (True, 0)
    assert (balance(accounts.a), balance(accounts.b)) == (40, 60)
    all_holds()


@race(without=without_mass_locks)
def test_one_key_in_two_mass_postings_is_written_once(scene: Scene) -> None:
    accounts = Accounts(scene)
    both, real = Meeting(2), mass._write

    def pay() -> int:
        with transaction.atomic():
            return post_many(postings=[Posting(scene.name("same"), accounts.moves(accounts.a, accounts.b, 60))], memo="", now=NOW)

    def all_know_what_is_there(*args: Any) -> None:
        both.wait()
        real(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mass, "_write", all_know_what_is_there)
        results = scene.threads.all(pay, pay)
    assert sorted(results, key=str) == [0, 1]
    assert balance(accounts.b) == 60
    all_holds()
