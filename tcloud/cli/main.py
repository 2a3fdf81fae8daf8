"""The `tcloud` command. Django is loaded inside the commands that need it, so that `tcloud --help` is instant."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="雲市集: run and look after the platform.")
ledger = typer.Typer(no_args_is_help=True, help="The journal of points and cash facts.")
audit = typer.Typer(no_args_is_help=True, help="The log of who did what.")
calendar = typer.Typer(no_args_is_help=True, help="Working days: the official office calendar.")
maintenance = typer.Typer(no_args_is_help=True, help="Close the web for planned work, and open it again.")
points = typer.Typer(no_args_is_help=True, help="Grant points to all companies that are ready; take back what ended.")
app.add_typer(points, name="points")
app.add_typer(ledger, name="ledger")
app.add_typer(audit, name="audit")
app.add_typer(calendar, name="calendar")
app.add_typer(maintenance, name="maintenance")


def _django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tcloud.config.settings")
    from django import setup
    from django.core.exceptions import ImproperlyConfigured

    try:
        setup()
    except ImproperlyConfigured as error:
        typer.secho(str(error), fg="red", err=True)
        raise SystemExit(2) from error


def _bind(host: str) -> None:
    """Refuse an address that other machines reach where a script may sign in as anybody."""
    from django.conf import settings

    from tcloud.core.profile import Profile, is_loopback

    if settings.PROFILE is Profile.EXAMINATION and not is_loopback(host):
        typer.secho(
            f"--host {host}: in TCLOUD_PROFILE=examination a script may sign in as anybody, so the product answers this "
            "machine only. Use 127.0.0.1, or TCLOUD_PROFILE=demo.", fg="red", err=True,
        )  # fmt: skip
        raise SystemExit(2)


@app.command()
def demo(data: Annotated[Path, typer.Option(help="where everything is kept")] = Path(".tcloud")) -> None:
    """Start the whole demonstration: database, web, worker, event stream and the outside world's simulators."""
    from tcloud.cli.demonstration import run

    raise typer.Exit(run(Path(os.environ.get("TCLOUD_DATA", data)).resolve()))


@app.command("demo-reset")
def demo_reset(data: Annotated[Path, typer.Option(help="where everything is kept")] = Path(".tcloud")) -> None:
    """Throw the demonstration's data away; the next start begins anew."""
    from tcloud.cli.demonstration import reset

    reset(Path(os.environ.get("TCLOUD_DATA", data)).resolve())
    typer.echo("The demonstration's data is gone. `tcloud demo` (make run) starts over.")


@app.command()
def serve(
    host: str = "127.0.0.1", port: Annotated[int | None, typer.Option(help="left out: TCLOUD_WEB_PORT, or 8000")] = None,
    workers: int = 1, threads: int = 8,
) -> None:  # fmt: skip
    """Serve the web pages and the API."""
    _django()
    _bind(host)
    from django.conf import settings
    from granian import Granian
    from granian.constants import Interfaces

    from tcloud.cli.serving import counted_together

    with counted_together():
        Granian(
            "tcloud.config.wsgi:application", address=host, port=port or settings.WEB_PORT, interface=Interfaces.WSGI,
            workers=workers, blocking_threads=threads, websockets=False, log_access=False,
        ).serve()  # fmt: skip


@app.command()
def events(
    host: str = "127.0.0.1", port: Annotated[int | None, typer.Option(help="left out: TCLOUD_EVENTS_PORT, or 8001")] = None
) -> None:
    """Serve the event stream that open pages listen to."""
    _django()
    _bind(host)
    import uvicorn
    from django.conf import settings

    uvicorn.run("tcloud.config.asgi:application", host=host, port=port or settings.EVENTS_PORT, log_level="warning", lifespan="on")


@app.command()
def worker(concurrency: int = 4) -> None:
    """Work off the queue and the clock."""
    _django()
    from django.core.management import call_command

    call_command("procrastinate", "worker", concurrency=concurrency, delete_jobs="successful")


@app.command()
def migrate(
    grant_to: Annotated[str, typer.Option(help="the role web and worker run as; it gets what they need and no more")] = "",
) -> None:
    """Bring the database to this version's shape; run it as the role that owns the tables."""
    _django()
    from django.core.management import call_command

    from tcloud.cli import rights

    call_command("migrate", interactive=False, verbosity=1)
    if grant_to:
        given = rights.grant_to(grant_to)
        guarded = sum("DELETE" not in what for what in given.values())
        typer.echo(f"{grant_to}: rights on {len(given)} tables, {guarded} of them without the right to delete")


