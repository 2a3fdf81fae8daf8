"""The template library of every page: icons, amounts, dates, and the components that need a little arithmetic."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.http import QueryDict
from django.template.context import RequestContext
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tcloud.core import wording
from tcloud.core.time import TAIPEI, last_day, now, taipei_date
from tcloud.identity.roles import Permission, Role, any_may
from tcloud.programme.rules import Limit, Share
from tcloud.programme.wording import part as rule_part
from tcloud.programme.wording import span as rule_span
from tcloud.web.access import opens_for
from tcloud.web.burn_down import burn_down_chart, placed_bar
from tcloud.web.figures import refund_chart, split_bar, stacked_bar, time_line
from tcloud.web.icons import ICONS

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon beside a word; hidden from screen readers because the word says it."""
    return mark_safe(f'<svg class="tc-i" viewBox="0 0 24 24" aria-hidden="true">{ICONS[name]}</svg>')  # noqa: S308


@register.filter
def number(value: int) -> str:
    """30,000."""
    return wording.amount(int(value))


@register.filter
def points(value: int) -> str:
    """30,000 點 · 30,000 points, never broken between figure and word."""
    return ngettext("%(count)s 點", "%(count)s 點", int(value)) % {"count": wording.amount(int(value))}


@register.filter
def span(value: Limit) -> str:
    """A limit's length with its unit: 5 個工作天."""
    return rule_span(value)


@register.filter
def part(value: Share) -> str:
    """The part of a price that points may pay: 一半."""
    return rule_part(value)


@register.filter
def twd(value: int) -> str:
    """NT$ 30,000."""
    return f"NT${wording.NBSP}{wording.amount(int(value))}"


@register.filter
def signed(value: int) -> str:
    """+9,000 or −12,000."""
    return f"+{wording.amount(value)}" if value > 0 else wording.amount(value)


def _another_year(day: date) -> bool:
    """No year where it is this year."""
    return day.year != taipei_date(now()).year


@register.filter
def limit(value: datetime | None) -> str:
    """An exclusive end as people read it: 5 月 14 日（四）24:00, with its year where that is not this one."""
    return wording.limit(value, year=_another_year(last_day(value))) if value else ""


@register.filter
def limit_year(value: datetime | None) -> str:
    """The same with its year, for dates far away."""
    return wording.limit(value, year=True) if value else ""


@register.filter
def moment(value: datetime | None) -> str:
    """5 月 13 日 10:41; of another year with the year."""
    if value is None:
        return ""
    return moment_year(value) if _another_year(taipei_date(value)) else wording.moment(value)


@register.filter
def day(value: date | datetime | None) -> str:
    """5 月 14 日（四）, with its year where that is not this one."""
    if value is None:
        return ""
    date_of = taipei_date(value) if isinstance(value, datetime) else value
    return wording.day(date_of, year=_another_year(date_of))


@register.filter
def day_year(value: date | None) -> str:
    """The same with its year: 2026 年 5 月 14 日（四）."""
    return wording.day(value, year=True) if value else ""


@register.filter
def day_before_year(value: date | None) -> str:
    """The last day before an exclusive end."""
    return wording.day(value - timedelta(days=1), year=True) if value else ""


@register.filter
def moment_year(value: datetime | None) -> str:
    """2026 年 5 月 13 日（三）10:41, for what may be of another year."""
    if value is None:
        return ""
    text, time = wording.day(taipei_date(value), year=True), f"{value.astimezone(TAIPEI):%H:%M}"
    return f"{text}{time}" if text.endswith("）") else f"{text}, {time}"


@register.filter
def iso(value: datetime | None) -> str:
    """For `<time datetime>`."""
    return value.isoformat() if value else ""


