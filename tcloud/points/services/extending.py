"""Moving the clocks of one grant, or of all that run, later: one person proposes, a second one decides."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from tcloud.audit.services import record
from tcloud.core.errors import NotFound, Refused
from tcloud.core.jobs import Job, defer
from tcloud.core.transactions import operation, use_case
from tcloud.identity.models import User
from tcloud.ledger import chart
from tcloud.ledger.chart import Place
from tcloud.ledger.queries import Movement, statement, taken_back
from tcloud.ledger.services.posting import Move, post
from tcloud.notifications.catalogue import MessageName
from tcloud.points import locks, queries
from tcloud.points.models import ClockChange, Freeze, Grant, KeptPoints, MovedClock
from tcloud.points.rules import MOST_DAYS
from tcloud.points.services.freezing import GrantMissing, ReasonNeeded
from tcloud.points.services.issuing import collect
from tcloud.points.services.limiting import kept_name, set_clocks, stop_clock, stop_clocks
from tcloud.points.services.telling import tell
from tcloud.programme.models import Call
from tcloud.programme.queries import limit_end
from tcloud.programme.rules import Limit, Unit

BATCH = 200


class BadDays(Refused):
    """Days outside 1 to 366."""

    code = "bad_days"
    message = _("天數要在 1 到 %(most)s 天之間。")


class ChangeMissing(NotFound):
    """No such decision."""

    code = "change_missing"
    message = _("找不到這項決定。請從點數清單重新進入。")


class AlreadyDecided(Refused):
    """A decision is made once."""

    code = "already_decided"
    message = _("這項決定已經有人覆核過了。")


class SamePerson(Refused):
    """Two different people propose and decide."""

    code = "same_person"
    message = _("提出的人不能自己覆核，請另一位同事決定（規則：兩人作業）。")


class GrantOver(Refused):
    """The clocks of this grant have run out, and nothing may start them again."""

    code = "grant_over"
    message = _("這筆點數的期限已過，剩餘點數已收回，不能再延長（規則：每家公司只核發一次）。")


class BudgetShort(Refused):
    """The points reclaimed during the freeze cannot be given back now."""

    code = "budget_short"
    message = _("暫停期間收回的 %(points)s 點，現在經費不夠補回。有點數收回後再覆核一次。")


@use_case
def propose_change(
    *, call_code: str, grant_id: int | None, days: int, reason: str, by: User, now: datetime, request_key: str = ""
) -> ClockChange:
    """Propose to move both clocks of one grant (or, without one, of all that run in the call) by calendar days.

    The same form sent twice (`request_key`) finds its proposal. Raises BadDays, ReasonNeeded, GrantMissing, GrantOver.
    """
    if not 1 <= days <= MOST_DAYS:
        raise BadDays(most=MOST_DAYS)
    if not reason.strip():
        raise ReasonNeeded
    call = Call.objects.get(code=call_code) if grant_id is not None else locks.lock_call(call_code)
    grant = locks.lock_grant_by_id(grant_id) if grant_id is not None else None
    if grant_id is not None and (grant is None or grant.call_id != call.pk):
        raise GrantMissing
    made = ClockChange.objects.filter(call=call, request_key=request_key).first() if request_key else None
    if made is not None:
        return made
    if grant is not None and queries.is_over(grant, now):
        raise GrantOver
    change = ClockChange.objects.create(
        call=call, grant=grant, days=days, reason=reason.strip(), proposed_by=by, proposed_at=now,
        request_key=request_key,
    )  # fmt: skip
    _record("proposed", change, by, now)
    return change


@use_case
def decide_change(*, change_id: int, agreed: bool, by: User, now: datetime) -> ClockChange:
    """The second person's word. Agreed, one grant moves at once; all of a call move in a job, batch by batch.

    Raises ChangeMissing, AlreadyDecided, SamePerson, GrantOver, BudgetShort.
    """
    change = locks.lock_change(change_id)
    if change is None:
        raise ChangeMissing
    if change.agreed is not None:
        raise AlreadyDecided
    if change.proposed_by_id == by.pk:
        raise SamePerson
    change.decided_by, change.decided_at, change.agreed = by, now, agreed
    change.save(update_fields=["decided_by", "decided_at", "agreed"])
    _record("agreed" if agreed else "declined", change, by, now)
    if not agreed:
        return change
    if change.grant is None:
        defer(Job.MOVE_CLOCKS, lock=f"clocks:{change.pk}", change_id=change.pk)
        return change
    call = locks.lock_call(change.call.code)  # before the grant: points reclaimed meanwhile may have to come back
    grant = locks.lock_grant_by_id(change.grant.pk)
    assert grant is not None
    if queries.is_over(grant, now):
        _restore(grant, change, call, now)
    _move([grant], change, now)
    _finish(change, now)
    return change


@use_case
def move_batch(*, change_id: int, now: datetime) -> int:
    """Move the next grants of a decision about a whole call; returns how many. Killed and run again, it goes on."""
    change = locks.lock_change(change_id)
    if change is None or not change.agreed or change.applied_at is not None:
        return 0
    running = Grant.objects.select_for_update(of=("self",)).select_related("call", "rule_set")
    left = running.filter(queries.still_runs(now), call=change.call, granted_at__lte=change.decided_at)
    grants = list(left.exclude(moved_clocks__change=change).order_by("id")[:BATCH])
    if not grants:
        _finish(change, now)
    _move(grants, change, now)
    return len(grants)


@operation
def _finish(change: ClockChange, now: datetime) -> None:
    change.applied_at = now
    change.save(update_fields=["applied_at"])


@operation
def _move(grants: Sequence[Grant], change: ClockChange, now: datetime) -> None:
    """Both dates of each grant later, by its own rules; warnings start anew before the new dates."""
    stop_clocks(grants, now)
    moved = [_moved(grant, change, now) for grant in grants]
    Grant.objects.bulk_update(grants, ["activate_until", "use_until", "usable_until"])
    MovedClock.objects.bulk_create(moved)
    _let_go(grants, now)
    set_clocks(grants, now)
    for grant in grants:
        tell(grant, MessageName.CLOCKS_MOVED, now, days=change.days, reason=change.reason)


def _moved(grant: Grant, change: ClockChange, now: datetime) -> MovedClock:
    activate_after, use_after = later_dates(grant, change.days)
    row = MovedClock(
        change=change, grant=grant, activate_before=grant.activate_until, activate_after=activate_after,
        use_before=grant.use_until, use_after=use_after, moved_at=now,
    )  # fmt: skip
    grant.activate_until, grant.use_until = row.activate_after, row.use_after
    grant.usable_until = max(grant.usable_until, row.use_after)
    return row


def later_dates(grant: Grant, days: int) -> tuple[datetime, datetime]:
    """A grant's activation and use ends (exclusive) some days later; an activated grant keeps its first date."""
    rules = grant.rule_set.rules
    activated = grant.activated_at is not None
    activate = grant.activate_until if activated else later_by(grant.activate_until, days, rules.activation)
    return activate, later_by(grant.use_until, days, rules.use)


