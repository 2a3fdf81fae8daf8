"""Races around a grant, the line and the clocks. Who reads stops at a gate before writing; then only a lock helps."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F

from tcloud.identity.models import User
from tcloud.ledger import chart
from tcloud.ledger.chart import Place
from tcloud.ledger.queries import balance
from tcloud.ledger.services.posting import Move, post
from tcloud.members.models import Company
from tcloud.points import locks, queries
from tcloud.points.models import ClockChange, Grant, MovedClock, WaitingPlace
from tcloud.points.services import ending, extending, holding, issuing, mass_expiring, mass_granting
from tcloud.points.services.extending import AlreadyDecided, decide_change, propose_change
from tcloud.points.services.issuing import give_turn, issue_grant
from tcloud.programme.models import Call, Deadline
from tcloud.programme.rules import DeadlineKind
from tests.concurrency.racing import NOW, Gate, Meeting, Scene, all_holds, race, until_blocked, until_done_or_blocked

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def pausing(target: Any, name: str, pause: Callable[[], None]) -> Iterator[None]:
    """Inside the block, whoever has just read by this function pauses."""
    real = getattr(target, name)

    def read_and_pause(*args: Any, **kwargs: Any) -> Any:
        found = real(*args, **kwargs)
        pause()
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(target, name, read_and_pause)
        yield


def no_company_lock(patch: pytest.MonkeyPatch) -> None:
    """The company is read and not locked."""
    patch.setattr(issuing, "lock_company", lambda ubn: Company.objects.get(ubn=ubn))


def no_call_lock(patch: pytest.MonkeyPatch) -> None:
    """The call is read and not locked."""
    patch.setattr(locks, "lock_call", lambda code: Call.objects.get(code=code))


def no_call_and_company_lock(patch: pytest.MonkeyPatch) -> None:
    """Either lock alone is enough where one company has its turn twice."""
    no_call_lock(patch)
    no_company_lock(patch)


@race(without=no_company_lock)
def test_one_company_asking_four_times_at_once_has_one_grant(scene: Scene) -> None:
    call = scene.call()
    (ubn,) = scene.companies(call, 1)
    with pausing(queries, "grant_of", Meeting(4).wait):
        results = scene.threads.all(*[lambda: issue_grant(ubn=ubn, call_code=call.code, now=NOW)] * 4)

    assert [type(result) for result in results] == [Grant] * 4
    assert {result.pk for result in results} == {Grant.objects.get(call=call).pk}
    assert balance(chart.wallet(call.code, ubn)) == 30_000
    all_holds()


def no_slot_lock(patch: pytest.MonkeyPatch) -> None:
    """The first slot that can pay is read, and neither locked nor passed over when somebody is on it."""

    def first_that_can_pay(call: Call, points: int) -> str | None:
        row = queries.slots_of(call).filter(received__gte=F("sent") + points).first()
        return row.code if row else None

    patch.setattr(locks, "free_slot", first_that_can_pay)


@race(without=no_slot_lock)
def test_two_companies_never_draw_on_one_slot(scene: Scene) -> None:
    call = scene.call(16 * 30_000)
    ubns = scene.companies(call, 2)
    with pausing(locks, "free_slot", Meeting(2).wait):
        results = scene.threads.all(*[lambda ubn=ubn: issue_grant(ubn=ubn, call_code=call.code, now=NOW) for ubn in ubns])

    assert [type(result) for result in results] == [Grant, Grant]
    assert queries.budget_left(call) == 14 * 30_000
    all_holds()


def no_budget_locks(patch: pytest.MonkeyPatch) -> None:
    """Neither the call nor its slots are locked by who takes the last points."""
    no_call_lock(patch)

    def read_slots(call: Call) -> dict[str, int]:
        rows = queries.slots_of(call).values_list("code", "received", "sent")
        return {code: received - sent for code, received, sent in rows}

    patch.setattr(locks, "lock_slots", read_slots)


@race(without=no_budget_locks)
def test_a_budget_for_three_gives_exactly_three_and_the_others_wait(scene: Scene) -> None:
    """No slot can pay a whole grant, so everybody comes to the last points at once."""
    call = scene.call(3 * 30_000 + 29_999)
    ubns = scene.companies(call, 8)
    with pausing(locks, "lock_slots", Meeting(8).wait):
        results = scene.threads.all(*[lambda ubn=ubn: issue_grant(ubn=ubn, call_code=call.code, now=NOW) for ubn in ubns])

    assert sorted(type(result).__name__ for result in results) == ["Grant"] * 3 + ["NoneType"] * 5
    assert Grant.objects.filter(call=call).count() == 3
    assert WaitingPlace.objects.filter(call=call).count() == 5
    assert queries.budget_left(call) == 29_999
    all_holds()


@race(without=no_call_lock)
def test_nobody_overtakes_who_is_joining_the_line(scene: Scene) -> None:
    """The first finds the budget short; before it stands in the line points come back and a second company asks."""
    call = scene.call(30_000)
    holder, first, second = scene.companies(call, 3)
    issue_grant(ubn=holder, call_code=call.code, now=NOW)
    gate, real = Gate(), issuing.collect

    def pause_when_short(slots: dict[str, int], points: int) -> list[tuple[str, int]] | None:
        found = real(slots, points)
        if found is None and not gate.reached.is_set():
            gate.stop()
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(issuing, "collect", pause_when_short)
        joining = scene.threads.start(issue_grant, ubn=first, call_code=call.code, now=NOW)
        gate.until_reached()
        returning = scene.threads.start(_return_points, scene=scene, ubn=holder, call=call)
        until_blocked(1)
        asking = scene.threads.start(issue_grant, ubn=second, call_code=call.code, now=NOW)
        until_blocked(2)
        gate.open.set()
        assert [scene.threads.outcome(each) for each in (joining, returning, asking)] == [None] * 3
    assert list(WaitingPlace.objects.filter(call=call).order_by("id").values_list("ubn", flat=True)) == [first, second]
    all_holds()


def _return_points(scene: Scene, ubn: str, call: Call) -> None:
    with transaction.atomic():
        moves = [Move(chart.wallet(call.code, ubn), chart.budget_slot(call.code, 0), 30_000)]
        post(key=scene.name(f"back-{ubn}"), moves=moves, memo="", now=NOW)


@race(without=no_call_and_company_lock)
def test_reclaimed_points_feed_the_line_in_order_and_once(scene: Scene) -> None:
    call = scene.call(60_000)
    ubns = scene.companies(call, 5)
    for ubn in ubns:
        issue_grant(ubn=ubn, call_code=call.code, now=NOW)
    for ubn in ubns[:2]:  # enough for two, so that the budget alone does not stop a second turn of the first
        _return_points(scene, ubn, call)
    first = WaitingPlace.objects.filter(call=call).order_by("id")[0].pk

    with pausing(queries, "next_waiting", Meeting(3).wait):
        turns = scene.threads.all(
            *[lambda: give_turn(place_id=first, passed=[], eligible=True, reason="", now=NOW + timedelta(days=1))] * 3
        )

    assert sorted(turns, key=str) == [False, False, True]
    assert list(Grant.objects.filter(call=call).order_by("id").values_list("ubn", flat=True)) == ubns[:3]
    line = WaitingPlace.objects.filter(call=call, left_at=None).order_by("id")
    assert list(line.values_list("ubn", flat=True)) == ubns[3:]
    all_holds()


def with_a_grant(scene: Scene) -> Grant:
    """A company's grant of 30,000 points, which has been used for an order of one point."""
    call = scene.call()
    (ubn,) = scene.companies(call, 1)
    issue_grant(ubn=ubn, call_code=call.code, now=NOW)
    hold(scene, call, ubn, "first", 1)
    return Grant.objects.get(call=call)


