"""Tables as files: what a spreadsheet reads back, and nothing that it would run."""

import csv
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook

from tcloud.core import exports

HEADER = ("who", "points")
ROWS = [("台灣商號", 30_000), ("=1+1", -5), ("@SUM(A1)", 0), ("https://example.tw", 1)]
READ_BACK = [["台灣商號", 30_000], ["'=1+1", -5], ["'@SUM(A1)", 0], ["https://example.tw", 1]]


def test_csv_reads_back_with_formulas_quoted() -> None:
    text = "".join(exports.csv_lines(HEADER, ROWS))

    assert text.startswith("\ufeff")
    read = list(csv.reader(StringIO(text.removeprefix("\ufeff"))))
    assert read == [list(HEADER), *([name, str(points)] for name, points in READ_BACK)]


def test_xlsx_reads_back_with_formulas_quoted_and_numbers_as_numbers() -> None:
    file = BytesIO()

    exports.write_xlsx(file, HEADER, ROWS)

    sheet = load_workbook(file).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [list(HEADER), *READ_BACK]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s", "n"}  # no formula
    assert not any(cell.hyperlink for row in sheet.iter_rows() for cell in row)


def test_a_table_longer_than_a_sheet_goes_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "SHEET_ROWS", 3)
    file = BytesIO()

    exports.write_xlsx(file, HEADER, ROWS)

    sheets = load_workbook(file).worksheets
    assert [[row[0].value for row in sheet.iter_rows(min_row=2)] for sheet in sheets] == [
        ["台灣商號", "'=1+1"], ["'@SUM(A1)", "https://example.tw"],
    ]  # fmt: skip
