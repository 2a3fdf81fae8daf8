"""What a company was told."""

from django.db.models import QuerySet

from tcloud.notifications.models import Notice, OutboxMessage


def notices_of(company_ubn: str) -> QuerySet[Notice]:
    """A company's notices, newest first."""
    return Notice.objects.filter(company_ubn=company_ubn).order_by("-id")


def lock_message(message_id: int) -> OutboxMessage | None:
    """A queued mail, locked, or None if it was sent, died, or another worker is on it."""
    rows = OutboxMessage.objects.select_for_update(skip_locked=True)
    return rows.filter(pk=message_id, state="queued").first()
