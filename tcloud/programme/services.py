"""Opening a call, publishing rules, setting and settling deadlines."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import connection

from tcloud.core.transactions import operation, use_case
from tcloud.ledger import chart
from tcloud.ledger.services.posting import Move, open_accounts, post
from tcloud.programme.models import Call, Deadline, RuleSet
from tcloud.programme.queries import limit_end
from tcloud.programme.rules import DeadlineKind, Rules


@use_case
def open_call(
    *, code: str, name: str, name_en: str, budget_points: int, opens_date: date, closes_until: date, rules: Rules,
    now: datetime, slots: int = 16,
) -> Call:
    """Open a call with its first rule version, and put its budget (whole points) into equal slots."""
    call = Call.objects.create(
        code=code, name=name, name_en=name_en, budget_points=budget_points, budget_slots=slots,
        opens_date=opens_date, closes_until=closes_until,
    )  # fmt: skip
    RuleSet.objects.create(
        call=call, version=1, values=rules.model_dump(mode="json"), effective_at=now, published_at=now
    )
    source = chart.appropriation(code)
    shares = [budget_points // slots + (slot < budget_points % slots) for slot in range(slots)]
    places = [chart.budget_slot(code, slot) for slot in range(slots)]
    open_accounts([source, *places])
    moves = [Move(source, place, share) for place, share in zip(places, shares, strict=True) if share]
    post(key=f"call:{code}:appropriation", moves=moves, memo=name, now=now)
    return call


@operation
def set_deadline(
    *, kind: DeadlineKind, subject: str, rule: str, rule_set: RuleSet, event_at: datetime, detail: str = ""
) -> Deadline:
    """Start a limit named by a field of Rules at an event; stores the instant and the rule version behind it."""
    limit = getattr(rule_set.rules, rule)
    return set_deadline_at(
        kind=kind, subject=subject, rule=rule, rule_set=rule_set, now=event_at, detail=detail,
        due_at=limit_end(limit, event_at),
    )  # fmt: skip


@operation
def set_deadline_at(
    *, kind: DeadlineKind, subject: str, rule: str, rule_set: RuleSet, due_at: datetime, now: datetime, detail: str = ""
) -> Deadline:
    """Set a deadline whose instant is already known, for instance the end of a term."""
    return Deadline.objects.create(
        kind=kind, subject=subject, detail=detail, rule=rule, rule_set=rule_set, due_at=due_at, created_at=now
    )


@operation
def set_deadlines_alike(*, pattern: Sequence[Deadline], subjects: Sequence[str]) -> None:
    """The same unsaved deadlines for each of many subjects, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO programme_deadline (kind, subject, detail, rule, rule_set_id, due_at, created_at)"
            " SELECT p.kind, s.subject, p.detail, p.rule, p.rule_set_id, p.due_at, p.created_at"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS s(subject, place) CROSS JOIN unnest("
            "%s::text[], %s::text[], %s::text[], %s::bigint[], %s::timestamptz[], %s::timestamptz[]"
            ") WITH ORDINALITY AS p(kind, detail, rule, rule_set_id, due_at, created_at, row)"
            " ORDER BY s.place, p.row",
            [list(subjects), [str(row.kind) for row in pattern], [row.detail for row in pattern],
             [row.rule for row in pattern], [row.rule_set_id for row in pattern], [row.due_at for row in pattern],
             [row.created_at for row in pattern]],
        )  # fmt: skip


@operation
def settle_deadlines(
    *, subject: str, now: datetime, kinds: list[DeadlineKind] | None = None, detail: str | None = None
) -> None:
    """Mark a subject's open deadlines as done: what they waited for has happened, or no longer can."""
    rows = Deadline.objects.filter(subject=subject, done_at=None)
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    if detail is not None:
        rows = rows.filter(detail=detail)
    rows.update(done_at=now)


@operation
def settle_deadlines_of(*, ids: Sequence[int], now: datetime) -> None:
    """Mark these deadlines as done, where they are not."""
    Deadline.objects.filter(pk__in=ids, done_at=None).update(done_at=now)
