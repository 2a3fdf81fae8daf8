"""Mass grant and mass expiry beside the same rows written by plain SQL, and what single orders notice meanwhile.

The plain side writes exactly the rows our run has written — grants, accounts, entries, transfers, deadlines, log,
mails, notices — into the same tables with the same indexes, constraints and triggers, table by table in one transaction.
TCLOUD_BENCH_COMPANIES (1.6 million when not set) shrinks it for trials; the unit of each row tells the size.
"""

import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache

from django.core.management import call_command
from django.db import connection, transaction

from bench.runner import Measured, row
from tcloud.points.queries import grant_of
from tcloud.points.services.holding import hold
from tcloud.points.services.mass_expiring import mass_expire
from tcloud.points.services.mass_granting import mass_grant
from tcloud.programme.models import Call
from tcloud.programme.rules import Rules
from tcloud.programme.services import open_call
from tests.companies import ready

COMPANIES = int(os.environ.get("TCLOUD_BENCH_COMPANIES", "1600000"))
SINGLES = 2_000
CLIENTS = 2
ALONE_SECONDS = 5.0
NOW = datetime(2026, 4, 20, 2, tzinfo=UTC)
END = NOW + timedelta(days=45)
UNIT = f"rows/s ({COMPANIES:,} companies)"
_numbers = itertools.count()

# What a run adds to, in an order that satisfies every foreign key.
ADDED = (
    "points_grant", "ledger_account", "ledger_entry", "ledger_transfer", "programme_deadline", "audit_auditrow",
    "notifications_outboxmessage", "notifications_notice",
)  # fmt: skip
# The plain side: totals grow by the transfers inserted with them, because the same triggers watch.
TRANSFERS = """
WITH written AS (INSERT INTO ledger_transfer SELECT * FROM kept_ledger_transfer ORDER BY id)
UPDATE ledger_account a SET sent = k.sent, received = k.received, last_posted_at = k.last_posted_at FROM kept_ledger_account k WHERE k.id = a.id
"""


@row("ledger.mass_grant", unit=UNIT, reference="INSERT … SELECT of the same rows into the same tables", goal="≥ 0.8")
def grant() -> Measured:
    """Every row a mass grant writes, per second."""
    return Measured([_both()["grant"]], [_both()["grant_plain"]])


@row("ledger.mass_expiry", unit=UNIT, reference="INSERT … SELECT and UPDATE of the same rows in the same tables", goal="≥ 0.8")
def expiry() -> Measured:
    """Every row a mass expiry writes or changes, per second."""
    return Measured([_both()["expiry"]], [_both()["expiry_plain"]])


@row(
    "ledger.orders_during_mass", unit=f"holds/s beside a mass grant ({COMPANIES:,} companies)", reference="the same alone", goal="≥ 0.4"
)
def orders() -> Measured:
    """Holds for orders of two clients while a mass grant runs."""
    return Measured([_both()["orders"]], [_both()["orders_alone"]])


@row("ledger.mass_lock_s", unit=f"s, longest hold or batch ({COMPANIES:,} companies)", goal="≤ 2")
def longest_lock() -> Measured:
    """The longest time one hold took from begin to commit while a mass grant ran: all its waiting for locks included."""
    return Measured([_both()["lock"]])


@cache
def _both() -> dict[str, float]:
    """One run of everything: the same companies are granted, rolled back, written plainly, and so on."""
    call_command("migrate", interactive=False, verbosity=0)
    call = open_call(
        code=f"bench-{next(_numbers)}", name="x", name_en="x", budget_points=COMPANIES * 60_000, opens_date=date(2026, 1, 1),
        closes_until=date(2027, 1, 1), rules=Rules(), now=NOW - timedelta(days=60),
    )  # fmt: skip
    ready(call, SINGLES, NOW)
    mass_grant(call_code=call.code, now=NOW)
    found: dict[str, float] = {}
    alone: list[float] = []
    with _orders(call, alone):
        time.sleep(ALONE_SECONDS)
    found["orders_alone"] = len(alone) / ALONE_SECONDS

    ready(call, COMPANIES, NOW, start=SINGLES)
    _run("ANALYZE")
    marks = _marks()
    meanwhile: list[float] = []
    began = time.perf_counter()
    with _orders(call, meanwhile):
        mass_grant(call_code=call.code, now=NOW)
    took = time.perf_counter() - began
    found |= {"orders": len(meanwhile) / took, "lock": max(meanwhile)}
    _undo(marks)

    _timed(found, "grant", lambda: mass_grant(call_code=call.code, now=NOW), marks)
    _keep(marks)
    _undo(marks)
    _timed(found, "grant_plain", _write_plainly, marks)
    _expiries(found)
    return found


