"""Balances and statements, for any account and period."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, Sum

from tcloud.ledger.chart import Place
from tcloud.ledger.models import Account, Transfer


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
