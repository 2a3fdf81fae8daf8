"""Working days of the government office calendar.

Until an official table is imported, the `holidays` package is the source: it equals the published tables of 2023 to
2026 day by day, make-up Saturdays included (reference/taiwan-calendar.md §3).
"""

from datetime import date
from functools import cache

import holidays


@cache
def _taiwan() -> holidays.HolidayBase:
    return holidays.country_holidays("TW")


def is_working_day(day: date) -> bool:
    """Whether government offices work on that day in Taiwan."""
    return bool(_taiwan().is_working_day(day))
