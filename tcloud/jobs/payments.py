"""What the clock and the queue do about payments."""

from datetime import datetime

import structlog

from tcloud.orders.services import paying
from tcloud.payments import queries, services

log = structlog.get_logger()


def apply(number: str, now: datetime) -> None:
    """Let an order take note of what its gateway proved."""
    paying.apply_payment(number=number, now=now)


def ask(number: str, now: datetime, *, patiently: bool = False) -> bool:
    """Ask about an order's open attempts; True while some outcome is not known."""
    return services.ask_about_order(order_number=number, now=now, patiently=patiently)


def poll(now: datetime) -> None:
    """Ask about every attempt whose callback is missing and whose turn has come. One failure stops no other."""
    for trade_no in queries.attempts_to_ask_about(now):
        try:
            services.ask_gateway(trade_no=trade_no, now=now)
        except Exception:
            log.exception("ask_gateway_failed", trade_no=trade_no)
