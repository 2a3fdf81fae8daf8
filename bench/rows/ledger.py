"""Postings through the service layer beside pgbench writing the same rows into the same tables on the same server."""

import itertools
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction

from bench.clients import NOW
from bench.runner import Measured, in_turn, row
from tcloud.cli.postgres import wheel_binaries
from tcloud.ledger.chart import Place
from tcloud.ledger.models import Entry, Transfer
from tcloud.ledger.services.posting import open_accounts
from tcloud.ledger.services.verifying import verify

SECONDS = 4
ACCOUNTS = 1_000
SCRIPTS = Path(__file__).parents[1] / "sql"
GUARDED = ("ledger_account", "ledger_entry", "ledger_transfer")
# The journal's triggers refuse a posting row by row (totals and transfers must agree when a statement ends), so the
# plain transaction runs without them, with foreign keys and constraints; ours runs with everything.
ROW_BY_ROW = "pgbench -M prepared, a transaction of plain SQL writing the same rows, without our triggers; fsync off for both"
# The hardest to beat: a program that has no checks of its own and sends each posting as one statement in autocommit.
ONE_STATEMENT = "pgbench -M prepared, one plain SQL statement a posting in autocommit, same triggers; fsync off for both"
_runs = itertools.count()


def prepared_accounts() -> str:
    """A thousand new accounts that may go below zero; their common prefix."""
    call_command("migrate", interactive=False, verbosity=0)
    prefix = f"bench/{next(_runs)}/"
    with transaction.atomic():
        open_accounts([Place(f"{prefix}{number}", may_go_negative=True) for number in range(ACCOUNTS)])
    return prefix


def ours(clients: int, prefix: str, accounts: int = ACCOUNTS) -> float:
    """Postings a second of so many client processes that start together."""
    command = [sys.executable, "-m", "bench.clients", prefix, str(accounts), str(SECONDS)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(clients)
    ]
    for client in started:
        assert client.stdout is not None
        assert client.stdout.readline().strip() == "ready"
    for client in started:
        assert client.stdin is not None
        client.stdin.write("\n")
        client.stdin.flush()
    return sum(int(client.communicate()[0]) for client in started) / SECONDS


@contextmanager
def _unguarded() -> Iterator[None]:
    """The journal's tables without our triggers; foreign keys stay."""
    _our_triggers("DISABLE")
    try:
        yield
    finally:
        _our_triggers("ENABLE")


def _our_triggers(what: str) -> None:
    with connection.cursor() as cursor:
        for table in GUARDED:
            cursor.execute(f"ALTER TABLE {table} {what} TRIGGER USER")


def row_by_row(clients: int, prefix: str) -> float:
    """The same postings by pgbench as somebody writes them who trusts himself."""
    with _unguarded():
        return plain(clients, prefix, "row_by_row_posting.sql")


def plain(clients: int, prefix: str, script: str = "plain_posting.sql") -> float:
    """The same postings by pgbench."""
    facts = connection.settings_dict
    host = facts["HOST"] or (facts["OPTIONS"] or {}).get("host", "")
    command = [
        wheel_binaries() / "pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2)), "-T", str(SECONDS),
        "-f", SCRIPTS / script, "-D", f"prefix={prefix}", "-D", f"accounts={ACCOUNTS}", "-D", f"posted_at={NOW.isoformat()}",
        "-h", host, "-U", facts["USER"], facts["NAME"],
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None or done.returncode != 0:
        raise RuntimeError(f"pgbench failed:\n{done.stdout}{done.stderr}")
    return float(found[1])


def _rows(written: Measured) -> Measured:
    """What stands there afterwards, said with the figure; every row of both is one that the journal explains."""
    assert verify() is None
    return Measured(written.runs, written.reference, f"{Entry.objects.count()} entries, {Transfer.objects.count()} transfers")


def _posting(clients: int, reference: Callable[[int, str], float] = row_by_row) -> Measured:
    prefix = prepared_accounts()
    return _rows(in_turn(lambda: ours(clients, prefix), lambda: reference(clients, prefix)))


@row("ledger.posting.c1", unit="postings/s", reference=ROW_BY_ROW, goal="≥ 0.3")
def one_client() -> Measured:
    """One client process, one posting a transaction, a thousand accounts at random."""
    return _posting(1)


@row("ledger.posting.c8", unit="postings/s", reference=ROW_BY_ROW, goal="≥ 0.6")
def eight_clients() -> Measured:
    """Eight client processes that start together, one posting a transaction, a thousand accounts at random."""
    return _posting(8)


@row("ledger.posting.c16", unit="postings/s", reference=ROW_BY_ROW)
def sixteen_clients() -> Measured:
    """Sixteen client processes that start together, one posting a transaction, a thousand accounts at random."""
    return _posting(16)


@row("ledger.posting.c1.one_statement", unit="postings/s", reference=ONE_STATEMENT)
def one_client_and_one_statement() -> Measured:
    """One client process, beside the leanest statement there is."""
    return _posting(1, plain)


@row("ledger.posting.c8.one_statement", unit="postings/s", reference=ONE_STATEMENT)
def eight_clients_and_one_statement() -> Measured:
    """Eight client processes, beside the leanest statement there is."""
    return _posting(8, plain)
