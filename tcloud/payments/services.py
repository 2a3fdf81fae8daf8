"""Starting an attempt, storing what a gateway says, asking it, and keeping a vendor's shop."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tcloud.audit.services import record
from tcloud.core.actors import Actor, machine
from tcloud.core.errors import Refused
from tcloud.core.ids import random_code
from tcloud.core.jobs import Job, defer
from tcloud.core.money import Twd
from tcloud.core.secrets import seal
from tcloud.core.transactions import operation, use_case
from tcloud.payments import queries
from tcloud.payments.gateway import GatewayAnswer, Unknown, gateway_named
from tcloud.payments.models import GatewayFact, MerchantAccount, PaymentAttempt
from tcloud.payments.rules import GIVE_UP_AFTER, Expected, Outcome, classify, new_trade_no, pause_before_ask
from tcloud.payments.states import (
    EVENT_OF_FACT,
    TRANSITIONS,
    AttemptEvent,
    AttemptState,
    FactKind,
    Method,
    Source,
)


class NoGateway(Refused):
    """The vendor has no shop at any gateway."""

    code = "no_gateway"
    message = _("這家廠商還沒有設定收款方式，現在不能付款。請聯絡客服，我們會請廠商補上；點數還在，錢也還沒付。")


class MethodNotOffered(Refused):
    """The vendor does not take this method."""

    code = "method_not_offered"
    message = _("這家廠商沒有開放這種付款方式。請選另一種。")


class AlreadyPaid(Refused):
    """An attempt of this order succeeded."""

    code = "already_paid"
    message = _("這張訂單已經付款，不必再付。幾分鐘內會顯示「訂單確認」。")


@use_case
def save_merchant_account(
    *,
    vendor_ubn: str,
    gateway: str,
    merchant_id: str,
    secrets: Mapping[str, str],
    methods: list[Method],
    actor: Actor,
    now: datetime,
) -> MerchantAccount:
    """Set the shop a vendor takes payments through; the keys are sealed before they are stored.

    Another MerchantID makes a new shop and keeps the old one, whose attempts may still be reported on.
    """
    gateway_named(gateway)
    MerchantAccount.objects.select_for_update().filter(vendor_ubn=vendor_ubn, active=True).update(
        active=False
    )
    values = {
        "sealed_secrets": seal(json.dumps(dict(secrets))), "methods": [str(method) for method in methods],
        "active": True, "updated_at": now,
    }  # fmt: skip
    account, created = MerchantAccount.objects.update_or_create(
        vendor_ubn=vendor_ubn, gateway=gateway, merchant_id=merchant_id, defaults=values,
        create_defaults=values | {"created_at": now},
    )  # fmt: skip
    record(
        tag="payments:merchant:saved", actor=actor, subject=vendor_ubn, now=now,
        details={"gateway": gateway, "merchant": merchant_id, "new": created, "methods": values["methods"]},
    )  # fmt: skip
    return account


@operation
def start_attempt(
    *, order_number: str, vendor_ubn: str, amount_twd: Twd, method: Method, now: datetime
) -> PaymentAttempt:
    """A new attempt with a number of its own; the caller holds the order's lock and has checked its state.

    Earlier attempts may still be open: ask the gateway first (`ask_about_order`). Raises NoGateway,
    MethodNotOffered, AlreadyPaid.
    """
    account = queries.account_of(vendor_ubn)
    if account is None:
        raise NoGateway
    if method not in account.methods:
        raise MethodNotOffered
    if queries.attempts_of(order_number).filter(state=AttemptState.PAID).exists():
        raise AlreadyPaid
    return PaymentAttempt.objects.create(
        trade_no=new_trade_no(now, random_code), order_number=order_number, account=account,
        amount_twd=amount_twd, method=method, created_at=now, next_ask_at=now + pause_before_ask(0),
    )  # fmt: skip


@operation
def advance(attempt: PaymentAttempt, event: AttemptEvent) -> None:
    """The only place that writes an attempt's state, on its locked row; a word too late changes nothing."""
    target = TRANSITIONS.get((AttemptState(attempt.state), event))
    if target is not None:
        attempt.state = target
        attempt.save(update_fields=["state"])