def hold(scene: Scene, call: Call, ubn: str, order: str, points: int, now: Any = NOW) -> None:
    """Set points aside for an order."""
    with transaction.atomic():
        holding.hold(ubn=ubn, call=call, order_number=scene.name(order), points=points, now=now)


def no_grant_lock(patch: pytest.MonkeyPatch) -> None:
    """The grant is read and not locked when its clock ends."""
    rows = Grant.objects.select_related("call", "rule_set")
    patch.setattr(locks, "lock_grant_by_id", lambda pk: rows.get(pk=pk))


@race(without=no_grant_lock)
def test_an_order_at_the_last_instant_and_the_end_of_the_window(scene: Scene) -> None:
    """The clock has read the wallet when an order takes from it: one of them must wait, or the sum is wrong."""
    grant = with_a_grant(scene)
    gate = Gate()
    with pausing(ending, "balance", gate.stop):
        end = scene.threads.start(ending.end_grant, grant_id=grant.pk, deadline=DeadlineKind.GRANT_USE, now=grant.use_until)
        gate.until_reached()
        _order_against_the_clock(scene, grant, end, gate)


def _order_against_the_clock(scene: Scene, grant: Grant, end: Any, gate: Gate) -> None:
    """An order of the last second begins while somebody who ends the grant stands at a gate."""
    order = scene.threads.start(
        hold, scene=scene, call=grant.call, ubn=grant.ubn, order="late", points=12_000,
        now=grant.use_until - timedelta(seconds=1),
    )  # fmt: skip
    until_done_or_blocked(order)
    gate.open.set()
    ended = scene.threads.outcome(end)
    assert not isinstance(ended, Exception), "it wanted to take back what was spent"
    assert isinstance(scene.threads.outcome(order), holding.PointsEnded)
    assert queries.budget_left(grant.call) == 3_000_000 - 1
    all_holds()


