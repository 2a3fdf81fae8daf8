"""A company's points: what it has, what is held, until when."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet, Sum

from tcloud.core.money import Points
from tcloud.ledger import chart
from tcloud.ledger.models import Account, Transfer
from tcloud.ledger.queries import Movement, balance, statement
from tcloud.points.models import Grant, WaitingPlace
from tcloud.programme.models import Call


def grant_of(ubn: str, call: Call) -> Grant | None:
    """A company's grant in a call."""
    return Grant.objects.filter(ubn=ubn, call=call).select_related("call", "rule_set").first()


def available(ubn: str, call: Call) -> Points:
    """Whole points a company can still put into an order."""
    return Points(balance(chart.wallet(call.code, ubn)))


@dataclass(frozen=True, slots=True)
class Wallet:
    """Everything the points page says about one grant; `returned` went from an ended order to the budget."""

    grant: Grant
    available: Points
    held: Points
    returned: Points
    movements: list[Movement]


def wallet_of(ubn: str, call: Call) -> Wallet | None:
    """A company's grant with its balance and every movement, newest last."""
    grant = grant_of(ubn, call)
    if grant is None:
        return None
    place = chart.wallet(call.code, ubn)
    movements = statement(place)
    held, returned = _after_the_wallet([move.memo for move in movements if move.entry_key.endswith(":hold")])
    return Wallet(grant, Points(movements[-1].balance if movements else 0), held, returned, movements)


def _after_the_wallet(orders: list[str]) -> tuple[Points, Points]:
    """Of the points that left for orders: how many are still held, and how many went back to the budget."""
    holds = {chart.order_hold(number).code for number in orders}
    held = sum(received - sent for received, sent in Account.objects.filter(code__in=holds).values_list("received", "sent"))
    back = Transfer.objects.filter(source__code__in=holds, destination__code__contains="/budget/")
    return Points(held), Points(back.aggregate(total=Sum("amount"))["total"] or 0)


def waiting_position(ubn: str, call: Call) -> int | None:
    """A company's place in the line, from 1; None when it does not wait."""
    place = WaitingPlace.objects.filter(ubn=ubn, call=call, left_at=None).first()
    if place is None:
        return None
    return WaitingPlace.objects.filter(call=call, left_at=None, id__lte=place.pk).count()


def lock_grant(ubn: str, call: Call) -> Grant | None:
    """The grant, locked until the transaction ends."""
    return Grant.objects.select_for_update(of=("self",)).select_related("call", "rule_set").filter(ubn=ubn, call=call).first()


def free_slot(call: Call, points: int) -> str | None:
    """The first budget slot that nobody else is on and that can pay, locked; its account code, or None."""
    row = _slots(call).filter(received__gte=F("sent") + points).select_for_update(skip_locked=True).first()
    return row.code if row else None


def lock_slots(call: Call) -> dict[str, int]:
    """All budget slots of a call, locked in order, with what each holds."""
    rows = _slots(call).select_for_update().values_list("code", "received", "sent")
    return {code: received - sent for code, received, sent in rows}


def _slots(call: Call) -> QuerySet[Account]:
    codes = [chart.budget_slot(call.code, slot).code for slot in range(call.budget_slots)]
    return Account.objects.filter(code__in=codes).order_by("code")


def somebody_waits(call: Call) -> bool:
    """Whether anybody is on the waiting list; then nobody draws on the budget directly."""
    return WaitingPlace.objects.filter(call=call, left_at=None).exists()


def next_waiting(call: Call) -> WaitingPlace | None:
    """The first company in the line."""
    return WaitingPlace.objects.filter(call=call, left_at=None).order_by("id").first()


@dataclass(frozen=True, slots=True)
class BudgetFigures:
    """Live figures of a call: companies with points, companies that can still get them, share granted in percent."""

    granted_companies: int
    still_possible: int
    granted_percent: int


def budget_figures(call: Call, now: datetime) -> BudgetFigures:
    """What the home page shows of a call's budget."""
    codes = Q(code__startswith=f"points/call/{call.code}/budget/")
    left = sum(r - s for r, s in Account.objects.filter(codes).values_list("received", "sent"))
    granted = Grant.objects.filter(call=call).count()
    per_company = call.rule_sets.filter(effective_at__lte=now).latest("version").rules.points_per_company
    return BudgetFigures(granted, left // per_company, round(100 * (call.budget_points - left) / call.budget_points))
