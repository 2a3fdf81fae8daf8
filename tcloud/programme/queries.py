"""The current call, its rules, and what is due."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, Max, OuterRef, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.utils.translation import gettext_lazy as _

from tcloud.core.errors import NotFound, Refused
from tcloud.core.time import end_of_day, last_day, taipei_date
from tcloud.programme.calendar import Calendar, DayKind
from tcloud.programme.counting import last_day_of, moved_past_days_off
from tcloud.programme.models import (
    CalendarDay,
    CalendarVersion,
    Call,
    Deadline,
    RuleDraft,
    RuleDraftStep,
    RuleSet,
)
from tcloud.programme.rules import DUTIES, DeadlineKind, Limit, Rules
from tcloud.programme.states import OPEN


class NoOpenCall(Refused):
    """No call takes applications today."""

    code = "no_open_call"
    message = _("現在沒有開放申請的梯次。新梯次開放時，首頁會公布日期。")


class UnknownCall(NotFound):
    """No such call."""

    code = "call_missing"
    message = _("找不到這個梯次。請從清單重新進入。")


class UnknownVersion(NotFound):
    """No such version of the rules."""

    code = "rule_version_missing"
    message = _("找不到這一版規則。請從梯次的頁面重新進入。")


def _in_force(now: datetime) -> QuerySet[Call]:
    """Calls whose rules are in force, the newest first: before its first rules a call is nobody's business."""
    first = RuleSet.objects.filter(call=OuterRef("pk"), version=1, effective_at__lte=now)
    return Call.objects.filter(Exists(first), opens_date__lte=taipei_date(now)).order_by("-opens_date", "-id")


def _open_first(prefix: str, today: date) -> tuple[OrderBy, str, str]:
    """How the public pages choose among calls: what is open before what was, then the newest."""
    is_open = ExpressionWrapper(Q(**{f"{prefix}closes_until__gt": today}), BooleanField())
    return is_open.desc(), f"-{prefix}opens_date", f"-{prefix}id"


def open_calls(now: datetime) -> list[Call]:
    """Every call that takes applications today, the newest first."""
    return list(_in_force(now).filter(closes_until__gt=taipei_date(now)))


def open_call(now: datetime, code: str = "") -> Call:
    """The call a company chose among the open ones; without a choice, the newest. Raises NoOpenCall."""
    calls = open_calls(now)
    chosen = [call for call in calls if call.code == code] if code else calls
    if not chosen:
        raise NoOpenCall
    return chosen[0]


def latest_call(now: datetime) -> Call | None:
    """The call the public pages speak of: the open one, else the last that was."""
    return _in_force(now).order_by(*_open_first("", taipei_date(now))).first()


def public_calls(now: datetime) -> list[Call]:
    """Every call whose rules the public can read, past ones included, the newest first."""
    first = RuleSet.objects.filter(call=OuterRef("pk"), version=1, effective_at__lte=now)
    return list(Call.objects.filter(Exists(first)).order_by("-opens_date", "-id"))


def all_calls() -> list[Call]:
    """Every call, prepared ones included, the newest first."""
    return list(Call.objects.order_by("-opens_date", "-id"))


def call_by_code(code: str) -> Call | None:
    """A call by its code."""
    return Call.objects.filter(code=code).first()


def named_call(code: str) -> Call:
    """A call by its code; raises UnknownCall."""
    found = call_by_code(code)
    if found is None:
        raise UnknownCall
    return found


def rule_set_at(call: Call, now: datetime) -> RuleSet:
    """The version of a call's rules in force at an instant. Raises RuleSet.DoesNotExist before the first."""
    return call.rule_sets.filter(effective_at__lte=now).latest("version")


def latest_rules(now: datetime) -> RuleSet | None:
    """The rules in force today of the call the public pages speak of, with that call; one query."""
    today = taipei_date(now)
    rows = RuleSet.objects.filter(effective_at__lte=now, call__opens_date__lte=today).select_related("call")
    return rows.order_by(*_open_first("call__", today), "-version").first()


