"""A company's points: what it has, what is held, until when; the waiting list and the budget's slots."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext_noop

from tcloud.core.arrays import among_numbers
from tcloud.core.money import Points
from tcloud.ledger import chart
from tcloud.ledger.models import Account, Transfer
from tcloud.ledger.queries import balance, destination_of
from tcloud.members.queries import is_refused
from tcloud.points.models import ClockChange, Freeze, Grant, KeptPoints, MovedClock, WaitingPlace
from tcloud.points.rules import Lot, usable
from tcloud.programme.models import Call, RuleSet
from tcloud.programme.queries import current_calendar, moved
from tcloud.programme.rules import Rules, UseStart

EARLIER_GRANT = gettext_noop("貴公司在別的梯次領過點數（規則：領過點數的公司）")
"""Why a company is refused; kept with the decision as Chinese source text, translated where it is shown."""


def grant_of(ubn: str, call: Call) -> Grant | None:
    """A company's grant in a call."""
    return Grant.objects.filter(ubn=ubn, call=call).select_related("call", "rule_set").first()


def grants_of(ubn: str) -> list[Grant]:
    """A company's grants in every call, the newest first."""
    return list(Grant.objects.filter(ubn=ubn).select_related("call", "rule_set").order_by("-granted_at", "-id"))


def excluded_by_earlier_grant(ubn: str, call: Call, rules: Rules) -> bool:
    """Whether a grant in another call, a used-up or reclaimed one too, bars the company from one in this call.

    The company's lock makes the answer last: every grant is issued under it.
    """
    return rules.earlier_grant_excludes and Grant.objects.filter(ubn=ubn).exclude(call=call).exists()


def available(ubn: str, call: Call) -> Points:
    """Whole points in a company's wallet."""
    return Points(balance(chart.wallet(call.code, ubn)))


def kept_lots(grant: Grant) -> list[KeptPoints]:
    """Points of a grant that outlive its window and are still there, what ends first on top."""
    return list(KeptPoints.objects.filter(grant=grant, points__gt=0).order_by("usable_until", "id"))


def clocks_past_days_off(grant: Grant) -> set[str]:
    """Which clocks of a grant (activation, use) end later than counted because their last day was off."""
    rules, calendar = grant.rule_set.rules, current_calendar()
    use_began_at = grant.granted_at if rules.use_starts_at is UseStart.GRANT else grant.activated_at
    clocks = (
        ("activation", rules.activation, grant.granted_at, grant.activate_until),
        ("use", rules.use, use_began_at, grant.use_until),
    )
    return {name for name, limit, began_at, until in clocks if began_at and moved(limit, began_at, until, calendar)}


def usable_now(grant: Grant, now: datetime) -> Points:
    """Whole points that an order could take now: none before a late clock is swept, none while frozen."""
    never = grant.activated_at is None and now >= grant.activate_until
    if grant.ended_at is not None or never or open_freeze(grant) is not None:
        return Points(0)
    lots = [Lot(row.points, row.usable_until) for row in kept_lots(grant)]
    held = balance(chart.wallet(grant.call.code, grant.ubn))
    return Points(usable(balance=held, lots=lots, use_until=grant.use_until, now=now))


def open_freeze(grant: Grant) -> Freeze | None:
    """The freeze a grant is under."""
    return Freeze.objects.filter(grant=grant, released_at=None).first()


def freezes_of(grant: Grant) -> list[Freeze]:
    """Every freeze of a grant with its people, the newest first."""
    return list(grant.freezes.select_related("frozen_by", "released_by").order_by("-id"))


def is_over(grant: Grant, now: datetime) -> bool:
    """Whether a grant's own clock has run out, swept or not; points kept longer may still live, it does not."""
    never = grant.activated_at is None and now >= grant.activate_until
    return grant.ended_at is not None or never or now >= grant.use_until


def still_runs(now: datetime) -> Q:
    """The grants that are not over, as a condition."""
    activated = Q(activated_at__isnull=False) | Q(activate_until__gt=now)
    return activated & Q(ended_at=None, use_until__gt=now)


def changes_of(grant: Grant) -> QuerySet[ClockChange]:
    """Decisions about the clocks of one grant, or of all in its call; the newest first."""
    rows = ClockChange.objects.filter(Q(grant=grant) | Q(grant=None), call=grant.call_id)
    return rows.select_related("grant", "freeze", "proposed_by", "decided_by").order_by("-id")


@dataclass(frozen=True, slots=True)
class HeldPoints:
    """Points set aside for one order."""

    order_number: str
    points: Points


