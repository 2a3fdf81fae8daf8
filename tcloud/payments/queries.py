"""Reading attempts and facts, the payer's choice of methods, and the form that leaves for the gateway."""

import json
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from tcloud.core.money import Twd
from tcloud.core.secrets import unseal
from tcloud.payments.gateway import CheckoutForm, CheckoutRequest, Merchant, MethodOffer, gateway_named
from tcloud.payments.models import GatewayFact, MerchantAccount, PaymentAttempt
from tcloud.payments.rules import Bar, Device, bar
from tcloud.payments.states import AttemptState, FactKind, Method

BAR_TEXTS = {
    Bar.NOT_OFFERED: _("這家廠商沒有開放這種付款方式。"),
    Bar.ABOVE_LIMIT: _("超過這種付款方式的上限 %(limit)s 元，請選其他方式。"),
    Bar.NEEDS_COMPUTER: _("需要電腦和讀卡機，手機不能用。請改用電腦，或選其他方式。"),
}


def account_of(vendor_ubn: str) -> MerchantAccount | None:
    """The shop a vendor takes payments through; None when it has none yet."""
    return MerchantAccount.objects.filter(vendor_ubn=vendor_ubn, active=True).first()


def merchant(account: MerchantAccount) -> Merchant:
    """A shop with its keys opened; for signing and checking only."""
    return Merchant(account.merchant_id, json.loads(unseal(account.sealed_secrets)))


def methods_for(vendor_ubn: str, *, amount_twd: Twd, device: Device) -> list[MethodOffer]:
    """Every method of the vendor's gateway, each open or closed with its reason; empty without a shop."""
    account = account_of(vendor_ubn)
    if account is None:
        return []
    offers = []
    for method, limit in gateway_named(account.gateway).methods().items():
        why = bar(limit, offered=method in account.methods, amount_twd=amount_twd, device=device)
        text = str(BAR_TEXTS[why]) % {"limit": f"{limit.most_twd:,}" if limit.most_twd else ""} if why else ""
        offers.append(MethodOffer(method, text))
    return offers


def gateway_label(account: MerchantAccount) -> str:
    """The gateway's name as people read it."""
    return gateway_named(account.gateway).label()


def attempt(trade_no: str) -> PaymentAttempt | None:
    """An attempt by its number, with its shop loaded."""
    return PaymentAttempt.objects.select_related("account").filter(trade_no=trade_no).first()


def lock_attempt(trade_no: str) -> PaymentAttempt:
    """An attempt's row, locked until the transaction ends; raises PaymentAttempt.DoesNotExist."""
    return (
        PaymentAttempt.objects.select_for_update(of=("self",))
        .select_related("account")
        .get(trade_no=trade_no)
    )


def attempts_of(order_number: str) -> QuerySet[PaymentAttempt]:
    """All attempts of an order, oldest first, with their shops."""
    return PaymentAttempt.objects.select_related("account").filter(order_number=order_number).order_by("id")


def open_attempts(order_number: str) -> QuerySet[PaymentAttempt]:
    """An order's attempts whose outcome is not known."""
    return attempts_of(order_number).filter(state=AttemptState.STARTED)


def has_open_attempt(order_number: str, *, unless_unpaid_since: datetime | None = None) -> bool:
    """Whether money may be on its way for an order.

    `unless_unpaid_since` leaves out attempts about which the gateway said "not paid so far" at or after an
    instant: enough for letting a company withdraw, not enough for calling the attempt over.
    """
    rows = open_attempts(order_number)
    if unless_unpaid_since is not None:
        rows = rows.exclude(asked_at__gte=unless_unpaid_since)
    return rows.exists()


def facts_of(order_number: str) -> QuerySet[GatewayFact]:
    """Everything gateways said about an order's attempts, in the order it was stored, attempts loaded."""
    return (
        GatewayFact.objects.select_related("attempt")
        .filter(attempt__order_number=order_number)
        .order_by("id")
    )


def money_facts_of(order_number: str) -> QuerySet[GatewayFact]:
    """The facts that mean money arrived, right amount or wrong; pretended payments only where they count."""
    return facts_of(order_number).filter(kind__in=(FactKind.PAID, FactKind.MISMATCHED))


def attempts_with_facts(order_numbers: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Every attempt of several orders by order number, with what its gateway said, for auditors; two queries."""
    found: dict[str, list[dict[str, Any]]] = {}
    rows = PaymentAttempt.objects.filter(order_number__in=order_numbers).select_related("account").prefetch_related("facts")
    for row in rows.order_by("id"):
        facts = [
            {
                "id": fact.pk, "kind": fact.kind, "gateway_trade_no": fact.gateway_trade_no, "amount_twd": fact.amount_twd,
                "paid_at": fact.paid_at, "payment_type": fact.payment_type, "simulated": fact.simulated,
                "source": fact.source, "received_at": fact.received_at,
            }
            for fact in sorted(row.facts.all(), key=lambda fact: fact.pk)
        ]  # fmt: skip
        found.setdefault(row.order_number, []).append({
            "trade_no": row.trade_no, "gateway": row.account.gateway, "merchant_id": row.account.merchant_id,
            "method": row.method, "state": row.state, "amount_twd": row.amount_twd, "created_at": row.created_at,
            "facts": facts,
        })  # fmt: skip
    return found


def attempts_to_ask_about(now: datetime, *, limit: int = 100) -> list[str]:
    """Trade numbers of attempts whose callback is missing and whose turn to be asked about has come."""
    rows = PaymentAttempt.objects.filter(state=AttemptState.STARTED, next_ask_at__lte=now).order_by(
        "next_ask_at"
    )
    return list(rows.values_list("trade_no", flat=True)[:limit])


def checkout_form(
    row: PaymentAttempt,
    *,
    item_name: str,
    notify_url: str,
    return_url: str,
    back_url: str,
    english: bool,
    now: datetime,
) -> CheckoutForm:
    """The signed form that takes the payer to the gateway for one attempt; no network is used."""
    request = CheckoutRequest(
        trade_no=row.trade_no, order_number=row.order_number, amount_twd=Twd(row.amount_twd),
        method=Method(row.method), item_name=item_name, notify_url=notify_url, return_url=return_url,
        back_url=back_url, english=english, now=now,
    )  # fmt: skip
    return gateway_named(row.account.gateway).checkout(merchant(row.account), request)
