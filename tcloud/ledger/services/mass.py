"""Posting many entries in one statement, under the same triggers as one: mass grant and mass expiry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from django.db import connection

from tcloud.core.arrays import among_texts, number_array, text_array
from tcloud.core.transactions import operation
from tcloud.ledger.chart import Place
from tcloud.ledger.models import Entry
from tcloud.ledger.services.posting import AccountMissing, InsufficientBalance, Move, post

_POST_MANY = files("tcloud.ledger").joinpath("sql/post_many.sql").read_text()
# Transition tables and arrays have no statistics: left alone, the planner reads whole tables of a growing journal for
# each batch, or compiles a plan for longer than it runs. Every join here finds its rows by an index.
_BY_INDEX = "SET LOCAL jit = off; SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"


@dataclass(frozen=True, slots=True)
class Posting:
    """One entry of a mass operation: its key and its moves."""

    key: str
    moves: Sequence[Move]


@operation
def plan_by_index() -> None:
    """Until the transaction ends, statements over long lists of keys go by the indexes."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_INDEX)


@operation
def open_many(places: Sequence[Place]) -> None:
    """Make sure many accounts exist; what `open_accounts` does, in one statement of arrays."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_account (code, asset, received, sent, may_go_negative)"
            " SELECT code, asset, 0, 0, negative FROM unnest(%s::text[], %s::text[], %s::boolean[]) AS p(code, asset, negative)"
            " ON CONFLICT (code) DO NOTHING",
            [text_array([p.code for p in places]), text_array([p.asset for p in places]),
             text_array([str(p.may_go_negative) for p in places])],
        )


@operation
def post_many(*, postings: Sequence[Posting], memo: str, now: datetime) -> int:
    """Write many entries with their transfers and totals at once; all accounts are locked first, in code order.

    Returns how many were written: an entry that is there already, with the same moves, is left alone. Raises
    InsufficientBalance, AccountMissing (nothing written), KeyReused, and IntegrityError where somebody who does not
    use these accounts takes a key meanwhile.
    """
    if not postings:
        return 0
    plan_by_index()
    _lock([move for posting in postings for move in posting.moves])
    # A statement of its own after the locks: it sees what was posted while this one waited.
    known = set(Entry.objects.filter(key__in=among_texts([posting.key for posting in postings])).values_list("key", flat=True))
    for posting in postings:
        if posting.key in known:
            post(key=posting.key, moves=posting.moves, memo=memo, now=now)  # writes nothing; raises KeyReused
    fresh = [posting for posting in postings if posting.key not in known]
    if fresh:
        _write(fresh, memo, now)
    return len(fresh)


def _lock(moves: Sequence[Move]) -> None:
    codes = {move.source.code for move in moves} | {move.destination.code for move in moves}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM ledger_account WHERE code = ANY(%s::text[]) ORDER BY code"
            " FOR NO KEY UPDATE) AS locked",
            [text_array(codes)],
        )


def _write(postings: Sequence[Posting], memo: str, now: datetime) -> None:
    pairs = list(zip(_numbers(len(postings)), postings, strict=True))
    moves = [(number, move) for number, posting in pairs for move in posting.moves]
    with connection.cursor() as cursor:
        cursor.execute(
            _POST_MANY,
            {
                "ids": number_array([number for number, _ in pairs]), "keys": text_array([posting.key for _, posting in pairs]),
                "entry_ids": number_array([number for number, _ in moves]),
                "sources": text_array([move.source.code for _, move in moves]),
                "destinations": text_array([move.destination.code for _, move in moves]),
                "amounts": number_array([move.amount for _, move in moves]), "memo": memo, "posted_at": now,
            },
        )  # fmt: skip
        missing, short = cursor.fetchone()
    if missing:
        raise AccountMissing(f"{memo}: not every account of {len(postings)} entries is open")
    if short:
        raise InsufficientBalance


def _numbers(count: int) -> list[int]:
    """Numbers of new entries, taken from the table's own sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('ledger_entry', 'id')) FROM generate_series(1, %s)", [count]
        )
        return [row[0] for row in cursor.fetchall()]
