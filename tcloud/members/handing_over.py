"""From the phone to a computer with a card reader: a link by mail to oneself, and taking the application along.

The link names an application by its place in our books and the hash of its present secret. Opening it makes a new
secret, so the link serves once, and whoever sent it no longer holds the application: nobody can have a stranger's
card signed into an application of their own.
"""

from datetime import datetime, timedelta
from typing import Final

from django.core import signing
from django.utils.translation import gettext_lazy as _

from tcloud.audit.services import record
from tcloud.core.actors import APPLICANT
from tcloud.core.errors import Refused
from tcloud.core.transactions import use_case
from tcloud.identity.attempts import LINK_ASKED, LINK_SENT, count_attempt
from tcloud.members.models import Application
from tcloud.members.queries import lock_application
from tcloud.members.services.agreeing import new_secret
from tcloud.members.states import ApplicationState
from tcloud.notifications.catalogue import MessageName
from tcloud.notifications.services import Recipient, notify

SALT: Final = "members.handing-over"
LINK_LIFETIME: Final = timedelta(days=3)


class LinkOver(Refused):
    """Opened before, too old, or the card has been read meanwhile."""

    code = "link_over"
    message = _("這個連結已經用過、超過 3 天，或申請已經往下走了，所以不能再開。請回到原來的裝置繼續，或按「我要申請」重新開始。")
    status = 410


def link_of(application: Application) -> str:
    """What the mail's link carries; valid for three days of machine time, and until it is opened."""
    return signing.dumps([application.pk, application.secret_hash], salt=SALT)


@use_case
def send_link(*, to: Recipient, link: str, visitor: str, now: datetime, machine_now: datetime) -> None:
    """Mail a page's address to its reader; says nothing about anybody. Raises TooOften.

    `link` is a path of this site without its slashes at both ends; `visitor` the network address that asks.
    """
    count_attempt(LINK_ASKED, visitor, machine_now)
    count_attempt(LINK_SENT, to.address, machine_now)
    notify(to=to, message=MessageName.CARD_LINK, context={"link": link}, now=now)


@use_case
def take_over(*, token: str, now: datetime) -> str:
    """Let another browser go on with an application that waits for its card; returns the new secret.

    Raises LinkOver.
    """
    try:
        application_id, seen = signing.loads(token, salt=SALT, max_age=LINK_LIFETIME)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise LinkOver from error
    application = lock_application(int(application_id))
    if application.secret_hash != seen or application.state != ApplicationState.STARTED:
        raise LinkOver
    secret, application.secret_hash = new_secret()
    application.save(update_fields=["secret_hash"])
    record(
        tag="members:application:handed-over", actor=APPLICANT, subject=str(application.pk), now=now, details={}
    )
    return secret
