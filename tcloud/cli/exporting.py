"""`tcloud ledger export`: the journal, or one account's statement, as a file."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from tcloud.core.exports import csv_lines, write_xlsx
from tcloud.ledger.queries import JOURNAL_HEADER, STATEMENT_HEADER, journal_rows, place_of, statement_rows


class CannotExport(RuntimeError):
    """What was asked for cannot be written; the message says why."""


def export(*, account: str, form: str, out: Path | None) -> None:
    """Write row by row, in constant memory. Raises CannotExport."""
    if form not in ("csv", "xlsx"):
        raise CannotExport(f"format {form!r} is unknown: csv or xlsx")
    if form == "xlsx" and out is None:
        raise CannotExport("a workbook needs a file: add --out journal.xlsx")
    header, rows = _table(account)
    if form == "xlsx":
        write_xlsx(str(out), header, rows)
    elif out is None:
        sys.stdout.writelines(csv_lines(header, rows))
    else:
        with out.open("w", encoding="utf-8", newline="") as file:
            file.writelines(csv_lines(header, rows))


def _table(account: str) -> tuple[Sequence[str], Iterable[Sequence[object]]]:
    if not account:
        return JOURNAL_HEADER, journal_rows()
    place = place_of(account)
    if place is None:
        raise CannotExport(f"no account {account!r}: codes look like points/call/115-1/wallet/12345675")
    return STATEMENT_HEADER, statement_rows(place)
