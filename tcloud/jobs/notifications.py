"""Sending mail."""

from tcloud.notifications import services


def send_mail(message_id: int) -> None:
    """Deliver one message of the outbox; at least once, always with the same Message-ID."""
    services.deliver(message_id)


def send_mails(name: str, first: int, last: int) -> None:
    """Deliver some hundreds of one mass message."""
    services.deliver_many(name=name, first=first, last=last)
