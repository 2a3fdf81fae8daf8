"""The yearly statement of a company's points as PDF: each call with what stood there before, every movement, what is left."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tcloud.core.time import TAIPEI, end_of_day, taipei_date
from tcloud.core.typesetting import compile_pdf, shown
from tcloud.points import queries
from tcloud.points.history import Event, history
from tcloud.points.models import Grant

TEMPLATE = Path(__file__).parent / "templates" / "statement.typ"
ROC_OFFSET = 1911


@dataclass(frozen=True, slots=True)
class CallYear:
    """One call in one year, in whole points: available before the first day, the events in order, available at the end."""

    title: str
    opening: int
    events: list[Event]

    @property
    def closing(self) -> int:
        """Whole points available at the end of the last day."""
        return self.events[-1].balance if self.events else self.opening


def years_of(grants: list[Grant], now: datetime) -> list[int]:
    """Western years that have a statement: from the first grant to this year, the newest first."""
    if not grants:
        return []
    first = min(taipei_date(grant.granted_at).year for grant in grants)
    return list(range(taipei_date(now).year, first - 1, -1))


def call_year(grant: Grant, year: int) -> CallYear:
    """What happened to a grant in a western year, counted in Taipei."""
    since, until = end_of_day(date(year - 1, 12, 31)), end_of_day(date(year, 12, 31))
    before = history(grant, until=since, count=1)[0]
    events = history(grant, since=since, until=until)[0]
    return CallYear(grant.call.title, before[0].balance if before else 0, events[::-1])


def yearly_statement(*, ubn: str, company: str, organiser: str, year: int, now: datetime) -> bytes | None:
    """The statement in the reader's language; None for a year without points (before the first grant, in the future)."""
    grants = queries.grants_of(ubn)
    if year not in years_of(grants, now):
        return None
    last = min(date(year, 12, 31), taipei_date(now))
    calls = [call_year(grant, year) for grant in reversed(grants) if taipei_date(grant.granted_at).year <= year]
    view = {
        "lang": (get_language() or "zh")[:2], "company": shown(company), "ubn": ubn, "words": _words(year, organiser),
        "facts": _facts(ubn, company, year, last), "calls": [_call(one) for one in calls], "meanings": _meanings(),
    }  # fmt: skip
    return compile_pdf(TEMPLATE, {"statement": json.dumps(view, ensure_ascii=False)}, last)


def _words(year: int, organiser: str) -> dict[str, object]:
    return {
        "title": _("%(roc)s 年度（西元 %(year)s 年）點數對帳單") % {"roc": year - ROC_OFFSET, "year": year},
        "organiser": shown(organiser), "page": _("第 {page} 頁，共 {pages} 頁"),
        "columns": [_("時間"), _("事由"), _("訂單編號"), _("異動"), _("可用餘額")],
        "opening": _("期初餘額"), "closing": _("期末餘額"), "meaning": _("這些數字的意思"),
    }  # fmt: skip


def _facts(ubn: str, company: str, year: int, last: date) -> list[list[str]]:
    period = _("%(year)s 年 1 月 1 日到 %(year)s 年 %(month)s 月 %(day)s 日（臺北時間）")
    return [
        [_("企業"), shown(company)],
        [_("統一編號"), ubn],
        [_("期間"), period % {"year": year, "month": last.month, "day": last.day}],
    ]


def _call(one: CallYear) -> dict[str, object]:
    return {
        "title": shown(one.title), "opening": f"{one.opening:,}", "closing": f"{one.closing:,}",
        "rows": [_row(event) for event in one.events],
    }  # fmt: skip


def _row(event: Event) -> list[str]:
    at = event.at.astimezone(TAIPEI)
    return [f"{at:%Y-%m-%d %H:%M}", event.title, event.order_number, f"{event.change:+,}".replace("-", "−") if event.change else "0", f"{event.balance:,}"]


def _meanings() -> list[str]:
    return [
        _("1 點抵新臺幣 1 元，只能用來付訂單的一部分，不能換現金，也不能轉讓。"),
        _("可用餘額不含保留給訂單的點數。訂單送出時點數先保留，付款完成才扣抵；沒有成立就退回，使用期限過了則收回。"),
        _("異動為 0 的列，動的是已經保留或已經付出的點數，可用餘額不變。"),
        _("期末餘額是期間最後一天 24:00 的可用點數；今年的對帳單算到製作的時候。"),
        _("每一筆都來自不能更改的帳，更正時另記一筆，不改原來的紀錄。"),
    ]
