"""`tcloud calendar import`: a year's official table from a file."""

from pathlib import Path

import typer

from tcloud.core.actors import machine
from tcloud.core.time import now
from tcloud.programme.services.keeping_calendar import import_table, preview_table


def import_file(file: Path, *, dry_run: bool) -> bool:
    """Say what a file would change, and unless it is a dry run make it so; False when the file is no table."""
    content = file.read_bytes()
    preview = preview_table(content)
    for trouble in preview.table.troubles:
        typer.secho(str(trouble), fg="red", err=True)
    if preview.table.troubles:
        return False
    typer.echo(f"{preview.table.year}: {len(preview.table.days)} days, sha256 {preview.table.sha256}")
    for change in preview.changes:
        was, becomes = (("work", "off") if change.was else ("off", "work"))
        typer.echo(f"  {change.day.day} {was} -> {becomes} {change.day.note}")
    if preview.is_active:
        typer.echo("in force already: nothing to do")
    elif dry_run:
        typer.echo("dry run: nothing was written")
    else:
        version = import_table(content=content, name=file.name, by=machine("command-line"), now=now())
        typer.echo(f"imported as version {version.pk} of the calendar; open limits follow in a job")
    return True
