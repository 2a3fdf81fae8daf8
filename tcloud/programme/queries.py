"""The current call, its rules, and what is due."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from tcloud.core.errors import Refused
from tcloud.core.time import end_of_day, last_day, taipei_date
from tcloud.programme.calendar import is_working_day
from tcloud.programme.models import Call, Deadline, RuleSet
from tcloud.programme.rules import DeadlineKind, Limit, last_day_of, moved_past_days_off


class NoOpenCall(Refused):
    """No call takes applications today."""

    code = "no_open_call"
    message = _("現在沒有開放申請的梯次。新梯次開放時，首頁會公布日期。")


def open_call(now: datetime) -> Call:
    """The call that takes applications today; the newest if several do. Raises NoOpenCall."""
    today = taipei_date(now)
    call = Call.objects.filter(opens_date__lte=today, closes_until__gt=today).order_by("-opens_date").first()
    if call is None:
        raise NoOpenCall
    return call


def latest_call(now: datetime) -> Call | None:
    """The call the public pages speak of: the open one, else the last that was."""
    return Call.objects.filter(opens_date__lte=taipei_date(now)).order_by("-opens_date").first()


def call_by_code(code: str) -> Call | None:
    """A call by its code."""
    return Call.objects.filter(code=code).first()


def rule_set_at(call: Call, now: datetime) -> RuleSet:
    """The version of a call's rules in force at an instant."""
    return call.rule_sets.filter(effective_at__lte=now).latest("version")


def limit_end(limit: Limit, event_at: datetime) -> datetime:
    """The exclusive end of a limit that began with an event: 24:00 of its last day."""
    return end_of_day(last_day_of(limit, taipei_date(event_at), is_working_day))


def moved(limit: Limit, event_at: datetime, until: datetime) -> bool:
    """Whether a limit's exclusive end was moved to a working day because its last day was off."""
    return moved_past_days_off(limit, taipei_date(event_at), last_day(until), is_working_day)


def deadline_moved(deadline: Deadline) -> bool:
    """The same of a stored deadline, by the rule behind it; its rule set should be read along with it."""
    limit = getattr(deadline.rule_set.rules, deadline.rule, None)
    return isinstance(limit, Limit) and moved(limit, deadline.created_at, deadline.due_at)


def due(now: datetime) -> QuerySet[Deadline]:
    """Open deadlines that have passed, oldest first."""
    return Deadline.objects.filter(done_at=None, due_at__lte=now).order_by("due_at", "id")


def open_deadlines(kinds: list[DeadlineKind], subjects: list[str]) -> dict[tuple[str, str], Deadline]:
    """Open deadlines of several subjects by (kind, subject), in one query."""
    rows = Deadline.objects.filter(done_at=None, kind__in=kinds, subject__in=subjects).select_related("rule_set")
    return {(row.kind, row.subject): row for row in rows}


def lock_deadline(deadline_id: int) -> Deadline | None:
    """The deadline, locked, or None if it is done or somebody else is on it."""
    return Deadline.objects.select_for_update(skip_locked=True, of=("self",)).filter(id=deadline_id, done_at=None).first()


def next_deadlines(count: int) -> list[Deadline]:
    """The limits that fall due next, reminders left out."""
    rows = Deadline.objects.filter(done_at=None).exclude(kind=DeadlineKind.REMINDER).select_related("rule_set")
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
