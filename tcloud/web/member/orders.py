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
from tcloud.core.money import Points, Twd
from tcloud.core.time import machine_now
from tcloud.identity.roles import Permission, Role, may
from tcloud.members.queries import owner_of
from tcloud.notifications.catalogue import STEPS
from tcloud.orders import queries
from tcloud.orders.rules import points_ceiling
from tcloud.orders.services import answering, delivering, offering, placing, signing
from tcloud.orders.services.advancing import StepNotPossible
from tcloud.orders.states import ENDS, HOLDING, WITHDRAWABLE, Actor, State
from tcloud.payments.states import AttemptState
from tcloud.points.queries import call_for_order, grant_of, usable_now, wallet_of
from tcloud.programme.queries import open_call
from tcloud.web.access import PageRequest, company_role
from tcloud.web.answers import answer_status, posted, refuse
from tcloud.web.card_page import card_page
from tcloud.web.member.forms import PlanForm, PointsForm
from tcloud.web.order_steps import (
    headline,
    order_rows,
    payment_state,
    refund_rows,
    rule_of,
    rules_url,
    shown_limit,
    stream_url,
    turn,
)
from tcloud.web.order_time_line import time_line
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
    return render(request, "member/orders.html", {"page": page, "rows": order_rows(page, limits, side=Actor.COMPANY), "section": "orders"})


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
        return refuse(request, Refused(_("請先選一個規格，再按「選這個方案」。")), page="solutions")
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
        return _onwards(request, order)
    grant = grant_of(company.ubn, order.call)
    left = usable_now(grant, request.now) if grant else Points(0)
    blocked = placing.why_no_points(order, left)
    ceiling = points_ceiling(price=Twd(order.price_twd), share=order.rule_set.rules.points_share, available=left)
    form = PointsForm(posted(request), initial={"points": min(order.points_used, ceiling)})
    if request.method == "POST" and form.is_valid():
        try:
            return _take_check(request, number, form.cleaned_data["points"])
        except (placing.TooLateToChange, StepNotPossible):  # a second click, or another tab: go on from what it did
            return _onwards(request, queries.order_of_company(company, number))
        except placing.TooManyPoints as refusal:
            form.add_error("points", str(refusal))
        except Refused as refusal:
            form.add_error(None, str(refusal))
    changed = offering.refusal_of(order)
    line = order.lines.all()[0]
    context = {
        "order": order, "line": line, "form": form, "available": left, "ceiling": ceiling,
        "left_after": max(0, left - order.points_used), "changed": changed, "blocked": blocked,
        "can_take_over": isinstance(changed, offering.OfferChanged),
        "refunds": refund_rows(order.rule_set.rules.refund, points=order.points_used, cash=order.self_pay_twd, term=line.term_months),
    }  # fmt: skip
    return render(request, "member/order_check.html", context, status=answer_status(form))


def _take_check(request: PageRequest, number: str, points: int) -> HttpResponse:
    """One of the three buttons: take over what is sold now, count again, or go on to the contract."""
    company = request.membership.company
    if "take_over" in request.POST:
        offering.take_over_offers(number=number, company=company, points=points, now=request.now)
        return redirect("member:order-check", number)
    placing.change_points(number=number, company=company, points=points, now=request.now)
    if "update" in request.POST:
        return redirect("member:order-check", number)
    signing.prepare_contract(number=number, company=company, actor=request.user.actor, now=request.now)
    return _onwards(request, queries.order_of_company(company, number))


