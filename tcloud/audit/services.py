"""Writing the log, chaining it, and finding what somebody altered or removed."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import connection

from tcloud.audit import heads
from tcloud.audit.models import AuditRow, AuditSeal
from tcloud.core.actors import Actor, name_of
from tcloud.core.arrays import text_array
from tcloud.core.shared_json import json_of
from tcloud.core.time import machine_now
from tcloud.core.transactions import operation, use_case

GENESIS = "0" * 64
BATCH = 5_000
SEAL_LOCK = 7_203_001
"""Advisory lock: one sealer at a time, so that the chain has one end."""


@operation
def record(*, tag: str, actor: Actor, subject: str, now: datetime, details: Mapping[str, object]) -> None:
    """Add one row in the transaction of the change itself. No personal data beyond what the change needs."""
    AuditRow.objects.create(
        tag=tag, actor=str(actor), actor_name=name_of(actor), subject=subject, at=now, details=dict(details)
    )


@operation
def record_many(*, tag: str, actor: Actor, rows: Sequence[tuple[str, Mapping[str, object]]], now: datetime) -> None:
    """Add a row per (subject, details) in one statement, in this order; sealed like any other.

    Sealing waits for every open transaction that writes here, and later writers wait behind it: keep mass
    transactions short.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditrow (at, recorded_at, tag, actor, actor_name, subject, details)"
            " SELECT %s, clock_timestamp(), %s, %s, %s, subject, details::jsonb"
            " FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS r(subject, details, place) ORDER BY place",
            [now, tag, str(actor), name_of(actor), text_array([subject for subject, _ in rows]),
             text_array(json_of([details for _, details in rows]))],
        )


def canonical(row: AuditRow) -> bytes:
    """The bytes a row's hash covers: every column, in one fixed form. A row without a name has the form from before names."""
    named = [row.actor_name] if row.actor_name else []
    return json.dumps(
        [row.pk, row.at.isoformat(), row.recorded_at.isoformat(), row.tag, row.actor, row.subject, row.details, *named],
        ensure_ascii=False, sort_keys=True, separators=(",", ":"),
    ).encode()  # fmt: skip


def chained(previous: str, row: AuditRow) -> str:
    """A row's hash over the hash before it and its own bytes."""
    return sha256(previous.encode() + canonical(row)).hexdigest()


@use_case
def settled_up_to() -> int:
    """The highest row number below which no row can still appear (sql/settled.sql); its lock is gone again at once."""
    with connection.cursor() as cursor:
        # Two statements: the second must see what the writers committed that the first one waited for.
        cursor.execute("SELECT audit_lock_out_writers()")
        cursor.execute("SELECT coalesce(max(id), 0) FROM audit_auditrow")
        return int(cursor.fetchone()[0])


@use_case
def seal_batch(*, up_to: int) -> int:
    """Chain the oldest rows that are not sealed yet, up to a settled number; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEAL_LOCK])
    last = AuditSeal.objects.order_by("-id").first()
    previous = last.row_hash if last else GENESIS
    seals = []
    after = last.row_id if last else 0
    for row in AuditRow.objects.filter(id__gt=after, id__lte=up_to).order_by("id")[:BATCH]:
        row_hash = chained(previous, row)
        seals.append(AuditSeal(row_id=row.pk, previous_hash=previous, row_hash=row_hash, sealed_at=machine_now()))
        previous = row_hash
    AuditSeal.objects.bulk_create(seals)
    return len(seals)


def seal() -> int:
    """Chain everything written so far and note the new head outside; returns how many rows were chained."""
    total, up_to = 0, settled_up_to()
    while count := seal_batch(up_to=up_to):
        total += count
    last = AuditSeal.objects.order_by("-id").first() if total else None
    if last is not None:
        heads.note(last.row_id, last.row_hash)
    return total


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where log and chain disagree."""

    row_id: int
    detail: str


def verify(known_heads: Iterable[tuple[int, str]] = ()) -> Difference | None:
    """Walk the whole chain; None when nothing was altered, removed or slipped in.

    `known_heads` (row number, hash; `heads.noted()` has them) must lie on the chain: without them a tail removed
    together with its seals leaves no trace. Rows newer than the last seal are not judged yet.
    """
    wanted: dict[int, str] = {}
    for row_id, row_hash in known_heads:
        wanted.setdefault(row_id, row_hash)  # a head noted again for the same row does not replace the first
    previous, last_id = GENESIS, 0
    rows = _rows_up_to_the_last_seal()
    row = next(rows, None)
    for seal_row in AuditSeal.objects.order_by("id").iterator(BATCH):
        if row is not None and row.pk < seal_row.row_id:
            return Difference(row.pk, "the row stands outside the chain")
        if row is None or row.pk > seal_row.row_id:
            return Difference(seal_row.row_id, "the row was removed")
        if seal_row.previous_hash != previous or seal_row.row_hash != chained(previous, row):
            return Difference(row.pk, "the row or the chain was altered")
        if wanted.pop(row.pk, seal_row.row_hash) != seal_row.row_hash:
            return Difference(row.pk, "the chain was written anew: its hash is not the one noted outside")
        previous, last_id, row = seal_row.row_hash, row.pk, next(rows, None)
    if row is not None:
        return Difference(row.pk, "the row stands outside the chain")
    return Difference(max(last_id, min(wanted)), "the chain ends before a head noted outside") if wanted else None


def verify_and_seal() -> Difference | None:
    """Judge the log as it was found, and only a whole one is sealed up to now: no new seal may stand on a broken chain."""
    difference = verify(heads.noted())
    if difference is None:
        seal()
    return difference


def _rows_up_to_the_last_seal() -> Iterator[AuditRow]:
    last = AuditSeal.objects.order_by("-row_id").values_list("row_id", flat=True).first() or 0
    return AuditRow.objects.filter(id__lte=last).order_by("id").iterator(BATCH)
