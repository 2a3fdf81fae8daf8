"""Warnings before a grant's two dates: on their days, with the date that binds; none where nothing can be lost."""

from datetime import timedelta

import pytest
from django.db import transaction

from tcloud.core.time import taipei_date
from tcloud.jobs import deadlines
from tcloud.notifications.models import OutboxMessage
from tcloud.points.models import Grant
from tcloud.points.services.holding import hold
from tcloud.points.services.reminding import remind
from tcloud.programme.models import Call, Deadline
from tcloud.programme.rules import DeadlineKind
from tests import make

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
