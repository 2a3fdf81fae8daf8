"""Rows held until the transaction ends, for who is about to change them; calls before grants, slots last."""

from collections.abc import Sequence

from django.db.models import F

from tcloud.core.arrays import among_numbers
from tcloud.points.models import Adjustment, ClockChange, Grant
from tcloud.points.queries import slots_of
from tcloud.programme.models import Call, RuleSet


def lock_call(code: str) -> Call:
    """The call, locked: whoever decides about its last points or its waiting list goes one by one.

    Orders and applications that only refer to the call are not kept waiting (`no_key`).
    """
    return Call.objects.select_for_update(no_key=True).get(code=code)


def lock_grant(ubn: str, call: Call) -> Grant | None:
    """The grant, locked until the transaction ends."""
    return Grant.objects.select_for_update(of=("self",)).select_related("call", "rule_set").filter(ubn=ubn, call=call).first()


def lock_grant_by_id(grant_id: int) -> Grant | None:
    """A grant by number, locked until the transaction ends."""
    return Grant.objects.select_for_update(of=("self",)).select_related("call", "rule_set").filter(pk=grant_id).first()


def lock_grants(grant_ids: Sequence[int]) -> list[Grant]:
    """Many grants with their calls and rules, locked in order of their numbers until the transaction ends."""
    rows = list(Grant.objects.select_for_update(no_key=True).filter(pk__in=among_numbers(grant_ids)).order_by("pk"))
    # One object a call and a rule set, however many grants they have.
    calls = Call.objects.in_bulk({grant.call_id for grant in rows})
    rule_sets = RuleSet.objects.in_bulk({grant.rule_set_id for grant in rows})
    for grant in rows:
        grant.call, grant.rule_set = calls[grant.call_id], rule_sets[grant.rule_set_id]
    return rows


def lock_change(change_id: int) -> ClockChange | None:
    """A decision about clocks, locked until the transaction ends."""
    rows = ClockChange.objects.select_for_update(of=("self",)).select_related("call", "grant", "freeze")
    return rows.filter(pk=change_id).first()


def lock_adjustment(adjustment_id: int) -> Adjustment:
    """An adjustment, locked until the transaction ends; its call is locked before."""
    rows = Adjustment.objects.select_for_update(of=("self",)).select_related("grant", "call")
    return rows.get(pk=adjustment_id)


def free_slot(call: Call, points: int) -> str | None:
    """The first budget slot that nobody else is on and that can pay, locked; its account code, or None."""
    row = slots_of(call).filter(received__gte=F("sent") + points).select_for_update(skip_locked=True).first()
    return row.code if row else None


def lock_slots(call: Call) -> dict[str, int]:
    """All budget slots of a call, locked in order, with what each holds."""
    rows = slots_of(call).select_for_update().values_list("code", "received", "sent")
    return {code: received - sent for code, received, sent in rows}


def lock_slots_holding(call: Call, points: int) -> dict[str, int]:
    """The first slots that hold so many points together, locked in order, with what each holds; all where none do.

    The others stay free for whoever draws one grant meanwhile.
    """
    wanted, seen = [], 0
    for code, received, sent in slots_of(call).values_list("code", "received", "sent"):
        wanted.append(code)
        seen += received - sent
        if seen >= points:
            break
    rows = slots_of(call).filter(code__in=wanted).select_for_update().values_list("code", "received", "sent")
    found = {code: received - sent for code, received, sent in rows}
    return found if sum(found.values()) >= points else lock_slots(call)
