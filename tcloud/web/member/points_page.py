"""Movements in words, and the figures of the points picture."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from tcloud.ledger.queries import Movement
from tcloud.points.queries import Wallet


@dataclass(frozen=True, slots=True)
class MoveRow:
    """One movement as the table shows it; `amount` has its sign."""

    at: datetime
    title: str
    order_number: str
    amount: int
    balance: int


def moves(movements: list[Movement]) -> list[MoveRow]:
    """Movements newest first, each with what it was."""
    return [
        MoveRow(move.posted_at, _title(move), move.memo if move.entry_key.startswith("order:") else "", move.amount, move.balance)
        for move in reversed(movements)
    ]


def _title(move: Movement) -> str:
    step = move.entry_key.rsplit(":", 1)[-1]
    if move.entry_key.startswith("order:"):
        return _("訂單送出，保留點數") if step == "hold" else _("訂單沒有成立，退回點數")
    return _("期限已到，點數收回") if ":reclaim:" in move.entry_key else _("核發點數")


@dataclass(frozen=True, slots=True)
class PointsPicture:
    """Whole points by where they are now; they add up to the grant."""

    available: int
    held: int
    spent: int
    reclaimed: int
    days_left: int


def picture(wallet: Wallet, now: datetime) -> PointsPicture:
    """Where the granted points are, and how many whole days the limit that counts is away."""
    reclaimed = -sum(move.amount for move in wallet.movements if ":reclaim:" in move.entry_key)
    grant = wallet.grant
    until = grant.usable_until if grant.activated_at else grant.activate_until
    return PointsPicture(
        available=wallet.available, held=wallet.held,
        spent=grant.points - wallet.available - wallet.held - reclaimed - wallet.returned,
        reclaimed=reclaimed + wallet.returned, days_left=max(0, (until - now).days),
    )  # fmt: skip
