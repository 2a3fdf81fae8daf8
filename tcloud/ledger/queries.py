"""Balances and statements, for any account and period."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Func, Max, Q, TextField, Value

from tcloud.core.arrays import among_texts
from tcloud.ledger.chart import Place
from tcloud.ledger.models import Account, Entry, Transfer

_STATEMENT = files("tcloud.ledger").joinpath("sql/statement.sql").read_text()
BATCH = 2_000
INSTANT = timedelta(microseconds=1)
"""The database's finest step of time."""
EVER = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))


def balance(place: Place) -> int:
    """What an account holds now; 0 if it was never opened."""
    row = Account.objects.filter(code=place.code).values_list("received", "sent").first()
    return row[0] - row[1] if row else 0


def balances(places: list[Place]) -> dict[str, int]:
    """Several balances by account code in one query; accounts never opened count 0."""
    found = Account.objects.filter(code__in=among_texts([place.code for place in places]))
    known = {code: received - sent for code, received, sent in found.values_list("code", "received", "sent")}
    return {place.code: known.get(place.code, 0) for place in places}


def balance_at(place: Place, instant: datetime) -> int:
    """What an account held just after everything posted up to and including an instant.

    Costs the same for ten movements and for a hundred thousand (sql/times.sql).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ledger_received_at(id, %s) - ledger_sent_at(id, %s) FROM ledger_account WHERE code = %s",
            [instant, instant, place.code],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a statement: `amount` is positive when it came in; `balance` is after it."""

    entry_key: str
    memo: str
    posted_at: datetime
    amount: int
    balance: int
    counterpart: str


@dataclass(frozen=True, slots=True)
class Statement:
    """An account over a period: what stood there before it, every movement in order, what stood there after."""

    place: Place
    opening: int
    movements: list[Movement]

    @property
    def closing(self) -> int:
        """Whole points or NT$ at the end of the period."""
        return self.movements[-1].balance if self.movements else self.opening


def statement(place: Place, since: datetime | None = None, until: datetime | None = None) -> Statement:
    """An account's movements from `since` on and before `until` (exclusive), with the balance after each."""
    opening = balance_at(place, since - INSTANT) if since else 0
    return Statement(place, opening, list(movements(place, since, until)))


def movements(place: Place, since: datetime | None = None, until: datetime | None = None) -> Iterator[Movement]:
    """The same one by one, read in batches: for histories of any length."""
    account = Account.objects.filter(code=place.code).values_list("pk", flat=True).first()
    if account is None:
        return
    period = {"before": (since or EVER[0]) - INSTANT, "last": (until or EVER[1]) - INSTANT}
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_STATEMENT, {"account": account, **period})
        while rows := cursor.fetchmany(BATCH):
            for row in rows:
                yield Movement(row[0], row[1], row[2], row[3], int(row[4]), row[5])


STATEMENT_HEADER = ("posted_at", "entry", "memo", "counterpart", "amount", "balance")
JOURNAL_HEADER = (
    "entry_id", "entry", "memo", "posted_at", "recorded_at", "reverses", "transfer_id", "source", "destination", "asset", "amount",
)  # fmt: skip


def statement_rows(place: Place, since: datetime | None = None, until: datetime | None = None) -> Iterator[tuple[object, ...]]:
    """A statement as a table under STATEMENT_HEADER, row by row: instants in ISO 8601, whole points or NT$."""
    for move in movements(place, since, until):
        yield move.posted_at.isoformat(), move.entry_key, move.memo, move.counterpart, move.amount, move.balance


def journal_rows() -> Iterator[tuple[object, ...]]:
    """The whole journal as a table under JOURNAL_HEADER, one row a transfer, in batches: memory stays the same.

    All of one instant: an entry that commits while this reads, with a lower number than one read already, is not half of
    a picture. Inside somebody's transaction it is that transaction's view.
    """
    last = 0
    with _one_snapshot():
        while entries := entries_after(last, BATCH):
            for entry in entries:
                facts = [entry[name] for name in ("id", "key", "memo")]
                facts += [entry["posted_at"].isoformat(), entry["recorded_at"].isoformat(), entry["reverses"] or ""]
                for transfer in entry["transfers"]:
                    yield *facts, *(transfer[name] for name in ("id", "source", "destination", "asset", "amount"))
            last = entries[-1]["id"]


@contextmanager
def _one_snapshot() -> Iterator[None]:
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def destination_of(key: str) -> Place | None:
    """Where the entry of a key brought what it moved (the first of its transfers); None while it was never posted."""
    row = Transfer.objects.filter(entry__key=key).select_related("destination").order_by("id").first()
    return Place(row.destination.code, row.destination.asset, row.destination.may_go_negative) if row else None


def taken_back(keys: list[str]) -> set[str]:
    """Which of some entries another entry names as taken back."""
    return set(Entry.objects.filter(key__in=keys).exclude(reversed_by=None).values_list("key", flat=True))


def find_accounts(text: str, limit: int) -> list[Account]:
    """Accounts of a 統編, an order's number or a call's code, or whose code begins with a text that has a slash; by code.

    Each is found by an index (migration 0011): ledger/chart.py writes numbers in the third and fifth place.
    """
    if "/" in text:
        found = Account.objects.filter(code__gte=text, code__lt=f"{text}\U0010ffff")
    else:
        found = Account.objects.alias(third=_part(3), fifth=_part(5)).filter(Q(third=text) | Q(fifth=text))
    return list(found.order_by("code")[:limit])


def _part(place: int) -> Func:
    """One part of a code, written as the indexes have it."""
    return Func(F("code"), Value("/"), Value(place), function="split_part", output_field=TextField())


def place_of(code: str) -> Place | None:
    """The place of an account that was opened; None if there is none of that code."""
    row = Account.objects.filter(code=code).first()
    return Place(row.code, row.asset, row.may_go_negative) if row else None


def entries_after(last: int, limit: int) -> list[dict[str, Any]]:
    """Entries in order with their transfers, for auditors; two database queries."""
    entries = Entry.objects.filter(id__gt=last).select_related("reverses").order_by("id")[:limit]
    rows: dict[int, dict[str, Any]] = {
        entry.pk: {
            "id": entry.pk, "key": entry.key, "memo": entry.memo, "posted_at": entry.posted_at,
            "recorded_at": entry.recorded_at, "reverses": entry.reverses.key if entry.reverses else None, "transfers": [],
        }
        for entry in entries
    }  # fmt: skip
    transfers = Transfer.objects.filter(entry_id__in=rows).select_related("source", "destination").order_by("id")
    for transfer in transfers:
        rows[transfer.entry_id]["transfers"].append(
            {
                "id": transfer.pk, "source": transfer.source.code, "destination": transfer.destination.code,
                "asset": transfer.source.asset, "amount": transfer.amount,
            }
        )  # fmt: skip
    return list(rows.values())


def accounts_after(last: int, limit: int) -> list[dict[str, Any]]:
    """Accounts in order with their totals, for auditors."""
    return [
        {
            "id": account.pk, "code": account.code, "asset": account.asset, "received": account.received,
            "sent": account.sent, "balance": account.balance,
        }
        for account in Account.objects.filter(id__gt=last).order_by("id")[:limit]
    ]  # fmt: skip


def last_entry_number() -> int:
    """The number of the newest entry, 0 in an empty journal: it grows with every posting, and costs one step of the index."""
    return Entry.objects.aggregate(last=Max("id"))["last"] or 0
