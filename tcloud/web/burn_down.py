"""The burn-down of a budget as SVG made on the server: what is left day by day, today, and the range of the forecast."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from tcloud.core import wording
from tcloud.core.language import reads_english
from tcloud.points.budget import Forecast, Position, Span

TOP, BASE, BOTTOM = 40, 250, 284
Across = Callable[[date], float]
Down = Callable[[float], float]
MOST_POINTS, AHEAD = 120, 0.3


@dataclass(frozen=True, slots=True)
class Frame:
    """A drawing's width, where its axes stand, and how many dates fit below it; letters stay the same size."""

    css: str
    width: int
    left: int
    right: int
    ticks: int


WIDE = Frame("tc-only-wide", 640, 96, 620, 5)
PHONE = Frame("tc-only-phone", 320, 66, 312, 3)


def placed_bar(figures: Position) -> SafeString:
    """Unallocated, in wallets, held, with vendors: the further a point has travelled, the deeper."""
    parts = (
        ("tc-c2", _("未核發"), figures.unallocated), ("tc-c3", _("企業錢包"), figures.in_wallets),
        ("tc-c1", _("訂單保留"), figures.held), ("tc-c4", _("已付廠商"), figures.with_vendors),
    )  # fmt: skip
    total = sum(max(0, value) for _css, _name, value in parts) or 1
    said = _("、").join(f"{name} {100 * value / total:.0f}%" for _css, name, value in parts)
    drawn, x = [], 0.0
    for css, _name, value in parts:
        width = 100 * max(0, value) / total
        if width:
            drawn.append(f'<rect class="{css}" x="{x:.2f}%" width="{max(0.3, width - 0.25):.2f}%" height="30"/>')
        x += width
    return mark_safe(f'<svg class="tc-stackbar" role="img" aria-label="{escape(said)}">{"".join(drawn)}</svg>')  # noqa: S308


def short(points: int) -> str:
    """A large figure for an axis: 9 億, 3,000 萬 · 900M, 30M."""
    units = ((10**9, "B"), (10**6, "M"), (10**3, "K")) if reads_english() else ((10**8, " 億"), (10**4, " 萬"))
    for size, name in units:
        if abs(points) >= size:
            value = points / size
            return f"{wording.amount(round(value))}{name}" if value >= 100 or value == round(value) else f"{value:.1f}{name}"
    return wording.amount(points)


def burn_down_chart(days: Sequence[Span], today: date, forecast: Forecast | None) -> SafeString:
    """Unallocated points by day, wide for a desk-top and narrow for a phone.

    With a forecast: its mean dashed and, behind it, the range between the paces.
    """
    drawn = [_drawn(frame, days, today, forecast) for frame in (WIDE, PHONE)]
    return mark_safe("".join(drawn))  # noqa: S308  (numbers and escaped words)


def _drawn(frame: Frame, days: Sequence[Span], today: date, forecast: Forecast | None) -> str:
    start, left = days[0].first, days[-1].left
    ahead = max(14, round((today - start).days * AHEAD / (1 - AHEAD)))
    end = today + timedelta(days=ahead if forecast else 1)
    top = max([1, *(day.left for day in days)])
    span = max(1, (end - start).days)

    def x(day: date) -> float:
        return frame.left + (frame.right - frame.left) * min(1.0, (day - start).days / span)

    def y(points: float) -> float:
        return BASE - (BASE - TOP) * max(0.0, points) / top

    step = max(1, len(days) // MOST_POINTS)
    shown = [*days[::step], days[-1]]
    line = " ".join(f"{x(day.last):.1f},{y(day.left):.1f}" for day in shown)
    parts = [
        f'<svg class="tc-chart {frame.css}" viewBox="0 14 {frame.width} {BOTTOM - 14}" role="img"'
        f' aria-label="{escape(_said(days, today))}">',
        *_axis(frame, top), *_dates(frame, start, end, x), *(_ahead(forecast, left, today, end, x, y) if forecast else []),
        f'<polyline class="tc-l1" points="{line}"/>',
        f'<circle class="tc-now" cx="{x(today):.1f}" cy="{y(left):.1f}" r="7"/>', _today(frame, x(today), y(left), left), "</svg>",
    ]  # fmt: skip
    return "".join(parts)


def _said(days: Sequence[Span], today: date) -> str:
    return _("未核發經費：%(first)s 有 %(start)s 點，%(today)s 剩 %(left)s 點") % {
        "first": wording.day(days[0].first), "start": wording.amount(max(day.left for day in days)),
        "today": wording.day(today), "left": wording.amount(days[-1].left),
    }  # fmt: skip


def _axis(frame: Frame, top: int) -> list[str]:
    out = []
    for third in range(4):
        y, value = BASE - (BASE - TOP) * third / 3, top * third // 3
        out.append(f'<line class="tc-grid" x1="{frame.left}" x2="{frame.right}" y1="{y:.0f}" y2="{y:.0f}"/>')
        out.append(f'<text x="{frame.left - 8}" y="{y + 4:.0f}" text-anchor="end">{short(value)}</text>')
    return out


def _dates(frame: Frame, start: date, end: date, x: Across) -> list[str]:
    out, count = [], min(frame.ticks, (end - start).days + 1)
    for tick in range(count):
        day = start + timedelta(days=round((end - start).days * tick / max(1, count - 1)))
        anchor = "start" if tick == 0 else "end" if tick == count - 1 else "middle"
        out.append(f'<text x="{x(day):.1f}" y="274" text-anchor="{anchor}">{day.month}/{day.day}</text>')
    return out


def _ahead(forecast: Forecast, left: int, today: date, end: date, x: Across, y: Down) -> list[str]:
    """The mean pace as a dashed line, the fastest and the slowest week's as a wedge behind it."""
    days = (end - today).days
    mean, slow, fast = (left - pace * days / 7 for pace in (forecast.per_week, forecast.slowest, forecast.fastest))
    begin = f"{x(today):.1f},{y(left):.1f}"
    wedge = f"{begin} {x(end):.1f},{y(slow):.1f} {x(end):.1f},{y(fast):.1f}"
    return [
        f'<polygon class="tc-nil" points="{wedge}"/>',
        f'<polyline class="tc-l2" points="{begin} {x(end):.1f},{y(mean):.1f}"/>',
    ]


def _today(frame: Frame, x: float, y: float, left: int) -> str:
    anchor = "end" if x > 0.66 * frame.width else "middle" if x > frame.left + 64 else "start"
    words = _("今天 %(left)s") % {"left": short(left)}
    return f'<text class="tc-strong" x="{x:.1f}" y="{max(28, y - 16):.1f}" text-anchor="{anchor}">{escape(words)}</text>'
