"""Races that are decided by gates and not by luck, each run with its lock and, as its control, without (QUALITY.md, R2).

`@race(without=…)` turns a function into two tests. "locked" runs it and it must hold. "control" takes the lock away and
runs it ten times (a hundred in `make prove`), each time in a new scene: at least 95 of 100 must go wrong, by a wrong
result or by an error of the database where a clean answer was due. Whoever writes a race names its lock; a control that
never fails means that the race does not race.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, connection

from tcloud.ledger.models import Account
from tcloud.ledger.services.posting import InsufficientBalance
from tcloud.ledger.services.verifying import verify
from tcloud.programme.models import Call
from tcloud.programme.rules import Rules
from tcloud.programme.services import open_call
from tests import make
from tests.companies import ready

NOW = make.NOW
WAIT_SECONDS = 30
PROVE = bool(os.environ.get("TCLOUD_PROVE"))
RUNS = 100 if PROVE else 10
GATE = 7_301
"""Number of the advisory lock that stands for a gate inside a statement."""


class NeverHappened(RuntimeError):
    """The race did not come to the place where it is decided: a fault of the test, counted by no control."""


@dataclass
class Threads:
    """Calls in threads of their own, each with a connection of its own."""

    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(32))
    patience: float = WAIT_SECONDS

    def start(self, call: Callable[..., Any], /, **arguments: Any) -> "Future[Any]":
        """Start one call."""

        def run() -> Any:
            try:
                return call(**arguments)
            finally:
                connection.close()

        return self.pool.submit(run)

    def all(self, *calls: Callable[[], Any]) -> list[Any]:
        """Start all at once; what each returned, or the exception it raised."""
        barrier = threading.Barrier(len(calls))

        def wait_for_the_others(call: Callable[[], Any]) -> Any:
            connection.ensure_connection()
            barrier.wait(WAIT_SECONDS)
            return call()

        futures = [self.start(partial(wait_for_the_others, call)) for call in calls]
        try:
            return [self.outcome(each) for each in futures]
        except NeverHappened as stood_still:  # mostly because another thread never came: its error is the cause to read
            errors = (each.exception() for each in futures if each.done())
            raise stood_still from next((error for error in errors if error and not isinstance(error, NeverHappened)), None)

    def outcome(self, future: "Future[Any]") -> Any:
        """What a thread returned, or the exception it raised; a race that stands still is no outcome."""
        try:
            error = future.exception(self.patience)
        except TimeoutError:
            raise NeverHappened from None
        if isinstance(error, NeverHappened | threading.BrokenBarrierError):
            raise error
        return error or future.result()


@dataclass
class Scene:
    """A call of its own for one run of a race, and companies that are ready for points."""

    run: int
    threads: Threads

    def call(self, budget: int = 3_000_000) -> Call:
        """An open call; `budget` in whole points."""
        return open_call(
            code=f"115-{self.run + 1}", name="x", name_en="x", budget_points=budget, opens_date=date(2026, 1, 1),
            closes_until=make.FAR_AWAY, rules=Rules(), now=NOW.replace(month=1),
        )  # fmt: skip

    def companies(self, call: Call, count: int) -> list[str]:
        """Approved companies that have filled in the questionnaire; their numbers."""
        return ready(call, count, NOW, start=self.run * 1_000)

    def name(self, what: str) -> str:
        """A name that no other run uses."""
        return f"{what}-{self.run}"


Unlock = Callable[[pytest.MonkeyPatch], None]


def race(*, without: Unlock) -> Callable[[Callable[[Scene], None]], Callable[..., None]]:
    """Make the two tests of a race; `without` takes its lock away."""

    def decorate(body: Callable[[Scene], None]) -> Callable[..., None]:
        @pytest.mark.parametrize("locked", [True, False], ids=["locked", "control"])
        def test(locked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
            with _threads() as threads:
                if locked:
                    body(Scene(0, threads))
                    return
                without(monkeypatch)
                wrong = [_went_wrong(body, Scene(run, threads)) for run in range(RUNS)]
            sys.stdout.write(f"without its lock {sum(wrong)} of {RUNS} went wrong\n")
            assert sum(wrong) >= 0.95 * RUNS, "without its lock it must go wrong: this race does not race"

        test.__name__, test.__doc__, test.__module__ = body.__name__, body.__doc__, body.__module__
        test.has_control = True  # type: ignore[attr-defined]
        return test

    return decorate


def _went_wrong(body: Callable[[Scene], None], scene: Scene) -> bool:
    """A wrong result, or an error where a clean answer was due. Anything else is a fault of the test and is raised."""
    try:
        body(scene)
    except (AssertionError, DatabaseError, InsufficientBalance):
        return True
    return False


@contextmanager
def _threads() -> Iterator[Threads]:
    threads = Threads()
    try:
        yield threads
    finally:
        threads.pool.shutdown()


def blocked() -> int:
    """How many connections to this database wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE NOT granted AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])


def until(reached: Callable[[], bool]) -> None:
    """Wait for something."""
    end = time.monotonic() + WAIT_SECONDS
    while not reached():
        if time.monotonic() > end:
            raise NeverHappened
        time.sleep(0.005)


def until_blocked(count: int) -> None:
    """Wait until so many connections wait for a lock."""
    until(lambda: blocked() >= count)


class Meeting:
    """Where threads wait for each other after they have read and before they write.

    All who can come have come when everybody is here or waits for a lock: with the lock, one is here and the others
    wait; without it, all are here.
    """

    def __init__(self, count: int) -> None:
        self.count, self.here, self.open, self.counting = count, 0, threading.Event(), threading.Lock()

    def wait(self) -> None:
        """Come here, and go on when nobody else can come."""
        with self.counting:
            self.here += 1
        until(lambda: self.open.is_set() or self.here + blocked() >= self.count)
        self.open.set()


def until_done_or_blocked(future: "Future[Any]") -> None:
    """Wait until a thread has ended, or cannot go on because of a lock."""
    until(lambda: future.done() or blocked() >= 1)


class Gate:
    """Somebody stops here until the test lets go."""

    def __init__(self) -> None:
        self.reached, self.open = threading.Event(), threading.Event()

    def stop(self) -> None:
        """Say that we are here, and wait."""
        self.reached.set()
        if not self.open.wait(WAIT_SECONDS):
            raise NeverHappened

    def until_reached(self) -> None:
        """Wait until somebody stands here."""
        if not self.reached.wait(WAIT_SECONDS):
            raise NeverHappened


@contextmanager
def gate_closed() -> Iterator[None]:
    """Statements that pass GATE wait at it inside this block."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [GATE])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [GATE])


class WithoutAdvisoryLocks:
    """The database's connection, which forgets to take advisory locks."""

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        with connection.cursor() as cursor:
            real = cursor.execute

            def execute(sql: str, *arguments: Any) -> Any:
                return None if "pg_advisory" in sql else real(sql, *arguments)

            cursor.execute = execute
            yield cursor


def all_holds() -> None:
    """The journal adds up and no account that may not is below zero."""
    assert verify() is None
    below = [row.code for row in Account.objects.filter(may_go_negative=False) if row.balance < 0]
    assert below == []
