"""What the office's desk reads: the line, grants by company, decisions that wait for a second person."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, Q, QuerySet

from tcloud.audit.models import AuditRow
from tcloud.audit.queries import rows_of
from tcloud.identity.models import User
from tcloud.members.models import Company
from tcloud.points.models import Adjustment, ClockChange, Freeze, Grant, MovedClock, WaitingPlace
from tcloud.points.queries import available, budget_left
from tcloud.programme.models import Call

FOUND_AT_MOST = 50
TRAIL = 50


def waiting_line(call: Call) -> QuerySet[WaitingPlace]:
    """Who waits, in order."""
    return WaitingPlace.objects.filter(call=call, left_at=None).order_by("id")


def company_names(ubns: list[str]) -> dict[str, str]:
    """Names by 統編, in one query."""
    return dict(Company.objects.filter(ubn__in=ubns).values_list("ubn", "name"))


def grants_by_id(ids: list[int]) -> dict[int, Grant]:
    """Grants with their calls by id, in one query."""
    return Grant.objects.select_related("call").in_bulk(ids)


def find_grants(words: str) -> list[Grant]:
    """Grants of a company by its 統編 or a part of its name, fifty at most, the newest first; two queries."""
    words = words.strip()
    if not words:
        return []
    ubns = [words]
    if not words.isdecimal():
        ubns = list(Company.objects.filter(name__icontains=words).values_list("ubn", flat=True)[:FOUND_AT_MOST])
    rows = Grant.objects.filter(ubn__in=ubns).select_related("call").order_by("-granted_at", "-id")
    return list(rows[:FOUND_AT_MOST])


def frozen_now() -> list[Freeze]:
    """The freezes in force, in every call, the newest first; fifty at most."""
    rows = Freeze.objects.filter(released_at=None).select_related("grant__call", "frozen_by").order_by("-id")
    return list(rows[:FOUND_AT_MOST])


def open_changes() -> list[ClockChange]:
    """Proposals to move clocks that wait for a second person, the oldest first."""
    rows = ClockChange.objects.filter(agreed=None).select_related("call", "grant", "freeze", "proposed_by")
    return list(rows.order_by("id"))


def change(change_id: int) -> ClockChange | None:
    """One decision about clocks."""
    rows = ClockChange.objects.select_related("call", "grant__rule_set", "grant__call", "freeze", "proposed_by", "decided_by")
    return rows.filter(pk=change_id).first()


def adjustments(call: Call | None = None, grant: Grant | None = None) -> QuerySet[Adjustment]:
    """Adjustments with their people, the newest first: all, of a call's budget and wallets, or of one grant."""
    rows = Adjustment.objects.select_related("call", "grant__call", "proposed_by", "decided_by").order_by("-id")
    if grant is not None:
        return rows.filter(grant=grant)
    return rows.filter(call=call) if call is not None else rows


def open_adjustments() -> list[Adjustment]:
    """Adjustments that wait for a second person, the oldest first."""
    return list(adjustments().filter(agreed=None).order_by("id"))


def waiting_for_a_second_person() -> int:
    """How many proposals nobody has decided yet; two queries."""
    return ClockChange.objects.filter(agreed=None).count() + Adjustment.objects.filter(agreed=None).count()


def moved_by(change_id: int) -> int:
    """How many grants a decision has moved so far."""
    return MovedClock.objects.filter(change_id=change_id).count()


def moved_clocks(grant: Grant) -> list[MovedClock]:
    """Every time a grant's dates were moved, the newest first."""
    return list(MovedClock.objects.filter(grant=grant).select_related("change").order_by("-id"))


def latest_freeze(grant: Grant) -> Freeze | None:
    """The freeze in force, or the last one."""
    return Freeze.objects.filter(grant=grant).select_related("frozen_by", "released_by").order_by("-id").first()


@dataclass(frozen=True, slots=True)
class Running:
    """The grants of a call whose clocks still run: how many, and between which dates they end (exclusive)."""

    grants: int
    not_activated: int
    first_use_until: datetime | None
    last_use_until: datetime | None


def running(call: Call) -> Running:
    """What a decision about a whole call would move."""
    row = Grant.objects.filter(call=call, ended_at=None).aggregate(
        grants=Count("id"), idle=Count("id", filter=Q(activated_at=None)), first=Min("use_until"), last=Max("use_until")
    )
    return Running(row["grants"], row["idle"], row["first"], row["last"])


@dataclass(frozen=True, slots=True)
class TrailRow:
    """One line of the audit trail; `who` is a name where a person did it."""

    row: AuditRow
    who: str


def trail_of(ubn: str) -> list[TrailRow]:
    """The last fifty facts about a company, with names for people; two queries.

    Rows from before core.actors have a bare number for a person.
    """
    rows = rows_of(ubn, TRAIL)
    people = [int(row.actor) for row in rows if row.actor.isdecimal()]
    names = {str(pk): name for pk, name in User.objects.filter(pk__in=people).values_list("pk", "name")}
    return [TrailRow(row, row.actor_name or names.get(row.actor, row.actor)) for row in rows]


def decided_changes() -> QuerySet[ClockChange]:
    """Decisions about clocks that were made, the newest first."""
    rows = ClockChange.objects.select_related("call", "grant", "proposed_by", "decided_by")
    return rows.exclude(agreed=None).order_by("-decided_at", "-id")


def decided_adjustments() -> list[Adjustment]:
    """The last fifty adjustments that were decided."""
    return list(adjustments().exclude(agreed=None)[:FOUND_AT_MOST])


def balance_before(adjustment: Adjustment) -> int:
    """What an adjustment would change, as it is now: a wallet, or the unallocated budget."""
    if adjustment.grant is None:
        return budget_left(adjustment.call)
    return available(adjustment.grant.ubn, adjustment.call)
