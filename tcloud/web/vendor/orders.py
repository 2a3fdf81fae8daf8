"""The vendor's order desk: what waits for an answer, a call, a start, an invoice; the most urgent on top."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tcloud.contracts.key_store import key_store
from tcloud.contracts.queries import contract_of, latest_document
from tcloud.core.errors import Refused
from tcloud.core.time import machine_now, taipei_date
from tcloud.identity.roles import Permission
from tcloud.orders import queries
from tcloud.orders.services import accepting, answering, delivering
from tcloud.orders.states import ENDS, Actor, State
from tcloud.web.access import PageRequest, vendor_role
from tcloud.web.answers import refuse
from tcloud.web.card_page import card_page
from tcloud.web.order_steps import headline, order_rows, rule_of, rules_url, shown_limit, time_line, turn
from tcloud.web.two_clicks import card_step, take_click
from tcloud.web.vendor.forms import HandoverForm, InvoiceForm, ReasonForm
from tcloud.web.visitor import session_secret

PAGE = 20
TABS: dict[str, tuple[Any, list[State]]] = {
    "mine": (gettext_lazy("輪到我"), [State.AWAITING_VENDOR, State.CONFIRMED]),
    "theirs": (gettext_lazy("等對方"), [State.AWAITING_PAYMENT]),
    "service": (gettext_lazy("服務中"), [State.IN_SERVICE]),
    "ended": (gettext_lazy("已結束"), sorted(ENDS)),
}


@require_safe
@vendor_role(Permission.DESK_VIEW)
def order_list(request: PageRequest) -> HttpResponse:
    """The inbox by state, with the limit of each order."""
    vendor = request.staff.vendor
    tab = request.GET.get("tab", "mine")
    if tab not in TABS:
        tab = "mine"
    totals = _totals(queries.counts_by_state(vendor), queries.invoices_due(vendor))
    orders = queries.orders_of_vendor(vendor, TABS[tab][1], invoice_due=tab == "mine")
    page = Paginator(orders, PAGE).get_page(request.GET.get("page"))
    limits = queries.limits_of([order.number for order in page])
    context = {
        "tab": tab, "page": page, "mine": totals["mine"],
        "tabs": [(key, title, totals[key]) for key, (title, _states) in TABS.items()],
        "rows": order_rows(page, limits, side=Actor.VENDOR),
    }  # fmt: skip
    return render(request, "vendor/orders.html", context)


def _totals(counts: dict[str, int], invoices_due: int) -> dict[str, int]:
    """How many orders each tab lists; one in service whose invoice is missing is the vendor's turn."""
    totals = {key: sum(counts.get(state, 0) for state in states) for key, (_title, states) in TABS.items()}
    return totals | {"mine": totals["mine"] + invoices_due, "service": totals["service"] - invoices_due}


@require_safe
@vendor_role(Permission.DESK_VIEW)
def order(request: PageRequest, number: str) -> HttpResponse:
    """One order as the vendor sees it, with the action that is its turn."""
    return _order_page(request, number)


def _order_page(request: PageRequest, number: str, status: int = 200, **forms: Form) -> HttpResponse:
    """The page of an order; a form that was refused comes by its name in the page, and is summed up on top."""
    found = queries.order_of_vendor(request.staff.vendor, number)
    limits = queries.limits_of([number])
    limit = shown_limit(found, limits, side=Actor.VENDOR)
    paid = found.state in (State.CONFIRMED, State.IN_SERVICE, State.FINISHED)
    facts = {"buyer_ubn": found.company_ubn, "total_twd": found.price_twd, "issued_date": taipei_date(request.now)}
    delivery = getattr(found, "delivery", None)
    context = {
        "order": found, "line": found.lines.all()[0], "headline": headline(found, limits, side=Actor.VENDOR), "limit": limit,
        "turn": turn(found, limits, side=Actor.VENDOR), "rule": rule_of(limit), "rules_url": rules_url(limit),
        "steps": time_line(found, limits, side=Actor.VENDOR), "contact_limit": limits.get(("first_contact", number)),
        "can_answer": found.state == State.AWAITING_VENDOR, "key_kept": key_store().keeps(found.vendor_ubn),
        "can_contact": paid and not (delivery and delivery.contacted_at),
        "can_start": found.state == State.CONFIRMED,
        "can_invoice": paid and not getattr(found, "invoice", None),
        "shows_contact": paid or found.state == State.AWAITING_PAYMENT,
        "reason_form": ReasonForm(), "handover_form": HandoverForm(), "invoice_form": InvoiceForm(initial=facts),
        "form": next(iter(forms.values()), None), **forms,
    }  # fmt: skip
    return render(request, "vendor/order.html", context, status=status)


def _act(request: PageRequest, number: str, done: str, action: Callable[[], object]) -> HttpResponse:
    try:
        action()
    except Refused as refusal:
        return refuse(request, refusal, page="vendor:order", number=number)
    messages.success(request, done)
    return redirect("vendor:order", number)


