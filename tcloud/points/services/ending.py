"""A clock ran out."""

from datetime import datetime

from tcloud.audit.services import record
from tcloud.core.actors import PROGRAMME
from tcloud.core.jobs import Job, defer
from tcloud.core.transactions import operation, use_case
from tcloud.ledger import chart
from tcloud.ledger.queries import balance
from tcloud.ledger.services.posting import Move, post
from tcloud.notifications.catalogue import MessageName
from tcloud.points import locks, queries
from tcloud.points.models import Grant, KeptPoints
from tcloud.points.services.holding import slot_for
from tcloud.points.services.limiting import stop_clocks
from tcloud.points.services.telling import tell
from tcloud.programme.rules import DeadlineKind


@use_case
def end_grant(*, grant_id: int, deadline: DeadlineKind, now: datetime) -> None:
    """Not activated, or a use window is over; what is in the wallet and has no time left returns to the budget.

    Points held for orders stay held; points a vendor released near the end stay until their own end. Does nothing
    when the grant was activated or extended in the meantime; a second run finds nothing to take.
    """
    grant = locks.lock_grant_by_id(grant_id)
    assert grant is not None
    never_activated = deadline == DeadlineKind.GRANT_ACTIVATION
    over = grant.activated_at is None and now >= grant.activate_until if never_activated else now >= grant.use_until
    if grant.ended_at is not None or not over:
        return
    kept = [] if never_activated else [lot for lot in queries.kept_lots(grant) if lot.usable_until > now]
    reclaimed = _reclaim(grant, keeping=sum(lot.points for lot in kept), now=now)
    KeptPoints.objects.filter(grant=grant).exclude(pk__in=[lot.pk for lot in kept]).update(points=0)
    if not kept:
        grant.ended_at = now
        grant.save(update_fields=["ended_at"])
        stop_clocks([grant], now)
        details = {"call": grant.call.code, "reclaimed": reclaimed, "reason": str(deadline)}
        record(tag="points:grant:ended", actor=PROGRAMME, subject=grant.ubn, now=now, details=details)
    if reclaimed:
        message = MessageName.POINTS_NEVER_ACTIVATED if never_activated else MessageName.POINTS_ENDED
        tell(grant, message, now, reclaimed=reclaimed)


@operation
def _reclaim(grant: Grant, *, keeping: int, now: datetime) -> int:
    """Everything in the wallet but what is kept goes back to the budget, and the line is fed; returns how many."""
    wallet = chart.wallet(grant.call.code, grant.ubn)
    left = balance(wallet) - keeping
    if left > 0:
        key = f"grant:{grant.call.code}:{grant.ubn}:reclaim:{now:%Y%m%dT%H%M%S%f}"
        post(key=key, moves=[Move(wallet, slot_for(grant), left)], memo="reclaim", now=now)
        defer(Job.FEED_WAITING, lock=f"feed:{grant.call.code}", call=grant.call.code)
    return left
