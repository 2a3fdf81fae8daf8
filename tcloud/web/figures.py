"""Charts as SVG made on the server: no script, no inline style; figures are attributes, colours are classes."""

from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from tcloud.core import wording
from tcloud.core.time import last_day, taipei_date

_ids = count(1)


def _svg(text: str) -> SafeString:
    return mark_safe(text)  # noqa: S308  (built from numbers and escaped words)


def _hatch(name: str) -> str:
    return (
        f'<pattern id="{name}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect class="tc-hatch-a" width="5" height="5"/><path class="tc-hatch-b" d="M0 0v5"/></pattern>'
    )


def split_bar(points: int, price: int) -> SafeString:
    """How a price is parted: solid points, hatched cash."""
    part = f"{100 * points / price:.1f}%" if price else "0%"
    name = f"hs{next(_ids)}"
    return _svg(
        f'<svg class="tc-split-bar" aria-hidden="true"><defs>{_hatch(name)}</defs>'
        '<rect class="tc-sp-c" width="100%" height="14" rx="4"/>'
        f'<rect width="100%" height="14" rx="4" fill="url(#{name})"/>'
        f'<rect class="tc-sp-p" width="{part}" height="14" rx="4"/>'
        f'<line class="tc-sp-h" x1="{part}" x2="{part}" y1="0" y2="14"/></svg>'
    )


def stacked_bar(available: int, held: int, spent: int, reclaimed: int) -> SafeString:
    """Where granted points are: available, held, used, reclaimed."""
    total = available + held + spent + reclaimed or 1
    words = _("可用 %(a)s，保留 %(h)s，已使用 %(s)s，已收回 %(r)s") % {
        "a": wording.amount(available), "h": wording.amount(held), "s": wording.amount(spent),
        "r": wording.amount(reclaimed),
    }  # fmt: skip
    parts, x = [], 0.0
    for css, value in (("tc-sp-p", available), ("tc-sp-held", held), ("tc-sp-used", spent), ("tc-nil", reclaimed)):
        if value:
            width = 100 * value / total
            parts.append(f'<rect class="{css}" x="{x:.1f}%" width="{max(0.4, width - 0.4):.1f}%" height="14" rx="3"/>')
            x += width
    return _svg(f'<svg class="tc-eq" role="img" aria-label="{escape(words)}">{"".join(parts)}</svg>')


def refund_chart(rows: Sequence[Any]) -> SafeString:
    """Refund for each used month, before the start to the end; wide for a desk-top, narrow for a phone."""
    return _svg(_bars(rows, 720, "tc-only-wide") + _bars(rows, 350, "tc-only-phone"))


