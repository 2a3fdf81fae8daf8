"""Points asked for what is not there, not theirs, or over already: refused in words, and nothing changes."""

import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from tcloud.core.errors import Refused
from tcloud.identity.models import User
from tcloud.jobs import calendar as following
from tcloud.jobs import deadlines
from tcloud.ledger import chart
from tcloud.ledger.models import Entry
from tcloud.ledger.queries import balance
from tcloud.ledger.services import posting
from tcloud.ledger.services.posting import Move, post
from tcloud.ledger.services.verifying import verify
from tcloud.notifications.models import OutboxMessage
from tcloud.points import budget_queries
from tcloud.points.budget_queries import budget_of
from tcloud.points.history import _title
from tcloud.points.models import Freeze, Grant, KeptPoints, WaitingPlace
from tcloud.points.queries import available
from tcloud.points.rules import Cause
from tcloud.points.services.extending import ChangeMissing, decide_change, propose_change
from tcloud.points.services.freezing import GrantMissing, NotFrozen, freeze_grant, release_grant
from tcloud.points.services.holding import GrantFrozen, PointsEnded, hold, release_hold, spendable
from tcloud.points.services.issuing import give_turn
from tcloud.points.services.mass_expiring import mass_expire
from tcloud.points.services.reminding import remind
from tcloud.programme.counting import later_last_day
from tcloud.programme.models import Call, Deadline
from tcloud.programme.rules import Limit, Rules, Unit, bounds_of
from tcloud.programme.services import open_call
from tests import make
from tests.domain.test_budget import lived, settled_sum
from tests.domain.test_calendar import word
from tests.domain.test_freezing import DAY, NOW, ORDER, UBN, fresh, grant, held, people, proposed

__all__ = ["grant", "people"]
pytestmark = pytest.mark.django_db(transaction=True)
NOBODYS = 999_999


# Whose grant it is ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "act",
    [
        lambda by, call: freeze_grant(grant_id=NOBODYS, by=by, reason="x", now=NOW),
        lambda by, call: release_grant(grant_id=NOBODYS, by=by, reason="x", give_back_days=False, now=NOW),
        lambda by, call: propose_change(call_code=call, grant_id=NOBODYS, days=3, reason="x", by=by, now=NOW),
    ],
    ids=["freeze", "release", "move"],
)
def test_a_grant_nobody_has_is_missing(grant: Grant, people: tuple[User, User], act: Callable[[User, str], Any]) -> None:
    with pytest.raises(GrantMissing):
        act(people[0], grant.call.code)


def test_a_grant_of_another_call_is_missing_there(grant: Grant, people: tuple[User, User]) -> None:
    other = open_call(
        code="116-1", name="x", name_en="x", budget_points=30_000, opens_date=date(2026, 1, 1), closes_until=make.FAR_AWAY,
        rules=Rules(), now=NOW,
    )  # fmt: skip
    with pytest.raises(GrantMissing):
        propose_change(call_code=other.code, grant_id=grant.pk, days=3, reason="x", by=people[0], now=NOW)


def test_a_decision_about_nothing_is_refused(people: tuple[User, User]) -> None:
    with pytest.raises(ChangeMissing):
        decide_change(change_id=NOBODYS, agreed=True, by=people[0], now=NOW)


@pytest.mark.parametrize(("days", "reason"), [(3, " "), (0, "x")])
def test_a_change_of_clocks_needs_days_and_a_reason(grant: Grant, people: tuple[User, User], days: int, reason: str) -> None:
    with pytest.raises(Refused):
        propose_change(call_code=grant.call.code, grant_id=grant.pk, days=days, reason=reason, by=people[0], now=NOW)


# Frozen, ended, never given ---------------------------------------------------------------------------------


