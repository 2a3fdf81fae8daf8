"""Telling people: one row in the outbox and one notice, in the transaction of their cause; a job sends the mail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import formataddr
from uuid import uuid4

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.template.loader import render_to_string
from django.utils.translation import override

from tcloud.core.arrays import text_array
from tcloud.core.jobs import Job, defer
from tcloud.core.shared_json import json_of
from tcloud.core.time import machine_now
from tcloud.core.transactions import operation, use_case
from tcloud.notifications.catalogue import CATALOGUE, MessageName, needed
from tcloud.notifications.models import DeliveryState, Notice, NoticeRead, OutboxMessage
from tcloud.notifications.queries import lock_message
from tcloud.notifications.wording import Worded, worded

log = structlog.get_logger()
ATTEMPTS_AT_MOST = 300
"""Tried every ten minutes at the slowest, a mail is given up after two days, as mail servers do."""
MAILS_PER_JOB = 250
NOT_KEPT = (MessageName.EMAIL_CODE, MessageName.CARD_LINK, MessageName.RESET_LINK)
"""Their context opens something, so it is not kept once the mail was sent."""


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
    _check_complete(message, context, needed(message))
    row = OutboxMessage.objects.create(
        name=message, address=to.address, recipient_name=to.name, language=to.language, context=dict(context),
        message_id=_new_message_id(), created_at=now,
    )  # fmt: skip
    if CATALOGUE[message].notice and to.company_ubn:
        Notice.objects.create(company_ubn=to.company_ubn, name=message, context=dict(context), at=now)
    defer(Job.SEND_MAIL, message_id=row.pk)


@operation
def notify_many(
    *, message: MessageName, to: Sequence[tuple[Recipient, Mapping[str, object]]], now: datetime
) -> None:  # fmt: skip
    """The same message to many, each with its own context: the rows `notify` writes, in one statement each.

    One job sends some hundreds of mails, so that the queue does not carry a row per mail. Raises ContextIncomplete.
    """
    if not to:
        return
    fields = needed(message)
    for context in {id(context): context for _recipient, context in to}.values():
        _check_complete(message, context, fields)
    contexts = text_array(json_of(context for _recipient, context in to))
    people = [recipient for recipient, _context in to]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH written AS (INSERT INTO notifications_outboxmessage"
            " (name, address, recipient_name, language, context, message_id, state, attempts, created_at)"
            " SELECT %s, address, name, language, context::jsonb,"
            " '<' || replace(gen_random_uuid()::text, '-', '') || %s, 'queued', 0, %s"
            " FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[])"
            " WITH ORDINALITY AS r(address, name, language, context, place) ORDER BY place RETURNING id),"
            " numbered AS (SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS job FROM written)"
            " SELECT min(id), max(id) FROM numbered GROUP BY job ORDER BY job",
            [message, _message_id_end(), now, text_array([one.address for one in people]),
             text_array([one.name for one in people]), text_array([one.language for one in people]), contexts, MAILS_PER_JOB],
        )  # fmt: skip
        jobs = cursor.fetchall()
        if CATALOGUE[message].notice:
            cursor.execute(
                "INSERT INTO notifications_notice (company_ubn, name, context, at)"
                " SELECT ubn, %s, context::jsonb, %s FROM unnest(%s::text[], %s::text[])"
                " WITH ORDINALITY AS r(ubn, context, place) WHERE ubn <> '' ORDER BY place",
                [message, now, text_array([one.company_ubn for one in people]), contexts],
            )
    for first, last in jobs:
        defer(Job.SEND_MAILS, name=str(message), first=first, last=last)


def _check_complete(message: MessageName, context: Mapping[str, object], fields: frozenset[str]) -> None:
    if missing := fields - context.keys():
        raise ContextIncomplete(f"{message} needs {', '.join(sorted(missing))}")


def _new_message_id() -> str:
    return f"<{uuid4().hex}{_message_id_end()}"


def _message_id_end() -> str:
    return f"@{settings.DEFAULT_FROM_EMAIL.rsplit('@', 1)[-1].rstrip('>')}>"


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


def deliver_many(*, name: str, first: int, last: int) -> None:
    """Send the mails of one mass message that still wait, the failed ones counted; raises the last failure.

    Between `first` and `last` other transactions may have had their own mails; those have their own jobs.
    """
    waiting = OutboxMessage.objects.filter(pk__range=(first, last), name=name, state=DeliveryState.QUEUED)
    failure: Exception | None = None
    for message_id in list(waiting.order_by("pk").values_list("pk", flat=True)):
        try:
            deliver(message_id)
        except Exception as error:
            failure = error
    if failure is not None:
        raise failure


@use_case
def _mark_sent(*, message_id: int) -> None:
    row = lock_message(message_id)
    if row is not None:
        row.state, row.sent_at = DeliveryState.SENT, machine_now()
        row.context = {} if row.name in NOT_KEPT else row.context
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


@use_case
def mark_read(*, notice_ids: Sequence[int], reader_id: int, now: datetime) -> None:
    """A person has these notices before their eyes; again changes nothing, the first time stays."""
    rows = [NoticeRead(notice_id=notice_id, reader_id=reader_id, read_at=now) for notice_id in notice_ids]
    NoticeRead.objects.bulk_create(rows, ignore_conflicts=True)


def read_notice(notice: Notice) -> Worded:
    """A notice in the reader's language."""
    return worded(MessageName(notice.name), notice.context)
