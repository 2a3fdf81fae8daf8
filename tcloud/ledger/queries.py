"""Balances and statements, for any account and period."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, Sum

from tcloud.ledger.chart import Place
from tcloud.ledger.models import Account, Entry, Transfer


def balance(place: Place) -> int:
    """What an account holds now; 0 if it was never opened."""
    row = Account.objects.filter(code=place.code).values_list("received", "sent").first()
    return row[0] - row[1] if row else 0


def balances(places: list[Place]) -> dict[str, int]:
    """Several balances by account code in one query; accounts never opened count 0."""
    found = Account.objects.filter(code__in=[place.code for place in places])
    known = {code: received - sent for code, received, sent in found.values_list("code", "received", "sent")}
    return {place.code: known.get(place.code, 0) for place in places}


def balance_at(place: Place, instant: datetime) -> int:
    """What an account held just after everything posted up to and including an instant."""
    posted = Transfer.objects.filter(entry__posted_at__lte=instant)
    received = posted.filter(destination__code=place.code).aggregate(total=Sum("amount"))["total"] or 0
    sent = posted.filter(source__code=place.code).aggregate(total=Sum("amount"))["total"] or 0
    return int(received - sent)


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a statement: `amount` is positive when it came in; `balance` is after it."""

    entry_key: str
    memo: str
    posted_at: datetime
    amount: int
    balance: int
    counterpart: str


def statement(place: Place, since: datetime | None = None, until: datetime | None = None) -> list[Movement]:
    """Every movement of an account in order, with the balance after each; `until` is exclusive."""
    moves = list(_movements(place))
    return [
        move
        for move in moves
        if (since is None or move.posted_at >= since) and (until is None or move.posted_at < until)
    ]


def _movements(place: Place) -> Iterator[Movement]:
    rows = (
        Transfer.objects.filter(Q(source__code=place.code) | Q(destination__code=place.code))
        .select_related("entry", "source", "destination")
        .order_by("id")
    )
    running = 0
    for row in rows:
        incoming = row.destination.code == place.code
        running += row.amount if incoming else -row.amount
        other = row.source if incoming else row.destination
        yield Movement(
            entry_key=row.entry.key,
            memo=row.entry.memo,
            posted_at=row.entry.posted_at,
            amount=row.amount if incoming else -row.amount,
            balance=running,
            counterpart=other.code,
        )


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
