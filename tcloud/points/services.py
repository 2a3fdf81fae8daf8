"""Issuing, activating, holding, releasing and ending grants."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from tcloud.assessments.queries import is_complete
from tcloud.audit.services import record
from tcloud.core.errors import Refused
from tcloud.core.jobs import Job, defer
from tcloud.core.transactions import operation, use_case
from tcloud.identity.queries import recipient_of
from tcloud.ledger import chart
from tcloud.ledger.chart import Place
from tcloud.ledger.queries import balance
from tcloud.ledger.services import Move, open_accounts, post
from tcloud.members.queries import application_of, lock_company, owner_of
from tcloud.members.states import ApplicationState
from tcloud.notifications.catalogue import MessageName
from tcloud.notifications.services import notify
from tcloud.points import queries
from tcloud.points.models import Grant, WaitingPlace
from tcloud.points.rules import Cause, release
from tcloud.programme.models import Call, RuleSet
from tcloud.programme.queries import limit_end, rule_set_at
from tcloud.programme.rules import DeadlineKind
from tcloud.programme.services import set_deadline_at, settle_deadlines


class BudgetExhausted(Refused):
    """No slot can pay a whole grant now; the caller tries again under the call's lock."""

    code = "budget_exhausted"
    message = _("本梯次的點數已經發完。您會依序候補，有點數收回時立刻通知您。")


class PointsEnded(Refused):
    """The use window is over."""

    code = "points_ended"
    message = _("點數的使用期限已過，剩餘點數已收回，不能再用來下單。")


def issue_grant(*, ubn: str, call_code: str, now: datetime) -> Grant | None:
    """Issue a company's one grant when review and assessment are both done; may run twice.

    Returns the grant; None while something is missing or the company waits. First one free slot is tried; if none
    can pay, everything starts again under the call's lock, so exhaustion is exact (DESIGN.md §2.4).
    """
    try:
        return _issue(ubn=ubn, call_code=call_code, exact=False, now=now)
    except BudgetExhausted:
        return _issue(ubn=ubn, call_code=call_code, exact=True, now=now)


@use_case
def _issue(*, ubn: str, call_code: str, exact: bool, now: datetime) -> Grant | None:
    calls = Call.objects.select_for_update() if exact else Call.objects
    call = calls.get(code=call_code)
    company = lock_company(ubn)
    application = application_of(company, call)
    if application is None or application.state != ApplicationState.APPROVED or not is_complete(ubn, call.code):
        return None
    existing = queries.grant_of(ubn, call)
    if existing is not None:
        return existing
    rule_set = rule_set_at(call, now)
    sources = _draw(call, rule_set.rules.points_per_company, exact=exact)
    if sources is None:
        WaitingPlace.objects.get_or_create(call=call, ubn=ubn, defaults={"joined_at": now})
        return None
    return _grant(call, ubn, rule_set, sources, now)


def _draw(call: Call, points: int, *, exact: bool) -> list[tuple[str, int]] | None:
    """Which slots pay how much; raises BudgetExhausted for the quick way, returns None when truly exhausted."""
    if not exact:
        slot = None if queries.somebody_waits(call) else queries.free_slot(call, points)
        if slot is None:
            raise BudgetExhausted
        return [(slot, points)]
    if queries.somebody_waits(call):
        return None
    return _collect(queries.lock_slots(call), points)


def _collect(slots: dict[str, int], points: int) -> list[tuple[str, int]] | None:
    """Take a whole grant from several slots in order, or nothing."""
    taken: list[tuple[str, int]] = []
    for code, held in slots.items():
        part = min(held, points)
        if part:
            taken.append((code, part))
            points -= part
    return taken if points == 0 else None


