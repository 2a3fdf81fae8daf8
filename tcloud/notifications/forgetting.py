"""Mails that went out long ago: who got what where is not kept for ever; what was said stays in 我的通知."""

from datetime import datetime

from tcloud.core.transactions import use_case
from tcloud.notifications.models import DeliveryState, OutboxMessage


@use_case
def forget_mails(*, before: datetime, at_most: int) -> int:
    """Mails written up to `before` (the programme's time) that were sent or given up; returns how many.

    One that still waits is kept whatever its age.
    """
    rows = OutboxMessage.objects.filter(created_at__lte=before).exclude(state=DeliveryState.QUEUED)
    # By number: mails are as old as their numbers, so the oldest are at hand without an index that every mail would pay for.
    count, _by_kind = OutboxMessage.objects.filter(pk__in=list(rows.order_by("pk").values_list("pk", flat=True)[:at_most])).delete()
    return count
