"""Posting: the only way a point or a dollar moves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from tcloud.core.errors import Refused
from tcloud.core.prepared import prepared_cursor
from tcloud.core.transactions import operation
from tcloud.ledger.chart import Place
from tcloud.ledger.models import Account

_POST = files("tcloud.ledger").joinpath("sql/post.sql").read_text()
_POST_ONE = files("tcloud.ledger").joinpath("sql/post_one.sql").read_text()


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
    if len(moves) == 1 and reverses is None:
        verdict = _post_one(key, moves[0], memo, now)
    else:
        verdict = _post_several(key, moves, memo, now, reverses)
    if verdict.written:
        return True
    # A fresh statement, because the first posting may have committed while this one waited for its locks.
    if _was_posted(key, moves):
        return False
    if verdict.missing:
        raise AccountMissing(f"{key}: not every account is open: {[(move.source.code, move.destination.code) for move in moves]}")
    if verdict.unknown:
        raise EntryMissing(f"{key} takes back {reverses}, which was never posted")
    if verdict.short:
        raise InsufficientBalance
    raise RuntimeError(f"{key}: nothing was written and nothing is wrong")  # the statement itself would be at fault


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What the statement did, or why it wrote nothing."""

    written: bool = False
    missing: bool = False
    short: bool = False
    unknown: bool = False


def _post_one(key: str, move: Move, memo: str, now: datetime) -> _Verdict:
    parameters: dict[str, Any] = {
        "key": key, "memo": memo, "posted_at": now, "source": move.source.code, "destination": move.destination.code,
        "amount": move.amount,
    }  # fmt: skip
    with prepared_cursor() as cursor:
        cursor.execute(_POST_ONE, parameters)
        row = cursor.fetchone()
    return _Verdict(written=row[1] is not None, short=row[0]) if row else _Verdict(missing=True)


def _post_several(key: str, moves: Sequence[Move], memo: str, now: datetime, reverses: str | None) -> _Verdict:
    parameters: dict[str, Any] = {
        "key": key,
        "memo": memo,
        "posted_at": now,
        "reverses": reverses,
        "sources": [move.source.code for move in moves],
        "destinations": [move.destination.code for move in moves],
        "amounts": [move.amount for move in moves],
    }
    with prepared_cursor() as cursor:
        cursor.execute(_POST, parameters)
        missing, short, unknown, entry_id = cursor.fetchone()
    return _Verdict(entry_id is not None, missing, short, unknown)


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