@app.command()
def assets() -> None:
    """Collect the static files with hashed names and compressed copies."""
    _django()
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=1)


@app.command()
def prepare(seed: Annotated[bool, typer.Option(help="fill an empty demonstration")] = False) -> None:
    """Everything before the processes start, in one go: migrations, static files, and demonstration data."""
    _django()
    from tcloud.cli.preparing import prepare as prepare_all
    from tcloud.demo.seed import NotADemonstration

    try:
        prepare_all(seed=seed)
    except NotADemonstration as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(2) from error


@app.command()
def doctor() -> None:
    """Check configuration, database, journal and log; exit code 1 with the first difference."""
    _django()
    from tcloud.cli.doctor import examine

    raise typer.Exit(0 if examine() else 1)


@app.command()
def manage(context: typer.Context) -> None:
    """Any of Django's own commands: `tcloud manage check --deploy`."""


@ledger.command("verify")
def ledger_verify() -> None:
    """Recompute every account from the journal and name the first difference."""
    _django()
    from rich.progress import Progress

    from tcloud.ledger.services.verifying import verify

    with Progress(transient=True) as bar:
        task = bar.add_task("accounts", total=None)
        difference = verify(lambda done, whole: bar.update(task, completed=done, total=whole))
    _say(difference, "every account equals its journal")


@ledger.command("export")
def ledger_export(
    account: Annotated[str, typer.Option(help="code of one account; left out, the whole journal")] = "",
    form: Annotated[str, typer.Option("--format", help="csv or xlsx")] = "csv",
    out: Annotated[Path | None, typer.Option(help="the file to write; left out, CSV goes to the screen")] = None,
) -> None:
    """Write an account's statement, or every entry with its transfers, as CSV or XLSX."""
    _django()
    from tcloud.cli.exporting import CannotExport, export

    try:
        export(account=account, form=form, out=out)
    except CannotExport as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(2) from error


@points.command("mass-grant")
def points_mass_grant(
    call: Annotated[str, typer.Option(help="the call's code")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only print what would happen")] = False,
) -> None:
    """Grant to every company of a call that is ready, in order; the rest joins the waiting list. May be repeated."""
    _django()
    from tcloud.cli.mass import grant

    raise typer.Exit(grant(call, dry_run=dry_run))


@points.command("mass-expire")
def points_mass_expire(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only print what would happen")] = False,
) -> None:
    """End every grant whose activation or use window is over. May be repeated."""
    _django()
    from tcloud.cli.mass import expire

    expire(dry_run=dry_run)


@audit.command("verify")
def audit_verify() -> None:
    """Walk the log's chain and name the first altered or missing row; a log found whole is sealed up to now."""
    _django()
    from tcloud.audit.services import verify_and_seal

    _say(verify_and_seal(), "the log is whole")


@calendar.command("import")
def calendar_import(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="the CSV of one year (data.gov.tw 14718)")],
    dry_run: Annotated[bool, typer.Option(help="show what would change and write nothing")] = False,
) -> None:
    """Make an official table the one of its year; open limits follow it, later only. The same file again is no change."""
    _django()
    from tcloud.cli.calendar import import_file

    raise typer.Exit(0 if import_file(file, dry_run=dry_run) else 1)


@maintenance.command("on")
def maintenance_on(until: Annotated[str, typer.Option(help="expected end, Taipei time: 2026-12-01T06:00")] = "") -> None:
    """Close: every page answers 503 and says until when; gateways are told to call again."""
    _django()
    from django.conf import settings

    from tcloud.core.time import TAIPEI

    try:
        end = datetime.fromisoformat(until).replace(tzinfo=TAIPEI).isoformat() if until else ""
    except ValueError as error:
        raise typer.BadParameter("a date and time like 2026-12-01T06:00", param_hint="--until") from error
    settings.MAINTENANCE_FILE.write_text(end)
    typer.echo(f"closed{f' until {end}' if end else ''}; `tcloud maintenance off` opens again")


@maintenance.command("off")
def maintenance_off() -> None:
    """Open again."""
    _django()
    from django.conf import settings

    settings.MAINTENANCE_FILE.unlink(missing_ok=True)
    typer.echo("open")


def _say(difference: object, good: str) -> None:
    if difference is not None:
        typer.secho(f"FIRST DIFFERENCE {difference}", fg="red", err=True)
        raise typer.Exit(1)
    typer.echo(good)


def main() -> None:
    """Entry point of the installed command."""
    if sys.argv[1:2] == ["manage"]:
        _django()
        from django.core.management import execute_from_command_line

        execute_from_command_line(["tcloud manage", *sys.argv[2:]])
        return
    app()


if __name__ == "__main__":
    main()
