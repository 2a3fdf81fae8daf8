"""Every message of the catalogue in both languages, filled with sample facts."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from django.views.decorators.http import require_safe

from tcloud.core.time import end_of_day, taipei_date
from tcloud.identity.roles import Permission
from tcloud.notifications.catalogue import MessageName
from tcloud.notifications.wording import worded
from tcloud.programme.queries import latest_call
from tcloud.web.access import PageRequest, office_role


def sample(now: datetime) -> dict[str, Any]:
    """Facts that fill every placeholder of the catalogue."""
    limits = (
        "answer_until", "pay_until", "activate_until", "use_until", "ends_until", "approve_until", "start_until",
        "invoice_until",
    )  # fmt: skip
    later = end_of_day(taipei_date(now) + timedelta(days=2))
    return {
        "code": "000000", "minutes": 15, "reason": _("（示範理由）"), "points": 30_000, "self_pay": 30_000,
        "price": 60_000, "days": 7, "left": 18_000, "moved": 6_000, "reclaimed": 18_000, "number": "CE2600000012",
        "vendor": _("○○資訊股份有限公司"), "company": _("○○有限公司"), "amount": 30_000, "invoice": "AB12345678",
        "why": "payment", "trade_no": "CE2600000012A001", "place": 3, "link": "card-check", **{name: later.isoformat() for name in limits},
    }  # fmt: skip


def _in(language: str, name: MessageName, facts: dict[str, Any]) -> dict[str, Any]:
    with override(language):
        return {"language": language, "text": worded(name, facts)}


@require_safe
@office_role(Permission.MESSAGES_PREVIEW)
def preview(request: PageRequest) -> HttpResponse:
    """The catalogue, message by message."""
    facts = sample(request.now)
    rows = [{"name": name, "versions": [_in("zh-hant", name, facts), _in("en", name, facts)]} for name in MessageName]
    context = {"rows": rows, "section": "messages", "call": latest_call(request.now)}
    return render(request, "office/messages.html", context)
