"""The official table: its forms, its traps, and the values of the reference."""

from datetime import date

import pytest

from tcloud.programme.calendar import Calendar, DayKind, Table, days_of, is_working_day, read_table

WEEKDAYS = "一二三四五六日"
MAKE_UP = {
    2023: ["01-07", "02-04", "02-18", "03-25", "06-17", "09-23"], 2024: ["02-17"], 2025: ["02-08"], 2026: [],
}  # fmt: skip
OFF_2026 = [
    "01-01", "02-16", "02-17", "02-18", "02-19", "02-20", "02-27", "04-03", "04-06", "05-01", "06-19", "09-25", "09-28",
    "10-09", "10-26", "12-25",
]  # fmt: skip
OFF_DAYS = {2023: 116, 2024: 115, 2025: 118, 2026: 120}


def rows(year: int) -> list[str]:
    """A year in the official form, as the package knows it: equal to the published table (reference §3)."""
    lines = []
    for day in days_of(year):
        worked, weekend = is_working_day(day), day.weekday() >= 5
        note = "補行上班" if worked and weekend else "放假" if not worked and not weekend else ""
        lines.append(f"{day:%Y%m%d},{WEEKDAYS[day.weekday()]},{0 if worked else 2},{note}")
    return lines


def file(lines: list[str], encoding: str = "utf-8-sig", header: str = "西元日期,星期,是否放假,備註") -> bytes:
    return "\r\n".join([header, *lines]).encode(encoding)


def calendar(table: Table) -> Calendar:
    return Calendar(
        1, tables={row.day: row.is_workday for row in table.days}, years=frozenset({table.year})
    )


@pytest.mark.parametrize("year", OFF_DAYS)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp950"])
def test_a_whole_year_is_read_in_each_encoding(year: int, encoding: str) -> None:
    table = read_table(file(rows(year), encoding))

    assert table.troubles == []
    assert (table.year, len(table.days)) == (year, 366 if year == 2024 else 365)
    assert sum(not row.is_workday for row in table.days) == OFF_DAYS[year]
    assert [f"{row.day:%m-%d}" for row in table.days if row.kind is DayKind.MAKEUP] == MAKE_UP[year]


def test_the_days_off_of_2026_from_monday_to_friday() -> None:
    table = read_table(file(rows(2026)))

    assert [f"{row.day:%m-%d}" for row in table.days if not row.is_workday and row.day.weekday() < 5] == OFF_2026


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("20260103,六,2,", DayKind.WEEKEND), ("20260103,六,2,開國紀念日", DayKind.HOLIDAY),
        ("20260103,六,0,", DayKind.MAKEUP), ("20260102,五,0,補行上班", DayKind.WORKDAY),
        ("20260102,五,2,", DayKind.HOLIDAY),
    ],
)  # fmt: skip
def test_the_flag_decides_never_the_remark_or_the_weekday(line: str, kind: DayKind) -> None:
    lines = [line if row.startswith(line[:8]) else row for row in rows(2026)]

    table = read_table(file(lines))

    day = next(row for row in table.days if f"{row.day:%Y%m%d}" == line[:8])
    assert (day.kind, day.is_workday) == (kind, ",0," in line)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["2026-01-01,四,2,"], "第 2 行：「2026-01-01」不是西元日期，要像 20260101。"),
        (["1150101,四,2,"], "第 2 行：「1150101」不是西元日期，要像 20260101。"),
        (["20260229,日,2,"], "第 2 行：20260229 這一天不存在。"),
        (["20260101,五,2,"], "第 2 行：20260101 是星期四，檔案寫「五」。"),
        (["20260101,四,1,"], "第 2 行：「是否放假」要是 0 或 2，檔案寫「1」。"),
        (["20260101"], "第 2 行：20260101 是星期四，檔案寫「」。"),
        ([], "檔案裡沒有日期。"),
        (rows(2026)[:-1], "少了 1 天，第一個是 2026-12-31。"),
        ([*rows(2026), rows(2026)[5]], "有 1 天重複。"),
        ([*rows(2026), rows(2025)[0]], "檔案裡有 2026 年和 2025 年，一個檔案只能有一年。"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(lines: list[str], words: str) -> None:
    table = read_table(file(lines))

    assert [str(trouble) for trouble in table.troubles] == [words]


def test_every_bad_row_is_named_at_most_twenty() -> None:
    bad = [line.replace(",2,", ",9,") for line in rows(2026)]

    assert len(read_table(file(bad)).troubles) == 20


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xfe\x00\x81", file(rows(2026), header="Subject,Start Date,All Day Event"), b"x" * 300_000,
        b"PK\x03\x04\x00\x00",
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(content: bytes) -> None:
    table = read_table(content)

    assert table.days == []
    assert len(table.troubles) == 1


def test_the_offices_word_comes_first_then_the_table_then_the_package() -> None:
    day, other = date(2026, 9, 28), date(2027, 1, 4)
    table = read_table(file([line.replace("20260928,一,2", "20260928,一,0") for line in rows(2026)]))
    official = calendar(table)

    assert not Calendar(0).is_working_day(day)
    assert official.is_working_day(day)
    assert not Calendar(2, office={day: False}, tables=official.tables).is_working_day(day)
    assert official.is_working_day(other)
    assert official.is_provisional(other)
    assert not official.is_provisional(day)
    assert not Calendar(2, office={other: False}).is_provisional(other)
