"""A call's budget out of the journal: sums by day and kind, the entries since the last summing added live.

The figures are one statement, so one snapshot; its cost depends on the days of a call and the last minutes' entries, not on how many
companies or entries there are.
"""

from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

from django.db import connection

from tcloud.ledger import chart
from tcloud.points.budget import Flow, Kind
from tcloud.programme.models import Call

_FLOWS = files("tcloud.points").joinpath("sql/flows.sql").read_text()
_BUDGET = f"""
WITH summed AS (SELECT day, kind, points, entries FROM points_budgetday WHERE call_id = %(call)s),
     since AS ({_FLOWS})
SELECT day, kind, points, entries FROM summed
UNION ALL SELECT day, kind, points, entries FROM since WHERE call_id = %(call)s
UNION ALL SELECT NULL, 'mark', coalesce(max(summed_up_to), 0), 0 FROM points_budgetmark
UNION ALL SELECT NULL, code, received - sent, 0 FROM ledger_account WHERE code = ANY(%(accounts)s)
"""  # noqa: S608  (a file of this room and a number)


_MARK = """
SELECT (SELECT coalesce(max(summed_up_to), 0) FROM points_budgetmark), (SELECT coalesce(max(id), 0) FROM ledger_entry)
"""
LIVE_AT_MOST = 100_000
"""So many entries are added live in a second or two; after a mass operation the page waits for the summing instead."""
EVERYTHING = 2**62


@dataclass(frozen=True, slots=True)
class Budget:
    """A call's movements in order of days, and the two balances they must explain (whole points).

    `behind`: entries that are being summed and not in the movements yet; 0 but for minutes after a mass operation.
    """

    flows: list[Flow]
    appropriated: int
    unallocated: int
    behind: int


def budget_of(call: Call) -> Budget:
    """Everything the budget page derives its figures from; two queries."""
    source = chart.appropriation(call.code).code
    slots = [chart.budget_slot(call.code, slot).code for slot in range(call.budget_slots)]
    with connection.cursor() as cursor:
        cursor.execute(_MARK)  # first, so that the planner sees a number and reads only the entries after it
        mark, last = cursor.fetchone()
        up_to = EVERYTHING if last - mark <= LIVE_AT_MOST else 0
        cursor.execute(_BUDGET, {"call": call.pk, "accounts": [source, *slots], "after": mark, "up_to": up_to})
        rows: list[tuple[date | None, str, Any, Any]] = cursor.fetchall()
    accounts = {code: int(points) for day, code, points, _entries in rows if day is None}
    if accounts.pop("mark") != mark:  # the sums grew between the two statements
        return budget_of(call)
    flows = [Flow(day, Kind(kind), int(points), int(entries)) for day, kind, points, entries in rows if day is not None]
    flows.sort(key=lambda flow: flow.day)
    return Budget(flows, -accounts.pop(source, 0), sum(accounts.values()), 0 if up_to else last - mark)
