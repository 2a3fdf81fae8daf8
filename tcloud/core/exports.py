"""Tables as files: CSV and XLSX that a spreadsheet opens without running anything."""

import csv
from collections.abc import Iterable, Sequence
from io import BytesIO, StringIO
from typing import IO, Any

import xlsxwriter
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
CSV_MARK = "\ufeff"
"""What Excel needs at the start of a file to read Chinese."""
SHEET_ROWS = 1_048_576
"""Rows that one sheet of a workbook can hold, its header included."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def safe_cell(value: object) -> object:
    """Text that a spreadsheet would run as a formula gets a quote in front; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterable[str]:
    """The lines of a CSV one after the other, so that a table of any length needs no memory."""
    buffer = StringIO()
    writer = csv.writer(buffer)
    buffer.write(CSV_MARK)
    writer.writerow(header)
    for row in rows:
        yield _taken(buffer)
        writer.writerow([safe_cell(cell) for cell in row])
    yield _taken(buffer)


def _taken(buffer: StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def csv_stream(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """The same download for a table of any length, sent as it is read."""
    response = StreamingHttpResponse(csv_lines(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """A download in UTF-8 with the mark that Excel needs to read Chinese."""
    response = HttpResponse("".join(csv_lines(header, rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def write_xlsx(target: str | IO[bytes], header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """One table as a workbook, row by row in constant memory; a table longer than a sheet goes on in the next.

    No cell is ever a formula or a link: text is written as text. Times lose their zone, so give text for instants.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        sheet, line = _new_sheet(book, header), 1
        for row in rows:
            if line == SHEET_ROWS:
                sheet, line = _new_sheet(book, header), 1
            sheet.write_row(line, 0, [safe_cell(cell) for cell in row])
            line += 1


def _new_sheet(book: Any, header: Sequence[str]) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(header) - 1, 18)
    sheet.write_row(0, 0, header, book.add_format({"bold": True}))
    return sheet


def xlsx_response(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> FileResponse:
    """A download as a workbook."""
    file = BytesIO()
    write_xlsx(file, header, rows)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)


def table_response(form: str, name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponseBase:
    """A table in the form a person asked for: `xlsx`, else CSV."""
    return (xlsx_response if form == "xlsx" else csv_response)(name, header, rows)
