"""Working days: the office's word, then the official table, then the `holidays` package. Reads files; no database.

The table is 中華民國政府行政機關辦公日曆表 (data.gov.tw 14718): `西元日期,星期,是否放假,備註`, one row for every day of a
year, Big5 or UTF-8 with a mark; flag 0 is an office day, 2 is off, and the flag decides, never weekday or remark
(reference/taiwan-calendar.md §1, §2). The package equals the published tables of 2023 to 2026 day by day, make-up
Saturdays included; where no table covers a year its answer is provisional.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from hashlib import sha256

import holidays
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

HEADER = ["西元日期", "星期", "是否放假", "備註"]
WEEKDAYS = "一二三四五六日"
OFF, OFFICE_DAY = "2", "0"
MOST_BYTES = 100_000
MOST_TROUBLES = 20


class DayKind(StrEnum):
    """What a day is, for people; whether it is worked stands beside it."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKEUP = "makeup"
    CLOSURE = "closure"


KIND_NAMES: dict[str, Promise] = {
    DayKind.WORKDAY: _("上班日"), DayKind.WEEKEND: _("週末"), DayKind.HOLIDAY: _("放假日"), DayKind.MAKEUP: _("補行上班日"),
    DayKind.CLOSURE: _("停止上班"),
}  # fmt: skip


@cache
def _taiwan() -> holidays.HolidayBase:
    return holidays.country_holidays("TW")


def is_working_day(day: date) -> bool:
    """Whether government offices work on that day in Taiwan, as the package knows it."""
    return bool(_taiwan().is_working_day(day))


@dataclass(frozen=True, slots=True)
class Calendar:
    """Everything known at one version: overrides of the office, and the tables of whole years."""

    version: int
    office: Mapping[date, bool] = field(default_factory=dict)
    tables: Mapping[date, bool] = field(default_factory=dict)
    years: frozenset[int] = frozenset()

    def is_working_day(self, day: date) -> bool:
        """The office's word, else the table, else the package."""
        told = self.office.get(day)
        if told is None:
            told = self.tables.get(day)
        return is_working_day(day) if told is None else told

    def is_provisional(self, day: date) -> bool:
        """Whether only the package answers for a day: a table may still come and differ."""
        return day.year not in self.years and day not in self.office


@dataclass(frozen=True, slots=True)
class TableDay:
    """One row of a table."""

    day: date
    is_workday: bool
    note: str

    @property
    def kind(self) -> DayKind:
        """Off without a remark on Saturday or Sunday is a weekend; worked on one of them is a make-up day."""
        weekend = self.day.weekday() >= 5
        if self.is_workday:
            return DayKind.MAKEUP if weekend else DayKind.WORKDAY
        return DayKind.WEEKEND if weekend and not self.note else DayKind.HOLIDAY


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a file, and in which line (0: with the whole file)."""

    line: int
    text: Promise
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        words = str(self.text) % dict(self.params)
        return str(_("第 %(line)s 行：%(words)s")) % {"line": self.line, "words": words} if self.line else words


@dataclass(frozen=True, slots=True)
class Table:
    """A file as read: good when it has no troubles."""

    sha256: str
    days: list[TableDay]
    troubles: list[Trouble]

    @property
    def year(self) -> int:
        """The year it is for; 0 for a file without one good row."""
        return self.days[0].day.year if self.days else 0


def read_table(content: bytes) -> Table:
    """Read an official table. Every row is looked at, so that all troubles are named at once, at most twenty."""
    digest = sha256(content).hexdigest()
    text = _decoded(content)
    if text is None or len(content) > MOST_BYTES:
        return Table(digest, [], [Trouble(0, _("檔案讀不出來。請用人事行政總處公布的 CSV 檔（Big5 或 UTF-8）。"))])
    lines = [row for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    header = [cell.strip("\ufeff \t") for cell in lines[0]] if lines else []
    if header[: len(HEADER)] != HEADER:
        expected = ",".join(HEADER)
        return Table(digest, [], [
            Trouble(1, _("欄位要是「%(expected)s」。Google 行事曆版的檔案不能用。"), {"expected": expected}),
        ])  # fmt: skip
    days: list[TableDay] = []
    troubles: list[Trouble] = []
    for number, row in enumerate(lines[1:], 2):
        read = _read_row(number, [cell.strip() for cell in row])
        if isinstance(read, Trouble):
            troubles.append(read)
        else:
            days.append(read)
    troubles += _of_the_whole(days) if not troubles else []
    return Table(digest, days, troubles[:MOST_TROUBLES])


def _decoded(content: bytes) -> str | None:
    for encoding in ("utf-8-sig", "cp950"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _read_row(line: int, cells: list[str]) -> TableDay | Trouble:
    when, weekday, flag, note = ([*cells, "", "", "", ""])[:4]
    if not re.fullmatch(r"[0-9]{8}", when):
        return Trouble(line, _("「%(cell)s」不是西元日期，要像 20260101。"), {"cell": when[:20]})
    try:
        day = date(int(when[:4]), int(when[4:6]), int(when[6:]))
    except ValueError:
        return Trouble(line, _("%(cell)s 這一天不存在。"), {"cell": when})
    if weekday != WEEKDAYS[day.weekday()]:
        right = WEEKDAYS[day.weekday()]
        return Trouble(line, _("%(cell)s 是星期%(right)s，檔案寫「%(wrong)s」。"), {
            "cell": when, "right": right, "wrong": weekday[:5],
        })  # fmt: skip
    if flag not in (OFF, OFFICE_DAY):
        return Trouble(line, _("「是否放假」要是 0 或 2，檔案寫「%(wrong)s」。"), {"wrong": flag[:5]})
    return TableDay(day, flag == OFFICE_DAY, note[:60])


def _of_the_whole(days: list[TableDay]) -> list[Trouble]:
    if not days:
        return [Trouble(0, _("檔案裡沒有日期。"))]
    year = days[0].day.year
    other = next((row.day for row in days if row.day.year != year), None)
    if other is not None:
        return [Trouble(0, _("檔案裡有 %(year)s 年和 %(other)s 年，一個檔案只能有一年。"), {"year": year, "other": other.year})]
    seen = {row.day for row in days}
    missing = [day for day in days_of(year) if day not in seen]
    if missing:
        return [Trouble(0, _("少了 %(count)s 天，第一個是 %(day)s。"), {"count": len(missing), "day": missing[0]})]
    if len(days) > len(seen):
        return [Trouble(0, _("有 %(count)s 天重複。"), {"count": len(days) - len(seen)})]
    return []


def days_of(year: int) -> Iterator[date]:
    """Every day of a year."""
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += timedelta(days=1)
