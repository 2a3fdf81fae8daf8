"""The one clock, and the legal day in Asia/Taipei.

Entry points (views, jobs, commands) call `now()` once and pass it down; everything below takes `now`.
In a demonstration the office can move the clock forward: the offset, in whole seconds, stands in one small file
that the simulators read as well. Sessions, one-time passwords, rate limits and job scheduling stay on machine time.
"""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

TAIPEI = ZoneInfo("Asia/Taipei")


def machine_now() -> datetime:
    """The machine's own instant, whatever the demonstration clock says."""
    return datetime.now(UTC)


def clock_offset() -> timedelta:
    """How far the demonstration clock is ahead of the machine; zero where no clock file is configured."""
    path: Path | None = settings.CLOCK_FILE
    if path is None:
        return timedelta(0)
    try:
        return timedelta(seconds=int(path.read_text() or 0))
    except FileNotFoundError:
        return timedelta(0)


def move_clock(span: timedelta) -> timedelta:
    """Move the demonstration clock forward; returns the new offset. Raises RuntimeError where there is no such clock."""
    path: Path | None = settings.CLOCK_FILE
    if path is None or span < timedelta(0):
        raise RuntimeError("the clock moves in a demonstration only, and only forward")
    offset = clock_offset() + span
    draft = path.with_suffix(".new")
    draft.write_text(str(int(offset.total_seconds())))
    draft.replace(path)  # readers see the old or the new number, never half of one
    return offset


def now() -> datetime:
    """The instant for domain decisions: machine time plus the demonstration offset."""
    return machine_now() + clock_offset()


def taipei_date(instant: datetime) -> date:
    """The legal day of an instant."""
    return instant.astimezone(TAIPEI).date()


def end_of_day(day: date) -> datetime:
    """24:00 of a Taipei day, as the first instant after it (ends are exclusive)."""
    return datetime.combine(day + timedelta(days=1), time(0), TAIPEI).astimezone(UTC)


def last_day(until: datetime) -> date:
    """The last whole day before an exclusive end; what people read as 「…24:00」."""
    return taipei_date(until - timedelta(microseconds=1))
