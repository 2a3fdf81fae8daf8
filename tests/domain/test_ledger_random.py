"""R3: random operations against an independent model that knows nothing of the database; nothing may ever differ.

10,000 operations in `make test`, a million in `make prove`; `TCLOUD_SEED` repeats a run whose seed a failure printed.
"""

import os
import random
import sys
from bisect import bisect_right
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from tcloud.ledger.chart import Place
from tcloud.ledger.models import Entry, Transfer
from tcloud.ledger.queries import balance_at, balances, statement
from tcloud.ledger.services.posting import (
    AccountMissing,
    EntryMissing,
    InsufficientBalance,
    KeyReused,
    Move,
    open_accounts,
    post,
)
from tcloud.ledger.services.reversing import AlreadyReversed, reverse
from tcloud.ledger.services.verifying import verify

pytestmark = pytest.mark.django_db(transaction=True)
OPERATIONS = 1_000_000 if os.environ.get("TCLOUD_PROVE") else 10_000
CHUNK = 1_000
TOGETHER = 100
"""Operations a transaction: one long transaction would keep every old version of the accounts alive."""
RECENT = 50
START = datetime(2026, 4, 20, tzinfo=UTC)
SOURCES = [Place(f"{asset}/random/source", asset, may_go_negative=True) for asset in ("points", "twd")]
PLACES = SOURCES + [Place(f"{asset}/random/{number:02d}", asset) for asset in ("points", "twd") for number in range(12)]
NOWHERE = Place("points/random/never-opened")
FORGERIES = (
    "UPDATE ledger_account SET received = received + 1",
    "UPDATE ledger_transfer SET amount = amount + 1",
    "DELETE FROM ledger_entry",
    "DELETE FROM ledger_transfer",
    "INSERT INTO ledger_transfer (entry_id, source_id, destination_id, amount, source_sent, destination_received)"
    " SELECT entry_id, source_id, destination_id, amount, source_sent + amount, destination_received + amount"
    " FROM ledger_transfer ORDER BY id DESC LIMIT 1",
)


class Model:
    """What must stand in the journal, by plain dictionaries."""

    def __init__(self) -> None:
        self.entries: dict[str, list[Move]] = {}
        self.recent: list[str] = []
        self.reversals: dict[str, str] = {}
        self.reversing: set[str] = set()
        self.held: dict[str, int] = defaultdict(int)
        self.history: dict[str, list[tuple[datetime, int]]] = defaultdict(list)

    def expect(self, key: str, moves: list[Move], reverses: str | None = None) -> bool | type[Exception]:
        """The answer that a posting must get."""
        if key in self.entries:
            return False if self.entries[key] == moves else KeyReused
        if any(move.source == NOWHERE or move.destination == NOWHERE for move in moves):
            return AccountMissing
        if reverses is not None and reverses not in self.entries:
            return EntryMissing
        after = dict(self.held)
        for move in moves:
            after[move.source.code] = after.get(move.source.code, 0) - move.amount
            after[move.destination.code] = after.get(move.destination.code, 0) + move.amount
        touched = {place for move in moves for place in (move.source, move.destination)}
        short = any(after[place.code] < 0 and not place.may_go_negative for place in touched)
        return InsufficientBalance if short else True

    def write(self, key: str, moves: list[Move], now: datetime) -> None:
        """Remember an entry that was written; an account's time never runs back."""
        touched = {place.code for move in moves for place in (move.source, move.destination)}
        at = max([now, *(self.history[code][-1][0] for code in touched if self.history[code])])
        self.entries[key] = moves
        self.recent = [*self.recent[-RECENT:], key]
        for move in moves:
            self.held[move.source.code] -= move.amount
            self.held[move.destination.code] += move.amount
            self.history[move.source.code].append((at, self.held[move.source.code]))
            self.history[move.destination.code].append((at, self.held[move.destination.code]))

    def balance_at(self, code: str, instant: datetime) -> int:
        """The balance after the last movement not after an instant."""
        place = bisect_right(self.history[code], instant, key=lambda row: row[0])
        return self.history[code][place - 1][1] if place else 0


