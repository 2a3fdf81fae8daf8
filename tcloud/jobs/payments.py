"""What the clock and the queue do about payments."""

from datetime import datetime

from tcloud.orders.services import paying
from tcloud.payments import queries, services


def apply(number: str, now: datetime) -> None:
    """Let an order take note of what its gateway proved."""
    paying.apply_payment(number=number, now=now)


def ask(number: str, now: datetime) -> bool:
    """Ask about an order's open attempts; True while some outcome is not known."""
    return services.ask_about_order(order_number=number, now=now)


def poll(now: datetime) -> None:
    """Ask about every attempt whose callback is missing and whose turn has come."""
    for trade_no in queries.attempts_to_ask_about(now):
        services.ask_gateway(trade_no=trade_no, now=now)
