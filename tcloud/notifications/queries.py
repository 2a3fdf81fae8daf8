"""What a company was told."""

from django.db.models import Count, Exists, OuterRef, QuerySet

from tcloud.notifications.models import DeliveryState, Notice, NoticeRead, OutboxMessage


def notices_of(company_ubn: str) -> QuerySet[Notice]:
    """A company's notices, newest first."""
    return Notice.objects.filter(company_ubn=company_ubn).order_by("-id")


def unread_of(company_ubn: str, reader_id: int) -> QuerySet[Notice]:
    """The notices of a company that one of its people has not seen yet."""
    seen = NoticeRead.objects.filter(notice=OuterRef("pk"), reader_id=reader_id)
    return Notice.objects.filter(~Exists(seen), company_ubn=company_ubn)


def unread_count(company_ubn: str, reader_id: int) -> int:
    """How many there are."""
    return unread_of(company_ubn, reader_id).count()


def lock_message(message_id: int) -> OutboxMessage | None:
    """A queued mail, locked, or None if it was sent, died, or another worker is on it."""
    rows = OutboxMessage.objects.select_for_update(skip_locked=True)
    return rows.filter(pk=message_id, state="queued").first()


def mails_by_state() -> dict[str, int]:
    """How many mails wait and how many were given up, for monitoring; the sent ones are history."""
    states = [DeliveryState.QUEUED, DeliveryState.DEAD]
    found = OutboxMessage.objects.filter(state__in=states).values_list("state").annotate(number=Count("id")).order_by()
    return dict.fromkeys(map(str, states), 0) | dict(found)
