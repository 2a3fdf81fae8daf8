"""Warnings of very many grants at once: the same words as one by one, once each, and one failure stops no other."""

import json
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tcloud.jobs import deadlines
from tcloud.jobs.notifications import send_mails
from tcloud.members.models import Membership
from tcloud.notifications.models import Notice, OutboxMessage
from tcloud.points.models import Grant
from tcloud.points.services import reminding
from tcloud.points.services.mass_granting import mass_grant
from tcloud.points.services.reminding import due_warnings, remind, remind_batch
from tcloud.programme.models import Deadline
from tcloud.programme.rules import DeadlineKind, Rules
from tcloud.programme.services import open_call
from tests import make
from tests.companies import ready

pytestmark = pytest.mark.django_db(transaction=True)
NOW = make.NOW
DAYS = timedelta(days=1)


def granted(code: str, count: int) -> list[Grant]:
    """Grants of one mass run to the same first companies; their messages are not of interest."""
    call = open_call(
        code=code, name=code, name_en=code, budget_points=count * 30_000, opens_date=date(2026, 1, 1),
        closes_until=date(2027, 1, 1), rules=Rules(earlier_grant_excludes=False), now=NOW.replace(month=1),
    )  # fmt: skip
    ready(call, count, NOW)
    mass_grant(call_code=code, now=NOW)
    forget()
    return list(Grant.objects.filter(call=call).order_by("ubn"))


def forget() -> None:
    OutboxMessage.objects.all().delete()
    Notice.objects.all().delete()


def told() -> list[tuple[object, ...]]:
    return sorted(OutboxMessage.objects.values_list("name", "address", "recipient_name", "language", "context__days", "context__left", "context__ends_until"))


def open_warnings() -> int:
    return Deadline.objects.filter(kind=DeadlineKind.REMINDER, done_at=None).count()


def test_many_warnings_say_what_single_ones_say_once_each_in_both_languages() -> None:
    one_by_one, at_once = granted("115-1", 9), granted("115-2", 9)
    at = at_once[0].activate_until - 14 * DAYS
    for grant in one_by_one:
        remind(grant_id=grant.pk, detail="activation:14", now=at)
    expected, notices = told(), Notice.objects.count()
    assert len(expected) == notices == 9
    assert {row[3] for row in expected} == {"en", "zh-hant"}
    forget()

    assert reminding.remind_all(now=at) == 9
    assert told() == expected
    assert sorted(Notice.objects.values_list("company_ubn", "name", "at")) == [(grant.ubn, "activation_due", at) for grant in at_once]
    assert reminding.remind_all(now=at) == 0
    assert len(told()) == 9


def test_a_warning_settled_by_another_sweep_is_not_told_again() -> None:
    grants = granted("115-1", 4)
    at = grants[0].activate_until - 7 * DAYS
    ids = list(due_warnings(at).values_list("pk", flat=True))
    remind_batch(deadline_ids=ids[:6], now=at)
    remind_batch(deadline_ids=ids, now=at)
    assert [row[4] for row in told()] == [7] * 4, "the nearest of both that are due"
    assert due_warnings(at).count() == 0


def test_a_company_with_grants_in_two_calls_hears_of_both() -> None:
    first, second = granted("115-1", 2), granted("115-2", 2)
    at = first[0].activate_until - 3 * DAYS
    assert second[0].activate_until == first[0].activate_until
    deadlines.sweep(at)
    assert [row[:2] for row in told()] == [
        ("activation_due", f"{ubn}@x.example") for ubn in (first[0].ubn, first[0].ubn, first[1].ubn, first[1].ubn)
    ]


def test_one_that_cannot_be_told_stops_no_other_and_is_tried_again() -> None:
    grants = granted("115-1", 5)
    at, orphan = grants[0].activate_until - 14 * DAYS, grants[2]
    owner = Membership.objects.filter(company__ubn=orphan.ubn)
    owner.update(role="company_handler")
    waiting = open_warnings()

    assert reminding.remind_all(now=at) == 4
    assert {row[1] for row in told()} == {f"{grant.ubn}@x.example" for grant in grants if grant != orphan}
    assert open_warnings() == waiting - 4

    owner.update(role="company_owner")
    assert reminding.remind_all(now=at) == 1
    assert len(told()) == 5


def test_a_batch_that_stops_half_way_has_told_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    grants = granted("115-1", 3)
    at, waiting = grants[0].activate_until - 14 * DAYS, open_warnings()

    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(reminding, "tell_many", killed)
        with pytest.raises(KeyboardInterrupt):
            reminding.remind_all(now=at)
    assert (told(), open_warnings()) == ([], waiting)
    assert reminding.remind_all(now=at) == 3


def test_the_number_of_queries_does_not_grow_with_the_grants() -> None:
    counts = []
    for code, count in (("115-1", 2), ("115-2", 12)):
        grants = granted(code, count)
        at = grants[0].activate_until - 14 * DAYS
        subjects = [str(grant.pk) for grant in grants]
        ids = list(due_warnings(at).filter(subject__in=subjects).values_list("pk", flat=True))
        with CaptureQueriesContext(connection) as context:
            remind_batch(deadline_ids=ids, now=at)
        counts.append(len(context))
    assert counts[0] == counts[1]


def test_the_mails_of_a_mass_warning_are_sent(mailoutbox: list[object]) -> None:
    grants = granted("115-1", 3)
    assert reminding.remind_all(now=grants[0].activate_until - 14 * DAYS) == 3
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = 'tcloud.send_mails' ORDER BY id DESC LIMIT 1")
        (arguments,) = cursor.fetchone()
    send_mails(**json.loads(arguments))
    assert OutboxMessage.objects.filter(state="sent").count() == len(mailoutbox) == 3