def _onwards(request: PageRequest, order: "Order") -> HttpResponse:
    """To the contract for who may sign it; else to the order's page, which says who can."""
    signs = order.state == State.AWAITING_SIGNATURE and may(Role(request.membership.role), Permission.ORDER_SIGN)
    return redirect("member:order-sign" if signs else "member:order", order.number)


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
    secret, machine = session_secret(request), machine_now()
    return take_click(
        request, number,
        announce=lambda signature: signing.announce_card(
            number=number, company=company, nonce=request.POST.get("nonce", ""), signature=signature,
            session_key=secret, now=request.now, machine_now=machine,
        ),
        sign=lambda key, raw: signing.sign_and_submit(
            number=number, company=company, key=key, raw_signature=raw, actor=request.user.actor,
            session_key=secret, now=request.now, machine_now=machine,
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
    limit = queries.limit_among(order, limits)
    context = {
        "order": order, "limit": limit, "rule": rule_of(limit), "rules_url": rules_url(limit),
        "steps": time_line(order, limits, side=Actor.COMPANY), "wallet": wallet_of(order.company_ubn, order.call),
    }  # fmt: skip
    return render(request, "member/order_sent.html", context)


@require_POST
@company_role(Permission.ORDER_PLACE)
def reopen(request: PageRequest, number: str) -> HttpResponse:
    """Back from the contract to the amounts."""
    try:
        signing.reopen_order(number=number, company=request.membership.company, actor=request.user.actor, now=request.now)
    except Refused as refusal:
        return refuse(request, refusal, page="member:order", number=number)
    return redirect("member:order-check", number)


@require_safe
@company_role(Permission.ORDER_VIEW)
def order(request: PageRequest, number: str) -> HttpResponse:
    """One order: state, next step, limit with its rule, history, money, papers."""
    found = queries.order_of_company(request.membership.company, number)
    if found.state == State.DRAFT and may(Role(request.membership.role), Permission.ORDER_PLACE):
        return redirect("member:order-check", number)
    template = "member/_parts/order.html" if request.headers.get("HX-Request") else "member/order.html"
    return render(request, template, _order_context(request, found))


def _order_context(request: PageRequest, found: "Order") -> dict[str, object]:
    limits = queries.limits_of([found.number])
    limit = shown_limit(found, limits, side=Actor.COMPANY)
    line = found.lines.all()[0]
    role = Role(request.membership.role)
    paying = payment_state(found)
    return {
        "order": found, "line": line, "section": "orders", "headline": headline(found, limits, side=Actor.COMPANY), "stream": stream_url(found.number),
        "turn": turn(found, limits, side=Actor.COMPANY),
        "limit": limit, "rule": rule_of(limit), "rules_url": rules_url(limit), "steps": time_line(found, limits, side=Actor.COMPANY),
        "refunds": refund_rows(found.rule_set.rules.refund, points=found.points_used, cash=found.self_pay_twd, term=line.term_months),
        "holding": found.state in HOLDING,
        "paying": paying,
        "can_pay": found.state == State.AWAITING_PAYMENT and paying != AttemptState.PAID and may(role, Permission.ORDER_PAY),
        "can_sign": found.state == State.AWAITING_SIGNATURE and may(role, Permission.ORDER_SIGN),
        "can_withdraw": found.state in WITHDRAWABLE and may(role, Permission.ORDER_WITHDRAW),
        "can_approve": found.state == State.IN_SERVICE and not found.delivery.approved_at and may(role, Permission.ORDER_PLACE),
        "signer": _signer(request, found), "invoice_to_come": found.state not in ENDS,
        "late_money": [(row, STEPS[row.reason]) for row in found.late_money.all()],
    }  # fmt: skip


def _signer(request: PageRequest, found: "Order") -> str:
    """Who of the company can sign, for a reader who cannot; empty where nobody has to."""
    if found.state != State.AWAITING_SIGNATURE or may(Role(request.membership.role), Permission.ORDER_SIGN):
        return ""
    return owner_of(request.membership.company).name


@require_http_methods(["GET", "POST"])
@company_role(Permission.ORDER_WITHDRAW)
def withdraw(request: PageRequest, number: str) -> HttpResponse:
    """Withdraw before paying: first what will happen, then the click."""
    company = request.membership.company
    found = queries.order_of_company(company, number)
    if request.method == "POST":
        try:
            answering.withdraw_order(number=number, company=company, actor=request.user.actor, now=request.now)
        except Refused as refusal:
            return refuse(request, refusal, page="member:order", number=number)
        messages.success(request, _("訂單 %(number)s 已撤回，不用付錢。") % {"number": number})
        return redirect("member:order", number)
    if found.state not in WITHDRAWABLE:
        return refuse(request, StepNotPossible(state=State(found.state).label), page="member:order", number=number)
    return render(request, "member/order_withdraw.html", {"order": found, "held": found.state in HOLDING})


@require_POST
@company_role(Permission.ORDER_PLACE)
def approve(request: PageRequest, number: str) -> HttpResponse:
    """The company confirms the delivery (驗收)."""
    try:
        delivering.approve_delivery(
            number=number, company=request.membership.company, actor=request.user.actor, now=request.now
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