def _bars(rows: Sequence[Any], width: int, css: str) -> str:
    top = max((row.points + row.cash for row in rows), default=1) or 1
    left, base, height = 54 if width > 400 else 46, 196, 150
    step = (width - left) / max(1, len(rows))
    every = max(1, -(-len(rows) // (13 if width > 400 else 7)))
    name = f"hr{next(_ids)}"
    out = [
        f'<svg class="tc-chart {css}" viewBox="0 0 {width} 240" role="img" aria-label="{escape(_said(rows))}">',
        f"<defs>{_hatch(name)}</defs>",
    ]
    for share in (0, 0.5, 1):
        y = base - height * share
        out.append(f'<line class="tc-grid" x1="{left}" x2="{width}" y1="{y}" y2="{y}"/>')
        out.append(f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{wording.amount(round(top * share))}</text>')
    for place, row in enumerate(rows):
        out.append(_bar(row, x=left + step * place + step * 0.08, width=step * 0.84, base=base, scale=height / top, hatch=name))
        if place % every == 0:
            label = _("前") if row.used == 0 else str(row.used)
            out.append(f'<text x="{left + step * (place + 0.5):.1f}" y="216" text-anchor="middle">{escape(label)}</text>')
    note = _("前：服務開始前　數字：已用月數")
    out.append(f'<text x="{left}" y="236">{escape(note)}</text></svg>')
    return "".join(out)


def _bar(row: Any, *, x: float, width: float, base: int, scale: float, hatch: str) -> str:
    points, cash = row.points * scale, row.cash * scale
    if not points and not cash:
        return f'<rect class="tc-nil" x="{x:.1f}" y="{base - 4}" width="{width:.1f}" height="4"/>'
    return (
        f'<rect class="tc-c1" x="{x:.1f}" y="{base - points:.1f}" width="{width:.1f}" height="{points:.1f}"/>'
        f'<rect fill="url(#{hatch})" x="{x:.1f}" y="{base - points - cash - 2:.1f}" width="{width:.1f}" height="{cash:.1f}"/>'
    )


def _said(rows: Sequence[Any]) -> str:
    last = [row for row in rows if row.points + row.cash][-1:] or rows[:1]
    return _("服務開始前退 %(all)s；用 %(used)s 個月退 %(some)s；之後不退。") % {
        "all": wording.amount(rows[0].points + rows[0].cash), "used": last[0].used,
        "some": wording.amount(last[0].points + last[0].cash),
    }  # fmt: skip


def time_line(grant: Any, now: datetime) -> SafeString:
    """A grant's two dates on one line: issued, activated or due to be, today, last day of use."""
    start, end = grant.granted_at, max(grant.usable_until, grant.activate_until)
    span = (end - start).total_seconds() or 1

    def at(instant: datetime) -> float:
        return 20 + 720 * min(1.0, max(0.0, float((instant - start).total_seconds() / span)))

    today, activation = at(now), at(grant.activated_at or grant.activate_until)
    said = _("%(granted)s 核發，啟用期限 %(activate)s，使用期限 %(use)s") % {
        "granted": wording.moment(start), "activate": wording.limit(grant.activate_until),
        "use": wording.limit(grant.usable_until),
    }  # fmt: skip
    granted, this_day = _("核發"), escape(_("今天"))  # not inside an f-string: extraction reads none
    marks = [
        f'<circle cx="20" cy="76" r="8" class="tc-c1"/>{_mark(12, "start", granted, _date(start))}',
        f'<circle cx="{at(grant.activated_at):.0f}" cy="76" r="8" class="tc-c1"/>' if grant.activated_at else "",
        "" if grant.activated_at else f'<path class="tc-axis" d="M{activation:.0f} 64v24"/>',
        _activation_mark(activation, grant, now),
        '<path class="tc-axis" d="M740 60v32" stroke-width="3"/>',
        _mark(740, "end", _("使用期限"), _last(grant.usable_until, now)),
    ]
    if start <= now < end:
        anchor = "start" if today < 80 else "end" if today > 680 else "middle"
        marks.append(f'<circle cx="{today:.0f}" cy="76" r="10" class="tc-now"/>')
        marks.append(f'<text x="{today:.0f}" y="50" text-anchor="{anchor}" class="tc-strong">{this_day} {_date(now)}</text>')
    return _svg(
        f'<svg class="tc-chart tc-only-wide" viewBox="12 30 736 108" role="img" aria-label="{escape(said)}">'
        '<rect x="20" y="70" width="720" height="12" rx="6" class="tc-nil"/>'
        f'<rect x="20" y="70" width="{max(0, today - 20):.0f}" height="12" rx="6" class="tc-c1"/>{"".join(marks)}</svg>'
    )


def _activation_mark(x: float, grant: Any, now: datetime) -> str:
    """Until when the first order was due, or when it was sent."""
    if grant.activated_at:
        return _mark(min(max(x, 170), 560), "middle", _("已啟用"), _date(grant.activated_at))
    return _mark(x, "middle", _("啟用期限"), _last(grant.activate_until, now))


def _mark(x: float, anchor: str, title: str, text: str) -> str:
    return (
        f'<text x="{x:.0f}" y="112" text-anchor="{anchor}" class="tc-strong">{escape(title)}</text>'
        f'<text x="{x:.0f}" y="132" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _date(instant: datetime) -> str:
    return wording.moment(instant).rsplit(" ", 1)[0].rstrip(",")


def _last(until: datetime, now: datetime) -> str:
    return wording.limit(until, year=last_day(until).year != taipei_date(now).year)
