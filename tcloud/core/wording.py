"""Dates and amounts as people read them, in Chinese and English; pages, mails and papers all use these."""

from datetime import date, datetime

from tcloud.core.language import reads_english
from tcloud.core.time import TAIPEI, last_day

WEEKDAYS_ZH = "一二三四五六日"
NBSP = "\u00a0"


def day(value: date, *, year: bool = False) -> str:
    """5 月 14 日（四） · Thu 14 May; with the year where it could be another one."""
    if reads_english():
        text = f"{value:%a} {value.day} {value:%b}"
        return f"{text} {value.year}" if year else text
    text = f"{value.month}{NBSP}月{NBSP}{value.day}{NBSP}日（{WEEKDAYS_ZH[value.weekday()]}）"
    return f"{value.year}{NBSP}年{NBSP}{text}" if year else text


def moment(instant: datetime) -> str:
    """5 月 13 日 10:41 · 13 May, 10:41, in Taipei time."""
    local = instant.astimezone(TAIPEI)
    if reads_english():
        return f"{local.day} {local:%b}, {local:%H:%M}"
    return f"{local.month}{NBSP}月{NBSP}{local.day}{NBSP}日 {local:%H:%M}"


def limit(until: datetime, *, year: bool = False) -> str:
    """An exclusive end as its last day: 5 月 14 日（四）24:00 · Thu 14 May, 24:00."""
    local = until.astimezone(TAIPEI)
    if (local.hour, local.minute) != (0, 0):
        return moment(until)
    text = day(last_day(until), year=year)
    return f"{text}, 24:00" if reads_english() else f"{text}24:00"


def amount(value: int) -> str:
    """30,000, with a true minus sign."""
    return f"{value:,}".replace("-", "−")
