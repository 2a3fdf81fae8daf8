"""The office freezes and releases a grant and moves clocks: two people, exact dates, nothing changed after a refusal."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tcloud.audit.models import AuditRow
from tcloud.core.errors import Refused
from tcloud.core.time import taipei_date
from tcloud.identity.models import User
from tcloud.identity.services import open_account
from tcloud.jobs import deadlines, tasks
from tcloud.ledger.models import Account, Entry
from tcloud.ledger.services.verifying import verify
from tcloud.notifications.models import Notice, OutboxMessage
from tcloud.notifications.services import compose
from tcloud.points.models import ClockChange, Freeze, Grant, KeptPoints, MovedClock
from tcloud.points.queries import available, usable_now
from tcloud.points.rules import Cause
from tcloud.points.services import extending
from tcloud.points.services.extending import decide_change, propose_change
from tcloud.points.services.freezing import freeze_grant, release_grant
from tcloud.points.services.holding import GrantFrozen, hold, release_hold
from tcloud.programme.models import Call, Deadline
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
NOW, UBN = make.NOW, make.COMPANY.ubn
ORDER = "CE2600000018"
INSTANT, DAY = timedelta(microseconds=1), timedelta(days=1)


@pytest.fixture
def grant() -> Grant:
    make.call()
    make.company_with_points()
    return fresh()


@pytest.fixture
def people() -> tuple[User, User]:
    first, second = (open_account(email=f"{n}@office.example", name=n, password=make.PASSWORD, now=NOW) for n in ("one", "two"))
    return first, second


def fresh() -> Grant:
    return Grant.objects.select_related("call", "rule_set").get(ubn=UBN)


def held(points: int = 12_000, now: datetime = NOW, order: str = ORDER) -> None:
    with transaction.atomic():
        hold(ubn=UBN, call=Call.objects.get(), order_number=order, points=points, now=now)


def last_days(grant: Grant) -> tuple[str, str]:
    return tuple(taipei_date(end - INSTANT).isoformat() for end in (grant.activate_until, grant.use_until))  # type: ignore[return-value]


def state() -> list[Any]:
    """Everything a refusal must leave alone."""
    return [
        list(model.objects.order_by("pk").values())  # type: ignore[attr-defined]
        for model in (Grant, Freeze, ClockChange, MovedClock, Deadline, Entry, OutboxMessage, Notice, AuditRow)
    ]


def proposed(by: User, days: int = 10, grant: Grant | None = None) -> ClockChange:
    return propose_change(
        call_code="115-1", grant_id=grant.pk if grant else None, days=days, reason="颱風停班", by=by, now=NOW
    )


def test_a_frozen_grant_takes_no_order_and_says_why(grant: Grant, people: tuple[User, User]) -> None:
    freeze_grant(grant_id=grant.pk, by=people[0], reason=" 查核中 ", now=NOW)
    before = state()

    with pytest.raises(GrantFrozen, match="查核中"):
        held()

    assert (state(), available(UBN, grant.call), usable_now(grant, NOW)) == (before, 30_000, 0)
    assert (Notice.objects.latest("id").name, AuditRow.objects.latest("id").tag) == ("grant_frozen", "points:grant:frozen")


def test_a_freeze_leaves_running_orders_and_clocks_alone(grant: Grant, people: tuple[User, User]) -> None:
    held()
    freeze_grant(grant_id=grant.pk, by=people[0], reason="查核中", now=NOW)
    with transaction.atomic():
        release_hold(ubn=UBN, call=grant.call, order_number=ORDER, points=12_000, cause=Cause.VENDOR, now=NOW)
    assert available(UBN, grant.call) == 30_000
    deadlines.sweep(grant.use_until)
    assert (available(UBN, grant.call), fresh().ended_at) == (0, grant.use_until)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_freeze_and_a_release_need_a_reason(grant: Grant, people: tuple[User, User], reason: str) -> None:
    before = state()
    with pytest.raises(Refused, match="理由"):
        freeze_grant(grant_id=grant.pk, by=people[0], reason=reason, now=NOW)
    with pytest.raises(Refused, match="理由"):
        release_grant(grant_id=grant.pk, by=people[0], reason=reason, give_back_days=True, now=NOW)
    assert state() == before


def test_once_frozen_it_is_not_frozen_again_and_nothing_is_released_twice(grant: Grant, people: tuple[User, User]) -> None:
    freeze_grant(grant_id=grant.pk, by=people[0], reason="一", now=NOW)
    before = state()
    with pytest.raises(Refused, match="已經暫停"):
        freeze_grant(grant_id=grant.pk, by=people[1], reason="二", now=NOW)
    assert state() == before
    release_grant(grant_id=grant.pk, by=people[1], reason="查清楚了", give_back_days=False, now=NOW + DAY)
    held(now=NOW + DAY)
    before = state()
    with pytest.raises(Refused, match="沒有暫停"):
        release_grant(grant_id=grant.pk, by=people[1], reason="再一次", give_back_days=False, now=NOW + DAY)
    assert state() == before
    Freeze.objects.create(grant=grant, reason="x", frozen_by=people[0], frozen_at=NOW)
    with pytest.raises(IntegrityError, match="freeze_one_at_a_time"), transaction.atomic():
        Freeze.objects.create(grant=grant, reason="y", frozen_by=people[0], frozen_at=NOW)


def test_lost_days_come_back_by_two_people(grant: Grant, people: tuple[User, User]) -> None:
    freeze_grant(grant_id=grant.pk, by=people[0], reason="查核中", now=NOW)
    release_grant(grant_id=grant.pk, by=people[0], reason="查清楚了", give_back_days=True, now=NOW + 4 * DAY)
    change = ClockChange.objects.get()
    assert (change.days, change.agreed, last_days(fresh())) == (5, None, ("2026-05-20", "2026-07-20"))
    before = state()
    with pytest.raises(Refused, match="另一位"):
        decide_change(change_id=change.pk, agreed=True, by=people[0], now=NOW + 4 * DAY)
    assert state() == before

    decide_change(change_id=change.pk, agreed=True, by=people[1], now=NOW + 5 * DAY)

    # 20 + 5 = Monday 25 May; Saturday 25 July moves on to Monday 27.
    assert last_days(fresh()) == ("2026-05-25", "2026-07-27")
    assert ClockChange.objects.get().applied_at == NOW + 5 * DAY
    row = MovedClock.objects.get()
    assert (row.use_before, row.use_after) == (grant.use_until, fresh().use_until)
    assert OutboxMessage.objects.filter(name="clocks_moved").count() == 1
    with pytest.raises(Refused, match="覆核過"):
        decide_change(change_id=change.pk, agreed=False, by=people[1], now=NOW + 6 * DAY)


def test_a_declined_change_moves_nothing_and_the_database_wants_two_people(grant: Grant, people: tuple[User, User]) -> None:
    change = proposed(people[0], grant=grant)
    decide_change(change_id=change.pk, agreed=False, by=people[1], now=NOW)
    assert last_days(fresh()) == ("2026-05-20", "2026-07-20")
    with pytest.raises(IntegrityError, match="by_two_people"), transaction.atomic():
        ClockChange.objects.filter(pk=change.pk).update(decided_by=people[0])


def test_moved_clocks_act_at_their_new_instant_with_new_warnings(grant: Grant, people: tuple[User, User]) -> None:
    decide_change(change_id=proposed(people[0], grant=grant).pk, agreed=True, by=people[1], now=NOW)
    moved = fresh()
    assert last_days(moved) == ("2026-06-01", "2026-07-30")  # 30 May is a Saturday
    open_rows = Deadline.objects.filter(done_at=None)
    assert open_rows.get(kind="grant_activation").due_at == moved.activate_until
    assert open_rows.get(kind="grant_use").due_at == moved.use_until
    warnings = dict(open_rows.filter(kind="reminder").values_list("detail", "due_at"))
    assert warnings == {
        f"{which}:{days}": end - timedelta(days=days)
        for which, end in (("activation", moved.activate_until), ("use", moved.use_until)) for days in (14, 7, 3, 1)
    }  # fmt: skip
    deadlines.sweep(moved.activate_until - INSTANT)
    assert available(UBN, grant.call) == 30_000
    deadlines.sweep(moved.activate_until)
    assert available(UBN, grant.call) == 0


def test_an_activated_grant_moves_its_use_window_only(grant: Grant, people: tuple[User, User]) -> None:
    held()
    decide_change(change_id=proposed(people[0], grant=grant).pk, agreed=True, by=people[1], now=NOW)
    assert last_days(fresh()) == ("2026-05-20", "2026-07-30")
    assert not Deadline.objects.filter(done_at=None, kind="grant_activation").exists()


def test_points_kept_beyond_the_old_end_are_ordinary_under_a_later_one(grant: Grant, people: tuple[User, User]) -> None:
    held()
    with transaction.atomic():
        release_hold(
            ubn=UBN, call=grant.call, order_number=ORDER, points=12_000, cause=Cause.VENDOR, now=grant.use_until - DAY
        )
    decide_change(change_id=proposed(people[0], 20, grant).pk, agreed=True, by=people[1], now=grant.use_until - DAY)
    moved = fresh()
    assert (KeptPoints.objects.get().points, moved.usable_until) == (0, moved.use_until)
    deadlines.sweep(moved.use_until - INSTANT)
    assert available(UBN, grant.call) == 30_000
    deadlines.sweep(moved.use_until)
    assert available(UBN, grant.call) == 0


@pytest.mark.parametrize("days", [0, -1, 367])
def test_days_are_between_one_and_a_leap_year(grant: Grant, people: tuple[User, User], days: int) -> None:
    before = state()
    with pytest.raises(Refused, match="366"):
        proposed(people[0], days, grant)
    assert state() == before


def test_a_grant_that_is_over_is_not_extended(grant: Grant, people: tuple[User, User]) -> None:
    waiting = proposed(people[0], 90, grant)
    deadlines.sweep(grant.activate_until)
    before = state()
    with pytest.raises(Refused, match="不能再延長"):
        proposed(people[0], 90, fresh())
    with pytest.raises(Refused, match="不能再延長"):
        decide_change(change_id=waiting.pk, agreed=True, by=people[1], now=grant.activate_until)
    assert state() == before


def lost_while_frozen(grant: Grant, people: tuple[User, User]) -> tuple[ClockChange, datetime]:
    """Frozen for 41 days from the fifth day; the activation window ends meanwhile."""
    freeze_grant(grant_id=grant.pk, by=people[0], reason="查核中", now=NOW + 5 * DAY)
    deadlines.sweep(grant.activate_until)
    after = NOW + 45 * DAY
    release_grant(grant_id=grant.pk, by=people[0], reason="查無此事", give_back_days=True, now=after)
    return ClockChange.objects.get(), after


def test_what_was_reclaimed_under_a_freeze_comes_back_with_the_lost_days(grant: Grant, people: tuple[User, User]) -> None:
    change, after = lost_while_frozen(grant, people)
    assert (change.days, available(UBN, grant.call)) == (41, 0)

    decide_change(change_id=change.pk, agreed=True, by=people[1], now=after)

    assert (available(UBN, grant.call), fresh().ended_at) == (30_000, None)
    assert last_days(fresh()) == ("2026-06-30", "2026-08-31")  # 30 August is a Sunday
    entry = Entry.objects.get(key__contains=":restore:")
    assert entry.reverses is not None
    assert ":reclaim:" in entry.reverses.key
    held(now=after)
    assert verify() is None


def test_each_reclaim_under_a_freeze_comes_back_once_by_an_entry_of_its_own(grant: Grant, people: tuple[User, User]) -> None:
    held()
    freeze_grant(grant_id=grant.pk, by=people[0], reason="查核中", now=NOW + DAY)
    with transaction.atomic():
        release_hold(
            ubn=UBN, call=grant.call, order_number=ORDER, points=12_000, cause=Cause.VENDOR, now=grant.use_until - DAY
        )
    deadlines.sweep(grant.use_until)  # 18,000 at the end of the window
    last = KeptPoints.objects.get().usable_until
    deadlines.sweep(last)  # the 12,000 at theirs
    reclaims = list(Entry.objects.filter(key__contains=":reclaim:").order_by("id").values_list("key", flat=True))
    release_grant(grant_id=grant.pk, by=people[0], reason="查無此事", give_back_days=True, now=last)
    # A second freeze at the instant of the release spans the last reclaim too.
    freeze_grant(grant_id=grant.pk, by=people[0], reason="再查", now=last)
    release_grant(grant_id=grant.pk, by=people[0], reason="查無此事", give_back_days=True, now=last + DAY)
    first, second = ClockChange.objects.order_by("id")

    decide_change(change_id=first.pk, agreed=True, by=people[1], now=last + 2 * DAY)

    back = Entry.objects.filter(key__contains=":restore:").order_by("id")
    assert [(entry.reverses.key, sum(t.amount for t in entry.transfers.all())) for entry in back if entry.reverses] == list(
        zip(reclaims, (18_000, 12_000), strict=True)
    )
    assert available(UBN, grant.call) == 30_000
    deadlines.sweep(fresh().use_until)  # runs out anew, outside of both freezes
    assert available(UBN, grant.call) == 0
    decide_change(change_id=second.pk, agreed=True, by=people[1], now=fresh().use_until)
    assert (available(UBN, grant.call), back.count(), verify()) == (0, 2, None)


def test_nothing_comes_back_when_the_budget_is_spent_and_the_decision_stays_open(people: tuple[User, User]) -> None:
    make.call(budget=30_000)
    make.company_with_points()
    change, after = lost_while_frozen(fresh(), people)
    make.company_with_points(make.OTHER, after)
    assert sum(account.balance for account in Account.objects.filter(code__contains="/budget/")) == 0
    before = state()

    with pytest.raises(Refused, match="經費不夠"):
        decide_change(change_id=change.pk, agreed=True, by=people[1], now=after)

    assert state() == before
    assert ClockChange.objects.get().agreed is None


def test_all_grants_move_batch_by_batch_once_each_whoever_runs_it_again(
    grant: Grant, people: tuple[User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = make.company_with_points(make.OTHER)
    reader.language = "en"
    reader.save(update_fields=["language"])
    monkeypatch.setattr(extending, "BATCH", 1)
    change = decide_change(change_id=proposed(people[0]).pk, agreed=True, by=people[1], now=NOW)
    assert last_days(fresh()) == ("2026-05-20", "2026-07-20"), "one machine serves them in a job, not in the click"

    assert extending.move_batch(change_id=change.pk, now=NOW) == 1  # killed here, and started again
    monkeypatch.setattr(tasks, "now", lambda: NOW)
    tasks.move_clocks(change.pk)
    tasks.move_clocks(change.pk)

    assert {last_days(row) for row in Grant.objects.all()} == {("2026-06-01", "2026-07-30")}
    assert (MovedClock.objects.count(), ClockChange.objects.get().applied_at) == (2, NOW)
    assert Deadline.objects.filter(done_at=None, kind="grant_use").count() == 2
    told = OutboxMessage.objects.filter(name="clocks_moved").order_by("id")
    mails = [(row.address, compose(row)) for row in told]
    assert [(to, mail.subject) for to, mail in mails] == [
        (make.COMPANY.email, "點數期限延後"), (make.OTHER.email, "Limits of your points moved later"),
    ]  # fmt: skip
    assert "7\xa0月\xa030\xa0日" in mails[0][1].body
    assert "30 Jul" in mails[1][1].body
    assert list(Notice.objects.filter(name="clocks_moved").order_by("id").values_list("company_ubn", flat=True)) == [
        make.COMPANY.ubn, make.OTHER.ubn,
    ]  # fmt: skip


def test_a_change_of_all_leaves_out_who_came_later_or_is_over(grant: Grant, people: tuple[User, User]) -> None:
    deadlines.sweep(grant.activate_until)
    change = decide_change(change_id=proposed(people[0]).pk, agreed=True, by=people[1], now=grant.activate_until)
    make.company_with_points(make.OTHER, grant.activate_until + DAY)
    assert extending.move_batch(change_id=change.pk, now=grant.activate_until + DAY) == 0
    assert not MovedClock.objects.exists()
    assert ClockChange.objects.get().applied_at == grant.activate_until + DAY
