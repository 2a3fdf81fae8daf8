"""The member's centre: what to do next, points, orders, notices."""

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tcloud.assessments.queries import is_complete
from tcloud.identity.roles import Permission
from tcloud.members.queries import application_of
from tcloud.notifications.queries import notices_of
from tcloud.notifications.services import read_notice
from tcloud.orders.queries import limits_of, orders_of_company
from tcloud.points.queries import waiting_position, wallet_of
from tcloud.programme.queries import latest_call
from tcloud.web.access import PageRequest, company_role
from tcloud.web.journey import steps_for
from tcloud.web.order_steps import order_rows

if TYPE_CHECKING:
    from tcloud.notifications.models import Notice

ORDERS_SHOWN = 5
PAGE = 20


@require_safe
@company_role(Permission.COMPANY_VIEW)
def home(request: PageRequest) -> HttpResponse:
    """Everything that waits for this company, the next step first."""
    company = request.membership.company
    call = latest_call(request.now)
    orders = list(orders_of_company(company)[:ORDERS_SHOWN])
    wallet = wallet_of(company.ubn, call) if call else None
    context = {
        "company": company, "call": call, "wallet": wallet, "orders": orders,
        "rows": order_rows(orders, limits_of([order.number for order in orders])), "section": "home",
        "application": application_of(company, call) if call else None,
        "assessed": bool(call and is_complete(company.ubn, call.code)),
        "position": waiting_position(company.ubn, call) if call and wallet is None else None,
        "journey": steps_for(company, call, request.now), "notices": [_worded(notice) for notice in notices_of(company.ubn)[:3]],
    }  # fmt: skip
    return render(request, "member/home.html", context)


@require_safe
@company_role(Permission.COMPANY_VIEW)
def notices(request: PageRequest) -> HttpResponse:
    """我的通知: every message the company was sent, newest first."""
    page = Paginator(notices_of(request.membership.company.ubn), PAGE).get_page(request.GET.get("page"))
    rows = [_worded(notice) for notice in page]
    return render(request, "member/notices.html", {"page": page, "rows": rows, "section": "notices"})


def _worded(notice: "Notice") -> dict[str, object]:
    return {"at": notice.at, "words": read_notice(notice)}
