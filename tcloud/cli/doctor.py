"""What `tcloud doctor` looks at; every finding says what to do."""

from collections.abc import Callable

from django.conf import settings
from django.core.checks import run_checks
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from rich.console import Console

from tcloud.audit import services as audit
from tcloud.cli.rights import may_change_what_was_posted
from tcloud.core.profile import Profile
from tcloud.demo.people import accounts_of_the_demonstration
from tcloud.ledger.services import verifying as ledger

console = Console()
SHOWN = 5
"""How many addresses a finding names."""


def _configuration() -> str:
    found = [str(message) for message in run_checks()]
    return "; ".join(found)


def _profile() -> str:
    if settings.PROFILE is Profile.EXAMINATION:
        console.print("  profile examination: the examiner's door (/examination/…) signs anybody in by script, on purpose")
    if settings.DEMO:
        console.print(f"  profile {settings.PROFILE}: the demonstration's doors are open; never use it in production")
    return ""


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(plan)} migrations are missing: run `tcloud migrate`" if plan else ""


def _role() -> str:
    if settings.DEMO or not may_change_what_was_posted():
        return ""
    return "this role could change posted rows: run web and worker as one made by `tcloud migrate --grant-to` (docs/howto/production.md)"


def _people() -> str:
    found = [] if settings.DEMO else accounts_of_the_demonstration()
    shown = ", ".join(found[:SHOWN]) + (" …" if len(found) > SHOWN else "")
    return f"{len(found)} accounts of the demonstration, whose password is published: end them ({shown})" if found else ""


def _journal() -> str:
    difference = ledger.verify()
    return f"account {difference.account}: {difference.detail}" if difference else ""


def _log() -> str:
    difference = audit.verify_and_seal()
    return f"row {difference.row_id}: {difference.detail}" if difference else ""


CHECKS: dict[str, Callable[[], str]] = {
    "configuration": _configuration,
    "profile": _profile,
    "migrations": _migrations,
    "the journal is out of this role's reach": _role,
    "nobody of the demonstration can sign in": _people,
    "journal equals accounts": _journal,
    "log is whole": _log,
}


def examine() -> bool:
    """Run every check and print one line each; True when all is well."""
    good = True
    for name, check in CHECKS.items():
        finding = check()
        good = good and not finding
        console.print(f"{'[red]✗' if finding else '[green]✓'}[/] {name}{': ' + finding if finding else ''}")
    return good