def no_grant_locks(patch: pytest.MonkeyPatch) -> None:
    """Grants are read and not locked when many end at once."""
    rows = Grant.objects.select_related("call").order_by("pk")
    patch.setattr(locks, "lock_grants", lambda ids: list(rows.filter(pk__in=ids)))


@race(without=no_grant_locks)
def test_an_order_at_the_last_instant_and_a_mass_expiry(scene: Scene) -> None:
    grant = with_a_grant(scene)
    row = Deadline.objects.get(subject=str(grant.pk), kind=DeadlineKind.GRANT_USE, detail="")
    gate = Gate()
    with pausing(mass_expiring, "balances", gate.stop):
        end = scene.threads.start(mass_expiring.end_batch, deadline_ids=[row.pk], now=grant.use_until)
        gate.until_reached()
        _order_against_the_clock(scene, grant, end, gate)


def no_companies_lock(patch: pytest.MonkeyPatch) -> None:
    """A mass grant reads its companies and does not lock them."""
    patch.setattr(mass_granting, "lock_companies", lambda ubns: None)


@race(without=no_companies_lock)
def test_a_single_grant_and_a_mass_grant_give_one(scene: Scene) -> None:
    """A single grant has found none when the mass run begins, on another slot: only the company's lock is between."""
    call = scene.call()
    ubns = scene.companies(call, 3)
    gate = Gate()
    with pausing(queries, "grant_of", gate.stop):
        single = scene.threads.start(issue_grant, ubn=ubns[1], call_code=call.code, now=NOW)
        gate.until_reached()
        run = scene.threads.start(mass_granting.grant_batch, call_code=call.code, ubns=ubns, now=NOW)
        until_done_or_blocked(run)
        gate.open.set()
        results = [scene.threads.outcome(each) for each in (single, run)]

    assert isinstance(results[0], Grant), "who asked gets its grant and no error"
    assert results[1] == mass_granting.MassGrant(granted=2, points=60_000)
    assert sorted(Grant.objects.filter(call=call).values_list("ubn", flat=True)) == ubns
    assert queries.budget_left(call) == 3_000_000 - 90_000
    all_holds()


def no_decision_lock(patch: pytest.MonkeyPatch) -> None:
    """The decision is read and not locked."""
    rows = ClockChange.objects.select_related("call", "grant", "freeze")
    patch.setattr(locks, "lock_change", lambda change_id: rows.get(pk=change_id))


@race(without=no_decision_lock)
def test_two_people_deciding_at_once_move_the_clocks_once(scene: Scene) -> None:
    grant = with_a_grant(scene)
    people = [User.objects.create(email=scene.name(f"{n}@office.example"), name=n, created_at=NOW) for n in ("a", "b", "c")]
    change = propose_change(call_code=grant.call.code, grant_id=grant.pk, days=10, reason="颱風", by=people[0], now=NOW)
    with pausing(locks, "lock_change", Meeting(2).wait):
        results = scene.threads.all(
            *[lambda by=by: decide_change(change_id=change.pk, agreed=True, by=by, now=NOW) for by in people[1:]]
        )

    assert sorted(type(result).__name__ for result in results) == [AlreadyDecided.__name__, ClockChange.__name__]
    assert MovedClock.objects.filter(grant=grant).count() == 1
    later = extending.later_by(grant.use_until, 10, grant.rule_set.rules.use)
    assert Grant.objects.get(pk=grant.pk).use_until == later


def without_keys(patch: pytest.MonkeyPatch) -> None:
    """Each release is an event of its own, as if postings had no key."""
    count = iter(range(10**9))

    def post_anyway(*, key: str, **rest: Any) -> bool:
        return post(key=f"{key}:{next(count)}", **rest)

    patch.setattr(holding, "post", post_anyway)


@race(without=without_keys)
def test_the_same_hold_released_from_many_threads_comes_back_once(scene: Scene) -> None:
    grant = with_a_grant(scene)
    near = grant.use_until - timedelta(days=1)
    hold(scene, grant.call, grant.ubn, "order", 12_000)

    def release() -> bool:
        with transaction.atomic():
            return holding.release_hold(
                ubn=grant.ubn, call=grant.call, order_number=scene.name("order"), points=12_000,
                cause=holding.Cause.VENDOR, now=near,
            )  # fmt: skip

    assert scene.threads.all(*[release] * 6) == [True] * 6
    assert balance(Place(chart.wallet(grant.call.code, grant.ubn).code)) == 29_999
    assert [lot.points for lot in grant.kept.all()] == [12_000]
    all_holds()
