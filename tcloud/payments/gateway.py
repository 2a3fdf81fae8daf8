"""The port: what a payment gateway must be able to do for us. Adapters implement it; settings name them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.module_loading import import_string

from tcloud.core.money import Twd
from tcloud.payments.rules import MethodLimit, Outcome
from tcloud.payments.states import Method


class NotGenuine(Exception):
    """A message does not prove that the gateway sent it for this merchant. Nothing may follow from it."""


@dataclass(frozen=True, slots=True)
class Merchant:
    """A vendor's shop at a gateway, with its keys in the clear; never stored or logged."""

    merchant_id: str
    secrets: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Merchant({self.merchant_id})"


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """One attempt, as it is sent to the gateway."""

    trade_no: str
    order_number: str
    amount_twd: Twd
    method: Method
    item_name: str
    notify_url: str
    return_url: str
    back_url: str
    english: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class CheckoutForm:
    """The form the payer's browser posts to the gateway, as a full page."""

    action: str
    fields: Mapping[str, str]

    @property
    def origin(self) -> str:
        """Scheme and host, for the one page whose `form-action` names the gateway."""
        parts = urlsplit(self.action)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class GatewayAnswer:
    """What a gateway says about one trade number, proven genuine. `paid_at` is the gateway's time."""

    trade_no: str
    gateway_trade_no: str
    outcome: Outcome
    amount_twd: Twd
    paid_at: datetime | None
    payment_type: str
    simulated: bool
    payload: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Unknown:
    """The gateway could not be asked, or its answer proves nothing; ask again after a while."""

    reason: str
    ask_after: timedelta | None = None


class Gateway(Protocol):
    """A payment gateway. No method touches the database; `query` alone uses the network."""

    name: str

    def label(self) -> str:
        """The name people read."""
        ...

    def checkout(self, merchant: Merchant, request: CheckoutRequest) -> CheckoutForm:
        """The signed form for one attempt."""
        ...

    def trade_no_of(self, fields: Mapping[str, str]) -> str:
        """Which attempt a message claims to be about; unproven, only good for finding the merchant's keys."""
        ...

    def parse_notification(self, merchant: Merchant, fields: Mapping[str, str]) -> GatewayAnswer:
        """What a callback or browser return says; raises NotGenuine."""
        ...

    def query(self, merchant: Merchant, trade_no: str, *, now: datetime) -> GatewayAnswer | Unknown:
        """Ask about an attempt; never inside a transaction."""
        ...

    def methods(self) -> Mapping[Method, MethodLimit]:
        """The methods it knows, and what each asks for."""
        ...


@dataclass(frozen=True, slots=True)
class MethodOffer:
    """A method on the payment page: open, or closed with the reason."""

    method: Method
    closed_because: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it can be chosen."""
        return not self.closed_because


@cache
def gateway_named(name: str) -> Gateway:
    """The implementation that settings name for a gateway; raises KeyError for an unknown one."""
    gateway: Gateway = import_string(settings.PAYMENT_GATEWAYS[name])()
    return gateway
