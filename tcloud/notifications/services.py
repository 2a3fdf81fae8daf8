"""Telling people: one row in the outbox and one notice, in the transaction of their cause; a job sends the mail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import formataddr
from uuid import uuid4

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import override

from tcloud.core.jobs import Job, defer
from tcloud.core.time import machine_now
from tcloud.core.transactions import operation, use_case
from tcloud.notifications.catalogue import CATALOGUE, MessageName, needed
from tcloud.notifications.models import DeliveryState, Notice, OutboxMessage
from tcloud.notifications.queries import lock_message
from tcloud.notifications.wording import Worded, worded

log = structlog.get_logger()
ATTEMPTS_AT_MOST = 300
"""Tried every ten minutes at the slowest, a mail is given up after two days, as mail servers do."""


class ContextIncomplete(ValueError):
    """A caller left out what a message's text needs: a mistake in the code, found before anything is stored."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person as a value: the outbox never follows a later change of address."""

    address: str
    name: str
    language: str
    company_ubn: str = ""
    """Whose 我的通知 shows the message as well; empty for people who have none."""


@operation
def notify(*, to: Recipient, message: MessageName, context: Mapping[str, object], now: datetime) -> None:
    """Write the mail and, where the catalogue says so, the notice; both commit or vanish with their cause.

    Raises ContextIncomplete.
    """
    if missing := needed(message) - context.keys():
        raise ContextIncomplete(f"{message} needs {', '.join(sorted(missing))}")
    row = OutboxMessage.objects.create(
        name=message, address=to.address, recipient_name=to.name, language=to.language, context=dict(context),
        message_id=f"<{uuid4().hex}@{settings.DEFAULT_FROM_EMAIL.rsplit('@', 1)[-1].rstrip('>')}>", created_at=now,
    )  # fmt: skip
    if CATALOGUE[message].notice and to.company_ubn:
        Notice.objects.create(company_ubn=to.company_ubn, name=message, context=dict(context), at=now)
    defer(Job.SEND_MAIL, message_id=row.pk)


def compose(row: OutboxMessage) -> EmailMultiAlternatives:
    """The mail of an outbox row, in its recipient's language; every copy has the same Message-ID."""
    with override(row.language):
        words = worded(MessageName(row.name), row.context)
        context = {
            "message": words, "site": settings.PUBLIC_URL,
            "phone": settings.SUPPORT_PHONE, "answered": bool(settings.SUPPORT_EMAIL),
        }  # fmt: skip
        mail = EmailMultiAlternatives(
            subject=words.subject,
            body=render_to_string("notifications/mail_base.txt", context),
            to=[formataddr((" ".join(row.recipient_name.split()), row.address))],
            reply_to=[settings.SUPPORT_EMAIL] if settings.SUPPORT_EMAIL else [],
            headers={"Message-ID": row.message_id, "Auto-Submitted": "auto-generated"},
        )
        mail.attach_alternative(render_to_string("notifications/mail_base.html", context), "text/html")
    return mail


def deliver(message_id: int) -> None:
    """Send one mail if it still waits; a failure is counted and raised, so that the job tries again later.

    A worker that dies between the mail server's yes and ours sends a second copy under the same Message-ID.
    """
    row = OutboxMessage.objects.filter(pk=message_id, state=DeliveryState.QUEUED).first()
    if row is None:
        return
    try:
        compose(row).send()
    except Exception:
        _count_failure(message_id=message_id)
        raise
    _mark_sent(message_id=message_id)


@use_case
def _mark_sent(*, message_id: int) -> None:
    row = lock_message(message_id)
    if row is not None:
        row.state, row.sent_at = DeliveryState.SENT, machine_now()
        row.context = {} if row.name == MessageName.EMAIL_CODE else row.context  # a code is not kept once sent
        row.save(update_fields=["state", "sent_at", "context"])


@use_case
def _count_failure(*, message_id: int) -> None:
    row = lock_message(message_id)
    if row is not None:
        row.attempts += 1
        if row.attempts >= ATTEMPTS_AT_MOST:
            row.state = DeliveryState.DEAD
            log.error("mail_given_up", message=row.name, outbox=row.pk)
        row.save(update_fields=["attempts", "state"])


def read_notice(notice: Notice) -> Worded:
    """A notice in the reader's language."""
    return worded(MessageName(notice.name), notice.context)