@dataclass(frozen=True, slots=True)
class Wallet:
    """Where the points of one grant are: in the wallet, held by order, with vendors, back in the budget."""

    grant: Grant
    available: Points
    holds: list[HeldPoints]
    spent: Points
    returned: Points
    """Taken back to the budget by a date or with an ended order; corrections are not among them."""
    adjusted: int
    """What the office has added (below zero: taken away) by decisions of two people."""

    @property
    def held(self) -> Points:
        """Whole points set aside for all orders together."""
        return Points(sum(hold.points for hold in self.holds))


def wallet_of(ubn: str, call: Call) -> Wallet | None:
    """A company's grant with its sums; as many queries for a thousand movements as for one."""
    grant = grant_of(ubn, call)
    if grant is None:
        return None
    wallet = chart.wallet(call.code, ubn).code
    left_for = Transfer.objects.filter(source__code=wallet, destination__code__startswith="points/order/")
    orders = Account.objects.filter(pk__in=left_for.values("destination"))
    found = orders.order_by("code").values_list("code", "received", "sent")
    by_order = {code.split("/")[2]: Points(received - sent) for code, received, sent in found}
    holds = [HeldPoints(number, points) for number, points in by_order.items() if points]
    captured = _sum(source__in=orders, destination__code__startswith="points/vendor/")
    refunded = _sum(source__code__startswith="points/vendor/", destination__code=wallet)
    corrected = Q(entry__key__startswith="adjustment:")
    back = _sum(Q(source__in=orders) | Q(source__code=wallet), ~corrected, destination__code__contains="/budget/")
    restored = _sum(source__code__contains="/budget/", destination__code=wallet, entry__memo="restore")
    gone = _refunded_to_budget(list(by_order))
    adjusted = _sum(corrected, destination__code=wallet) - _sum(corrected, source__code=wallet)
    return Wallet(
        grant, available(ubn, call), holds, spent=Points(captured - refunded - gone), returned=Points(back - restored + gone),
        adjusted=adjusted,
    )  # fmt: skip


def came_back(order_number: str) -> bool | None:
    """Whether an ended order's points went back to the wallet, or to the budget (False); None where none were held."""
    place = destination_of(f"order:{order_number}:release")
    return None if place is None else "/wallet/" in place.code


def _refunded_to_budget(orders: list[str]) -> int:
    """Points that vendors gave back too late for the wallet, of the orders named."""
    keys = [Q(entry__key__startswith=f"order:{number}:refund:") for number in orders]
    return _sum(reduce(or_, keys), destination__code__contains="/budget/") if keys else 0


def _sum(*conditions: Q, **fields: object) -> int:
    return Transfer.objects.filter(*conditions, **fields).aggregate(total=Sum("amount"))["total"] or 0


def moved_clocks_of(grant: Grant) -> list[MovedClock]:
    """Every time the dates of a grant were moved, with the decision behind it, the newest first."""
    return list(MovedClock.objects.filter(grant=grant).select_related("change").order_by("-id"))


def waiting_position(ubn: str, call: Call) -> int | None:
    """A company's place in the line, from 1; None when it does not wait."""
    place = WaitingPlace.objects.filter(ubn=ubn, call=call, left_at=None).first()
    if place is None:
        return None
    return WaitingPlace.objects.filter(call=call, left_at=None, id__lte=place.pk).count()


def kept_lots_of(grant_ids: Sequence[int]) -> dict[int, list[KeptPoints]]:
    """`kept_lots` of many grants, by grant; a grant without any is not there."""
    lots: dict[int, list[KeptPoints]] = {}
    for lot in KeptPoints.objects.filter(grant_id__in=among_numbers(grant_ids), points__gt=0).order_by("usable_until", "id"):
        lots.setdefault(lot.grant_id, []).append(lot)
    return lots


def frozen_among(grant_ids: Sequence[int]) -> frozenset[int]:
    """Which of these grants are under a freeze."""
    return frozenset(Freeze.objects.filter(grant_id__in=among_numbers(grant_ids), released_at=None).values_list("grant_id", flat=True))


def with_kept_points(grant_ids: Sequence[int]) -> set[int]:
    """Which of these grants have points that outlive their window."""
    return set(KeptPoints.objects.filter(grant_id__in=among_numbers(grant_ids), points__gt=0).values_list("grant_id", flat=True))


def living_kept_points(grant_ids: Sequence[int], now: datetime) -> dict[int, int]:
    """Of these grants, which have points that are usable still though the window may be over, and how many."""
    lots = KeptPoints.objects.filter(grant__in=grant_ids, points__gt=0, usable_until__gt=now)
    return {row["grant"]: row["total"] for row in lots.values("grant").annotate(total=Sum("points"))}


