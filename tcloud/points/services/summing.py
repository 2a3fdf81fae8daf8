"""Adding up what moved in every call, by day and kind, so that the budget page costs the same whatever the journal's length.

Nothing here is a source: the sums can be thrown away and made again from the journal. They are kept beside the hot
path, not in it: a total that every posting changed would make all orders of a call wait for each other.
"""

from dataclasses import dataclass
from importlib.resources import files

from django.db import connection

from tcloud.core.transactions import use_case
from tcloud.points.models import BudgetMark

FLOWS = files("tcloud.points").joinpath("sql/flows.sql").read_text()
_ADD = f"""
INSERT INTO points_budgetday (call_id, day, kind, points, entries)
SELECT call_id, day, kind, points, entries FROM ({FLOWS}) f
ON CONFLICT (call_id, day, kind) DO UPDATE
SET points = points_budgetday.points + EXCLUDED.points, entries = points_budgetday.entries + EXCLUDED.entries
"""  # noqa: S608  (a file of this room)


CHUNK = 20_000
"""Entries added in one transaction: whoever reads or adds days waits a moment, however long the journal."""


def sum_up() -> int:
    """Add the entries that have settled since the last time; returns up to which entry the days are summed now.

    Chunk by chunk, each a short transaction of its own: a run that was killed goes on where it stood.
    """
    step = sum_chunk()
    while step.more:
        step = sum_chunk()
    return step.up_to


@dataclass(frozen=True, slots=True)
class Step:
    """Up to which entry the days are summed, and whether more entries have settled."""

    up_to: int
    more: bool


@use_case
def sum_chunk() -> Step:
    """Add the next chunk of entries that have settled.

    An entry's number is given before its transaction commits, so the highest one seen is trusted only when every
    transaction under way at that moment has ended; nothing waits for anybody. Whoever posts holds its accounts'
    locks before it takes an entry's number, so it counts as under way.
    """
    BudgetMark.objects.bulk_create([BudgetMark(id=1)], ignore_conflicts=True)
    mark = BudgetMark.objects.select_for_update().get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        settled = cursor.fetchone()[0] >= mark.seen_before_xid
        if settled and mark.seen_up_to > mark.summed_up_to:
            up_to = min(mark.summed_up_to + CHUNK, mark.seen_up_to)
            cursor.execute(_ADD, {"after": mark.summed_up_to, "up_to": up_to})
            mark.summed_up_to = up_to
        more = settled and mark.seen_up_to > mark.summed_up_to
        if mark.seen_up_to == mark.summed_up_to:  # else the number seen last still waits for somebody, or for its chunk
            cursor.execute("SELECT coalesce(max(id), 0) FROM ledger_entry")
            mark.seen_up_to = cursor.fetchone()[0]
            cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
            mark.seen_before_xid = cursor.fetchone()[0]
    mark.save()
    return Step(mark.summed_up_to, more)
