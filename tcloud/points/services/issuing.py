"""Issuing a company's one grant, or its place in the line; feeding the line when points come back."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from tcloud.assessments.queries import is_complete
from tcloud.audit.services import record
from tcloud.core.actors import PROGRAMME, rule
from tcloud.core.errors import Refused
from tcloud.core.transactions import operation, use_case
from tcloud.ledger import chart
from tcloud.ledger.chart import Place
from tcloud.ledger.services.posting import Move, open_accounts, post
from tcloud.members.models import Company
from tcloud.members.queries import application_of, lock_company
from tcloud.members.services.deciding import exclude
from tcloud.members.states import ApplicationState
from tcloud.notifications.catalogue import MessageName
from tcloud.points import locks, queries
from tcloud.points.models import Grant, WaitingPlace
from tcloud.points.services.limiting import both_ends, set_clocks
from tcloud.points.services.telling import tell, tell_company
from tcloud.programme.models import Call, RuleSet
from tcloud.programme.queries import rule_set_at

FROM_THE_LINE = "waiting"
"""The memo of a grant to a company that waited: the budget page tells such grants apart (points/sql/flows.sql)."""


class BudgetExhausted(Refused):
    """No slot can pay a whole grant now; the caller tries again under the call's lock."""

    code = "budget_exhausted"
    message = _("本梯次的點數已經發完。您會依序候補，有點數收回時立刻通知您。")


def issue_grant(*, ubn: str, call_code: str, now: datetime) -> Grant | None:
    """Issue a company's one grant when review and assessment are both done; may run twice.

    Returns the grant; None while something is missing, the company waits, or a grant in another call excludes it. First one free slot is tried; if none
    can pay, everything starts again under the call's lock, so exhaustion is exact (DESIGN.md §2.4).
    """
    try:
        return _issue(ubn=ubn, call_code=call_code, exact=False, now=now)
    except BudgetExhausted:
        return _issue(ubn=ubn, call_code=call_code, exact=True, now=now)


@use_case
def _issue(*, ubn: str, call_code: str, exact: bool, now: datetime) -> Grant | None:
    call = locks.lock_call(call_code) if exact else Call.objects.get(code=call_code)
    company = lock_company(ubn)
    if not may_have_points(company, call):
        return None
    existing = queries.grant_of(ubn, call)
    if existing is not None:
        return existing
    rule_set = rule_set_at(call, now)
    if queries.excluded_by_earlier_grant(ubn, call, rule_set.rules):
        _exclude(company, call, now)
        return None
    sources = _draw(call, rule_set.rules.points_per_company, exact=exact)
    if sources is None:
        _wait(call, ubn, now)
        return None
    return _grant(call, ubn, rule_set, sources, now)


def may_have_points(company: Company, call: Call) -> bool:
    """Whether review and assessment are both done."""
    application = application_of(company, call)
    approved = application is not None and application.state == ApplicationState.APPROVED
    return approved and is_complete(company.ubn, call.code)


@operation
def _exclude(company: Company, call: Call, now: datetime) -> None:
    """Two calls approved the company before either gave it points; the first grant stands, the other is refused."""
    application = application_of(company, call)
    assert application is not None
    exclude(application_id=application.pk, reason=queries.EARLIER_GRANT, now=now)


@operation
def _wait(call: Call, ubn: str, now: datetime) -> None:
    """Join the end of the line, once; the caller holds the call's lock, so the order of ids is the order of the line."""
    if queries.is_waiting(ubn, call):
        return
    WaitingPlace.objects.create(call=call, ubn=ubn, joined_at=now)
    place = queries.waiting_count(call)
    record(tag="points:waiting:joined", actor=PROGRAMME, subject=ubn, now=now, details={"call": call.code, "place": place})
    tell_company(ubn, MessageName.WAITING_JOINED, now, place=place)


def _draw(call: Call, points: int, *, exact: bool) -> list[tuple[str, int]] | None:
    """Which slots pay how much; raises BudgetExhausted for the quick way, returns None when truly exhausted."""
    if not exact:
        slot = None if queries.somebody_waits(call) else locks.free_slot(call, points)
        if slot is None:
            raise BudgetExhausted
        return [(slot, points)]
    if queries.somebody_waits(call):
        return None
    return collect(locks.lock_slots(call), points)


def collect(slots: dict[str, int], points: int) -> list[tuple[str, int]] | None:
    """Take whole points from several slots in order, or nothing."""
    taken: list[tuple[str, int]] = []
    for code, held in slots.items():
        part = min(held, points)
        if part:
            taken.append((code, part))
            points -= part
    return taken if points == 0 else None


@operation
def _grant(
    call: Call, ubn: str, rule_set: RuleSet, sources: Sequence[tuple[str, int]], now: datetime, *, memo: str = "grant"
) -> Grant:
    rules = rule_set.rules
    wallet = chart.wallet(call.code, ubn)
    activate_until, use_until = both_ends(rules, now)
    grant = Grant.objects.create(
        call=call, ubn=ubn, rule_set=rule_set, points=rules.points_per_company, granted_at=now,
        activate_until=activate_until, use_until=use_until, usable_until=use_until,
    )  # fmt: skip
    open_accounts([wallet])
    moves = [Move(Place(code), wallet, part) for code, part in sources]
    post(key=f"grant:{call.code}:{ubn}", moves=moves, memo=memo, now=now)
    set_clocks([grant], now)
    record(
        tag="points:grant:issued", actor=PROGRAMME, subject=ubn, now=now,
        details={"call": call.code, "points": grant.points, "rule_set": rule_set.version},
    )  # fmt: skip
    tell(grant, MessageName.POINTS_GRANTED, now)
    return grant


@use_case
def give_turn(*, place_id: int, passed: Sequence[int], eligible: bool, reason: str, now: datetime) -> bool:
    """The turn of the first in the line, after its eligibility was asked for again.

    Eligible: a whole grant, if the budget can pay it and one more for every place that was `passed` over (their
    grants stay reserved); both clocks start now. Not eligible: the place is given up and the company told why.
    Returns whether the line moved; False when the budget cannot pay or somebody else is first by now.
    """
    found = WaitingPlace.objects.select_related("call").get(pk=place_id)
    call = locks.lock_call(found.call.code)
    company = lock_company(found.ubn)
    place = queries.next_waiting(call, passed)
    if place is None or place.pk != place_id:
        return False
    rule_set = rule_set_at(call, now)
    if queries.excluded_by_earlier_grant(company.ubn, call, rule_set.rules):
        eligible, reason = False, queries.EARLIER_GRANT
    if not eligible or not may_have_points(company, call):
        _leave(place, WaitingPlace.Left.INELIGIBLE, now)
        record(tag="points:waiting:ineligible", actor=rule("eligibility"), subject=place.ubn, now=now,
               details={"call": call.code, "reason": reason})  # fmt: skip
        tell_company(place.ubn, MessageName.WAITING_ENDED, now, reason=reason)
        return True
    points, slots = rule_set.rules.points_per_company, locks.lock_slots(call)
    sources = collect(slots, points) if sum(slots.values()) >= points * (len(passed) + 1) else None
    if sources is None:
        return False
    _leave(place, WaitingPlace.Left.GRANTED, now)
    _grant(call, place.ubn, rule_set, sources, now, memo=FROM_THE_LINE)
    return True


@operation
def _leave(place: WaitingPlace, because: WaitingPlace.Left, now: datetime) -> None:
    place.left_at, place.left_because = now, because
    place.save(update_fields=["left_at", "left_because"])