@require_POST
@vendor_role(Permission.DESK_ANSWER)
def accept(request: PageRequest, number: str) -> HttpResponse:
    """接單: the contract is countersigned with the certificate the platform keeps."""
    return _act(
        request, number, _("已簽署並接單。付款期限已通知公司；付款後我們立刻通知您。"),
        lambda: accepting.accept_order(
            number=number, vendor=request.staff.vendor, actor=request.user.actor, now=request.now
        ),
    )  # fmt: skip


@card_page
@require_http_methods(["GET", "POST"])
@vendor_role(Permission.DESK_ANSWER)
def sign(request: PageRequest, number: str) -> HttpResponse:
    """接單 with the vendor's own card, in two clicks."""
    found = queries.order_of_vendor(request.staff.vendor, number)
    if found.state != State.AWAITING_VENDOR:
        return redirect("vendor:order", number)
    refusal: Refused | None = None
    if request.method == "POST":
        signed, refusal = _take_click(request, number)
        if signed:
            messages.success(request, _("已簽署並接單。付款期限已通知公司；付款後我們立刻通知您。"))
        if refusal is None:
            return redirect("vendor:order" if signed else "vendor:order-sign", number)
    secret = session_secret(request)
    limits = queries.limits_of([number])
    limit = queries.limit_among(found, limits)
    context = {
        "order": found, "line": found.lines.all()[0], "refusal": refusal, "contract": contract_of(number), "limit": limit,
        "rule": rule_of(limit), "reader_origin": settings.CARD_READER_ORIGIN,
        "steps": time_line(found, limits, side=Actor.VENDOR),
        **card_step(
            request, number,
            lambda: accepting.challenge_for(number=number, session_key=secret, machine_now=machine_now()),
        ),
    }  # fmt: skip
    return render(request, "vendor/order_sign.html", context, status=refusal.status if refusal else 200)


def _take_click(request: PageRequest, number: str) -> tuple[bool, Refused | None]:
    vendor = request.staff.vendor
    secret, machine = session_secret(request), machine_now()
    return take_click(
        request, number,
        announce=lambda signature: accepting.announce_card(
            number=number, vendor=vendor, nonce=request.POST.get("nonce", ""), signature=signature,
            session_key=secret, now=request.now, machine_now=machine,
        ),
        sign=lambda key, raw: accepting.accept_by_card(
            number=number, vendor=vendor, key=key, raw_signature=raw, actor=request.user.actor,
            session_key=secret, now=request.now, machine_now=machine,
        ),
    )  # fmt: skip


@require_POST
@vendor_role(Permission.DESK_ANSWER)
def decline(request: PageRequest, number: str) -> HttpResponse:
    """Not taking an order, with the reason the company reads."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _order_page(request, number, status=422, reason_form=form)
    return _act(
        request, number, _("已回覆不接單，公司的點數已退回。"),
        lambda: answering.refuse_order(
            number=number, vendor=request.staff.vendor, actor=request.user.actor,
            reason=form.cleaned_data["reason"], now=request.now,
        ),
    )  # fmt: skip


@require_POST
@vendor_role(Permission.DESK_DELIVER)
def contact(request: PageRequest, number: str) -> HttpResponse:
    """First contact was made."""
    return _act(
        request, number, _("已登記首次聯繫。"),
        lambda: delivering.record_contact(
            number=number, vendor=request.staff.vendor, actor=request.user.actor, now=request.now
        ),
    )  # fmt: skip


@require_POST
@vendor_role(Permission.DESK_DELIVER)
def start(request: PageRequest, number: str) -> HttpResponse:
    """Service begins today."""
    form = HandoverForm(request.POST)
    if not form.is_valid():
        return _order_page(request, number, status=422, handover_form=form)
    return _act(
        request, number, _("已登記服務開始，期程從今天起算。"),
        lambda: delivering.start_service(
            number=number, vendor=request.staff.vendor, actor=request.user.actor,
            handover=form.cleaned_data["handover"], now=request.now,
        ),
    )  # fmt: skip


@require_POST
@vendor_role(Permission.DESK_DELIVER)
def invoice(request: PageRequest, number: str) -> HttpResponse:
    """Register the e-invoice."""
    form = InvoiceForm(request.POST)
    if form.is_valid():
        try:
            delivering.register_invoice(
                number=number, vendor=request.staff.vendor, actor=request.user.actor, now=request.now,
                **form.cleaned_data,
            )  # fmt: skip
        except delivering.InvoiceWrong as wrong:
            form.add_error(None, str(wrong))
        except Refused as refusal:
            return refuse(request, refusal, page="vendor:order", number=number)
        else:
            messages.success(request, _("發票已登錄，公司看得到號碼。"))
            return redirect("vendor:order", number)
    return _order_page(request, number, status=422, invoice_form=form)


@require_safe
@vendor_role(Permission.DESK_VIEW)
def contract(request: PageRequest, number: str) -> HttpResponse:
    """The signed contract as PDF."""
    found = queries.order_of_vendor(request.staff.vendor, number)
    response = HttpResponse(latest_document(found.number), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="contract-{found.number}.pdf"'
    return response
