"""What happened to a company's points in one call, each with what it was and the balance after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from django.db import connection
from django.utils.translation import gettext as _

from tcloud.ledger import chart
from tcloud.ledger.queries import EVER
from tcloud.points.models import Grant

_HISTORY = files("tcloud.points").joinpath("sql/history.sql").read_text()


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a wallet's history, in whole points: `change` has its sign and is 0 where only held points moved."""

    at: datetime
    title: str
    order_number: str
    points: int
    change: int
    balance: int


def history(
    grant: Grant, *, since: datetime | None = None, until: datetime | None = None, first: int = 0, count: int | None = None
) -> tuple[list[Event], int]:
    """A page of a grant's history from `since` on and before `until`, the newest first, and how many lines there are.

    Past the last page the number is 0. Two clocks and a few orders make a history, so its length is small.
    """
    wallet = chart.wallet(grant.call.code, grant.ubn).code
    period = {"since": since or EVER[0], "until": until or EVER[1]}
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, {"wallet": wallet, **period, "first": first, "count": count})
        rows = cursor.fetchall()
    return [_event(row) for row in rows], rows[0][6] if rows else 0


def _event(row: Sequence[object]) -> Event:
    key, memo, at, points, change, balance, _total = row
    assert isinstance(key, str)
    assert isinstance(at, datetime)
    points, change, balance = (int(str(value)) for value in (points, change, balance))
    order = str(memo) if key.startswith("order:") else ""
    return Event(at, _title(key, points, change), order, points, change, balance)


def _title(key: str, points: int, change: int) -> str:
    if key.startswith("order:"):
        return _order_title(key.split(":")[2], points, change)
    if ":reclaim:" in key:
        return _("期限已到，點數收回")
    if ":restore:" in key:
        return _("補回暫停期間收回的點數")
    issued = key.startswith("grant:") and key.count(":") == 2
    return _("核發點數") if issued else _("管理單位調整點數")


def _order_title(step: str, points: int, change: int) -> str:
    """In words; where the balance stays the same the sum is in the words."""
    if step == "hold":
        return _("訂單送出，保留點數")
    if step == "capture":
        return _("付款完成，扣抵 %(points)s 點") % {"points": f"{points:,}"}
    if step == "release":
        gone = _("訂單沒有成立，使用期限已過，保留的 %(points)s 點收回") % {"points": f"{points:,}"}
        return _("訂單沒有成立，退回點數") if change else gone
    gone = _("退訂，使用期限已過，%(points)s 點收回") % {"points": f"{points:,}"}
    return _("退訂，退回點數") if change else gone
