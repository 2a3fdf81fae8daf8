"""The calendar: imported, versioned, above it the office's word; open limits move later, never earlier."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from tcloud.audit.models import AuditRow
from tcloud.core.time import last_day
from tcloud.jobs import calendar as following
from tcloud.notifications.models import Notice, OutboxMessage
from tcloud.points.models import KeptPoints
from tcloud.points.queries import grant_of
from tcloud.points.services.limiting import set_kept_clock
from tcloud.programme import queries
from tcloud.programme.models import CalendarDay, CalendarVersion, Deadline
from tcloud.programme.rules import DeadlineKind, Limit, Unit
from tcloud.programme.services import keeping_calendar, set_deadline, set_deadline_at
from tests import make
from tests.make import NOW
from tests.rules.test_calendar_table import file, rows

pytestmark = pytest.mark.django_db


def imported(year: int = 2026, **changed: str) -> CalendarVersion:
    """A year's table with some days (m0428="2") answered differently."""
    lines = rows(year)
    for key, flag in changed.items():
        when = f"{year}{key[1:]}"
        lines = [f"{line[:11]}{flag},公告" if line.startswith(when) else line for line in lines]
    return keeping_calendar.import_table(content=file(lines), name=f"{year}.csv", by="admin@office.example", now=NOW)


def word(day: date, is_workday: bool | None, reason: str = "颱風停止上班") -> CalendarVersion:
    return keeping_calendar.say_day(day=day, is_workday=is_workday, reason=reason, by="admin@office.example", now=NOW)


def test_an_import_is_a_version_and_the_same_file_again_is_none() -> None:
    first = imported()
    assert imported() == first
    second = imported(m0428="2")
    back = imported()

    assert [row.pk for row in queries.calendar_history(9)] == [back.pk, second.pk, first.pk]
    assert CalendarDay.objects.count() == 3 * 365
    assert queries.current_calendar().version == back.pk
    assert queries.calendar_at(second.pk).is_working_day(date(2026, 4, 28)) is False
    assert queries.current_calendar().is_working_day(date(2026, 4, 28)) is True


def test_a_preview_names_the_days_that_change_and_writes_nothing() -> None:
    imported()
    changed = [line.replace("20260428,二,0,", "20260428,二,2,補假") for line in rows(2026)]

    preview = keeping_calendar.preview_table(file(changed))

    assert [(row.day.day, row.was, row.day.is_workday) for row in preview.changes] == [(date(2026, 4, 28), True, False)]
    assert not preview.is_active
    assert keeping_calendar.preview_table(file(rows(2026))).is_active
    assert CalendarVersion.objects.count() == 1


def test_a_bad_file_stores_nothing() -> None:
    with pytest.raises(keeping_calendar.BadTable, match="第 2 行"):
        keeping_calendar.import_table(content=file(["20260101,五,2,"]), name="x", by="admin", now=NOW)

    assert not CalendarVersion.objects.exists()


def test_the_offices_word_is_taken_back_by_another_word() -> None:
    day = date(2026, 4, 28)
    with pytest.raises(keeping_calendar.BadWord):
        word(day, is_workday=False, reason=" ")
    word(day, is_workday=False)
    assert not queries.current_calendar().is_working_day(day)
    word(day, is_workday=None, reason="誤植")

    assert queries.current_calendar().is_working_day(day)
    assert [row.is_workday for row in queries.office_words(9)] == [None, False]
    tags = list(AuditRow.objects.filter(tag="programme:calendar:office").values_list("actor", flat=True))
    assert tags == ["admin@office.example"] * 2