def versions_of(call: Call) -> list[RuleSet]:
    """Every published version of a call's rules with its people, the newest first."""
    people = ("drafted_by", "reviewed_by", "published_by", "draft")
    return list(call.rule_sets.select_related(*people).order_by("-version"))


def version_of(call: Call, version: int) -> RuleSet:
    """One published version with its people; raises UnknownVersion."""
    people = ("drafted_by", "reviewed_by", "published_by", "draft")
    found = call.rule_sets.select_related(*people).filter(version=version).first()
    if found is None:
        raise UnknownVersion
    return found


def calls_with_rules(now: datetime) -> list[tuple[Call, int, RuleDraft | None]]:
    """Every call with the version in force (0 before its first) and the draft under way; three queries."""
    drafts = {row.call_id: row for row in RuleDraft.objects.filter(state__in=OPEN).select_related("drafted_by")}
    newest = RuleSet.objects.filter(effective_at__lte=now).values_list("call").annotate(version=Max("version"))
    versions = dict(newest)
    return [(call, versions.get(call.pk, 0), drafts.get(call.pk)) for call in all_calls()]


def newest_rules() -> Rules:
    """The rules published last in any call, which a new call copies; the guide's where there are none."""
    found = RuleSet.objects.order_by("-published_at", "-id").first()
    return found.rules if found else Rules()


def open_draft(call: Call) -> RuleDraft | None:
    """The draft under way in a call."""
    rows = RuleDraft.objects.filter(call=call, state__in=OPEN)
    return rows.select_related("call", "drafted_by", "reviewed_by").first()


def steps_of(draft: RuleDraft) -> list[RuleDraftStep]:
    """What happened to a draft, the newest first."""
    return list(draft.steps.select_related("by").order_by("-id"))


def open_limits_by_version(call: Call) -> dict[int, int]:
    """How many limits run under each version of a call's rules; warnings are not counted."""
    rows = Deadline.objects.filter(done_at=None, rule_set__call=call).exclude(kind=DeadlineKind.REMINDER)
    return dict(rows.values_list("rule_set__version").annotate(count=Count("id")).order_by("rule_set__version"))


def calendar_version() -> int:
    """The newest version of the calendar; 0 before any."""
    return int(CalendarVersion.objects.aggregate(newest=Max("id"))["newest"] or 0)


def current_calendar() -> Calendar:
    """The calendar as it stands: one small query; the days are read once per version and process."""
    return calendar_at(calendar_version())


@lru_cache(maxsize=8)
def calendar_at(version: int) -> Calendar:
    """The calendar as it stood at a version: versions never change, so what was read once stays true."""
    tables = active_tables(version)
    days = CalendarDay.objects.filter(version__in=[row.pk for row in tables]).values_list("day_date", "is_workday")
    words = CalendarDay.objects.filter(version__source=CalendarVersion.Source.OFFICE, version_id__lte=version)
    office = dict(words.order_by("version_id").values_list("day_date", "is_workday"))
    return Calendar(
        version=version, tables={day: bool(worked) for day, worked in days}, years=frozenset(row.year for row in tables),
        office={day: worked for day, worked in office.items() if worked is not None},
    )  # fmt: skip


def active_tables(version: int) -> list[CalendarVersion]:
    """The table of each year at a version of the calendar, in order of years."""
    rows = CalendarVersion.objects.filter(source=CalendarVersion.Source.TABLE, id__lte=version)
    return list(rows.order_by("year", "-id").distinct("year"))


def table_of(year: int) -> CalendarVersion | None:
    """The active table of a year."""
    rows = CalendarVersion.objects.filter(source=CalendarVersion.Source.TABLE, year=year)
    return rows.order_by("-id").first()


def special_days(year: int) -> list[CalendarDay]:
    """What differs from Monday to Friday in the year's active table: holidays and make-up days."""
    table = table_of(year)
    if table is None:
        return []
    return list(table.days.filter(kind__in=[DayKind.HOLIDAY, DayKind.MAKEUP]).order_by("day_date"))


