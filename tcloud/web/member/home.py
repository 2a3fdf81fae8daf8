"""The member's centre: what to do next, points, orders, notices."""

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tcloud.assessments.queries import is_complete
from tcloud.identity.roles import Permission, Role
from tcloud.members.queries import application_of
from tcloud.notifications.queries import notices_of, unread_of
from tcloud.notifications.services import mark_read, read_notice
from tcloud.orders.queries import limits_of, orders_of_company
from tcloud.orders.states import Actor
from tcloud.points.queries import own_calls, waiting_position, wallet_of
from tcloud.web.access import PageRequest, company_role
from tcloud.web.journey import for_role, steps_for
from tcloud.web.member.own_call import chosen_call, named_in
from tcloud.web.order_steps import order_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcloud.notifications.models import Notice

ORDERS_SHOWN = 5
PAGE = 20


@require_safe
@company_role(Permission.COMPANY_VIEW)
def home(request: PageRequest) -> HttpResponse:
    """Everything that waits for this company, the next step first."""
    company = request.membership.company
    call, calls = chosen_call(request), own_calls(company.ubn)
    orders = list(orders_of_company(company)[:ORDERS_SHOWN])
    wallet = wallet_of(company.ubn, call) if call else None
    context = {
        "company": company, "call": call, "calls": calls, "named": named_in(request), "wallet": wallet, "orders": orders,
        "rows": order_rows(orders, limits_of([order.number for order in orders]), side=Actor.COMPANY), "section": "home",
        "application": application_of(company, call) if call else None,
        "assessed": bool(call and is_complete(company.ubn, call.code)),
        "position": waiting_position(company.ubn, call) if call and wallet is None else None,
        "journey": for_role(steps_for(company, request.now, call if named_in(request) else None), Role(request.membership.role)),
        "notices": _rows(notices_of(company.ubn)[:3], company.ubn, request.user.pk),
    }  # fmt: skip
    return render(request, "member/home.html", context)


@require_safe
@company_role(Permission.COMPANY_VIEW)
def notices(request: PageRequest) -> HttpResponse:
    """我的通知: every message the company was sent, newest first; what is shown is read from then on."""
    ubn, reader = request.membership.company.ubn, request.user.pk
    page = Paginator(notices_of(ubn), PAGE).get_page(request.GET.get("page"))
    rows = _rows(page, ubn, reader)
    unread = [notice.pk for notice, row in zip(page, rows, strict=True) if row["unread"]]
    if unread:
        mark_read(notice_ids=unread, reader_id=reader, now=request.now)
    return render(request, "member/notices.html", {"page": page, "rows": rows, "section": "notices"})


def _rows(notices: "Iterable[Notice]", ubn: str, reader: int) -> list[dict[str, object]]:
    shown = list(notices)
    unread = set(unread_of(ubn, reader).filter(pk__in=[notice.pk for notice in shown]).values_list("pk", flat=True))
    return [{"at": notice.at, "words": read_notice(notice), "unread": notice.pk in unread} for notice in shown]
