"""After payment: first contact, start of service, invoice, approval, end of the term."""

import re
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from tcloud.audit.services import record
from tcloud.core.actors import Actor, name_of, rule
from tcloud.core.errors import Refused
from tcloud.core.money import Twd, tax_included
from tcloud.core.time import end_of_day, taipei_date
from tcloud.core.transactions import operation, use_case
from tcloud.members.models import Company
from tcloud.notifications.catalogue import MessageName
from tcloud.orders.models import Delivery, Invoice, Order
from tcloud.orders.queries import limits_of, lock_order, lock_own_order, lock_vendors_order
from tcloud.orders.rules import term_last_day
from tcloud.orders.services.advancing import StepNotPossible, advance
from tcloud.orders.services.telling import tell_company, tell_vendor
from tcloud.orders.states import Event, State
from tcloud.programme.rules import DeadlineKind
from tcloud.programme.services import set_deadline, set_deadline_at, settle_deadlines
from tcloud.vendors.models import Vendor

INVOICE_NUMBER = re.compile(r"[A-Z]{2}[0-9]{8}")
PAID = (State.CONFIRMED, State.IN_SERVICE, State.FINISHED)


class InvoiceWrong(Refused):
    """A field of the invoice does not agree with the order; the message names the field and the right value."""

    code = "invoice_wrong"


class HandoverMissing(Refused):
    """The start of service needs what was handed over."""

    code = "handover_missing"
    message = _("請寫下交付了什麼（例如帳號、教學、設定），公司會看到。")


@use_case
def record_contact(*, number: str, vendor: Vendor, actor: Actor, now: datetime) -> Order:
    """The vendor got in touch with the company; recording it twice keeps the first time."""
    order = lock_vendors_order(number, vendor)
    if order.state not in PAID:
        raise StepNotPossible(state=State(order.state).label)
    delivery = _delivery(order)
    if delivery.contacted_at is None:
        delivery.contacted_at, delivery.contacted_by = now, name_of(actor)
        delivery.save()
        settle_deadlines(subject=number, now=now, kinds=[DeadlineKind.FIRST_CONTACT])
        record(tag="orders:delivery:contacted", actor=actor, subject=number, now=now, details={})
    return order


@use_case
def start_service(*, number: str, vendor: Vendor, actor: Actor, handover: str, now: datetime) -> Order:
    """Service begins today, never earlier; every line's term starts to count. Recorded twice, the first start stands.

    Raises HandoverMissing.
    """
    if not handover.strip():
        raise HandoverMissing
    order = lock_vendors_order(number, vendor)
    if order.state == State.IN_SERVICE:
        return order
    advance(order, Event.STARTED, actor=actor, now=now, note=handover.strip()[:300])
    delivery = _delivery(order)
    delivery.started_at, delivery.started_by, delivery.handover_note = now, name_of(actor), handover.strip()[:600]
    delivery.contacted_at = delivery.contacted_at or now
    delivery.contacted_by = delivery.contacted_by or name_of(actor)
    delivery.save()
    settle_deadlines(subject=number, now=now, kinds=[DeadlineKind.SERVICE_START, DeadlineKind.FIRST_CONTACT])
    last = _start_lines(order, taipei_date(now))
    set_deadline_at(
        kind=DeadlineKind.TERM_END, subject=number, rule="term", rule_set=order.rule_set, due_at=last, now=now
    )
    approve_until = set_deadline(
        kind=DeadlineKind.APPROVAL, subject=number, rule="approval", rule_set=order.rule_set, event_at=now
    )
    tell_company(order, MessageName.SERVICE_STARTED, now=now, approve_until=approve_until.due_at.isoformat())
    return order


@operation
def _start_lines(order: Order, day: date) -> datetime:
    """Start every line's term; returns the end of the last one."""
    ends = []
    for line in order.lines.all():
        line.start_date = day
        line.end_until = end_of_day(term_last_day(day, line.term_months))
        line.save(update_fields=["start_date", "end_until"])
        ends.append(line.end_until)
    return max(ends)