def later_by(until: datetime, days: int, rule: Limit) -> datetime:
    """The exclusive end some calendar days after another; off days move it on where the rule says so."""
    span = Limit(count=days, unit=Unit.DAYS, moves_to_working_day=rule.moves_to_working_day)
    return limit_end(span, until - timedelta(microseconds=1))


@operation
def _let_go(grants: Sequence[Grant], now: datetime) -> None:
    """Points that would have outlived the old end and not the new one are ordinary points again."""
    by_id = {grant.pk: grant for grant in grants}
    for lot in KeptPoints.objects.filter(grant__in=grants, points__gt=0):
        grant = by_id[lot.grant_id]
        if lot.usable_until <= grant.use_until:
            stop_clock(grant, kept_name(lot), now)
            lot.points = 0
            lot.save(update_fields=["points"])


@operation
def _restore(grant: Grant, change: ClockChange, call: Call, now: datetime) -> None:
    """A clock ran out under a freeze: what was reclaimed then comes back out of the budget, or nothing happens.

    Only lost days do this, and only where the new end is still ahead. The call is locked by the caller.
    """
    if change.freeze is None or not _ahead(grant, change.days, now):
        raise GrantOver
    wallet = chart.wallet(call.code, grant.ubn)
    lost = _reclaimed_during(change.freeze, wallet)
    points, slots = -sum(move.amount for move in lost), locks.lock_slots(call)
    if points > sum(slots.values()):
        raise BudgetShort(points=f"{points:,}")
    for number, move in enumerate(lost, start=1):
        sources = collect(slots, -move.amount)
        assert sources is not None
        for code, part in sources:
            slots[code] -= part
        key = f"grant:{call.code}:{grant.ubn}:restore:{change.pk}:{number}"
        moves = [Move(Place(code), wallet, part) for code, part in sources]
        post(key=key, moves=moves, memo="restore", now=now, reverses=move.entry_key)
    grant.ended_at = None
    grant.save(update_fields=["ended_at"])


def _reclaimed_during(freeze: Freeze, wallet: Place) -> list[Movement]:
    """What the budget took from a wallet under a freeze and has not given back: each is given back once, by its own entry."""
    found = [
        move for move in statement(wallet).movements
        if ":reclaim:" in move.entry_key and _during(freeze, move.posted_at)
    ]  # fmt: skip
    returned = taken_back([move.entry_key for move in found])
    return [move for move in found if move.entry_key not in returned]


def _during(freeze: Freeze, instant: datetime) -> bool:
    return freeze.frozen_at <= instant and (freeze.released_at is None or instant <= freeze.released_at)


def _ahead(grant: Grant, days: int, now: datetime) -> bool:
    """Whether the clock that ran out would still run with the days added."""
    rules = grant.rule_set.rules
    if grant.activated_at is None:
        return later_by(grant.activate_until, days, rules.activation) > now
    return later_by(grant.use_until, days, rules.use) > now


@operation
def _record(what: str, change: ClockChange, by: User, now: datetime) -> None:
    record(
        tag=f"points:clocks:{what}", actor=by.actor, subject=change.grant.ubn if change.grant else change.call.code,
        now=now, details={"change": change.pk, "days": change.days, "reason": change.reason, "freeze": change.freeze_id},
    )  # fmt: skip
