"""Recomputing the journal: what the database stores must be the sum of what was posted."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files

from django.db import connection, transaction

from tcloud.ledger.models import ASSETS, Account, Entry

_VERIFY = files("tcloud.ledger").joinpath("sql/verify.sql").read_text()
_BREAK = files("tcloud.ledger").joinpath("sql/first_break.sql").read_text()
SLICE = 200_000
"""Accounts judged by one statement: what it adds up fits the memory it is given, however long the journal is."""
WORK_MEMORY = "64MB"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where stored totals and posted transfers disagree."""

    account: str
    detail: str


def verify(progress: Progress = lambda done, whole: None) -> Difference | None:
    """Recompute every account from the journal; None when everything agrees.

    Each account's totals must be the sums of its transfers, its transfers must continue each other without a gap,
    every entry must have transfers, and no transfer may turn points into cash. `progress` is told how many accounts
    are done of how many. Memory stays the same whatever the size. A statement sees totals and transfers as of one instant, so posting may go on.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'")
        return _first_wrong_account(progress) or _empty_entry() or _mixed_assets()


def _first_wrong_account(progress: Progress) -> Difference | None:
    whole = Account.objects.order_by("-id").values_list("id", flat=True).first() or 0
    for after in range(0, whole, SLICE):
        with connection.cursor() as cursor:
            cursor.execute(_VERIFY, {"after": after, "last": min(after + SLICE, whole)})
            row = cursor.fetchone()
        if row:
            return _described(*row)
        progress(min(after + SLICE, whole), whole)
    return None


def _described(account: int, code: str, received: int, sent: int, sum_received: int, sum_sent: int) -> Difference:
    """What is wrong with an account: its totals, or the first of its transfers that does not continue them."""
    if (received, sent) != (sum_received, sum_sent):
        said = f"received {received}, journal {sum_received}; sent {sent}, journal {sum_sent}"
    else:
        said = "its transfers do not continue each other"
    with connection.cursor() as cursor:
        cursor.execute(_BREAK, {"account": account})
        row = cursor.fetchone()
    if row:
        said += f"; first at entry {row[0]}, transfer {row[1]}: {row[2]} before it, {row[3]} expected"
    return Difference(code, said)


def _empty_entry() -> Difference | None:
    empty = Entry.objects.filter(transfers=None).order_by("id").first()
    return Difference("–", f"entry {empty.key} has no transfer") if empty else None


def _mixed_assets() -> Difference | None:
    """Within an asset as much was sent as was received; a transfer between two would be in one sum only."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT asset, sum(received), sum(sent) FROM ledger_account GROUP BY 1 ORDER BY 1")
        for asset, received, sent in cursor.fetchall():
            if received != sent or asset not in ASSETS:
                return Difference("–", f"asset {asset}: received {received} in all, sent {sent}")
    return None