class Walk:
    """One seeded walk; each step does one operation on the journal and on the model, and compares the answers."""

    def __init__(self, seed: int) -> None:
        self.dice, self.model, self.number, self.now = random.Random(seed), Model(), 0, START
        self.answers: dict[str, int] = defaultdict(int)

    def step(self) -> None:
        """One operation, of a kind drawn at random."""
        self.number += 1
        self.now += timedelta(seconds=self.dice.randint(-5, 60))
        kind = self.dice.random()
        if kind < 0.72:
            self._posting(f"random:{self.number}", self._moves())
        elif kind < 0.82:
            self._again()
        elif kind < 0.97:
            self._reversal()
        else:
            self._forgery()

    def _moves(self) -> list[Move]:
        asset = self.dice.choice(("points", "twd"))
        places = [place for place in PLACES if place.asset == asset]
        moves = []
        for _ in range(self.dice.choice((1, 1, 1, 2, 5))):
            source, destination = self.dice.sample(places, 2)
            if self.dice.random() < 0.2:
                source, destination = places[0], self.dice.choice(places[1:])
            moves.append(Move(source, destination, self.dice.choice((1, self.dice.randint(1, 500), self.dice.randint(1, 30_000)))))
        if asset == "points" and self.dice.random() < 0.01:
            moves.append(Move(moves[0].source, NOWHERE, 1))
        return moves

    def _posting(self, key: str, moves: list[Move]) -> None:
        expected = self.model.expect(key, moves)
        try:
            answer: bool | type[Exception] = post(key=key, moves=moves, memo="", now=self.now)
        except (InsufficientBalance, KeyReused, AccountMissing) as refusal:
            answer = type(refusal)
        self._compare(answer, expected, key, moves)

    def _again(self) -> None:
        if self.model.entries:
            key = self.dice.choice(self.model.recent)
            self._posting(key, self.model.entries[key] if self.dice.random() < 0.7 else self._moves())

    def _reversal(self) -> None:
        keys = self.model.recent
        of = self.dice.choice(keys) if keys and self.dice.random() < 0.95 else f"unknown:{self.number}"
        key = self.model.reversals.get(of, f"back:{self.number}") if self.dice.random() < 0.5 else f"back:{self.number}"
        moves = [Move(move.destination, move.source, move.amount) for move in reversed(self.model.entries.get(of, []))]
        expected: bool | type[Exception]
        if of not in self.model.entries:
            expected = EntryMissing
        elif of in self.model.reversing or self.model.reversals.get(of, key) != key:
            expected = AlreadyReversed
        else:
            expected = self.model.expect(key, moves, of)
        try:
            answer: bool | type[Exception] = reverse(of=of, key=key, memo="", now=self.now)
        except (EntryMissing, AlreadyReversed, InsufficientBalance, KeyReused) as refusal:
            answer = type(refusal)
        self._compare(answer, expected, key, moves)
        if answer is True:
            self.model.reversals[of] = key
            self.model.reversing.add(key)

    def _forgery(self) -> None:
        if not self.model.entries:
            return
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(self.dice.choice(FORGERIES))
        self.answers["forgery refused"] += 1

    def _compare(self, answer: bool | type[Exception], expected: bool | type[Exception], key: str, moves: list[Move]) -> None:
        assert answer == expected, f"operation {self.number} ({key}): got {answer}, expected {expected}: {moves}"
        self.answers[str(getattr(answer, "__name__", answer))] += 1
        if answer is True:
            self.model.write(key, moves, self.now)

    def compare_everything(self) -> None:
        """Balances, counts, one past balance and one statement each, and the journal's own recomputation."""
        model = self.model
        assert balances(PLACES) == {place.code: model.held[place.code] for place in PLACES}
        assert all(model.held[place.code] >= 0 for place in PLACES if not place.may_go_negative)
        for asset in ("points", "twd"):
            assert sum(model.held[place.code] for place in PLACES if place.asset == asset) == 0
        assert Entry.objects.count() == len(model.entries)
        assert Transfer.objects.count() == sum(map(len, model.entries.values()))
        instant = START + (self.now - START) * self.dice.random()
        assert {place.code: balance_at(place, instant) for place in PLACES} == {
            place.code: model.balance_at(place.code, instant) for place in PLACES
        }
        place = self.dice.choice(PLACES)
        told = statement(place, since=self.now - timedelta(hours=3))
        later = [row for row in model.history[place.code] if row[0] >= self.now - timedelta(hours=3)]
        assert [(line.posted_at, line.balance) for line in told.movements] == later
        assert told.opening == model.balance_at(place.code, self.now - timedelta(hours=3, microseconds=1))
        assert verify() is None


def test_random_operations_break_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get("TCLOUD_SEED") or random.SystemRandom().randrange(2**32))
    with capsys.disabled():
        sys.stdout.write(f"\nR3: {OPERATIONS} operations, TCLOUD_SEED={seed}\n")
    walk = Walk(seed)
    with transaction.atomic():
        open_accounts(PLACES)
    for done in range(TOGETHER, OPERATIONS + 1, TOGETHER):
        with transaction.atomic():
            for _ in range(TOGETHER):
                walk.step()
        if done % CHUNK == 0 and (done <= 10 * CHUNK or done % (50 * CHUNK) == 0):
            walk.compare_everything()
    assert set(walk.answers) == {
        "True", "False", "KeyReused", "AccountMissing", "InsufficientBalance", "EntryMissing", "AlreadyReversed",
        "forgery refused",
    }, dict(walk.answers)  # fmt: skip
