"""Posting: the only way a point or a dollar moves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from tcloud.core.errors import Refused
from tcloud.core.transactions import operation
from tcloud.ledger.chart import Place
from tcloud.ledger.models import Account

_POST = files("tcloud.ledger").joinpath("sql/post.sql").read_text()


class InsufficientBalance(Refused):
    """An account would go below zero; nothing was posted."""

    code = "insufficient_balance"
    message = _("可用的點數不夠。請到「我的點數」看看還剩多少，再改用較少的點數。")


class KeyReused(RuntimeError):
    """The same key was used for different moves: a bug in the caller, never a person's mistake."""


class AccountMissing(RuntimeError):
    """A posting names an account that was never opened: a bug in the caller."""


class EntryMissing(RuntimeError):
    """A reversal names an entry that was never posted: a bug in the caller."""


@dataclass(frozen=True, slots=True)
class Move:
    """One amount (whole points or NT$, above zero) from one place to another of the same asset."""

    source: Place
    destination: Place
    amount: int

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise ValueError("a move has a positive amount")
        if self.source.asset != self.destination.asset:
            raise ValueError("points and cash never mix")


@operation
def open_accounts(places: Iterable[Place]) -> None:
    """Make sure accounts exist, so that they can be locked before they are used."""
    Account.objects.bulk_create(
        [Account(code=p.code, asset=p.asset, may_go_negative=p.may_go_negative) for p in places],
        ignore_conflicts=True,
    )


@operation
def post(*, key: str, moves: Sequence[Move], memo: str, now: datetime, reverses: str | None = None) -> bool:
    """Write one entry with its transfers and totals, in one statement; locks the accounts in code order.

    Returns True when it was written, False when the same entry (key and moves) was there already.
    An account's time never runs back: where another posting with a later `now` came first, this one carries its time.
    `reverses` names the key of the entry that this one takes back. Raises InsufficientBalance (nothing written),
    AccountMissing, EntryMissing, KeyReused.
    """
    if not moves:
        raise ValueError("an entry needs at least one move")
    parameters: dict[str, Any] = {
        "key": key,
        "memo": memo,
        "posted_at": now,
        "reverses": reverses,
        "sources": [move.source.code for move in moves],
        "destinations": [move.destination.code for move in moves],
        "amounts": [move.amount for move in moves],
    }
    with connection.cursor() as cursor:
        cursor.execute(_POST, parameters)
        missing, short, unknown, entry_id = cursor.fetchone()
    if entry_id is not None:
        return True
    # A fresh statement, because the first posting may have committed while this one waited for its locks.
    if _was_posted(key, moves):
        return False
    if missing:
        raise AccountMissing(f"{key}: not every account is open: {parameters['sources']} {parameters['destinations']}")
    if unknown:
        raise EntryMissing(f"{key} takes back {reverses}, which was never posted")
    if short:
        raise InsufficientBalance
    raise RuntimeError(f"{key}: nothing was written and nothing is wrong")  # the statement itself would be at fault


def _was_posted(key: str, moves: Sequence[Move]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.code, d.code, t.amount FROM ledger_transfer t JOIN ledger_entry e ON e.id = t.entry_id"
            " JOIN ledger_account s ON s.id = t.source_id JOIN ledger_account d ON d.id = t.destination_id"
            " WHERE e.key = %s ORDER BY t.id",
            [key],
        )
        first = cursor.fetchall()
    if not first:
        return False
    if first != [(move.source.code, move.destination.code, move.amount) for move in moves]:
        raise KeyReused(f"{key} was posted with other moves")
    return True
