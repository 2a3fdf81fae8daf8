"""Payment arithmetic without a database: trade numbers, which methods are open, what a report amounts to."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

TRADE_NO_LENGTH = 20
FIRST_ASK = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=3)
_MOBILE = re.compile(r"Mobi|Android|iPhone|iPad", re.IGNORECASE)


class Bar(StrEnum):
    """Why a method is not open for this payment."""

    NOT_OFFERED = "not_offered"
    ABOVE_LIMIT = "above_limit"
    NEEDS_COMPUTER = "needs_computer"


class Device(StrEnum):
    """What the payer holds."""

    COMPUTER = "computer"
    PHONE = "phone"


class Outcome(StrEnum):
    """A gateway's word on one trade number. UNPAID is no final word: the payer may still pay."""

    PAID = "paid"
    FAILED = "failed"
    UNPAID = "unpaid"


@dataclass(frozen=True, slots=True)
class MethodLimit:
    """What a gateway asks of a method: at most so many NT$ (None: no limit known), and a computer or not."""

    most_twd: int | None = None
    needs_computer: bool = False


def bar(limit: MethodLimit, *, offered: bool, amount_twd: int, device: Device) -> Bar | None:
    """Why a method cannot be used for this amount on this device; None when it can."""
    if not offered:
        return Bar.NOT_OFFERED
    if limit.most_twd is not None and amount_twd > limit.most_twd:
        return Bar.ABOVE_LIMIT
    if limit.needs_computer and device is Device.PHONE:
        return Bar.NEEDS_COMPUTER
    return None


def device_of(user_agent: str) -> Device:
    """A guess from what the browser says of itself; gateways guess the same way."""
    return Device.PHONE if _MOBILE.search(user_agent) else Device.COMPUTER


def new_trade_no(now: datetime, random_code: Callable[[int], str]) -> str:
    """A number of our own for one attempt: the Taipei day and 12 random characters, letters and digits only.

    Gateways remember numbers for ever, so ours must never come twice; 36^12 a day, and the schema checks it.
    """
    day = now.astimezone(ZoneInfo("Asia/Taipei")).strftime("%y%m%d")
    return f"TC{day}{random_code(TRADE_NO_LENGTH - 8)}"


def is_trade_no(text: str) -> bool:
    """Whether a text could be one of our trade numbers."""
    return len(text) == TRADE_NO_LENGTH and text.isascii() and text.isalnum()


@dataclass(frozen=True, slots=True)
class Expected:
    """What an attempt asked for, in whole NT$, and whether pretended payments count (never in production)."""

    amount_twd: int
    simulated_counts: bool


def classify(outcome: Outcome, *, amount_twd: int, simulated: bool, expected: Expected) -> str | None:
    """The kind of fact (states.FactKind) a report is; None when it says nothing final."""
    if outcome is Outcome.UNPAID:
        return None
    if outcome is Outcome.FAILED:
        return "failed"
    if simulated and not expected.simulated_counts:
        return "simulated"
    return "paid" if amount_twd == expected.amount_twd else "mismatched"


def pause_before_ask(asked: int) -> timedelta:
    """How long to wait before asking again after so many questions: 10 minutes, doubling, at most 6 hours.

    ECPay wants at least 10 minutes after a card payment (reference sheet §6).
    """
    return min(FIRST_ASK * (1 << min(asked, 10)), LONGEST_PAUSE)
