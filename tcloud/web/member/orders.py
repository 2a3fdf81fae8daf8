"""我的訂單: from choosing a plan to signing; the order page; withdrawing, paying, approving."""

from secrets import token_urlsafe
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tcloud.catalog.queries import plan_for_order
from tcloud.contracts.queries import contract_of, latest_document
from tcloud.core.errors import Refused
from tcloud.core.exports import csv_response
from tcloud.core.money import Twd
from tcloud.core.time import machine_now
from tcloud.identity.roles import Permission, Role, may
from tcloud.orders import queries
from tcloud.orders.rules import points_ceiling
from tcloud.orders.services import answering, delivering, placing, signing
from tcloud.orders.states import HOLDING, Actor, State
from tcloud.points.queries import available, call_for_order, wallet_of
from tcloud.programme.queries import open_call
from tcloud.web.access import PageRequest, company_role
from tcloud.web.answers import answer_status, posted, refuse
from tcloud.web.card_page import card_page
from tcloud.web.member.forms import PlanForm, PointsForm
from tcloud.web.order_steps import headline, order_rows, refund_rows, rule_of, stream_url, time_line, turn
from tcloud.web.two_clicks import card_step, take_click
from tcloud.web.visitor import session_secret

if TYPE_CHECKING:
    from tcloud.orders.models import Order

PAGE = 20


@require_safe
@company_role(Permission.ORDER_VIEW)
def order_list(request: PageRequest) -> HttpResponse:
    """Every order of the company, newest first."""
    page = Paginator(queries.orders_of_company(request.membership.company), PAGE).get_page(request.GET.get("page"))
    limits = queries.limits_of([order.number for order in page])
    return render(request, "member/orders.html", {"page": page, "rows": order_rows(page, limits), "section": "orders"})


@require_safe
@company_role(Permission.ORDER_VIEW)
def order_list_csv(request: PageRequest) -> HttpResponse:
    """Every order of the company as a CSV file."""
    company = request.membership.company
    rows = [
        [row.number, State(row.state).label, row.vendor.name, row.price_twd, row.points_used, row.self_pay_twd,
         row.updated_at.isoformat()]
        for row in queries.orders_of_company(company)
    ]  # fmt: skip
    header = ["order", "state", "vendor", "price_twd", "points", "self_pay_twd", "updated_at"]
    return csv_response(f"orders-{company.ubn}", header, rows)


@require_POST
@company_role(Permission.ORDER_PLACE)
def new(request: PageRequest) -> HttpResponse:
    """A plan was chosen: make the draft and go to check it."""
    form = PlanForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("請先選一個規格，再按「選這個方案」。"))
        return redirect(request.META.get("HTTP_REFERER") or "solutions")
    data = form.cleaned_data
    company = request.membership.company
    try:
        offer = plan_for_order(data["plan"])
        call = call_for_order(company.ubn, (offer.category_slug, offer.root_slug), request.now)
        order = placing.place_order(
            company=company, user=request.user, call=call or open_call(request.now), offer=offer, quantity=data["quantity"],
            request_key=data["request_key"] or token_urlsafe(16), now=request.now,
        )  # fmt: skip
    except Refused as refusal:
        return refuse(request, refusal, page="solutions")
    return redirect("member:order-check", order.number)


@require_http_methods(["GET", "POST"])
@company_role(Permission.ORDER_PLACE)
def check(request: PageRequest, number: str) -> HttpResponse:
    """Confirm plan, amounts and split; the refund rule month by month stands beside it."""
    company = request.membership.company
    order = queries.order_of_company(company, number)
    if order.state != State.DRAFT:
        return redirect("member:order-sign" if order.state == State.AWAITING_SIGNATURE else "member:order", number)
    left = available(company.ubn, order.call)
    ceiling = points_ceiling(price=Twd(order.price_twd), share=order.rule_set.rules.points_share, available=left)
    form = PointsForm(posted(request), initial={"points": order.points_used})
    if request.method == "POST" and form.is_valid():
        try:
            placing.change_points(number=number, company=company, points=form.cleaned_data["points"], now=request.now)
        except Refused as refusal:
            form.add_error("points", str(refusal))
        else:
            if "update" in request.POST:
                return redirect("member:order-check", number)
            signing.prepare_contract(number=number, company=company, actor=request.user.name, now=request.now)
            return redirect("member:order-sign", number)
    line = order.lines.all()[0]
    context = {
        "order": order, "line": line, "form": form, "available": left, "ceiling": ceiling,
        "left_after": left - order.points_used,
        "refunds": refund_rows(points=order.points_used, cash=order.self_pay_twd, term=line.term_months),
    }  # fmt: skip
    return render(request, "member/order_check.html", context, status=answer_status(form))


@card_page
@require_http_methods(["GET", "POST"])
@company_role(Permission.ORDER_SIGN)
def sign(request: PageRequest, number: str) -> HttpResponse:
    """Read the contract and sign it: the first click announces the card, the second signs the document."""
    order = queries.order_of_company(request.membership.company, number)
    if order.state != State.AWAITING_SIGNATURE:
        return redirect("member:order-sent" if order.state == State.AWAITING_VENDOR else "member:order", number)
    refusal: Refused | None = None
    if request.method == "POST":
        signed, refusal = _take_click(request, number)
        if refusal is None:
            return redirect("member:order-sent" if signed else "member:order-sign", number)
    secret = session_secret(request)
    context = {
        "order": order, "line": order.lines.all()[0], "refusal": refusal, "contract": contract_of(number),
        "nothing_from": order.lines.all()[0].term_months // 2 + 1, "reader_origin": settings.CARD_READER_ORIGIN,
        "steps": time_line(order, {}, side=Actor.COMPANY),
        **card_step(
            request, number,
            lambda: signing.challenge_for(number=number, session_key=secret, machine_now=machine_now()),
        ),
    }  # fmt: skip
    return render(request, "member/order_sign.html", context, status=refusal.status if refusal else 200)