@register.filter
def until(value: datetime | None, now: datetime) -> str:
    """How long until a limit: 還有 67 天 · 剩 13 小時 · 已過."""
    if value is None:
        return ""
    left = value - now
    if left <= timedelta(0):
        return _("已過期限")
    if left >= timedelta(days=1):
        return ngettext("還有 %(count)s 天", "還有 %(count)s 天", left.days) % {"count": left.days}
    hours = int(left.total_seconds() // 3600)
    if hours:
        return ngettext("還有 %(count)s 小時", "還有 %(count)s 小時", hours) % {"count": hours}
    return _("不到 1 小時")


@register.filter
def office_may(request: Any, permission: str) -> bool:
    """Whether somebody of the office may do a thing; False on pages that are not the office's."""
    return any_may(getattr(request, "office_roles", ()), Permission(permission))


@register.filter
def opens(request: Any, url: str) -> bool:
    """Whether a member of a company may follow a link to one of its pages."""
    return opens_for(Role(request.membership.role), url)


@register.filter
def lookup(mapping: dict[Any, Any], key: Any) -> Any:
    """A value of a mapping by a key known only in the template."""
    return mapping.get(key)


@register.inclusion_tag("components/clock.html")
def clock(
    due_at: datetime, now: datetime, started_at: datetime | None = None, text: str = "", rule: str = "", rules_url: str = ""
) -> dict[str, Any]:
    """A limit: ring, date, rule with a link to where it stands. The ring is decoration; the text says it all."""
    left = due_at - now
    whole = due_at - started_at if started_at else timedelta(days=7)
    part = min(1.0, max(0.0, left / whole)) if whole > timedelta(0) else 0.0
    circle = 188.5
    hours = max(0, int(left.total_seconds() // 3600))
    return {
        "dash": f"{circle * part:.1f} {circle}", "soon": left <= timedelta(days=1), "past": left <= timedelta(0),
        "days": hours // 24, "hours": hours % 24, "due_at": due_at, "text": text, "rule": rule,
        "rules_url": rules_url,
    }  # fmt: skip


@register.inclusion_tag("components/split.html")
def split(price: int, points_used: int, self_pay: int, rule: str = "") -> dict[str, Any]:
    """Price, points and self-pay; the bar is decoration."""
    return {"price": price, "points": points_used, "cash": self_pay, "rule": rule, "bar": split_bar(points_used, price)}


@register.simple_tag
def refunds(rows: Sequence[Any]) -> SafeString:
    """The refund chart, wide and narrow; its table twin stands beside it in the page."""
    return refund_chart(rows)


@register.simple_tag
def points_bar(available: int, held: int, spent: int, reclaimed: int) -> SafeString:
    """Where the granted points are."""
    return stacked_bar(available, held, spent, reclaimed)


@register.simple_tag
def grant_line(grant: Any, now: datetime) -> SafeString:
    """Both dates of a grant on one line, with today."""
    return time_line(grant, now)


@register.simple_tag
def budget_bar(figures: Any) -> SafeString:
    """Where a call's points are; the figures stand below it."""
    return placed_bar(figures)


@register.simple_tag
def burn_down(days: Sequence[Any], today: date, forecast: Any) -> SafeString:
    """What is left of a budget, day by day; its table twin stands beside it in the page."""
    return burn_down_chart(days, today, forecast)


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context: RequestContext, page: Any) -> dict[str, Any]:
    """Links to the pages before and after, the filters kept."""
    query: QueryDict = context["request"].GET.copy()
    query.pop("page", None)
    return {"page": page, "query": query.urlencode()}


TAGS = {"you": "", "wait": "wait", "ok": "ok", "bad": "bad", "end": "", "plain": ""}


@register.simple_tag
def tag(kind: str, text: str) -> SafeString:
    """A state in a word; the colour says who must act."""
    mark = icon(TAGS[kind]) if TAGS[kind] else ""
    return format_html('<span class="tc-tag tc-tag-{}">{}{}</span>', kind, mark, text)


@register.simple_tag
def turn_tag(kind: str) -> SafeString:
    """Who must act, as a tag."""
    words = {"you": _("輪到您"), "wait": _("等對方"), "ok": _("服務中"), "end": _("已結束")}
    return tag(kind, words[kind])


@register.simple_tag
def verdict_tag(agreed: bool | None) -> SafeString:
    """What the second person said of a proposal."""
    if agreed is None:
        return tag("wait", _("等第二人"))
    return tag("ok", _("同意")) if agreed else tag("end", _("不同意"))
