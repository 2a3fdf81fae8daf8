"""Postings through the service layer beside pgbench writing the same rows into the same tables on the same server."""

import itertools
import re
import subprocess
import sys
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
SCRIPT = Path(__file__).parents[1] / "sql" / "plain_posting.sql"
# Posting row by row is refused under the triggers: totals and transfers must agree when a statement ends. So the
# reference is the leanest statement that writes the same rows, prepared, in autocommit, under the same triggers.
REFERENCE = "pgbench -M prepared, one plain SQL statement a posting, same tables, triggers and clients; fsync off for both"
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


def plain(clients: int, prefix: str) -> float:
    """The same postings by pgbench."""
    facts = connection.settings_dict
    host = facts["HOST"] or (facts["OPTIONS"] or {}).get("host", "")
    command = [
        wheel_binaries() / "pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2)), "-T", str(SECONDS),
        "-f", SCRIPT, "-D", f"prefix={prefix}", "-D", f"accounts={ACCOUNTS}", "-D", f"posted_at={NOW.isoformat()}",
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


def _posting(clients: int) -> Measured:
    prefix = prepared_accounts()
    return _rows(in_turn(lambda: ours(clients, prefix), lambda: plain(clients, prefix)))


@row("ledger.posting.c1", unit="postings/s", reference=REFERENCE, goal="≥ 0.3")
def one_client() -> Measured:
    """One client process, one posting a transaction, a thousand accounts at random."""
    return _posting(1)


@row("ledger.posting.c8", unit="postings/s", reference=REFERENCE, goal="≥ 0.6")
def eight_clients() -> Measured:
    """Eight client processes that start together, one posting a transaction, a thousand accounts at random."""
    return _posting(8)


@row("ledger.posting.c16", unit="postings/s", reference=REFERENCE)
def sixteen_clients() -> Measured:
    """Sixteen client processes that start together, one posting a transaction, a thousand accounts at random."""
    return _posting(16)
