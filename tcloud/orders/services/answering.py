"""The vendor refuses; the company withdraws; the clock lapses. (It accepts by countersigning.)"""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from tcloud.contracts.services import discard_draft
from tcloud.core.actors import Actor, rule
from tcloud.core.errors import Refused
from tcloud.core.transactions import operation, use_case
from tcloud.members.models import Company
from tcloud.notifications.catalogue import MessageName
from tcloud.orders.models import Order
from tcloud.orders.queries import lock_order, lock_own_order, lock_vendors_order, state_limit
from tcloud.orders.services.advancing import advance
from tcloud.orders.services.telling import tell_company, tell_vendor
from tcloud.orders.states import HOLDING, Event, State
from tcloud.payments.queries import has_open_attempt, money_facts_of
from tcloud.payments.services import ask_about_order
from tcloud.points.rules import Cause
from tcloud.points.services.holding import release_hold
from tcloud.programme.services import settle_deadlines
from tcloud.vendors.models import Vendor


class ReasonNeeded(Refused):
    """A refusal names its reason, because the company reads it."""

    code = "reason_needed"
    message = _("請寫下不接單的原因，公司會看到。")


class AnswerTooLate(Refused):
    """The limit has passed, even if the sweeper has not been here yet."""

    code = "answer_too_late"
    message = _("廠商回覆期限已過，訂單依規則失效，點數退回公司。這個動作已經不能做了。")


class PaymentUnderWay(Refused):
    """Money may already be on its way: the gateway is asked before points go back."""

    code = "payment_under_way"
    message = _("有一筆付款還在等金流公司的結果，現在不能撤回。通常幾分鐘內會有結果，請稍後再看。")


@use_case
def refuse_order(*, number: str, vendor: Vendor, actor: Actor, reason: str, now: datetime) -> Order:
    """The vendor does not take the order; the points go back. Said twice, the first word stands."""
    if not reason.strip():
        raise ReasonNeeded
    order = lock_vendors_order(number, vendor)
    if order.state == State.REFUSED:
        return order
    check_answerable(order, now)
    _end(order, Event.REFUSED, cause=Cause.VENDOR, actor=actor, note=reason.strip(), at=now, now=now)
    tell_company(order, MessageName.ORDER_REFUSED, now=now, reason=reason.strip())
    return order


def withdraw_order(*, number: str, company: Company, actor: Actor, now: datetime) -> Order:
    """The company changes its mind before it has paid; free of charge, and once however often it clicks.

    The gateway is asked first: points never go back while money is on its way. Raises PaymentUnderWay.
    """
    ask_about_order(order_number=number, now=now)
    return _withdraw(number=number, company=company, actor=actor, now=now)


@use_case
def _withdraw(*, number: str, company: Company, actor: Actor, now: datetime) -> Order:
    order = lock_own_order(number, company)
    if order.state == State.WITHDRAWN:
        return order
    check_answerable(order, now)
    if has_open_attempt(number, unless_unpaid_since=now) or money_facts_of(number).exists():
        raise PaymentUnderWay
    told = order.state in HOLDING
    _end(order, Event.WITHDRAWN, cause=Cause.COMPANY, actor=actor, note="", at=now, now=now)
    if told:
        tell_vendor(order, MessageName.ORDER_WITHDRAWN, now=now)
    return order


def check_answerable(order: Order, now: datetime) -> None:
    """Nobody answers an order whose days for it are over: a sweep that is late changes nothing. Raises AnswerTooLate."""
    limit = state_limit(order)
    if order.state == State.AWAITING_VENDOR and limit is not None and now >= limit.due_at:
        raise AnswerTooLate


@use_case
def lapse_unanswered(*, number: str, due_at: datetime, now: datetime) -> None:
    """The vendor's days are over since `due_at`; does nothing when it has answered in the meantime."""
    order = lock_order(number)
    if order.state == State.AWAITING_VENDOR:
        _end(order, Event.VENDOR_SILENT, cause=Cause.VENDOR, actor=rule("vendor_answers"), note="", at=due_at, now=now)
        tell_company(order, MessageName.ORDER_LAPSED, now=now, why="vendor")
        tell_vendor(order, MessageName.ORDER_LAPSED, now=now, why="vendor")


@use_case
def lapse_unpaid(*, number: str, due_at: datetime, now: datetime) -> None:
    """The days to pay are over since `due_at`; does nothing when the order was paid in the meantime. LAPSED is final."""
    order = lock_order(number)
    if order.state == State.AWAITING_PAYMENT:
        _end(order, Event.UNPAID, cause=Cause.COMPANY, actor=rule("self_pay"), note="", at=due_at, now=now)
        tell_company(order, MessageName.ORDER_LAPSED, now=now, why="payment")
        tell_vendor(order, MessageName.ORDER_LAPSED, now=now, why="payment")


@operation
def _end(order: Order, event: Event, *, cause: Cause, actor: Actor, note: str, at: datetime, now: datetime) -> None:
    """End an order before it was paid: its points leave the hold, its limits are settled.

    `at` is the moment that counts: a limit's own instant, however late the sweep comes by.
    """
    held = order.state in HOLDING
    advance(order, event, actor=actor, now=at, note=note)
    settle_deadlines(subject=order.number, now=now)
    if not held:
        discard_draft(order_number=order.number)
    else:
        release_hold(
            ubn=order.company_ubn, call=order.call, order_number=order.number, points=order.points_used,
            cause=cause, as_of=at, now=now,
        )  # fmt: skip
