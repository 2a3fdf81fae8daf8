"""What this room keeps for a while only: challenges nobody signed, tries, the sign-in library's records, sessions.

Each use case forgets at most so many rows that ended before an instant of machine time and returns how many; again is
harmless. How long each thing is kept stands in `tcloud.jobs.retention`.
"""

from datetime import datetime
from typing import TypeVar

from axes.models import AccessAttempt, AccessLog
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Model, QuerySet

from tcloud.core.transactions import operation, use_case
from tcloud.identity.models import AttemptCount, Challenge

Row = TypeVar("Row", bound=Model)


@use_case
def forget_challenges(*, before: datetime, at_most: int) -> int:
    """Challenges that ran out without a kept signature; what a card has signed is evidence and stays."""
    return _delete(Challenge.objects.filter(expires_at__lte=before, signature=None).order_by("expires_at"), at_most)


@use_case
def forget_attempts(*, before: datetime, at_most: int) -> int:
    """Counts of tries in spans that are over."""
    return _delete(AttemptCount.objects.filter(until__lte=before).order_by("until"), at_most)


@use_case
def forget_counted_sign_ins(*, before: datetime, at_most: int) -> int:
    """The sign-in library's own counts, in the cache's table (identity/migrations/0004)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM identity_cache WHERE cache_key IN"
            " (SELECT cache_key FROM identity_cache WHERE expires <= %s ORDER BY expires LIMIT %s)",
            [before, at_most],
        )
        return int(cursor.rowcount)


@use_case
def forget_failed_sign_ins(*, before: datetime, at_most: int) -> int:
    """Failed sign-ins of an address and a network address, counted for the lock-out."""
    return _delete(AccessAttempt.objects.filter(attempt_time__lte=before).order_by("pk"), at_most)


@use_case
def forget_sign_ins(*, before: datetime, at_most: int) -> int:
    """Who signed in and out from where."""
    return _delete(AccessLog.objects.filter(attempt_time__lte=before).order_by("pk"), at_most)


@use_case
def forget_sessions(*, before: datetime, at_most: int) -> int:
    """Sessions that have run out."""
    return _delete(Session.objects.filter(expire_date__lte=before).order_by("expire_date"), at_most)


@operation
def _delete(rows: QuerySet[Row], at_most: int) -> int:
    """The first so many of these rows; one that another worker deletes meanwhile counts for that one."""
    _count, by_kind = rows.model._default_manager.filter(pk__in=list(rows.values_list("pk", flat=True)[:at_most])).delete()
    return by_kind.get(rows.model._meta.label, 0)
