"""How often a stranger may try what costs us something: counted in the database, for all web processes together.

Spans are fixed pieces of machine time. Addresses are never stored, only a keyed hash of them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Final

from django.db import connection
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from tcloud.core.errors import Refused
from tcloud.core.transactions import operation
from tcloud.identity.models import AttemptCount


class TooOften(Refused):
    """More tries than are allowed in this span."""

    code = "too_often"
    message = _("短時間內試了太多次，為了安全先停一下。請 %(minutes)s 分鐘後再試；很急的話，請打客服電話。")
    status = 429


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many times within a span, for each visitor's address or whatever else is counted."""

    name: str
    times: int
    within: timedelta


CARD_SIGN_IN: Final = Allowance("card-sign-in", 30, timedelta(minutes=15))
"""Challenges for signing in, by the visitor's network address."""
LINK_ASKED: Final = Allowance("link-asked", 10, timedelta(hours=1))
"""Mails with a link to oneself, by the visitor's network address."""
LINK_SENT: Final = Allowance("link-sent", 3, timedelta(hours=1))
"""The same by the address they go to, so that nobody floods a stranger's mailbox through us."""
APPLICATION_STARTED: Final = Allowance("application-started", 60, timedelta(hours=1))
"""Applications begun, by the visitor's network address: one office or accountant may bring many companies."""
DOCUMENT_CHECKED: Final = Allowance("document-checked", 60, timedelta(hours=1))
"""Files given to the verification page, by the visitor's network address: each costs a good part of a second."""


@operation
def count_attempt(allowance: Allowance, who: str, machine_now: datetime) -> None:
    """Count one try of `who`; raises TooOften, saying when the next one counts again."""
    until = _end_of_span(allowance.within, machine_now)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO identity_attemptcount AS a (key, until, count) VALUES (%s, %s, 1)"
            " ON CONFLICT (key, until) DO UPDATE SET count = a.count + 1 WHERE a.count < %s RETURNING count",
            [_key(allowance, who), until, allowance.times],
        )
        counted = cursor.fetchone()
    if counted is None:
        raise TooOften(minutes=ceil((until - machine_now).total_seconds() / 60))
    if counted[0] == 1:
        AttemptCount.objects.filter(until__lte=machine_now).delete()


def _end_of_span(within: timedelta, machine_now: datetime) -> datetime:
    seconds = int(within.total_seconds())
    return datetime.fromtimestamp((int(machine_now.timestamp()) // seconds + 1) * seconds, UTC)


def _key(allowance: Allowance, who: str) -> str:
    return salted_hmac(f"identity.attempts.{allowance.name}", who.casefold(), algorithm="sha256").hexdigest()
