"""Postings through the service layer beside the same rows written in plain SQL on the same server."""

import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime

from django.core.management import call_command
from django.db import connection, transaction

from bench.runner import Measured, in_turn, row
from tcloud.ledger.chart import Place
from tcloud.ledger.services.posting import Move, open_accounts, post

POSTINGS = 2_000
ACCOUNTS = 100
NOW = datetime(2026, 4, 20, tzinfo=UTC)
_keys = itertools.count()


def _places(prefix: str) -> list[Place]:
    places = [Place(f"{prefix}/{number}", may_go_negative=True) for number in range(ACCOUNTS)]
    with transaction.atomic():
        open_accounts(places)
    return places


def _rate(post_one: Callable[[int], None]) -> float:
    began = time.perf_counter()
    for number in range(POSTINGS):
        post_one(number)
    return POSTINGS / (time.perf_counter() - began)


PLAIN = """
WITH s AS (UPDATE ledger_account SET sent = sent + 1 WHERE code = %(s)s RETURNING id, sent),
     d AS (UPDATE ledger_account SET received = received + 1 WHERE code = %(d)s RETURNING id, received),
     e AS (INSERT INTO ledger_entry (key, memo, posted_at, recorded_at) VALUES (%(k)s, '', now(), now()) RETURNING id)
INSERT INTO ledger_transfer (entry_id, source_id, destination_id, amount, source_sent, destination_received)
SELECT e.id, s.id, d.id, 1, s.sent, d.received FROM s, d, e
"""


@row("ledger.posting.c1", unit="postings/s", reference="the same rows in one plain SQL statement", goal="≥ 0.3")
def posting() -> Measured:
    """One client, one posting a transaction, a hundred accounts in turn."""
    call_command("migrate", interactive=False, verbosity=0)
    places = _places(f"bench/{next(_keys)}")

    def ours(number: int) -> None:
        source, destination = places[number % ACCOUNTS], places[(number + 1) % ACCOUNTS]
        with transaction.atomic():
            post(key=f"bench:{next(_keys)}", moves=[Move(source, destination, 1)], memo="", now=NOW)

    def plain(number: int) -> None:
        source, destination = places[number % ACCOUNTS], places[(number + 1) % ACCOUNTS]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(PLAIN, {"s": source.code, "d": destination.code, "k": f"bench:{next(_keys)}"})

    return in_turn(lambda: _rate(ours), lambda: _rate(plain))
