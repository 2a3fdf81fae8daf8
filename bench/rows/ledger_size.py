"""What the journal's size costs: many accounts, a long history, and recomputing all of it."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction

from bench.clients import NOW
from bench.rows.ledger import ours
from bench.runner import Measured, in_turn, row
from tcloud.ledger.chart import Place
from tcloud.ledger.queries import balance, balance_at
from tcloud.ledger.services.verifying import verify

SMALL, LARGE = 10_000, 1_600_000
TRANSFERS = 10_000_000
HOLDERS = 100_000
LOOKS = 300


@contextmanager
def _written_by_hand() -> Iterator[None]:
    """Rows are made in bulk with the triggers off; `verify` says afterwards that they are what posting would have made."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield


def _execute(sql: str, *values: str | int | datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def _accounts(prefix: str, count: int) -> None:
    call_command("migrate", interactive=False, verbosity=0)
    _execute(
        "INSERT INTO ledger_account (code, asset, received, sent, may_go_negative)"
        " SELECT %s || n, 'points', 0, 0, true FROM generate_series(0, %s - 1) n ON CONFLICT (code) DO NOTHING",
        prefix, count,
    )  # fmt: skip
    _execute("ANALYZE ledger_account")


@row("ledger.cost_by_size", unit="postings/s", reference="the same with 10,000 accounts in the table", goal="≥ 0.85")
def cost_by_size() -> Measured:
    """One client posting between random accounts of 1,600,000; then, in turn, of 10,000."""
    _accounts("bench/small/", SMALL)
    _accounts("bench/large/", LARGE)
    return in_turn(lambda: ours(1, "bench/large/", LARGE), lambda: ours(1, "bench/small/", SMALL))


def _history(entries: int) -> Place:
    """An account that received one point a second, so many times."""
    place = Place(f"bench/history/{entries}")
    source = f"{place.code}/source"
    _accounts(f"{place.code}/source", 1)
    last = NOW + timedelta(seconds=entries)
    with _written_by_hand():
        _execute(
            "INSERT INTO ledger_account (code, asset, received, sent, may_go_negative, last_posted_at)"
            " VALUES (%s, 'points', %s, 0, false, %s)", place.code, entries, last,
        )  # fmt: skip
        _execute("UPDATE ledger_account SET sent = %s, last_posted_at = %s WHERE code = %s", entries, last, f"{source}0")
        _execute(
            "WITH e AS (INSERT INTO ledger_entry (key, memo, posted_at, recorded_at)"
            " SELECT %s || n, '', %s + n * interval '1 second', now() FROM generate_series(1, %s) n ORDER BY n RETURNING id)"
            " INSERT INTO ledger_transfer (entry_id, source_id, destination_id, amount, source_sent, destination_received)"
            " SELECT e.id, s.id, d.id, 1, row_number() OVER (ORDER BY e.id), row_number() OVER (ORDER BY e.id)"
            " FROM e, ledger_account s, ledger_account d WHERE s.code = %s AND d.code = %s ORDER BY e.id",
            f"{place.code}/", NOW, entries, f"{source}0", place.code,
        )  # fmt: skip
    _execute("ANALYZE ledger_account, ledger_entry, ledger_transfer")
    return place


def _looks(place: Place, entries: int) -> Callable[[], float]:
    def measure() -> float:
        began = time.perf_counter()
        for number in range(LOOKS):
            assert balance(place) == entries
            seconds = 1 + number % (entries - 1)
            assert balance_at(place, NOW + timedelta(seconds=seconds)) == seconds
        return (time.perf_counter() - began) * 1_000 / LOOKS

    return measure


@row("ledger.balance_by_entries", unit="ms", reference="the same for an account with 10 entries", goal="≤ 1.2")
def balance_by_entries() -> Measured:
    """Balance now and balance at a past instant, of an account with 100,000 entries; both answers are checked."""
    call_command("migrate", interactive=False, verbosity=0)
    many, few = _history(100_000), _history(10)
    return in_turn(_looks(many, 100_000), _looks(few, 10))


def _ten_million() -> str:
    """Holders that each received as often as the next from one source, one point an entry; said in rows."""
    call_command("migrate", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_transfer")
        there = int(cursor.fetchone()[0])
    if there < TRANSFERS:
        _fill(TRANSFERS - there)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_transfer")
        rows = int(cursor.fetchone()[0])
        cursor.execute("SELECT count(*) FROM ledger_account")
        return f"{rows} transfers, {cursor.fetchone()[0]} accounts"


def _fill(transfers: int) -> None:
    each = -(-transfers // HOLDERS)
    _accounts("bench/source/", 1)
    _accounts("bench/holder/", HOLDERS)
    last = NOW + timedelta(seconds=each)
    with _written_by_hand():
        _execute("CREATE TEMP TABLE numbered ON COMMIT DROP AS SELECT id, row_number() OVER (ORDER BY id) - 1 AS place"
                 " FROM ledger_account WHERE code LIKE 'bench/holder/%%'")  # fmt: skip
        _execute("UPDATE ledger_account SET received = %s, last_posted_at = %s WHERE code LIKE 'bench/holder/%%'", each, last)
        _execute("UPDATE ledger_account SET sent = %s, last_posted_at = %s WHERE code = 'bench/source/0'", each * HOLDERS, last)
        for time_round in range(1, each + 1):
            _execute(
                "WITH e AS (INSERT INTO ledger_entry (key, memo, posted_at, recorded_at)"
                " SELECT 'bench:verify:' || %s || ':' || place, '', %s, now() FROM numbered ORDER BY place RETURNING id),"
                " n AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM e)"
                " INSERT INTO ledger_transfer (entry_id, source_id, destination_id, amount, source_sent, destination_received)"
                " SELECT n.id, s.id, h.id, 1, %s::bigint + n.place + 1, %s FROM n JOIN numbered h USING (place),"
                " ledger_account s WHERE s.code = 'bench/source/0' ORDER BY n.place",
                time_round, NOW + timedelta(seconds=time_round), (time_round - 1) * HOLDERS, time_round,
            )  # fmt: skip
    _execute("VACUUM ANALYZE ledger_account, ledger_entry, ledger_transfer")


def _verified() -> float:
    began = time.perf_counter()
    assert verify() is None
    return time.perf_counter() - began


SUMS = (
    "SELECT source_id, sum(amount) FROM ledger_transfer GROUP BY 1",
    "SELECT destination_id, sum(amount) FROM ledger_transfer GROUP BY 1",
)


def _summed() -> float:
    """What PostgreSQL needs to add up every account's transfers, both sides, with its settings as they come."""
    began = time.perf_counter()
    with connection.cursor() as cursor:
        for query in SUMS:
            cursor.execute(f"SELECT count(*), sum(sum) FROM ({query}) s")
            cursor.fetchone()
    return time.perf_counter() - began


@row("ledger.verify", unit="s", reference="PostgreSQL adding up both sides of every account, one query each", goal="≤ 2")
def verifying() -> Measured:
    """Recompute ten million transfers of a hundred thousand accounts; shared_buffers 128 MB, as the reference."""
    rows = _ten_million()
    measured = in_turn(_verified, _summed, times=3)
    return Measured(measured.runs, measured.reference, rows)


def _kilobytes(pid: int, name: str) -> int:
    try:
        found = re.search(rf"{name}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def _peak_of_verify() -> float:
    """The command's own peak plus the most that the server's sessions held of their own at one moment, in MB."""
    command = subprocess.Popen([sys.executable, "-m", "tcloud.cli.main", "ledger", "verify"], stdout=subprocess.DEVNULL)
    peak, sessions, ended = 0, 0, threading.Event()
    with connection.cursor() as cursor:
        while command.poll() is None:
            cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
            sessions = max(sessions, sum(_kilobytes(pid, "RssAnon") for (pid,) in cursor.fetchall()))
            peak = max(peak, _kilobytes(command.pid, "VmHWM"))
            ended.wait(0.05)
    assert command.returncode == 0
    return (peak + sessions) / 1_024


@row("ledger.verify.memory_mb", unit="MB", goal="≤ 200")
def verify_memory() -> Measured:
    """`tcloud ledger verify` over the same ten million: the command's peak plus its database sessions' own memory."""
    rows = _ten_million()
    return Measured([_peak_of_verify()], note=rows)
