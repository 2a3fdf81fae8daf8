"""The clocks of grants follow the calendar: the dates on the grant, and the rows that are due, together."""

from datetime import datetime, timedelta

from tcloud.core.transactions import operation, use_case
from tcloud.notifications.catalogue import MessageName
from tcloud.points.models import Grant, KeptPoints
from tcloud.points.services.limiting import CLOCKS, kept_name, set_clocks, set_kept_clock, stop_clock, stop_clocks
from tcloud.points.services.telling import tell
from tcloud.programme.calendar import Calendar
from tcloud.programme.models import Deadline
from tcloud.programme.queries import current_calendar
from tcloud.programme.rules import DeadlineKind
from tcloud.programme.services.following import later_end, note_moved

BATCH = 200


@use_case
def follow_batch(*, now: datetime) -> int:
    """Bring the clocks of the next grants up to the calendar; returns how many, 0 when all are."""
    calendar = current_calendar()
    stale = Deadline.objects.filter(done_at=None, kind__in=CLOCKS, calendar_version__lt=calendar.version)
    subjects = list(stale.order_by("calendar_version", "id").values_list("subject", flat=True)[:BATCH])
    grants = Grant.objects.select_for_update(of=("self",)).select_related("call", "rule_set")
    rows = list(grants.filter(pk__in={int(subject) for subject in subjects}).order_by("id"))
    for grant in rows:
        _follow(grant, calendar, now)
    names = [str(grant.pk) for grant in rows]
    Deadline.objects.filter(done_at=None, kind__in=CLOCKS, subject__in=names).update(calendar_version=calendar.version)
    return len(rows)


@operation
def _follow(grant: Grant, calendar: Calendar, now: datetime) -> None:
    rules, before = grant.rule_set.rules, (grant.activate_until, grant.use_until)
    if grant.ended_at is None:
        if grant.activated_at is None:
            grant.activate_until = later_end(rules.activation, grant.granted_at, grant.activate_until, calendar, now)
        grant.use_until = later_end(rules.use, grant.granted_at, grant.use_until, calendar, now)
    if (grant.activate_until, grant.use_until) != before:
        grant.usable_until = max(grant.usable_until, grant.use_until)
        grant.save(update_fields=["activate_until", "use_until", "usable_until"])
        stop_clocks([grant], now)
        set_clocks([grant], now)
        after = (grant.activate_until, grant.use_until)
        for kind, old, new in zip((DeadlineKind.GRANT_ACTIVATION, DeadlineKind.GRANT_USE), before, after, strict=True):
            if old != new:
                note_moved(kind, str(grant.pk), old, new, calendar, now)
        tell(grant, MessageName.CLOCKS_FOLLOWED, now)
    for lot in KeptPoints.objects.filter(grant=grant, points__gt=0):
        _follow_lot(grant, lot, calendar, now)


@operation
def _follow_lot(grant: Grant, lot: KeptPoints, calendar: Calendar, now: datetime) -> None:
    """Points that outlive the window move as well, never beyond the cap after its end."""
    rules, before = grant.rule_set.rules, lot.usable_until
    later = later_end(rules.released_points_usable, before, before, calendar, now)
    lot.usable_until = max(before, min(later, grant.use_until + timedelta(days=rules.released_points_cap.count)))
    if lot.usable_until == before:
        return
    lot.save(update_fields=["usable_until"])
    grant.usable_until = max(grant.usable_until, lot.usable_until)
    grant.save(update_fields=["usable_until"])
    stop_clock(grant, kept_name(lot), now)
    set_kept_clock(grant, lot, now)
    note_moved(DeadlineKind.GRANT_USE, str(grant.pk), before, lot.usable_until, calendar, now)