def _expiries(found: dict[str, float]) -> None:
    """Both ways of ending what was granted; the changed rows count with the new ones."""
    _run("ANALYZE")
    marks = _marks()
    open_clocks = _count("SELECT count(*) FROM programme_deadline WHERE done_at IS NULL")
    changed = open_clocks + 2 * _count("SELECT count(*) FROM points_grant WHERE ended_at IS NULL")
    _run(*(f"DROP TABLE IF EXISTS before_{table}" for table in CHANGED))
    _run(*(f"CREATE TABLE before_{table} AS SELECT * FROM {table}" for table in CHANGED))
    _timed(found, "expiry", lambda: mass_expire(now=END), marks, changed)
    _keep(marks, CHANGED)
    _undo(marks, restore=True)
    _timed(found, "expiry_plain", _end_plainly, marks, changed)


CHANGED = ("ledger_account", "points_grant", "programme_deadline")
ADDED_BY_EXPIRY = ("ledger_entry", "ledger_transfer", "audit_auditrow", "notifications_outboxmessage", "notifications_notice")


def _timed(found: dict[str, float], name: str, work: Callable[[], object], marks: dict[str, int], changed: int = 0) -> None:
    began = time.perf_counter()
    work()
    took = time.perf_counter() - began
    added = sum(_count(f"SELECT count(*) FROM {table} WHERE id > {mark}") for table, mark in marks.items())
    found[name] = (added + changed) / took


def _write_plainly() -> None:
    with transaction.atomic():
        for table in ADDED:
            if table == "ledger_account":
                _run("INSERT INTO ledger_account (id, code, asset, received, sent, may_go_negative)"
                     " SELECT id, code, asset, 0, 0, may_go_negative FROM kept_ledger_account k"
                     " WHERE NOT EXISTS (SELECT 1 FROM ledger_account a WHERE a.id = k.id) ORDER BY id")  # fmt: skip
            elif table == "ledger_transfer":
                _run(TRANSFERS)
            else:
                _run(f"INSERT INTO {table} SELECT * FROM kept_{table} ORDER BY id")


def _end_plainly() -> None:
    with transaction.atomic():
        _run(
            "UPDATE points_grant g SET ended_at = k.ended_at FROM kept_points_grant k WHERE k.id = g.id AND k.ended_at IS NOT NULL",
            "UPDATE programme_deadline d SET done_at = k.done_at FROM kept_programme_deadline k"
            " WHERE k.id = d.id AND k.done_at IS NOT NULL AND d.done_at IS NULL",
        )
        for table in ADDED_BY_EXPIRY:
            _run(TRANSFERS if table == "ledger_transfer" else f"INSERT INTO {table} SELECT * FROM kept_{table} ORDER BY id")


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _count(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])


def _marks() -> dict[str, int]:
    """The highest number in every table a run adds to."""
    return {table: _count(f"SELECT coalesce(max(id), 0) FROM {table}") for table in ADDED}


def _keep(marks: dict[str, int], changed: Sequence[str] = ("ledger_account",)) -> None:
    """A copy of what a run has added, and of the tables it changed."""
    for table, mark in marks.items():
        rows = "" if table in changed else f" WHERE id > {mark}"
        _run(f"DROP TABLE IF EXISTS kept_{table}", f"CREATE TABLE kept_{table} AS SELECT * FROM {table}{rows}", f"ANALYZE kept_{table}")


def _undo(marks: dict[str, int], *, restore: bool = False) -> None:
    """Take back what a run has added, past the triggers that refuse it, and leave tables and indexes as they were."""
    with transaction.atomic():
        _run("SET LOCAL session_replication_role = replica")
        _run(*(f"DELETE FROM {table} WHERE id > {mark}" for table, mark in reversed(marks.items())))
        if restore:
            for table in CHANGED:
                _run(f"DELETE FROM {table}", f"INSERT INTO {table} SELECT * FROM before_{table} ORDER BY id")
        else:
            _run(
                "UPDATE ledger_account a SET"
                " sent = coalesce((SELECT max(source_sent) FROM ledger_transfer WHERE source_id = a.id), 0),"
                " received = coalesce((SELECT max(destination_received) FROM ledger_transfer WHERE destination_id = a.id), 0)"
            )
        _run("TRUNCATE procrastinate_jobs CASCADE")
    _run(*(f"VACUUM FULL {table}" for table in marks))
    _run("ANALYZE", "CHECKPOINT")


@contextmanager
def _orders(call: Call, seconds: list[float]) -> Iterator[None]:
    """Clients that hold one point of the first companies' grants, again and again; each hold's time is noted."""
    stop = threading.Event()

    def client(place: int) -> None:
        try:
            while not stop.is_set():
                number = next(_numbers)
                began = time.perf_counter()
                with transaction.atomic():
                    ubn = str(10_000_000 + (number * CLIENTS + place) % SINGLES)
                    hold(ubn=ubn, call=call, order_number=f"BN{number:010d}", points=1, now=NOW)
                seconds.append(time.perf_counter() - began)
        finally:
            connection.close()

    assert grant_of("10000000", call) is not None
    threads = [threading.Thread(target=client, args=(place,)) for place in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
