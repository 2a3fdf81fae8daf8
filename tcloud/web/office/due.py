"""What falls due next, said in names: whose points, which order."""

from typing import Any

from tcloud.points.desk_queries import company_names, grants_by_id
from tcloud.programme.queries import next_deadlines
from tcloud.programme.rules import DeadlineKind

SHOWN = 20
OF_GRANTS = (DeadlineKind.GRANT_ACTIVATION, DeadlineKind.GRANT_USE)


def due_rows(*, with_companies: bool) -> list[dict[str, Any]]:
    """The next limits, the soonest first; those about points, with the company's name, for who may see grants."""
    limits = next_deadlines(SHOWN, without=() if with_companies else OF_GRANTS)
    grants = grants_by_id([int(limit.subject) for limit in limits if limit.kind in OF_GRANTS])
    names = company_names([grant.ubn for grant in grants.values()])
    rows = []
    for limit in limits:
        grant = grants.get(int(limit.subject)) if limit.kind in OF_GRANTS else None
        rows.append({"limit": limit, "grant": grant, "name": names.get(grant.ubn, grant.ubn) if grant else limit.subject})
    return rows