@operation
def _grant(call: Call, ubn: str, rule_set: RuleSet, sources: list[tuple[str, int]], now: datetime) -> Grant:
    rules = rule_set.rules
    wallet = chart.wallet(call.code, ubn)
    use_until = limit_end(rules.use, now)
    grant = Grant.objects.create(
        call=call, ubn=ubn, rule_set=rule_set, points=rules.points_per_company, granted_at=now,
        activate_until=limit_end(rules.activation, now), use_until=use_until, usable_until=use_until,
    )  # fmt: skip
    open_accounts([wallet])
    moves = [Move(Place(code), wallet, part) for code, part in sources]
    post(key=f"grant:{call.code}:{ubn}", moves=moves, memo="grant", now=now)
    subject = str(grant.pk)
    set_deadline_at(
        kind=DeadlineKind.GRANT_ACTIVATION, subject=subject, rule="activation", rule_set=rule_set,
        due_at=grant.activate_until, now=now,
    )  # fmt: skip
    set_deadline_at(
        kind=DeadlineKind.GRANT_USE, subject=subject, rule="use", rule_set=rule_set, due_at=grant.usable_until, now=now
    )
    _set_reminders(grant, now)
    record(
        tag="points:grant:issued", actor="programme", subject=ubn, now=now,
        details={"call": call.code, "points": grant.points, "rule_set": rule_set.version},
    )  # fmt: skip
    _tell(grant, MessageName.POINTS_GRANTED, now)
    return grant


@operation
def _set_reminders(grant: Grant, now: datetime) -> None:
    """Warn 14, 7, 3 and 1 days before each date; days already past are left out."""
    for detail, end in (("activation", grant.activate_until), ("use", grant.use_until)):
        for days in grant.rule_set.rules.warnings_days_before:
            at = end - timedelta(days=days)
            if at > now:
                set_deadline_at(
                    kind=DeadlineKind.REMINDER, subject=str(grant.pk), detail=f"{detail}:{days}",
                    rule="warnings_days_before", rule_set=grant.rule_set, due_at=at, now=now,
                )  # fmt: skip


@operation
def _tell(grant: Grant, message: MessageName, now: datetime, **context: object) -> None:
    company = lock_company(grant.ubn)
    notify(
        to=recipient_of(owner_of(company), company_ubn=grant.ubn),
        message=message,
        context={
            "points": grant.points, "activate_until": grant.activate_until.isoformat(),
            "use_until": grant.use_until.isoformat(), **context,
        },
        now=now,
    )  # fmt: skip


@operation
def hold(*, ubn: str, call: Call, order_number: str, points: int, now: datetime) -> Grant:
    """Set points aside for an order; the first order activates the grant. Raises InsufficientBalance, PointsEnded."""
    grant = queries.lock_grant(ubn, call)
    if grant is None or grant.ended_at is not None or now >= grant.usable_until:
        raise PointsEnded
    if grant.activated_at is None and now >= grant.activate_until:
        raise PointsEnded
    wallet, held = chart.wallet(call.code, ubn), chart.order_hold(order_number)
    open_accounts([held])
    post(key=f"order:{order_number}:hold", moves=[Move(wallet, held, points)], memo=order_number, now=now)
    if grant.activated_at is None:
        grant.activated_at = now
        grant.save(update_fields=["activated_at"])
        settle_deadlines(subject=str(grant.pk), now=now, kinds=[DeadlineKind.GRANT_ACTIVATION])
        _drop_reminders(grant, "activation", now)
    return grant


@operation
def _drop_reminders(grant: Grant, detail: str, now: datetime) -> None:
    for days in grant.rule_set.rules.warnings_days_before:
        settle_deadlines(subject=str(grant.pk), now=now, kinds=[DeadlineKind.REMINDER], detail=f"{detail}:{days}")


@operation
def release_hold(*, ubn: str, call: Call, order_number: str, points: int, cause: Cause, now: datetime) -> bool:
    """Give held points back: to the wallet (True) or, when their time is over, to the budget (False)."""
    grant = queries.lock_grant(ubn, call)
    assert grant is not None
    rules = grant.rule_set.rules
    outcome = release(
        cause=cause, now=now, use_until=grant.use_until, usable_until=grant.usable_until,
        extended_until=limit_end(rules.released_points_usable, now),
        near_end=timedelta(days=rules.released_points_window.count), cap=timedelta(days=rules.released_points_cap.count),
    )  # fmt: skip
    to_wallet = outcome.usable_until is not None
    place = chart.wallet(call.code, ubn) if to_wallet else _slot_for(grant)
    move = Move(chart.order_hold(order_number), place, points)
    post(key=f"order:{order_number}:release", moves=[move], memo=order_number, now=now)
    if outcome.usable_until is None:
        defer(Job.FEED_WAITING, lock=f"feed:{call.code}", call=call.code)
    else:
        _keep_usable(grant, outcome.usable_until, now)
    return to_wallet


