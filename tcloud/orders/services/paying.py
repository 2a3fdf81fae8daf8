"""Collecting the self-pay: starting an attempt, and letting an order take note of what its gateway proved.

One completion path: callback, browser return, poller and report all store a gateway fact, and `apply_payment`
applies facts. Running it twice, late or out of order changes nothing.
"""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from tcloud.core.actors import machine
from tcloud.core.errors import Refused
from tcloud.core.money import Twd
from tcloud.core.transactions import operation, use_case
from tcloud.ledger import chart
from tcloud.ledger.chart import Place
from tcloud.ledger.services.posting import Move, open_accounts, post
from tcloud.members.models import Company
from tcloud.notifications.catalogue import MessageName
from tcloud.orders.models import LateMoney, Order
from tcloud.orders.queries import lock_order, lock_own_order, state_limit
from tcloud.orders.services.advancing import StepNotPossible, advance
from tcloud.orders.services.telling import tell_company, tell_vendor
from tcloud.orders.states import Event, State
from tcloud.payments import services as payments
from tcloud.payments.models import GatewayFact, PaymentAttempt
from tcloud.payments.queries import money_facts_of
from tcloud.payments.states import FactKind, Method
from tcloud.points.services.holding import capture
from tcloud.programme.rules import DeadlineKind
from tcloud.programme.services import set_deadline, settle_deadlines


class TooLateToPay(Refused):
    """The days to pay are over, even if the sweeper has not been here yet."""

    code = "too_late_to_pay"
    message = _("付款期限已過，訂單不能再付款。點數在使用期限內會退回錢包，需要的話可以重新下單。")


def start_payment(*, number: str, company: Company, method: Method, now: datetime) -> PaymentAttempt:
    """Begin one attempt. Earlier attempts are asked about first, so that nobody pays twice.

    Raises StepNotPossible, TooLateToPay, and what payments.services.start_attempt raises.
    """
    payments.ask_about_order(order_number=number, now=now)
    return _start(number=number, company=company, method=method, now=now)


@use_case
def _start(*, number: str, company: Company, method: Method, now: datetime) -> PaymentAttempt:
    order = lock_own_order(number, company)
    if order.state != State.AWAITING_PAYMENT:
        raise StepNotPossible(state=State(order.state).label)
    limit = state_limit(order)
    if limit is not None and now >= limit.due_at:
        raise TooLateToPay
    return payments.start_attempt(
        order_number=number, vendor_ubn=order.vendor_ubn, amount_twd=Twd(order.self_pay_twd), method=method, now=now
    )


@use_case
def apply_payment(*, number: str, now: datetime) -> None:
    """Apply every money fact of an order that was not applied yet, in the order they were stored.

    The first right amount, paid in time, confirms the order and captures its points; all other money is due back.
    """
    order = lock_order(number)
    applied = set(order.late_money.values_list("fact_id", flat=True)) | {order.paid_fact_id}
    for fact in money_facts_of(number):
        if fact.pk in applied:
            continue
        reason = _why_not(order, fact)
        if reason:
            _note_late_money(order, fact, reason, now)
        else:
            _confirm(order, fact, now)


def _why_not(order: Order, fact: GatewayFact) -> str:
    """Why a fact's money does not confirm the order; empty when it does."""
    if order.paid_fact_id is not None:
        return "paid_twice"
    if order.state != State.AWAITING_PAYMENT:
        return "order_ended"
    if fact.kind != FactKind.PAID or fact.amount_twd != order.self_pay_twd:
        return "wrong_amount"
    limit = state_limit(order)
    # Money counts at the gateway's time: paid in time is in time, however late the message comes.
    if limit is not None and fact.paid_at is not None and fact.paid_at >= limit.due_at:
        return "too_late"
    return ""


@operation
def _confirm(order: Order, fact: GatewayFact, now: datetime) -> None:
    order.paid_fact_id = fact.pk
    advance(order, Event.PAID, actor=machine("gateway"), now=now)
    settle_deadlines(subject=order.number, now=now, kinds=[DeadlineKind.SELF_PAY])
    _record_cash(order, chart.order_cash(order.number), fact, now)
    capture(order_number=order.number, vendor_ubn=order.vendor_ubn, points=order.points_used, now=now)
    # The invoice is due from when the vendor has the money (PRODUCT.md §2), which a lost message may tell late.
    has_money_at = min(fact.paid_at or now, now)
    due = {
        kind: set_deadline(kind=kind, subject=order.number, rule=rule, rule_set=order.rule_set, event_at=event_at)
        for kind, rule, event_at in (
            (DeadlineKind.FIRST_CONTACT, "first_contact", now),
            (DeadlineKind.INVOICE, "invoice", has_money_at),
            (DeadlineKind.SERVICE_START, "service_start", now),
        )
    }
    start_until = due[DeadlineKind.SERVICE_START].due_at.isoformat()
    tell_company(order, MessageName.PAYMENT_RECEIVED, now=now, start_until=start_until)
    invoice_until = due[DeadlineKind.INVOICE].due_at.isoformat()
    tell_vendor(order, MessageName.ORDER_PAID, now=now, start_until=start_until, invoice_until=invoice_until)


@operation
def _note_late_money(order: Order, fact: GatewayFact, reason: str, now: datetime) -> None:
    LateMoney.objects.create(order=order, fact_id=fact.pk, amount_twd=fact.amount_twd, reason=reason, noticed_at=now)
    _record_cash(order, chart.late_cash(order.number), fact, now)
    facts = {"amount": fact.amount_twd, "why": reason}
    tell_company(order, MessageName.LATE_MONEY, now=now, **facts)
    tell_vendor(order, MessageName.MONEY_TO_RETURN, now=now, trade_no=fact.attempt.trade_no, **facts)


@operation
def _record_cash(order: Order, place: Place, fact: GatewayFact, now: datetime) -> None:
    source = chart.company_cash(order.company_ubn)
    open_accounts([source, place])
    post(key=f"payment:{fact.pk}", moves=[Move(source, place, fact.amount_twd)], memo=order.number, now=now)