def _take_click(request: PageRequest, number: str) -> tuple[bool, Refused | None]:
    company = request.membership.company
    times = {"session_key": session_secret(request), "now": request.now, "machine_now": machine_now()}
    return take_click(
        request, number,
        announce=lambda signature: signing.announce_card(
            number=number, company=company, nonce=request.POST.get("nonce", ""), signature=signature, **times
        ),
        sign=lambda key, raw: signing.sign_and_submit(
            number=number, company=company, key=key, raw_signature=raw, actor=request.user.name, **times
        ),
    )  # fmt: skip


@require_safe
@company_role(Permission.ORDER_VIEW)
def sent(request: PageRequest, number: str) -> HttpResponse:
    """The confirmation: the number, and what happens next."""
    order = queries.order_of_company(request.membership.company, number)
    if order.state in (State.DRAFT, State.AWAITING_SIGNATURE):
        return redirect("member:order", number)
    limits = queries.limits_of([number])
    context = {
        "order": order, "limit": queries.limit_among(order, limits),
        "steps": time_line(order, limits, side=Actor.COMPANY), "wallet": wallet_of(order.company_ubn, order.call),
    }  # fmt: skip
    return render(request, "member/order_sent.html", context)


@require_POST
@company_role(Permission.ORDER_PLACE)
def reopen(request: PageRequest, number: str) -> HttpResponse:
    """Back from the contract to the amounts."""
    try:
        signing.reopen_order(number=number, company=request.membership.company, actor=request.user.name, now=request.now)
    except Refused as refusal:
        return refuse(request, refusal, page="member:order", number=number)
    return redirect("member:order-check", number)


@require_safe
@company_role(Permission.ORDER_VIEW)
def order(request: PageRequest, number: str) -> HttpResponse:
    """One order: state, next step, limit with its rule, history, money, papers."""
    found = queries.order_of_company(request.membership.company, number)
    if found.state == State.DRAFT:
        return redirect("member:order-check", number)
    template = "member/_parts/order.html" if request.headers.get("HX-Request") else "member/order.html"
    return render(request, template, _order_context(request, found))


def _order_context(request: PageRequest, found: "Order") -> dict[str, object]:
    limits = queries.limits_of([found.number])
    limit = queries.limit_among(found, limits)
    line = found.lines.all()[0]
    role = Role(request.membership.role)
    return {
        "order": found, "line": line, "section": "orders", "headline": headline(found), "stream": stream_url(found.number),
        "turn": turn(found, side=Actor.COMPANY),
        "limit": limit, "rule": rule_of(limit), "steps": time_line(found, limits, side=Actor.COMPANY),
        "refunds": refund_rows(points=found.points_used, cash=found.self_pay_twd, term=line.term_months),
        "holding": found.state in HOLDING,
        "can_pay": found.state == State.AWAITING_PAYMENT and may(role, Permission.ORDER_PAY),
        "can_sign": found.state == State.AWAITING_SIGNATURE and may(role, Permission.ORDER_SIGN),
        "can_withdraw": found.state in (State.AWAITING_SIGNATURE, *HOLDING) and may(role, Permission.ORDER_WITHDRAW),
        "can_approve": found.state == State.IN_SERVICE and not found.delivery.approved_at,
        "approve_limit": limits.get(("approval", found.number)), "late_money": list(found.late_money.all()),
    }  # fmt: skip


@require_http_methods(["GET", "POST"])
@company_role(Permission.ORDER_WITHDRAW)
def withdraw(request: PageRequest, number: str) -> HttpResponse:
    """Withdraw before paying: first what will happen, then the click."""
    company = request.membership.company
    found = queries.order_of_company(company, number)
    if request.method == "POST":
        try:
            answering.withdraw_order(number=number, company=company, actor=request.user.name, now=request.now)
        except Refused as refusal:
            return refuse(request, refusal, page="member:order", number=number)
        messages.success(request, _("訂單 %(number)s 已撤回，不用付錢。") % {"number": number})
        return redirect("member:order", number)
    return render(request, "member/order_withdraw.html", {"order": found, "held": found.state in HOLDING})


@require_POST
@company_role(Permission.ORDER_PLACE)
def approve(request: PageRequest, number: str) -> HttpResponse:
    """The company confirms the delivery (驗收)."""
    try:
        delivering.approve_delivery(
            number=number, company=request.membership.company, actor=request.user.name, now=request.now
        )
    except Refused as refusal:
        return refuse(request, refusal, page="member:order", number=number)
    messages.success(request, _("驗收完成，謝謝您。"))
    return redirect("member:order", number)


@require_safe
@company_role(Permission.ORDER_VIEW)
def contract(request: PageRequest, number: str) -> HttpResponse:
    """The contract as PDF: signed once it is signed, else as it stands."""
    found = queries.order_of_company(request.membership.company, number)
    response = HttpResponse(latest_document(found.number), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="contract-{found.number}.pdf"'
    return response