@operation
def _keep_usable(grant: Grant, until: datetime, now: datetime) -> None:
    """Reopen or extend the use window for released points."""
    if until == grant.usable_until and grant.ended_at is None:
        return
    grant.usable_until = until
    grant.ended_at = None
    grant.save(update_fields=["usable_until", "ended_at"])
    settle_deadlines(subject=str(grant.pk), now=now, kinds=[DeadlineKind.GRANT_USE])
    set_deadline_at(
        kind=DeadlineKind.GRANT_USE, subject=str(grant.pk), rule="released_points_usable", rule_set=grant.rule_set,
        due_at=until, now=now,
    )  # fmt: skip


def _slot_for(grant: Grant) -> Place:
    """Reclaimed points spread over the slots by grant, so that no one row is hot."""
    return chart.budget_slot(grant.call.code, grant.pk % grant.call.budget_slots)


@operation
def capture(*, order_number: str, vendor_ubn: str, points: int, now: datetime) -> None:
    """The order is paid: its held points become the vendor's."""
    vendor = chart.vendor_points(vendor_ubn)
    open_accounts([vendor])
    move = Move(chart.order_hold(order_number), vendor, points)
    post(key=f"order:{order_number}:capture", moves=[move], memo=order_number, now=now)


@use_case
def end_grant(*, grant_id: int, deadline: DeadlineKind, now: datetime) -> None:
    """A clock ran out: not activated, or the use window is over; what is in the wallet returns to the budget.

    Points held for orders stay held. Does nothing when the grant was activated or extended in the meantime.
    """
    found = Grant.objects.get(pk=grant_id)
    grant = queries.lock_grant(found.ubn, found.call)
    assert grant is not None
    never_activated = deadline == DeadlineKind.GRANT_ACTIVATION
    if grant.ended_at is not None or (grant.activated_at is not None if never_activated else now < grant.usable_until):
        return
    place = chart.wallet(grant.call.code, grant.ubn)
    left = balance(place)
    if left:
        key = f"grant:{grant.call.code}:{grant.ubn}:reclaim:{grant.usable_until:%Y%m%d}:{deadline}"
        post(key=key, moves=[Move(place, _slot_for(grant), left)], memo="reclaim", now=now)
    grant.ended_at = now
    grant.save(update_fields=["ended_at"])
    settle_deadlines(subject=str(grant.pk), now=now)
    record(
        tag="points:grant:ended", actor="programme", subject=grant.ubn, now=now,
        details={"call": grant.call.code, "reclaimed": left, "reason": str(deadline)},
    )  # fmt: skip
    _tell(grant, MessageName.POINTS_ENDED, now, reclaimed=left, never_activated=never_activated)
    defer(Job.FEED_WAITING, lock=f"feed:{grant.call.code}", call=grant.call.code)


@use_case
def remind(*, grant_id: int, detail: str, now: datetime) -> None:
    """One warning before a date of a grant, if there is still something to lose."""
    grant = Grant.objects.select_related("call", "rule_set").get(pk=grant_id)
    which, days = detail.split(":")
    left = balance(chart.wallet(grant.call.code, grant.ubn))
    if grant.ended_at is not None or not left or (which == "activation" and grant.activated_at is not None):
        return
    # Released points may be usable beyond the window's own end: the date told is the one that binds.
    message, end = (
        (MessageName.ACTIVATION_DUE, grant.activate_until)
        if which == "activation"
        else (MessageName.POINTS_EXPIRING, grant.usable_until)
    )
    _tell(grant, message, now, days=int(days), left=left, ends_until=end.isoformat())


@use_case
def feed_one(*, call_code: str, now: datetime) -> Grant | None:
    """Give the first in the line a whole grant if the budget can pay one; None when it cannot or nobody waits."""
    call = Call.objects.select_for_update().get(code=call_code)
    place = queries.next_waiting(call)
    if place is None:
        return None
    rule_set = rule_set_at(call, now)
    sources = _collect(queries.lock_slots(call), rule_set.rules.points_per_company)
    if sources is None:
        return None
    place.left_at = now
    place.save(update_fields=["left_at"])
    return _grant(call, place.ubn, rule_set, sources, now)
