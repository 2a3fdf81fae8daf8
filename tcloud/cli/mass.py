"""Mass grant and mass expiry from the command line: totals first, then progress, then what was done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tcloud.core.actors import machine
from tcloud.core.time import now
from tcloud.points.services import mass_expiring, mass_granting
from tcloud.points.services.mass_expiring import MassExpiry
from tcloud.points.services.mass_granting import MassGrant
from tcloud.programme.queries import call_by_code

ACTOR = machine("command-line")


def grant(call_code: str, *, dry_run: bool) -> int:
    """Grant to every company that is ready; returns the exit code."""
    if call_by_code(call_code) is None:
        typer.secho(f"there is no call {call_code}", fg="red", err=True)
        return 2
    instant = now()
    planned = mass_granting.plan(call_code=call_code, now=instant)
    _say_grant("would be" if dry_run else "to be", planned)
    if not dry_run:
        with _bar("granting", planned.granted + planned.waiting) as progress:
            done = mass_granting.mass_grant(call_code=call_code, now=instant, actor=ACTOR, progress=progress)
        _say_grant("were", done)
    return 0


def expire(*, dry_run: bool) -> None:
    """End every grant whose time is over."""
    instant = now()
    planned = mass_expiring.plan(now=instant)
    _say_expiry("would end" if dry_run else "to end", planned)
    if not dry_run:
        with _bar("ending", mass_expiring.due_clocks(instant).count()) as progress:
            done = mass_expiring.mass_expire(now=instant, actor=ACTOR, progress=progress)
        _say_expiry("ended", done)


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    with Progress(TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()) as progress:
        task = progress.add_task(what, total=total)
        yield lambda rows: progress.advance(task, rows)


def _say_grant(when: str, total: MassGrant) -> None:
    typer.echo(f"{total.granted:,} companies {when} granted {total.points:,} points; {total.waiting:,} join the waiting list")


def _say_expiry(when: str, total: MassExpiry) -> None:
    typer.echo(
        f"{total.never_activated + total.over:,} grants {when}: {total.never_activated:,} never activated, "
        f"{total.over:,} at the end of their window; {total.points:,} points back to the budget"
    )
