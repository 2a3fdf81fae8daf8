"""Races between people who decide at once: an adjustment, a publication, a calendar, a freeze against an order."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from tcloud.identity.models import User
from tcloud.ledger import chart
from tcloud.ledger.models import Entry
from tcloud.ledger.queries import balance
from tcloud.notifications.models import OutboxMessage
from tcloud.points import locks, queries
from tcloud.points.models import Adjustment, Freeze, Grant
from tcloud.points.services import ending, freezing, holding
from tcloud.points.services.adjusting import decide_adjustment, propose_adjustment
from tcloud.points.services.extending import AlreadyDecided
from tcloud.programme.models import CalendarDay, CalendarVersion, RuleDraft, RuleSet
from tcloud.programme.rules import DeadlineKind
from tcloud.programme.services import drafting, keeping_calendar, publishing
from tcloud.programme.states import DraftEvent
from tests.concurrency.racing import (
    NOW,
    Gate,
    Meeting,
    Scene,
    WithoutAdvisoryLocks,
    all_holds,
    race,
    until_done_or_blocked,
)
from tests.concurrency.test_points_races import hold, no_call_lock, pausing, with_a_grant
from tests.rules.test_calendar_table import file, rows

pytestmark = pytest.mark.django_db(transaction=True)


def office(scene: Scene, count: int) -> list[User]:
    """People of the office, new ones in each scene."""
    return [User.objects.create(email=scene.name(f"{n}@office.example"), name=str(n), created_at=NOW) for n in range(count)]


def no_adjustment_lock(patch: pytest.MonkeyPatch) -> None:
    """Neither the call nor the adjustment is locked by who decides."""
    no_call_lock(patch)
    rows = Adjustment.objects.select_related("grant", "call")
    patch.setattr(locks, "lock_adjustment", lambda pk: rows.get(pk=pk))


def _confirmed_at_once(scene: Scene, people: list[User]) -> None:
    """Everybody who confirms has read the proposal before anybody writes."""
    grant = with_a_grant(scene)
    change = propose_adjustment(
        call_code=grant.call.code, grant_id=grant.pk, points=-9_000, reason="誤植", request_key=scene.name("form"),
        by=office(scene, 1)[0], now=NOW,
    )  # fmt: skip
    with pausing(locks, "lock_adjustment", Meeting(len(people)).wait):
        results = scene.threads.all(
            *[partial(decide_adjustment, adjustment_id=change.pk, agreed=True, by=by, now=NOW) for by in people]
        )
    assert sorted(type(result).__name__ for result in results) == sorted(
        [Adjustment.__name__, *[AlreadyDecided.__name__] * (len(people) - 1)]
    )
    assert Entry.objects.filter(key=change.entry_key).count() == 1
    assert balance(chart.wallet(grant.call.code, grant.ubn)) == 29_999 - 9_000
    assert OutboxMessage.objects.filter(name="points_taken", address=f"{grant.ubn}@x.example").count() == 1
    all_holds()


@race(without=no_adjustment_lock)
def test_an_adjustment_that_two_people_confirm_at_once_is_posted_once(scene: Scene) -> None:
    people = [User.objects.create(email=scene.name(f"{n}@desk.example"), name=n, created_at=NOW) for n in ("b", "c")]
    _confirmed_at_once(scene, people)


@race(without=no_adjustment_lock)
def test_an_adjustment_that_one_person_confirms_twice_at_once_is_posted_once(scene: Scene) -> None:
    person = User.objects.create(email=scene.name("b@desk.example"), name="b", created_at=NOW)
    _confirmed_at_once(scene, [person, person])


def no_draft_lock(patch: pytest.MonkeyPatch) -> None:
    """Neither the call nor the draft is locked by who publishes."""
    rows = RuleDraft.objects.select_related("call", "drafted_by", "reviewed_by")
    patch.setattr(publishing, "lock_draft", lambda pk: rows.get(pk=pk))


@race(without=no_draft_lock)
def test_a_draft_that_two_people_publish_at_once_is_one_version(scene: Scene) -> None:
    call = scene.call()
    author, *others = office(scene, 3)
    draft = drafting.start_draft(call_code=call.code, by=author, now=NOW)
    rules = draft.rules.model_copy(update={"points_per_company": 20_000})
    drafting.save_draft(draft_id=draft.pk, rules=rules, effective_date=None, reason="改", by=author, now=NOW)
    drafting.step_draft(draft_id=draft.pk, event=DraftEvent.SENT, by=author, now=NOW)
    drafting.step_draft(draft_id=draft.pk, event=DraftEvent.REVIEWED, by=others[0], now=NOW)

    with pausing(publishing, "lock_draft", Meeting(2).wait):
        results = scene.threads.all(*[partial(publishing.publish, draft_id=draft.pk, by=by, now=NOW) for by in others])

    assert sorted(type(result).__name__ for result in results) == [drafting.DraftStep.__name__, RuleSet.__name__]
    assert list(call.rule_sets.order_by("version").values_list("version", flat=True)) == [1, 2]
    assert draft.steps.filter(event=DraftEvent.PUBLISHED).count() == 1


def without_the_calendars_lock(patch: pytest.MonkeyPatch) -> None:
    """Changes of the calendar do not wait for each other."""
    patch.setattr(keeping_calendar, "connection", WithoutAdvisoryLocks())


@race(without=without_the_calendars_lock)
def test_one_table_imported_twice_at_once_is_one_version(scene: Scene) -> None:
    lines = rows(2026)
    flag = "2" if lines[scene.run][11] == "0" else "0"  # another table in each scene
    lines[scene.run] = f"{lines[scene.run][:11]}{flag},公告"
    before = CalendarVersion.objects.count()

    with pausing(keeping_calendar, "preview_table", Meeting(2).wait):
        results = scene.threads.all(
            *[partial(keeping_calendar.import_table, content=file(lines), name="2026.csv", by=by, now=NOW) for by in ("a", "b")]
        )

    assert len({getattr(result, "pk", result) for result in results}) == 1
    assert CalendarVersion.objects.count() == before + 1
    assert CalendarDay.objects.filter(version=results[0]).count() == 365


def no_lock_on_the_grant_of_an_order(patch: pytest.MonkeyPatch) -> None:
    """Who orders, or gives points back, reads the grant and does not lock it."""
    found = Grant.objects.select_related("call", "rule_set")
    patch.setattr(locks, "lock_grant", lambda ubn, call: found.filter(ubn=ubn, call=call).first())


@race(without=no_lock_on_the_grant_of_an_order)
def test_no_order_draws_on_a_grant_after_it_was_frozen(scene: Scene) -> None:
    """The order has found nothing against it when the office freezes the grant: the freeze waits, or the order is refused."""
    grant = with_a_grant(scene)
    (officer,) = office(scene, 1)
    gate = Gate()
    with pausing(holding, "balance", gate.stop):
        order = scene.threads.start(hold, scene=scene, call=grant.call, ubn=grant.ubn, order="late", points=12_000)
        gate.until_reached()
        freeze = scene.threads.start(freezing.freeze_grant, grant_id=grant.pk, by=officer, reason="查核", now=NOW)
        until_done_or_blocked(freeze)
        stood_before = Freeze.objects.filter(grant=grant).exists()
        gate.open.set()
        outcome = scene.threads.outcome(order)
    assert isinstance(scene.threads.outcome(freeze), Freeze)
    assert outcome is None or isinstance(outcome, holding.GrantFrozen), outcome
    assert not (stood_before and outcome is None), "points left a frozen grant"
    all_holds()


@race(without=no_lock_on_the_grant_of_an_order)
def test_points_given_back_at_the_last_instant_do_not_stay_in_a_wallet_that_has_ended(scene: Scene) -> None:
    """A withdrawal has decided for the wallet when the window ends: the clock waits and takes them as well."""
    grant = with_a_grant(scene)
    hold(scene, grant.call, grant.ubn, "order", 12_000)
    gate = Gate()

    def withdraw() -> Any:
        with transaction.atomic():
            return holding.release_hold(
                ubn=grant.ubn, call=grant.call, order_number=scene.name("order"), points=12_000,
                cause=holding.Cause.COMPANY, now=grant.use_until - timedelta(seconds=1),
            )  # fmt: skip

    with pausing(holding, "destination_of", gate.stop):
        giving = scene.threads.start(withdraw)
        gate.until_reached()
        end = scene.threads.start(ending.end_grant, grant_id=grant.pk, deadline=DeadlineKind.GRANT_USE, now=grant.use_until)
        until_done_or_blocked(end)
        gate.open.set()
        assert (scene.threads.outcome(giving), scene.threads.outcome(end)) == (True, None)
    assert Grant.objects.get(pk=grant.pk).ended_at == grant.use_until
    assert balance(chart.wallet(grant.call.code, grant.ubn)) == 0
    assert queries.budget_left(grant.call) == 3_000_000 - 1
    all_holds()
