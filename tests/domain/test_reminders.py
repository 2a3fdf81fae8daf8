"""Warnings before a grant's two dates: on their days, with the date that binds; none where nothing can be lost."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils.translation import override

from tcloud.core.time import taipei_date
from tcloud.core.wording import limit
from tcloud.identity.services import open_account
from tcloud.jobs import deadlines
from tcloud.notifications.catalogue import MessageName
from tcloud.notifications.models import Notice, OutboxMessage
from tcloud.notifications.wording import worded
from tcloud.points.models import Grant, KeptPoints
from tcloud.points.rules import Cause
from tcloud.points.services.freezing import freeze_grant
from tcloud.points.services.holding import hold, release_hold
from tcloud.points.services.reminding import remind
from tcloud.programme.models import Call, Deadline
from tcloud.programme.rules import DeadlineKind, Limit, Rules, Unit
from tests import make

INSTANT = timedelta(microseconds=1)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def grant() -> Grant:
    make.call()
    make.company_with_points()
    OutboxMessage.objects.all().delete()
    return Grant.objects.get()


def told() -> list[tuple[str, int]]:
    return [(row.name, row.context["days"]) for row in OutboxMessage.objects.order_by("id")]


def order(grant: Grant, points: int) -> None:
    with transaction.atomic():
        hold(ubn=grant.ubn, call=Call.objects.get(), order_number="CE2600000012", points=points, now=make.NOW)


def test_both_dates_are_warned_of_fourteen_seven_three_and_one_days_before(grant: Grant) -> None:
    ends = {"activation": grant.activate_until, "use": grant.use_until}
    planned = Deadline.objects.filter(kind=DeadlineKind.REMINDER).values_list("detail", "due_at")
    assert dict(planned) == {
        f"{which}:{days}": end - timedelta(days=days) for which, end in ends.items() for days in (14, 7, 3, 1)
    }


def test_a_warning_tells_the_days_left_and_the_date_that_binds(grant: Grant) -> None:
    remind(grant_id=grant.pk, detail="activation:7", now=grant.activate_until - timedelta(days=7))
    remind(grant_id=grant.pk, detail="use:3", now=grant.use_until - timedelta(days=3))
    assert told() == [("activation_due", 7), ("points_expiring", 3)]
    first, second = (row.context for row in OutboxMessage.objects.order_by("id"))
    assert (first["left"], first["ends_until"]) == (30_000, grant.activate_until.isoformat())
    assert (second["left"], second["ends_until"]) == (30_000, grant.usable_until.isoformat())


def test_the_sweeper_sends_each_warning_once(grant: Grant) -> None:
    at = grant.activate_until - timedelta(days=7) + timedelta(minutes=1)
    assert deadlines.sweep(at) == 2
    assert deadlines.sweep(at) == 0
    assert told() == [("activation_due", 7)], "a sweep that came late tells the true number only"
    assert taipei_date(at) < taipei_date(grant.activate_until)


def test_the_first_order_ends_the_warnings_about_activation(grant: Grant) -> None:
    order(grant, 12_000)
    deadlines.sweep(grant.activate_until - timedelta(hours=1))
    remind(grant_id=grant.pk, detail="activation:1", now=make.NOW)
    assert told() == []
    remind(grant_id=grant.pk, detail="use:1", now=make.NOW)
    assert OutboxMessage.objects.get().context["left"] == 18_000


def test_nobody_is_warned_about_an_empty_wallet(grant: Grant) -> None:
    order(grant, 30_000)
    remind(grant_id=grant.pk, detail="use:7", now=make.NOW)
    assert told() == []


@pytest.mark.parametrize("days", [14, 7, 3, 1])
@pytest.mark.parametrize(("which", "message"), [("activation", "activation_due"), ("use", "points_expiring")])
def test_a_warning_is_sent_from_its_first_instant_and_once(grant: Grant, which: str, message: str, days: int) -> None:
    if which == "use":
        order(grant, 12_000)
    at = (grant.activate_until if which == "activation" else grant.use_until) - timedelta(days=days)
    Deadline.objects.filter(kind=DeadlineKind.REMINDER).exclude(detail=f"{which}:{days}").delete()
    deadlines.sweep(at - INSTANT)
    assert told() == []
    deadlines.sweep(at)
    deadlines.sweep(at)
    deadlines.sweep(at + timedelta(hours=5))
    assert told() == [(message, days)]


def test_both_dates_due_at_once_are_two_messages_with_their_own_dates(grant: Grant) -> None:
    grant.use_until = grant.usable_until = grant.activate_until
    grant.save()
    remind(grant_id=grant.pk, detail="activation:3", now=grant.activate_until - timedelta(days=3))
    remind(grant_id=grant.pk, detail="use:3", now=grant.activate_until - timedelta(days=3))
    assert told() == [("activation_due", 3), ("points_expiring", 3)]


def test_at_the_end_itself_nobody_is_warned_any_more(grant: Grant) -> None:
    remind(grant_id=grant.pk, detail="activation:1", now=grant.activate_until)
    assert told() == []


def test_a_window_shorter_than_a_warning_starts_with_the_next_one() -> None:
    make.call(rules=Rules(activation=Limit(count=10, unit=Unit.DAYS)))
    make.company_with_points()
    planned = Deadline.objects.filter(kind=DeadlineKind.REMINDER, detail__startswith="activation:")
    assert sorted(row.detail for row in planned) == ["activation:1", "activation:3", "activation:7"]


def test_a_frozen_grant_is_told_to_call_and_not_to_order(grant: Grant) -> None:
    staff = open_account(email="one@office.example", name="one", password=make.PASSWORD, now=make.NOW)
    freeze_grant(grant_id=grant.pk, by=staff, reason="查核中", now=make.NOW)
    OutboxMessage.objects.all().delete()
    deadlines.sweep(grant.activate_until - timedelta(days=1))
    assert told() == [("frozen_points_expiring", 1)]
    row = OutboxMessage.objects.get()
    with override("zh-hant"):
        words = worded(MessageName(row.name), row.context)
    assert "客服" in words.next_step
    assert words.path == "/member/points/"


def test_points_that_outlive_the_window_have_warnings_of_their_own(grant: Grant) -> None:
    order(grant, 12_000)
    at = grant.use_until - timedelta(hours=2)
    with transaction.atomic():
        release_hold(
            ubn=grant.ubn, call=Call.objects.get(), order_number="CE2600000012", points=12_000, cause=Cause.VENDOR, now=at
        )
    lot = KeptPoints.objects.get()
    deadlines.sweep(at)
    OutboxMessage.objects.all().delete()
    for days in (7, 3, 1):
        deadlines.sweep(lot.usable_until - timedelta(days=days))
    mails = OutboxMessage.objects.filter(name="kept_points_expiring")
    assert [row.context["days"] for row in mails.order_by("id")] == [7, 3, 1]
    assert {(row.context["left"], row.context["ends_until"]) for row in mails} == {(12_000, lot.usable_until.isoformat())}
    assert Notice.objects.filter(name="kept_points_expiring").count() == 3


@pytest.mark.parametrize("language", ["zh-hant", "en"])
@pytest.mark.parametrize("name", ["activation_due", "points_expiring", "kept_points_expiring", "frozen_points_expiring"])
def test_each_warning_says_points_date_what_to_do_and_the_rule(name: str, language: str) -> None:
    ends = make.NOW.replace(hour=16, minute=0, second=0)
    context = {"days": 3, "left": 18_000, "ends_until": ends.isoformat()}
    with override(language):
        words = worded(MessageName(name), context)
        date = limit(ends)
    facts = " ".join(value for _label, value in words.facts)
    assert "18,000" in facts
    assert date in facts
    assert date in words.next_step + words.lead
    assert "收回" in words.rule if language == "zh-hant" else "reclaimed" in words.rule
    assert "3" in words.headline
    assert words.button
