"""What a company was told."""

from django.db.models import Count, QuerySet

from tcloud.notifications.models import DeliveryState, Notice, OutboxMessage


def notices_of(company_ubn: str) -> QuerySet[Notice]:
    """A company's notices, newest first."""
    return Notice.objects.filter(company_ubn=company_ubn).order_by("-id")


def lock_message(message_id: int) -> OutboxMessage | None:
    """A queued mail, locked, or None if it was sent, died, or another worker is on it."""
    rows = OutboxMessage.objects.select_for_update(skip_locked=True)
    return rows.filter(pk=message_id, state="queued").first()


def mails_by_state() -> dict[str, int]:
    """How many mails wait and how many were given up, for monitoring; the sent ones are history."""
    states = [DeliveryState.QUEUED, DeliveryState.DEAD]
    found = OutboxMessage.objects.filter(state__in=states).values_list("state").annotate(number=Count("id")).order_by()
    return dict.fromkeys(map(str, states), 0) | dict(found)