def test_the_freeze_a_person_saw_is_released_once_and_no_other(grant: Grant, people: tuple[User, User]) -> None:
    seen = freeze_grant(grant_id=grant.pk, by=people[0], reason="查核", now=NOW)

    def release(by: User, freeze_id: int | None) -> Freeze:
        return release_grant(grant_id=grant.pk, by=by, reason="沒問題", give_back_days=False, now=NOW + DAY, freeze_id=freeze_id)

    with pytest.raises(NotFrozen):
        release(people[0], NOBODYS)
    released = release(people[0], seen.pk)
    assert released.released_at == NOW + DAY
    assert release(people[0], seen.pk).pk == released.pk, "the same person's second click"
    with pytest.raises(NotFrozen):
        release(people[1], seen.pk)
    with pytest.raises(NotFrozen):
        release(people[0], None)


def test_what_can_be_spent_without_a_grant_and_under_a_freeze(grant: Grant, people: tuple[User, User]) -> None:
    with transaction.atomic():
        assert spendable("99999999", grant.call, NOW) == 0
    with transaction.atomic(), pytest.raises(PointsEnded):
        hold(ubn="99999999", call=grant.call, order_number=ORDER, points=1, now=NOW)
    freeze_grant(grant_id=grant.pk, by=people[0], reason="查核中", now=NOW)
    with transaction.atomic(), pytest.raises(GrantFrozen, match="查核中"):
        spendable(UBN, grant.call, NOW)
    assert available(UBN, grant.call) == 30_000


def test_an_order_from_ordinary_points_leaves_kept_points_alone(grant: Grant) -> None:
    """What ends first is spent first: before the window's end the ordinary points do."""
    held(5_000)
    with transaction.atomic():
        release_hold(ubn=UBN, call=grant.call, order_number=ORDER, points=5_000, cause=Cause.VENDOR, now=grant.use_until - DAY)
    held(20_000, now=grant.use_until - DAY, order="CE2600000026")
    assert KeptPoints.objects.get().points == 5_000
    assert available(UBN, grant.call) == 10_000


def test_points_kept_longer_than_the_moved_end_stay_kept(grant: Grant, people: tuple[User, User]) -> None:
    held(5_000)
    with transaction.atomic():
        release_hold(ubn=UBN, call=grant.call, order_number=ORDER, points=5_000, cause=Cause.VENDOR, now=grant.use_until - DAY)
    until = KeptPoints.objects.get().usable_until
    decide_change(change_id=proposed(people[0], 1, grant).pk, agreed=True, by=people[1], now=grant.use_until - DAY)
    assert (KeptPoints.objects.get().points, KeptPoints.objects.get().usable_until) == (5_000, until)
    assert fresh().usable_until == until > fresh().use_until


def test_a_grant_that_ended_by_itself_is_left_out_of_the_mass(grant: Grant) -> None:
    """Its clock still stands open, as after a kill between two sweeps."""
    deadlines.sweep(grant.activate_until)
    ended = fresh().ended_at
    entries = Entry.objects.count()
    Deadline.objects.filter(subject=str(grant.pk), kind="grant_activation").update(done_at=None)
    mass_expire(now=grant.activate_until + DAY)
    assert (fresh().ended_at, Entry.objects.count()) == (ended, entries)
    assert not Deadline.objects.filter(subject=str(grant.pk), kind="grant_activation", done_at=None).exists()


def test_no_warning_about_activation_once_it_is_activated(grant: Grant) -> None:
    Deadline.objects.filter(kind="reminder", detail="activation:1").update(done_at=None)
    held()
    before = OutboxMessage.objects.count()
    Deadline.objects.filter(kind="reminder", detail="activation:1").update(done_at=None)
    remind(grant_id=grant.pk, detail="activation:1", now=grant.activate_until - DAY)
    assert OutboxMessage.objects.count() == before


# The calendar -----------------------------------------------------------------------------------------------