@use_case
def register_invoice(
    *, number: str, vendor: Vendor, actor: Actor, invoice_number: str, issued_date: date, buyer_ubn: str,
    total_twd: int, now: datetime,
) -> Order:
    """Keep the vendor's e-invoice for the full price; the same one again is kept once. Raises InvoiceWrong naming the field."""
    order = lock_vendors_order(number, vendor)
    if order.state not in PAID:
        raise StepNotPossible(state=State(order.state).label)
    same = {"number": invoice_number, "issued_date": issued_date, "buyer_ubn": buyer_ubn, "total_twd": total_twd}
    if Invoice.objects.filter(order=order, **same).exists():
        return order
    _check_invoice(order, invoice_number, issued_date, buyer_ubn, total_twd, now)
    sales, tax = tax_included(Twd(total_twd))
    try:
        with transaction.atomic():
            Invoice.objects.create(
                order=order, number=invoice_number, issued_date=issued_date, seller_ubn=order.vendor_ubn,
                buyer_ubn=buyer_ubn, sales_twd=sales, tax_twd=tax, total_twd=total_twd, registered_at=now,
                registered_by=name_of(actor),
            )  # fmt: skip
    except IntegrityError as error:
        raise InvoiceWrong(_("這張發票已經登錄過，或這筆訂單已經有發票。請核對發票號碼。")) from error
    settle_deadlines(subject=number, now=now, kinds=[DeadlineKind.INVOICE])
    record(
        tag="orders:invoice:registered", actor=actor, subject=number, now=now,
        details={"invoice": invoice_number, "total_twd": total_twd},
    )  # fmt: skip
    tell_company(order, MessageName.INVOICE_REGISTERED, now=now, invoice=invoice_number)
    return order


def _check_invoice(
    order: Order, invoice_number: str, issued_date: date, buyer_ubn: str, total_twd: int, now: datetime
) -> None:
    if not INVOICE_NUMBER.fullmatch(invoice_number):
        raise InvoiceWrong(_("發票號碼要是兩個大寫英文字母加八個數字，例如 AB12345678。"))
    if issued_date > taipei_date(now):
        raise InvoiceWrong(_("發票日期不能晚於今天。"))
    if issued_date < taipei_date(order.created_at):
        raise InvoiceWrong(_("發票日期不能早於訂單成立的日期。"))
    if buyer_ubn != order.company_ubn:
        raise InvoiceWrong(_("買方統一編號要是 %(ubn)s。"), ubn=order.company_ubn)
    if total_twd != order.price_twd:
        raise InvoiceWrong(
            _("發票總計要是訂單全額 %(price)s 元（含點數支付的部分）。"), price=f"{order.price_twd:,}"
        )


@use_case
def approve_delivery(*, number: str, company: Company, actor: Actor, now: datetime) -> Order:
    """The company confirms what was delivered (驗收); twice keeps the first time, and the vendor hears of it once."""
    order = lock_own_order(number, company)
    if _approve(order, actor=actor, at=now, now=now):
        tell_vendor(order, MessageName.DELIVERY_APPROVED, now=now)
    return order


@use_case
def deem_approved(*, number: str, due_at: datetime, now: datetime) -> None:
    """The silent days after the start that count as approval ended at `due_at`."""
    order = lock_order(number)
    if order.state in (State.IN_SERVICE, State.FINISHED):
        _approve(order, actor=rule("approval"), at=due_at, now=now)


@operation
def _approve(order: Order, *, actor: Actor, at: datetime, now: datetime) -> bool:
    """Whether this was the first word."""
    if order.state not in (State.IN_SERVICE, State.FINISHED):
        raise StepNotPossible(state=State(order.state).label)
    delivery = _delivery(order)
    if delivery.approved_at is not None:
        return False
    limit = limits_of([order.number]).get((str(DeadlineKind.APPROVAL), order.number))
    if limit is not None and at >= limit.due_at:  # silence spoke first, however late the sweep
        at, actor = limit.due_at, rule("approval")
    delivery.approved_at, delivery.approved_by = at, name_of(actor)
    delivery.save()
    settle_deadlines(subject=order.number, now=now, kinds=[DeadlineKind.APPROVAL])
    record(tag="orders:delivery:approved", actor=actor, subject=order.number, now=at, details={})
    return True


@use_case
def finish_order(*, number: str, due_at: datetime, now: datetime) -> None:
    """The last line's term is over since `due_at`."""
    order = lock_order(number)
    if order.state == State.IN_SERVICE:
        advance(order, Event.TERM_ENDED, actor=rule("term"), now=due_at)
        settle_deadlines(subject=number, now=now, kinds=[DeadlineKind.TERM_END])
        tell_company(order, MessageName.ORDER_FINISHED, now=now)


@operation
def _delivery(order: Order) -> Delivery:
    return Delivery.objects.get_or_create(order=order)[0]
