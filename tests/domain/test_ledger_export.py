"""`tcloud ledger export`: the whole journal or one account's statement, as a file."""

import csv
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from openpyxl import load_workbook

from tcloud.cli.exporting import CannotExport, export
from tcloud.ledger import queries
from tcloud.ledger.chart import Place
from tcloud.ledger.queries import JOURNAL_HEADER, STATEMENT_HEADER, journal_rows
from tcloud.ledger.services.posting import Move, open_accounts, post
from tcloud.ledger.services.reversing import reverse

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 20, tzinfo=UTC)
SOURCE, A = Place("points/test/source", may_go_negative=True), Place("points/test/a")


@pytest.fixture(autouse=True)
def _journal() -> None:
    with transaction.atomic():
        open_accounts([SOURCE, A])
        post(key="one", moves=[Move(SOURCE, A, 100), Move(A, SOURCE, 30)], memo="=1+1", now=NOW)
        reverse(of="one", key="two", memo="back", now=NOW)


def test_the_whole_journal_has_a_row_for_every_transfer(tmp_path: Path) -> None:
    export(account="", form="csv", out=tmp_path / "journal.csv")

    with (tmp_path / "journal.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == JOURNAL_HEADER
    assert [(row["entry"], row["memo"], row["reverses"], row["source"], row["amount"]) for row in rows] == [
        ("one", "'=1+1", "", SOURCE.code, "100"), ("one", "'=1+1", "", A.code, "30"),
        ("two", "back", "one", SOURCE.code, "30"), ("two", "back", "one", A.code, "100"),
    ]  # fmt: skip


def test_one_account_as_a_workbook_and_on_the_screen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export(account=A.code, form="xlsx", out=tmp_path / "a.xlsx")
    export(account=A.code, form="csv", out=None)

    book = [[cell.value for cell in row] for row in load_workbook(tmp_path / "a.xlsx").active.iter_rows()]
    screen = list(csv.reader(capsys.readouterr().out.removeprefix("\ufeff").splitlines()))
    assert tuple(book[0]) == STATEMENT_HEADER
    assert [row[4:] for row in book[1:]] == [[100, 100], [-30, 70], [30, 100], [-100, 0]]
    assert [[str(cell) for cell in row] for row in book] == screen


@pytest.mark.parametrize(
    ("account", "form", "why"),
    [("points/nowhere", "csv", "no account"), ("", "pdf", "unknown"), ("", "xlsx", "needs a file")],
)
def test_what_cannot_be_written_says_why(account: str, form: str, why: str) -> None:
    with pytest.raises(CannotExport, match=why):
        export(account=account, form=form, out=None)


@pytest.mark.django_db(transaction=True)
def test_the_whole_journal_is_of_one_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    """What commits between two batches is in none of them; the next export has it."""
    monkeypatch.setattr(queries, "BATCH", 1)
    rows = journal_rows()
    first = next(rows)
    with ThreadPoolExecutor(1) as other:
        other.submit(_posted, {"key": "later", "moves": [Move(SOURCE, A, 1)], "memo": "", "now": NOW}).result()
    keys = [first[1], *(row[1] for row in rows)]
    assert keys == ["one", "one", "two", "two"]
    assert [row[1] for row in journal_rows()][-1] == "later"


def _posted(entry: dict[str, Any]) -> None:
    try:
        with transaction.atomic():
            post(**entry)
    finally:
        connection.close()
