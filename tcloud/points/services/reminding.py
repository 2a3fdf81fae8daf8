"""Warnings before a date."""

from datetime import datetime

from tcloud.core.transactions import use_case
from tcloud.ledger import chart
from tcloud.ledger.queries import balance
from tcloud.notifications.catalogue import MessageName
from tcloud.points import queries
from tcloud.points.models import Grant
from tcloud.points.rules import is_superseded
from tcloud.points.services.limiting import ACTIVATION, USE, kept_name, take_warning
from tcloud.points.services.telling import tell


@use_case
def remind(*, grant_id: int, detail: str, now: datetime) -> None:
    """One warning before a date of a grant, once, if there is still something to lose.

    When the sweeper was late and a nearer warning is due as well, only the nearest is sent: its number is the true one.
    """
    grant = queries.lock_grant_by_id(grant_id)
    assert grant is not None
    which, days = detail.split(":")
    if not take_warning(grant, detail, now):
        return
    left, end = _at_stake(grant, which)
    warnings = grant.rule_set.rules.warnings_days_before
    if grant.ended_at is not None or not left or now >= end:
        return
    if is_superseded(days=int(days), warnings=warnings, end=end, now=now):
        return
    tell(grant, _message(grant, which), now, days=int(days), left=left, ends_until=end.isoformat())


def _message(grant: Grant, which: str) -> MessageName:
    """What is said depends on what can still be done: nobody can order from a frozen grant."""
    if queries.open_freeze(grant) is not None:
        return MessageName.FROZEN_POINTS_EXPIRING
    return {ACTIVATION: MessageName.ACTIVATION_DUE, USE: MessageName.POINTS_EXPIRING}.get(which, MessageName.KEPT_POINTS_EXPIRING)


def _at_stake(grant: Grant, which: str) -> tuple[int, datetime]:
    """How many points end with a date, and its exclusive end."""
    lots = queries.kept_lots(grant)
    if which in (ACTIVATION, USE):
        if which == ACTIVATION and grant.activated_at is not None:
            return 0, grant.activate_until
        left = balance(chart.wallet(grant.call.code, grant.ubn)) - sum(lot.points for lot in lots)
        return left, grant.activate_until if which == ACTIVATION else grant.use_until
    lot = next((lot for lot in lots if kept_name(lot) == which), None)
    return (lot.points, lot.usable_until) if lot else (0, grant.use_until)
