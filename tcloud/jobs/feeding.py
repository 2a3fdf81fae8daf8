"""Points came back: the companies that wait get whole grants, in strict order.

The registers are asked again at each company's turn, outside any transaction; one that is down raises, and the job
tries again. Where nobody can tell, the company keeps its place and its grant stays reserved, while the next ones are
served from what is left beyond it.
"""

from datetime import datetime

from tcloud.jobs.eligibility import ask_again
from tcloud.points import queries
from tcloud.points.services.issuing import give_turn
from tcloud.programme.queries import call_by_code, rule_set_at
from tcloud.registry.rules import Verdict


def feed(call_code: str, now: datetime) -> int:
    """Serve the line until the budget or the line ends; returns how many places moved. May run twice."""
    call = call_by_code(call_code)
    if call is None:
        return 0
    points = rule_set_at(call, now).rules.points_per_company
    passed: list[int] = []
    moved = 0
    while (place := queries.next_waiting(call, passed)) is not None:
        if queries.budget_left(call) < points * (len(passed) + 1):
            break
        verdict, reason = ask_again(place.ubn, call, now)
        if verdict is Verdict.UNKNOWN:
            passed.append(place.pk)
            continue
        eligible = verdict is Verdict.PASS
        if not give_turn(place_id=place.pk, passed=passed, eligible=eligible, reason=reason, now=now):
            break
        moved += 1
    return moved
