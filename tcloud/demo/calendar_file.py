"""A year's office calendar in the official form, from the `holidays` package: the demonstration asks no source."""

from tcloud.programme.calendar import HEADER, OFF, OFFICE_DAY, WEEKDAYS, days_of, is_working_day


def package_table(year: int) -> bytes:
    """The file as the office would publish it: UTF-8 with a mark, one row for every day."""
    rows = [",".join(HEADER)]
    for day in days_of(year):
        worked, weekend = is_working_day(day), day.weekday() >= 5
        note = "補行上班" if worked and weekend else "" if worked or weekend else "放假"
        rows.append(f"{day:%Y%m%d},{WEEKDAYS[day.weekday()]},{OFFICE_DAY if worked else OFF},{note}")
    return "\n".join(rows).encode("utf-8-sig")