def slots_of(call: Call) -> QuerySet[Account]:
    """The accounts that hold a call's budget between them, in the order in which they are locked."""
    codes = [chart.budget_slot(call.code, slot).code for slot in range(call.budget_slots)]
    return Account.objects.filter(code__in=codes).order_by("code")


def somebody_waits(call: Call) -> bool:
    """Whether anybody is on the waiting list; then nobody draws on the budget directly."""
    return WaitingPlace.objects.filter(call=call, left_at=None).exists()


def next_waiting(call: Call, passed: Sequence[int] = ()) -> WaitingPlace | None:
    """The first company in the line, leaving out places that were passed over."""
    return WaitingPlace.objects.filter(call=call, left_at=None).exclude(pk__in=passed).order_by("id").first()


def budget_left(call: Call) -> Points:
    """Whole points of a call that nobody has: read without a lock, so only a hint."""
    return Points(sum(received - sent for received, sent in slots_of(call).values_list("received", "sent")))


def waiting_count(call: Call) -> int:
    """How many companies wait."""
    return WaitingPlace.objects.filter(call=call, left_at=None).count()


def is_waiting(ubn: str, call: Call) -> bool:
    """Whether a company stands in the line."""
    return WaitingPlace.objects.filter(ubn=ubn, call=call, left_at=None).exists()


@dataclass(frozen=True, slots=True)
class BudgetFigures:
    """Live figures of a call: companies with points, companies that can still get them, share granted in whole percent.

    The share is rounded down: nothing says 100 while something is left, and `under_one_percent` says what 0 would hide.
    """

    granted_companies: int
    still_possible: int
    granted_percent: int
    under_one_percent: bool


def budget_figures(rule_set: RuleSet) -> BudgetFigures:
    """What the home page shows of the budget of a call, by the rules in force there. Two queries."""
    call = rule_set.call
    source = chart.appropriation(call.code).code
    codes = [source, *(chart.budget_slot(call.code, slot).code for slot in range(call.budget_slots))]
    rows = Account.objects.filter(code__in=codes).values_list("code", "received", "sent")
    held = {code: received - sent for code, received, sent in rows}
    appropriated = -held.pop(source, 0)
    left = sum(held.values())
    granted = Grant.objects.filter(call=call).count()
    per_company = rule_set.rules.points_per_company
    given = appropriated - left
    percent = 100 * given // appropriated if appropriated else 100
    return BudgetFigures(granted, left // per_company, percent, under_one_percent=given > 0 and percent == 0)


def running_by_version(call: Call) -> dict[int, int]:
    """How many grants that have not ended keep which version of the call's rules."""
    rows = Grant.objects.filter(call=call, ended_at=None).values_list("rule_set__version")
    return dict(rows.annotate(count=Count("id")).order_by("rule_set__version"))


def call_for_order(ubn: str, categories: Sequence[str] | None, now: datetime) -> Call | None:
    """The call a company's next order falls under: of its grants with points to use, in calls that pay for one of the
    categories (None: for whatever it may be), the one that ends first. Where none pays for them, the one that ends first,
    and without points its newest grant's call: the order is refused there with the right reason. None without a grant.

    An order belongs to the call of its grant, whether or not that call still takes applications.
    """
    grants = grants_of(ubn)
    if len(grants) < 2:  # nothing to choose: no need to ask what it could pay
        return grants[0].call if grants else None
    with_points = [grant for grant in grants if usable_now(grant, now)]
    fitting = [grant for grant in with_points if categories is None or grant.call.pays_for(*categories)]
    return _ends_first(fitting or with_points or grants[:1]).call


def _ends_first(grants: Sequence[Grant]) -> Grant:
    return min(grants, key=lambda grant: (grant.usable_until, grant.pk))


def own_calls(ubn: str) -> list[Call]:
    """The calls a company has applied to or was given points in, the newest first."""
    mine = Q(pk__in=Grant.objects.filter(ubn=ubn).values("call")) | Q(applications__company__ubn=ubn)
    return list(Call.objects.filter(mine).distinct().order_by("-opens_date", "-id"))


def own_call(ubn: str, now: datetime) -> Call | None:
    """The call a company's pages speak of unless it names another one of its own.

    What it can use comes first: the call of its next order. Without points it is the newest call in which it is still
    on its way to them, else the newest of its own; None for a company of no call.
    """
    calls, grants = own_calls(ubn), {grant.call_id: grant for grant in grants_of(ubn)}
    if with_points := [grant for grant in grants.values() if usable_now(grant, now)]:
        return _ends_first(with_points).call
    under_way = [call for call in calls if call.pk not in grants and not is_refused(ubn, call)]
    return next(iter(under_way or calls), None)
