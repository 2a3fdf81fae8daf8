"""Moving points by hand, only by a new entry: one person proposes with a reason, another decides.

A call's budget is raised or lowered, or a company's wallet is corrected out of the budget or back into it. Neither
ever goes below zero, and no correction lifts a wallet above what was granted (PRODUCT.md §5; issue: adjust only by a
new entry with reason and two people).
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from tcloud.audit.services import record
from tcloud.core.errors import NotFound, Refused
from tcloud.core.jobs import Job, defer
from tcloud.core.transactions import operation, use_case
from tcloud.identity.models import User
from tcloud.ledger import chart
from tcloud.ledger.chart import Place
from tcloud.ledger.queries import balance
from tcloud.ledger.services.posting import Move, post
from tcloud.notifications.catalogue import MessageName
from tcloud.points import locks, queries, rules
from tcloud.points.models import Adjustment, Grant
from tcloud.points.rules import Lot
from tcloud.points.services.extending import AlreadyDecided, GrantOver, SamePerson
from tcloud.points.services.freezing import GrantMissing, ReasonNeeded
from tcloud.points.services.holding import slot_for, take_lots
from tcloud.points.services.issuing import collect
from tcloud.points.services.telling import tell
from tcloud.programme.models import Call

MOST_POINTS = 10**12


class BadPoints(Refused):
    """Zero, or more than any budget."""

    code = "bad_points"
    message = _("點數要是 1 到 %(most)s 之間的整數。")


class AdjustmentMissing(NotFound):
    """No such adjustment."""

    code = "adjustment_missing"
    message = _("找不到這項調整。請從待覆核清單重新進入。")


class BudgetTooLow(Refused):
    """The unallocated budget cannot pay the adjustment."""

    code = "budget_too_low"
    message = _("未核發經費只有 %(left)s 點，不夠這項調整（規則：經費不得為負）。請改小點數，或等有點數收回。")


class WalletTooLow(Refused):
    """The wallet has fewer points that can be taken."""

    code = "wallet_too_low"
    message = _("這家公司的錢包可扣的只有 %(left)s 點（規則：錢包不得為負，訂單保留的點數不動）。請改小點數。")


class AboveGrant(Refused):
    """A correction is no second grant."""

    code = "above_grant"
    message = _("可用、保留和已使用的點數加起來，最多是核發的 %(most)s 點；現在還能補 %(room)s 點（規則：每家公司只核發一次）。")


@use_case
def propose_adjustment(
    *, call_code: str, grant_id: int | None, points: int, reason: str, request_key: str, by: User, now: datetime
) -> Adjustment:
    """Propose to change a call's budget by `points` or, with a grant, to correct its wallet (below zero: take back).

    The same form sent twice (`request_key`) finds its proposal. What would be refused today is refused here already.
    Raises BadPoints, ReasonNeeded, GrantMissing, GrantOver, BudgetTooLow, WalletTooLow, AboveGrant.
    """
    if not 1 <= abs(points) <= MOST_POINTS:
        raise BadPoints(most=f"{MOST_POINTS:,}")
    if not reason.strip():
        raise ReasonNeeded
    call = locks.lock_call(call_code)
    made = Adjustment.objects.filter(request_key=request_key).first()
    if made is not None:
        return made
    grant = locks.lock_grant_by_id(grant_id) if grant_id is not None else None
    if grant_id is not None and (grant is None or grant.call_id != call.pk):
        raise GrantMissing
    _moves(call, grant, points, now)
    adjustment = Adjustment.objects.create(
        call=call, grant=grant, points=points, reason=reason.strip(), request_key=request_key, proposed_by=by,
        proposed_at=now,
    )  # fmt: skip
    _record("proposed", adjustment, by, now)
    return adjustment


@use_case
def decide_adjustment(*, adjustment_id: int, agreed: bool, by: User, now: datetime) -> Adjustment:
    """The second person's word; agreed, the entry is posted, the company told and the waiting list fed.

    Raises AdjustmentMissing, AlreadyDecided, SamePerson, GrantOver, BudgetTooLow, WalletTooLow, AboveGrant.
    """
    found = Adjustment.objects.select_related("call").filter(pk=adjustment_id).first()
    if found is None:
        raise AdjustmentMissing
    call = locks.lock_call(found.call.code)
    adjustment = locks.lock_adjustment(adjustment_id)
    if adjustment.agreed is not None:
        raise AlreadyDecided
    if adjustment.proposed_by_id == by.pk:
        raise SamePerson
    grant = locks.lock_grant_by_id(adjustment.grant_id) if adjustment.grant_id is not None else None
    adjustment.decided_by, adjustment.decided_at, adjustment.agreed = by, now, agreed
    adjustment.save(update_fields=["decided_by", "decided_at", "agreed"])
    _record("agreed" if agreed else "declined", adjustment, by, now)
    if agreed:
        _post(adjustment, call, grant, now)
    return adjustment


@operation
def _post(adjustment: Adjustment, call: Call, grant: Grant | None, now: datetime) -> None:
    moves = _moves(call, grant, adjustment.points, now)
    before, lots = 0, []
    if grant is not None:
        before, lots = balance(chart.wallet(call.code, grant.ubn)), queries.kept_lots(grant)
    post(key=adjustment.entry_key, moves=moves, memo="adjustment", now=now)
    if grant is not None:
        if adjustment.points < 0:
            take_lots(grant, lots, points=-adjustment.points, before=before, now=now)
        after = before + adjustment.points
        message = MessageName.POINTS_ADDED if adjustment.points > 0 else MessageName.POINTS_TAKEN
        tell(grant, message, now, moved=abs(adjustment.points), left=after, reason=adjustment.reason)
    if (adjustment.points > 0) == (grant is None):  # points came into the budget
        defer(Job.FEED_WAITING, lock=f"feed:{call.code}", call=call.code)


def _moves(call: Call, grant: Grant | None, points: int, now: datetime) -> Sequence[Move]:
    """What an adjustment would post now; locks the slots it draws on. The call is locked by the caller."""
    if grant is None and points > 0:
        return _raise_budget(call, points)
    if grant is not None and points < 0:
        return _take_back(grant, -points, now)
    if grant is not None:
        _check_room(grant, points, now)
    target = chart.wallet(call.code, grant.ubn) if grant is not None else chart.appropriation(call.code)
    slots = locks.lock_slots(call)
    sources = collect(slots, abs(points))
    if sources is None:
        raise BudgetTooLow(left=f"{sum(slots.values()):,}")
    return [Move(Place(code), target, part) for code, part in sources]


def _raise_budget(call: Call, points: int) -> Sequence[Move]:
    source, slots = chart.appropriation(call.code), call.budget_slots
    shares = [points // slots + (slot < points % slots) for slot in range(slots)]
    return [Move(source, chart.budget_slot(call.code, slot), share) for slot, share in enumerate(shares) if share]


def _take_back(grant: Grant, points: int, now: datetime) -> Sequence[Move]:
    wallet = chart.wallet(grant.call.code, grant.ubn)
    lots = [Lot(row.points, row.usable_until) for row in queries.kept_lots(grant)]
    left = rules.usable(balance=balance(wallet), lots=lots, use_until=grant.use_until, now=now)
    if points > left:
        raise WalletTooLow(left=f"{left:,}")
    return [Move(wallet, slot_for(grant), points)]


def _check_room(grant: Grant, points: int, now: datetime) -> None:
    """A wallet whose clock has run out gets nothing more; none has, holds and has spent more than was granted."""
    if queries.is_over(grant, now):
        raise GrantOver
    wallet = queries.wallet_of(grant.ubn, grant.call)
    assert wallet is not None
    room = grant.points - wallet.available - wallet.held - wallet.spent
    if points > room:
        raise AboveGrant(most=f"{grant.points:,}", room=f"{room:,}")


@operation
def _record(what: str, adjustment: Adjustment, by: User, now: datetime) -> None:
    record(
        tag=f"points:adjustment:{what}", actor=by.actor, now=now,
        subject=adjustment.grant.ubn if adjustment.grant else adjustment.call.code,
        details={
            "adjustment": adjustment.pk, "call": adjustment.call.code, "points": adjustment.points,
            "reason": adjustment.reason,
        },
    )  # fmt: skip