def test_the_database_only_adds_to_the_calendar() -> None:
    imported()
    for sql in ("UPDATE programme_calendarday SET is_workday = true", "DELETE FROM programme_calendarversion"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def _limit(rule: str, kind: DeadlineKind, event_at: datetime = NOW) -> Deadline:
    rule_set = make.call().rule_sets.get()
    with transaction.atomic():
        return set_deadline(kind=kind, subject="AA0000000001", rule=rule, rule_set=rule_set, event_at=event_at)


def _end(day: str) -> datetime:
    """24:00 of a day in Taipei."""
    return datetime.fromisoformat(f"{day}T16:00:00+00:00")


@pytest.mark.parametrize(
    ("rule", "kind", "before", "day_off", "after"),
    [
        ("vendor_answers", DeadlineKind.VENDOR_ANSWER, "2026-04-27", date(2026, 4, 23), "2026-04-28"),  # in between
        ("vendor_answers", DeadlineKind.VENDOR_ANSWER, "2026-04-27", date(2026, 4, 27), "2026-04-28"),  # the last day
        ("vendor_answers", DeadlineKind.VENDOR_ANSWER, "2026-04-27", date(2026, 4, 28), "2026-04-27"),  # after it
        ("self_pay", DeadlineKind.SELF_PAY, "2026-04-22", date(2026, 4, 22), "2026-04-23"),
        ("self_pay", DeadlineKind.SELF_PAY, "2026-04-22", date(2026, 4, 21), "2026-04-22"),  # calendar days count on
        ("service_start", DeadlineKind.SERVICE_START, "2026-04-27", date(2026, 4, 27), "2026-04-28"),
    ],
)
def test_an_open_limit_moves_later_where_the_calendar_says_so(
    rule: str, kind: DeadlineKind, before: str, day_off: date, after: str
) -> None:
    limit = _limit(rule, kind)
    assert (limit.due_at, limit.calendar_version) == (_end(before), 0)
    version = word(day_off, is_workday=False)

    following.follow(NOW)

    limit.refresh_from_db()
    assert (limit.due_at, limit.calendar_version) == (_end(after), version.pk)
    moved = list(AuditRow.objects.filter(tag="programme:limit:moved").values_list("subject", "details"))
    assert moved == [] if after == before else moved == [
        ("AA0000000001", {"kind": kind, "before": _end(before).isoformat(), "after": _end(after).isoformat(),
                          "calendar": version.pk}),
    ]  # fmt: skip
    assert following.follow(NOW) == 0


def test_a_limit_never_moves_earlier() -> None:
    word(date(2026, 4, 23), is_workday=False)
    limit = _limit("vendor_answers", DeadlineKind.VENDOR_ANSWER)
    assert limit.due_at == _end("2026-04-28")
    word(date(2026, 4, 23), is_workday=None, reason="颱風沒來")

    following.follow(NOW)

    limit.refresh_from_db()
    assert limit.due_at == _end("2026-04-28")


@pytest.mark.parametrize(("late", "moves"), [(timedelta(seconds=-1), True), (timedelta(0), False)])
def test_what_has_passed_has_passed(late: timedelta, moves: bool) -> None:
    limit = _limit("self_pay", DeadlineKind.SELF_PAY)
    word(date(2026, 4, 22), is_workday=False)

    following.follow(_end("2026-04-22") + late)

    limit.refresh_from_db()
    assert limit.due_at == (_end("2026-04-23") if moves else _end("2026-04-22"))


def test_both_clocks_of_a_grant_follow_with_their_warnings() -> None:
    call = make.call()
    make.company_with_points()
    word(date(2026, 5, 20), is_workday=False)
    word(date(2026, 7, 20), is_workday=False)

    following.follow(NOW)

    grant = grant_of(make.COMPANY.ubn, call)
    assert grant is not None
    assert (grant.activate_until, grant.use_until) == (_end("2026-05-21"), _end("2026-07-21"))
    assert grant.usable_until == grant.use_until
    due = dict(Deadline.objects.filter(done_at=None).exclude(kind="reminder").values_list("kind", "due_at"))
    assert due == {"grant_activation": grant.activate_until, "grant_use": grant.use_until}
    warnings = dict(Deadline.objects.filter(done_at=None, kind="reminder").values_list("detail", "due_at"))
    assert warnings["use:1"] == grant.use_until - timedelta(days=1)
    assert len(warnings) == 8
    mail, notice = OutboxMessage.objects.get(name="clocks_followed"), Notice.objects.get(name="clocks_followed")
    assert mail.context == notice.context
    assert (mail.context["activate_until"], mail.context["use_until"]) == (
        grant.activate_until.isoformat(), grant.use_until.isoformat(),
    )  # fmt: skip
    assert AuditRow.objects.filter(tag="programme:limit:moved", subject=str(grant.pk)).count() == 2
    assert following.follow(NOW) == 0


def test_the_days_are_read_once_per_version(django_assert_num_queries: pytest.FixtureRequest) -> None:
    imported()
    queries.current_calendar()

    with django_assert_num_queries(1):  # type: ignore[operator]
        for _again in range(1):
            queries.limit_end(Limit(count=20, unit=Unit.WORKING_DAYS), datetime(2026, 4, 20, tzinfo=UTC))


def test_what_is_no_limit_of_the_rules_stays_where_it_is() -> None:
    rule_set, end = make.call().rule_sets.get(), _end("2026-04-28")
    with transaction.atomic():
        term = set_deadline_at(
            kind=DeadlineKind.TERM_END, subject="AA0000000001", rule="term", rule_set=rule_set, due_at=end, now=NOW
        )
    version = word(date(2026, 4, 28), is_workday=False)

    following.follow(NOW)

    term.refresh_from_db()
    assert (term.due_at, term.calendar_version) == (end, version.pk)


def test_points_that_outlive_the_window_follow_and_never_beyond_the_cap() -> None:
    call = make.call()
    make.company_with_points()
    grant = grant_of(make.COMPANY.ubn, call)
    assert grant is not None
    cap = grant.use_until + timedelta(days=60)
    ends = [_end("2026-07-27"), cap]
    lots = [KeptPoints.objects.create(grant=grant, order_number=f"AA000000000{n}", points=100, usable_until=end)
            for n, end in enumerate(ends)]  # fmt: skip
    with transaction.atomic():
        for lot in lots:
            set_kept_clock(grant, lot, NOW)
    word(date(2026, 7, 27), is_workday=False)
    word(last_day(cap), is_workday=False)

    following.follow(NOW)

    after = list(KeptPoints.objects.order_by("id").values_list("usable_until", flat=True))
    assert after == [_end("2026-07-28"), cap]
    due = set(Deadline.objects.filter(done_at=None, rule="released_points_usable").values_list("due_at", flat=True))
    assert due == set(after)