@use_case
def record_fact(*, answer: GatewayAnswer, source: Source, now: datetime) -> GatewayFact | None:
    """Store what a gateway proved to have said, and have the order take note in the same transaction.

    Returns the stored fact, the first one when it was said before; None when the answer is not final.
    Raises PaymentAttempt.DoesNotExist for a number we never gave.
    """
    attempt = queries.lock_attempt(answer.trade_no)
    expected = Expected(attempt.amount_twd, simulated_counts=settings.ALLOW_SIMULATED_PAYMENTS)
    kind = classify(
        answer.outcome, amount_twd=answer.amount_twd, simulated=answer.simulated, expected=expected
    )
    if kind is None:
        return None
    fact, is_news = GatewayFact.objects.get_or_create(
        attempt=attempt, gateway_trade_no=answer.gateway_trade_no, kind=kind, amount_twd=answer.amount_twd,
        defaults={
            "paid_at": answer.paid_at or (now if kind == FactKind.PAID else None), "source": source,
            "payment_type": answer.payment_type, "simulated": answer.simulated,
            "payload": dict(answer.payload),
            "received_at": now,
        },
    )  # fmt: skip
    if not is_news:
        return fact
    if (event := EVENT_OF_FACT.get(FactKind(kind))) is not None:
        advance(attempt, event)
    record(
        tag=f"payments:fact:{kind}", actor=machine(f"gateway:{attempt.account.gateway}"),
        subject=attempt.order_number, now=now,
        details={
            "attempt": attempt.trade_no, "gateway_trade": fact.gateway_trade_no,
            "amount_twd": fact.amount_twd,
            "source": str(source),
        },
    )  # fmt: skip
    defer(Job.APPLY_PAYMENT, lock=f"order:{attempt.order_number}", number=attempt.order_number)
    return fact


@use_case
def _ask_later(*, trade_no: str, pause: timedelta | None, answered: bool, now: datetime) -> None:
    """No word of money yet: set the next question, or after three days call the attempt over."""
    attempt = queries.lock_attempt(trade_no)
    attempt.asked = min(attempt.asked + 1, 1000)
    if answered:
        attempt.asked_at = now
    attempt.next_ask_at = now + (pause or pause_before_ask(attempt.asked))
    attempt.save(update_fields=["asked", "asked_at", "next_ask_at"])
    # Only after an answer: a gateway that is down says nothing about money.
    if answered and now - attempt.created_at > GIVE_UP_AFTER:
        advance(attempt, AttemptEvent.EXPIRED)


def ask_gateway(*, trade_no: str, now: datetime) -> GatewayFact | None:
    """Ask about one attempt and store the answer; None when the gateway does not know or does not answer.

    Opens its own transactions, never one around the network.
    """
    with transaction.atomic(durable=True):
        pass  # raises where a transaction is open: the network is never waited for inside one
    attempt = queries.attempt(trade_no)
    if attempt is None:
        raise PaymentAttempt.DoesNotExist(trade_no)
    answer = gateway_named(attempt.account.gateway).query(
        queries.merchant(attempt.account), trade_no, now=now
    )
    later = partial(_ask_later, trade_no=trade_no, now=now)
    if isinstance(answer, Unknown):
        later(pause=answer.ask_after, answered=False)
        return None
    if answer.outcome is Outcome.UNPAID:
        later(pause=None, answered=True)
        return None
    return record_fact(answer=answer, source=Source.QUERY, now=now)


def ask_about_order(*, order_number: str, now: datetime, patiently: bool = False) -> bool:
    """Ask about every open attempt of an order; True when some outcome is still not known afterwards.

    `patiently` keeps to the poller's pace for attempts asked about before: gateways turn away who asks too fast.
    """
    for attempt in list(queries.open_attempts(order_number)):
        if not (patiently and attempt.asked and attempt.next_ask_at > now):
            ask_gateway(trade_no=attempt.trade_no, now=now)
    return queries.has_open_attempt(order_number)