def test_an_activated_grant_follows_the_calendar_with_its_use_window_alone(grant: Grant) -> None:
    held()
    before = fresh()
    word(date(2026, 5, 20), is_workday=False)
    word(date(2026, 7, 20), is_workday=False)
    following.follow(NOW)
    assert fresh().activate_until == before.activate_until
    assert fresh().use_until > before.use_until


def test_a_grant_that_is_over_does_not_follow(grant: Grant) -> None:
    deadlines.sweep(grant.activate_until)
    before = fresh()
    Deadline.objects.filter(subject=str(grant.pk), kind="grant_use").update(done_at=None)
    word(date(2026, 7, 20), is_workday=False)
    following.follow(NOW)
    assert (fresh().activate_until, fresh().use_until) == (before.activate_until, before.use_until)


def test_a_day_limit_that_does_not_move_stays_on_its_day_off() -> None:
    limit = Limit(count=2, unit=Unit.DAYS, moves_to_working_day=False)
    sunday = date(2026, 4, 19)
    assert later_last_day(limit, date(2026, 4, 17), sunday, lambda day: day.weekday() < 5) == sunday


def test_a_rule_that_is_no_limit_has_no_bounds() -> None:
    assert bounds_of("activation").most
    with pytest.raises(KeyError):
        bounds_of("points_share")


# Figures and words ------------------------------------------------------------------------------------------


def test_sums_that_grow_while_the_budget_is_read_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    call = lived()
    before = sorted(budget_of(call).flows, key=str)
    turns: list[str] = []

    class Between:
        """The database's connection; between the two statements of the first reading somebody sums up."""

        def cursor(self) -> Any:
            cursor = connection.cursor()
            run = cursor.execute

            def execute(sql: str, *values: Any) -> Any:
                turns.append(sql)
                if sql == budget_queries._BUDGET and turns.count(sql) == 1:
                    until = time.monotonic() + 30
                    while not settled_sum() and time.monotonic() < until:
                        time.sleep(0.05)
                return run(sql, *values)

            cursor.execute = execute
            return cursor

    monkeypatch.setattr(budget_queries, "connection", Between())
    assert sorted(budget_of(call).flows, key=str) == before
    assert turns.count(budget_queries._BUDGET) == 2


@pytest.mark.parametrize(
    ("key", "change", "words"),
    [
        ("grant:1:restore:2", 5_000, "補回暫停期間收回的點數"), ("grant:115-1:24468011", 30_000, "核發點數"),
        ("adjust:7", -500, "管理單位調整點數"), ("order:CE2600000018:refund:1", 0, "退訂，使用期限已過，500 點收回"),
        ("order:CE2600000018:refund:1", 500, "退訂，退回點數"), ("order:CE2600000018:release", 0, "保留的 500 點收回"),
    ],
)  # fmt: skip
def test_every_movement_has_its_words(key: str, change: int, words: str) -> None:
    assert words in _title(key, 500, change)


def test_a_statement_that_writes_nothing_and_blames_nobody_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    call = make.call()
    monkeypatch.setattr(posting, "_post_one", lambda *_values: posting._Verdict())
    with transaction.atomic(), pytest.raises(RuntimeError, match="nothing is wrong"):
        post(key="k", moves=[Move(chart.appropriation(call.code), chart.budget_slot(call.code, 0), 1)], memo="", now=NOW)
    assert verify() is None


def test_the_next_in_line_waits_when_the_budget_went_elsewhere_meanwhile() -> None:
    """Whoever feeds the line looks twice: before asking the registers, and again with the budget locked."""
    make.call(budget=30_000)
    make.company_with_points()
    make.company_with_points(make.OTHER)
    place = WaitingPlace.objects.get()
    assert balance(chart.wallet("115-1", UBN)) == 30_000
    assert give_turn(place_id=place.pk, passed=[], eligible=True, reason="", now=NOW + timedelta(hours=1)) is False
    assert WaitingPlace.objects.get().left_at is None
    assert Grant.objects.count() == 1
    assert Call.objects.count() == 1
