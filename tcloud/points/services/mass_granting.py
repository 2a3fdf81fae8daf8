"""Issuing the grants of a whole call at once: in the order in which companies had everything done, as far as the
budget goes; the others join the line in the same order.

Batch by batch, each a transaction of its own under the call's lock; what is left to do is asked of the database, so a
run that was killed goes on, and a second run finds nothing. Keys, rows and messages are those of `issuing`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any
from uuid import uuid4

from django.db import connection

from tcloud.audit.services import record, record_many
from tcloud.core.actors import PROGRAMME, Actor
from tcloud.core.arrays import text_array
from tcloud.core.transactions import operation, use_case
from tcloud.ledger import chart
from tcloud.ledger.chart import Place
from tcloud.ledger.services.mass import Posting, open_many, plan_by_index, post_many
from tcloud.ledger.services.posting import Move
from tcloud.members.queries import lock_companies
from tcloud.notifications.catalogue import MessageName
from tcloud.points import locks, queries
from tcloud.points.models import Grant, WaitingPlace
from tcloud.points.services.issuing import collect
from tcloud.points.services.limiting import both_ends, set_clocks_alike
from tcloud.points.services.pacing import Pace
from tcloud.points.services.telling import tell_alike, tell_companies
from tcloud.programme.models import Call, RuleSet
from tcloud.programme.queries import rule_set_at

_CANDIDATES = files("tcloud.points").joinpath("sql/mass_candidates.sql").read_text()


@dataclass(frozen=True, slots=True)
class MassGrant:
    """What a run did, or would do: companies granted, companies that joined the line, points paid."""

    granted: int = 0
    waiting: int = 0
    points: int = 0

    def __add__(self, other: "MassGrant") -> "MassGrant":
        return MassGrant(self.granted + other.granted, self.waiting + other.waiting, self.points + other.points)


def plan(*, call_code: str, now: datetime) -> MassGrant:
    """What a run would do now; writes and locks nothing."""
    call = Call.objects.get(code=call_code)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({_CANDIDATES}) AS candidates", _parameters(call, now))  # noqa: S608  # our own file
        candidates: int = cursor.fetchone()[0]
    each = rule_set_at(call, now).rules.points_per_company
    payable = 0 if queries.somebody_waits(call) else min(candidates, queries.budget_left(call) // each)
    return MassGrant(granted=payable, waiting=candidates - payable, points=payable * each)


def mass_grant(
    *, call_code: str, now: datetime, actor: Actor = PROGRAMME, progress: Callable[[int], None] = lambda rows: None
) -> MassGrant:
    """Grant to every company that is ready; returns the totals of this run. `progress` hears of each batch's rows.

    Both clocks of every grant of the run start at `now`.
    """
    call = Call.objects.get(code=call_code)
    pace, total = Pace(), MassGrant()
    with _candidates(call, now) as ready:
        while ubns := ready(pace.begin()):
            total += grant_batch(call_code=call_code, ubns=ubns, now=now)
            pace.done(len(ubns))
            progress(len(ubns))
    if total != MassGrant():
        _note(call_code=call_code, total=total, actor=actor, now=now)
    return total


def _parameters(call: Call, now: datetime, only: Sequence[str] | None = None) -> dict[str, Any]:
    return {
        "call": call.pk, "code": call.code, "only": None if only is None else text_array(only),
        "earlier_grant_excludes": rule_set_at(call, now).rules.earlier_grant_excludes,
    }  # fmt: skip


@contextmanager
def _candidates(call: Call, now: datetime) -> Iterator[Callable[[int], list[str]]]:
    """The companies that are ready, in order: the server keeps the list, we fetch the next so many of it."""
    connection.ensure_connection()
    # WITH HOLD: it outlives the transaction of each batch.
    cursor = connection.connection.cursor(name=f"mass_{uuid4().hex}", withhold=True)
    try:
        cursor.execute(_CANDIDATES, _parameters(call, now))
        yield lambda count: [row[0] for row in cursor.fetchmany(count)]
    finally:
        cursor.close()


@use_case
def grant_batch(*, call_code: str, ubns: Sequence[str], now: datetime) -> MassGrant:
    """Grant to these companies in order, as far as the budget goes, and let the rest join the line.

    Who has a grant, a place in the line, or is not ready any more is left out.
    """
    call = locks.lock_call(call_code)
    plan_by_index()
    lock_companies(ubns)
    with connection.cursor() as cursor:  # a statement after the locks: it sees what others did meanwhile
        cursor.execute(_CANDIDATES, _parameters(call, now, ubns))
        ready = {row[0] for row in cursor.fetchall()}
    line = [ubn for ubn in ubns if ubn in ready]
    rule_set = rule_set_at(call, now)
    sources = _draw(call, rule_set.rules.points_per_company, len(line))
    if sources:
        _grant(call, line[: len(sources)], rule_set, sources, now)
    _wait(call, line[len(sources) :], now)
    points = rule_set.rules.points_per_company * len(sources)
    return MassGrant(granted=len(sources), waiting=len(line) - len(sources), points=points)


def _draw(call: Call, points: int, count: int) -> list[list[tuple[str, int]]]:
    """Which slots pay each of the next grants, as many as the budget allows; as `issuing` draws one by one."""
    if not count or queries.somebody_waits(call):
        return []
    slots = locks.lock_slots_holding(call, points * count)
    drawn: list[list[tuple[str, int]]] = []
    for code, held in slots.items():
        whole = min(held // points, count - len(drawn))
        drawn += [[(code, points)]] * whole
        slots[code] = held - whole * points
    while len(drawn) < count and (parts := collect(slots, points)) is not None:
        for code, part in parts:
            slots[code] -= part
        drawn.append(parts)
    return drawn


@operation
def _grant(
    call: Call, ubns: Sequence[str], rule_set: RuleSet, sources: Sequence[Sequence[tuple[str, int]]], now: datetime
) -> None:
    rules = rule_set.rules
    activate_until, use_until = both_ends(rules, now)
    pattern = Grant(
        call=call, rule_set=rule_set, points=rules.points_per_company, granted_at=now,
        activate_until=activate_until, use_until=use_until, usable_until=use_until,
    )  # fmt: skip
    numbers = _insert(pattern, ubns)
    wallets = [chart.wallet(call.code, ubn) for ubn in ubns]
    open_many(wallets)
    slots = {code: Place(code) for parts in sources for code, _part in parts}
    postings = [
        Posting(f"grant:{call.code}:{ubn}", [Move(slots[code], wallet, part) for code, part in parts])
        for ubn, wallet, parts in zip(ubns, wallets, sources, strict=True)
    ]
    post_many(postings=postings, memo="grant", now=now)
    set_clocks_alike(pattern, numbers, now)
    details = {"call": call.code, "points": rules.points_per_company, "rule_set": rule_set.version}
    record_many(tag="points:grant:issued", actor=PROGRAMME, rows=[(ubn, details) for ubn in ubns], now=now)
    tell_alike(MessageName.POINTS_GRANTED, pattern, ubns, now)


@operation
def _insert(pattern: Grant, ubns: Sequence[str]) -> list[int]:
    """The same grant for each company, in this order; their numbers."""
    columns = ("call_id", "rule_set_id", "points", "granted_at", "activate_until", "use_until", "usable_until")
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO points_grant (ubn, {', '.join(columns)})"  # noqa: S608  # our own names
            f" SELECT ubn, {', '.join(['%s'] * len(columns))} FROM unnest(%s::text[]) WITH ORDINALITY AS c(ubn, place)"
            " ORDER BY place RETURNING id",
            [*(getattr(pattern, column) for column in columns), text_array(ubns)],
        )
        return [row[0] for row in cursor.fetchall()]


@operation
def _wait(call: Call, ubns: Sequence[str], now: datetime) -> None:
    """Join the end of the line in this order; the call is locked."""
    if not ubns:
        return
    before = queries.waiting_count(call)
    WaitingPlace.objects.bulk_create(WaitingPlace(call=call, ubn=ubn, joined_at=now) for ubn in ubns)
    places = {ubn: before + place for place, ubn in enumerate(ubns, 1)}
    rows = [(ubn, {"call": call.code, "place": place}) for ubn, place in places.items()]
    record_many(tag="points:waiting:joined", actor=PROGRAMME, rows=rows, now=now)
    tell_companies(MessageName.WAITING_JOINED, {ubn: {"place": place} for ubn, place in places.items()}, now)


@use_case
def _note(*, call_code: str, total: MassGrant, actor: Actor, now: datetime) -> None:
    details = {"granted": total.granted, "waiting": total.waiting, "points": total.points}
    record(tag="points:mass:granted", actor=actor, subject=call_code, now=now, details=details)
