"""What a message is: its name, its parts, and the explanations a part may hold."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise


class MessageName(StrEnum):
    """Every message of the programme."""

    EMAIL_CODE = "email_code"
    CARD_LINK = "card_link"
    RESET_LINK = "reset_link"
    RESET_DONE = "reset_done"
    APPLICATION_APPROVED = "application_approved"
    APPLICATION_REFUSED = "application_refused"
    POINTS_GRANTED = "points_granted"
    ACTIVATION_DUE = "activation_due"
    POINTS_EXPIRING = "points_expiring"
    KEPT_POINTS_EXPIRING = "kept_points_expiring"
    FROZEN_POINTS_EXPIRING = "frozen_points_expiring"
    POINTS_ENDED = "points_ended"
    POINTS_NEVER_ACTIVATED = "points_never_activated"
    WAITING_JOINED = "waiting_joined"
    WAITING_ENDED = "waiting_ended"
    GRANT_FROZEN = "grant_frozen"
    GRANT_RELEASED = "grant_released"
    CLOCKS_MOVED = "clocks_moved"
    CLOCKS_FOLLOWED = "clocks_followed"
    POINTS_ADDED = "points_added"
    POINTS_TAKEN = "points_taken"
    ORDER_SUBMITTED = "order_submitted"
    ORDER_RECEIVED = "order_received"
    ORDER_ACCEPTED = "order_accepted"
    ORDER_REFUSED = "order_refused"
    ORDER_WITHDRAWN = "order_withdrawn"
    ORDER_LAPSED = "order_lapsed"
    PAYMENT_RECEIVED = "payment_received"
    ORDER_PAID = "order_paid"
    LATE_MONEY = "late_money"
    MONEY_TO_RETURN = "money_to_return"
    SERVICE_STARTED = "service_started"
    INVOICE_REGISTERED = "invoice_registered"
    DELIVERY_APPROVED = "delivery_approved"
    ORDER_FINISHED = "order_finished"


@dataclass(frozen=True)
class Message:
    """The parts of a message. `path` is where the button leads, on this site."""

    subject: str | Promise
    headline: str | Promise
    lead: str | Promise
    next_step: str | Promise = ""
    rule: str | Promise = ""
    button: str | Promise = ""
    path: str = ""
    facts: tuple[tuple[str | Promise, str | Promise], ...] = ()
    """Label and value, line by line."""
    notice: bool = True
    """Whether it also stands in 我的通知."""