def office_words(limit: int) -> list[CalendarDay]:
    """What the office said of single days, the newest word first."""
    rows = CalendarDay.objects.filter(version__source=CalendarVersion.Source.OFFICE).select_related("version")
    return list(rows.order_by("-version_id")[:limit])


def calendar_history(limit: int) -> list[CalendarVersion]:
    """Changes of the calendar, the newest first."""
    return list(CalendarVersion.objects.order_by("-id")[:limit])


def limit_end(limit: Limit, event_at: datetime, calendar: Calendar | None = None) -> datetime:
    """The exclusive end of a limit that began with an event: 24:00 of its last day.

    Without a calendar the current one is asked for; a loop asks once and passes it.
    """
    working = (calendar or current_calendar()).is_working_day
    return end_of_day(last_day_of(limit, taipei_date(event_at), working))


def moved(limit: Limit, event_at: datetime, until: datetime, calendar: Calendar | None = None) -> bool:
    """Whether a limit's exclusive end was moved to a working day because its last day was off."""
    working = (calendar or current_calendar()).is_working_day
    return moved_past_days_off(limit, taipei_date(event_at), last_day(until), working)


def deadline_moved(deadline: Deadline) -> bool:
    """The same of a stored deadline, by the rule and the calendar behind it; read its rule set along with it."""
    limit = getattr(deadline.rule_set.rules, deadline.rule, None)
    if not isinstance(limit, Limit):
        return False
    return moved(limit, deadline.created_at, deadline.due_at, calendar_at(deadline.calendar_version))


def due(now: datetime) -> QuerySet[Deadline]:
    """Open deadlines that have passed, oldest first."""
    return Deadline.objects.filter(done_at=None, due_at__lte=now).order_by("due_at", "id")


def due_after(now: datetime, kinds: Sequence[DeadlineKind], last: Deadline | None, count: int) -> list[Deadline]:
    """The next open deadlines of some kinds that have passed, oldest first, behind the last one looked at."""
    rows = due(now).filter(kind__in=kinds).select_related("rule_set")
    if last is not None:
        rows = rows.filter(Q(due_at__gt=last.due_at) | Q(due_at=last.due_at, id__gt=last.pk))
    return list(rows[:count])


def oldest_due(now: datetime) -> datetime | None:
    """Since when the oldest limit waits that should have acted by itself; None while nothing is late.

    Not among them: what only a person settles, and the days to pay, which an open payment may hold up for hours.
    """
    return due(now).exclude(kind__in=[*DUTIES, DeadlineKind.SELF_PAY]).values_list("due_at", flat=True).first()


def overdue_duties(now: datetime) -> dict[str, int]:
    """How many limits of somebody's duty have passed unmet, by kind."""
    rows = due(now).filter(kind__in=DUTIES).order_by().values_list("kind").annotate(Count("id"))
    return {str(kind): 0 for kind in DUTIES} | dict(rows)


def lock_deadline(deadline_id: int) -> Deadline | None:
    """The deadline, locked, or None if it is done or somebody else is on it."""
    return Deadline.objects.select_for_update(skip_locked=True, of=("self",)).filter(id=deadline_id, done_at=None).first()


def next_deadlines(count: int, *, without: Sequence[DeadlineKind] = ()) -> list[Deadline]:
    """The limits that fall due next, reminders and some other kinds left out."""
    rows = Deadline.objects.filter(done_at=None).exclude(kind__in=[DeadlineKind.REMINDER, *without]).select_related("rule_set")
    return list(rows.order_by("due_at", "id")[:count])


def deadlines_after(last: int, limit: int) -> list[dict[str, Any]]:
    """Limits in order of id, open and settled, for auditors."""
    rows = Deadline.objects.filter(id__gt=last).select_related("rule_set__call").order_by("id")[:limit]
    return [
        {
            "id": row.pk, "kind": row.kind, "subject": row.subject, "detail": row.detail, "rule": row.rule,
            "rule_set": f"{row.rule_set.call.code} v{row.rule_set.version}", "due_at": row.due_at,
            "created_at": row.created_at, "done_at": row.done_at,
        }
        for row in rows
    ]  # fmt: skip
