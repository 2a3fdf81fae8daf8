"""Grants and their two clocks, to the instant."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from tcloud.core.time import taipei_date
from tcloud.jobs import deadlines
from tcloud.ledger import chart
from tcloud.ledger.models import Account
from tcloud.ledger.queries import balance, movements
from tcloud.ledger.services.posting import Move, open_accounts, post
from tcloud.ledger.services.verifying import verify
from tcloud.notifications.models import OutboxMessage
from tcloud.points.models import Grant, WaitingPlace
from tcloud.points.queries import available, budget_figures, waiting_position, wallet_of
from tcloud.points.rules import Cause
from tcloud.points.services.ending import end_grant
from tcloud.points.services.holding import NotActivated, hold, release_hold
from tcloud.points.services.issuing import issue_grant
from tcloud.points.services.reminding import remind
from tcloud.programme.models import Call, Deadline
from tcloud.programme.rules import DeadlineKind
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
NOW = make.NOW
ORDER = "CE2600000018"
UBN = make.COMPANY.ubn
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def grant() -> Grant:
    make.call()
    make.company_with_points()
    return Grant.objects.select_related("call", "rule_set").get()


def budget() -> int:
    return sum(account.balance for account in Account.objects.filter(code__contains="/budget/"))


def held(points: int = 12_000, order: str = ORDER, now: object = NOW) -> Grant:
    with transaction.atomic():
        return hold(ubn=UBN, call=Call.objects.get(), order_number=order, points=points, now=now)  # type: ignore[arg-type]


def released(cause: Cause, now: object, points: int = 12_000) -> bool:
    with transaction.atomic():
        return release_hold(
            ubn=UBN, call=Call.objects.get(), order_number=ORDER, points=points, cause=cause, now=now,  # type: ignore[arg-type]
        )  # fmt: skip


def test_a_grant_needs_approval_and_the_questionnaire() -> None:
    make.call()
    make.member()

    assert issue_grant(ubn=UBN, call_code="115-1", now=NOW) is None
    make.assess()
    assert issue_grant(ubn=UBN, call_code="115-1", now=NOW) is not None
    assert budget() == 3_000_000 - 30_000


def test_a_second_grant_is_the_first_one_and_the_database_refuses_another(grant: Grant) -> None:
    again = issue_grant(ubn=UBN, call_code="115-1", now=NOW + timedelta(days=400))

    assert again == grant
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.create(
            call=grant.call, ubn=UBN, rule_set=grant.rule_set, points=1, granted_at=NOW, activate_until=NOW, use_until=NOW,
            usable_until=NOW,
        )  # fmt: skip


def test_both_windows_end_at_24_00_of_their_last_day(grant: Grant) -> None:
    assert taipei_date(grant.activate_until - INSTANT).isoformat() == "2026-05-20"
    assert taipei_date(grant.use_until - INSTANT).isoformat() == "2026-07-20"
    assert taipei_date(grant.use_until).isoformat() == "2026-07-21"


def test_not_activated_in_time_everything_returns_and_not_an_instant_earlier(grant: Grant) -> None:
    deadlines.sweep(grant.activate_until - INSTANT)
    assert available(UBN, grant.call) == 30_000
    deadlines.sweep(grant.activate_until)

    assert available(UBN, grant.call) == 0
    assert budget() == 3_000_000
    assert Grant.objects.get().ended_at == grant.activate_until
    assert OutboxMessage.objects.filter(name="points_never_activated").count() == 1
    with pytest.raises(NotActivated):
        held(now=grant.activate_until)
    assert verify() is None


def test_an_order_in_time_activates_for_good(grant: Grant) -> None:
    held(now=grant.activate_until - INSTANT)
    released(Cause.COMPANY, grant.activate_until - INSTANT)
    deadlines.sweep(grant.activate_until)

    assert available(UBN, grant.call) == 30_000
    assert Grant.objects.get().ended_at is None


def test_part_used_the_rest_is_reclaimed_and_the_hold_survives(grant: Grant) -> None:
    held()
    deadlines.sweep(grant.use_until)

    assert available(UBN, grant.call) == 0
    assert balance(chart.order_hold(ORDER)) == 12_000
    assert budget() == 3_000_000 - 12_000
    wallet = wallet_of(UBN, grant.call)
    assert wallet is not None
    assert (wallet.available, wallet.held, wallet.spent, wallet.returned) == (0, 12_000, 0, 18_000)


def test_released_by_the_vendor_after_the_end_the_points_live_seven_more_days(grant: Grant) -> None:
    held()
    after = grant.use_until + timedelta(days=1)
    deadlines.sweep(after)

    assert released(Cause.VENDOR, after) is True

    extended = Grant.objects.get()
    assert extended.ended_at is None
    assert (extended.usable_until - after).days in range(6, 12)  # a last day that is off moves on
    assert available(UBN, grant.call) == 12_000
    deadlines.sweep(extended.usable_until)
    assert available(UBN, grant.call) == 0
    assert budget() == 3_000_000


def test_released_by_the_company_after_the_end_they_return_to_the_budget(grant: Grant) -> None:
    held()
    after = grant.use_until + timedelta(days=1)
    deadlines.sweep(after)

    assert released(Cause.COMPANY, after) is False
    assert available(UBN, grant.call) == 0
    assert budget() == 3_000_000


def test_ending_twice_ends_once(grant: Grant) -> None:
    for _ in range(2):
        end_grant(grant_id=grant.pk, deadline=DeadlineKind.GRANT_ACTIVATION, now=grant.activate_until)

    assert budget() == 3_000_000
    assert OutboxMessage.objects.filter(name="points_never_activated").count() == 1


def test_warnings_come_14_7_3_and_1_days_before_each_date_and_once(grant: Grant) -> None:
    for days in (14, 7, 3, 1):
        for _ in range(2):
            deadlines.sweep(grant.activate_until - timedelta(days=days))

    assert OutboxMessage.objects.filter(name="activation_due").count() == 4
    held(now=grant.activate_until - timedelta(days=1))
    for days in (14, 7, 3, 1):
        deadlines.sweep(grant.use_until - timedelta(days=days))
    assert OutboxMessage.objects.filter(name="points_expiring").count() == 4


def test_nobody_is_warned_about_nothing(grant: Grant) -> None:
    held(30_000)
    before = OutboxMessage.objects.count()

    remind(grant_id=grant.pk, detail="use:7", now=grant.use_until - timedelta(days=7))

    assert OutboxMessage.objects.count() == before


def test_a_whole_grant_is_collected_from_several_slots_before_anybody_waits() -> None:
    make.call(budget=16 * 10_000)
    make.company_with_points()

    assert available(UBN, Call.objects.get()) == 30_000
    assert budget() == 130_000
    assert not WaitingPlace.objects.exists()


def test_when_the_budget_is_short_the_company_waits_and_knows_its_place() -> None:
    call = make.call(budget=29_999)
    make.company_with_points()

    assert not Grant.objects.exists()
    assert waiting_position(UBN, call) == 1
    assert budget() == 29_999


def test_live_figures(grant: Grant) -> None:
    figures = budget_figures(grant.rule_set)

    assert (figures.granted_companies, figures.still_possible, figures.granted_percent) == (1, 99, 1)


def test_deadlines_name_their_rule_and_version(grant: Grant) -> None:
    rows = {(row.kind, row.rule, row.rule_set.version) for row in Deadline.objects.exclude(kind__in=("reminder", "review")).select_related("rule_set")}

    assert rows == {("grant_activation", "activation", 1), ("grant_use", "use", 1)}


def test_points_that_came_back_by_hand_are_in_the_statement(grant: Grant) -> None:
    place = chart.wallet("115-1", UBN)
    with transaction.atomic():
        open_accounts([place])
        post(key="by-hand", moves=[Move(chart.budget_slot("115-1", 0), place, 1)], memo="", now=NOW)

    assert [move.amount for move in movements(place)] == [30_000, 1]
