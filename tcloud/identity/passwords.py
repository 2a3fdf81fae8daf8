"""A forgotten password: a link by mail through the outbox, a new password, and word of it to the account's owner.

allauth makes and checks the link's key (one use, it dies with the password it was made for); what is sent, counted
and recorded is decided here. A second factor stays in force: a new password alone opens no desk that needs one.
"""

from datetime import datetime, timedelta
from typing import Final

from tcloud.audit.services import record
from tcloud.core.actors import PLATFORM
from tcloud.core.transactions import use_case
from tcloud.identity.attempts import Allowance, TooOften, count_attempt
from tcloud.identity.models import User
from tcloud.notifications.catalogue import MessageName
from tcloud.notifications.services import Recipient, notify

RESET_SENT: Final = Allowance("password-reset-sent", 3, timedelta(hours=1))
"""Links by the address they go to, so that nobody floods a stranger's mailbox through us."""


@use_case
def send_reset_link(*, user_id: int, link: str, now: datetime, machine_now: datetime) -> bool:
    """Mail the link (a path of ours without its outer slashes); says whether it was sent or enough were already."""
    user = User.objects.get(pk=user_id)
    try:
        count_attempt(RESET_SENT, user.email, machine_now)
    except TooOften:  # told to nobody: the page must not show which addresses have an account
        return False
    notify(to=_owner(user), message=MessageName.RESET_LINK, context={"link": link}, now=now)
    record(tag="identity:password:reset-asked", actor=PLATFORM, subject=str(user.pk), now=now, details={})
    return True


@use_case
def set_password(*, user_id: int, password: str, now: datetime) -> User:
    """Store a new password that was checked before; every other session of the account ends by it."""
    user = User.objects.select_for_update().get(pk=user_id)
    user.set_password(password)
    user.save(update_fields=["password"])
    notify(to=_owner(user), message=MessageName.RESET_DONE, context={}, now=now)
    record(tag="identity:password:changed", actor=user.actor, subject=str(user.pk), now=now, details={})
    return user


def _owner(user: User) -> Recipient:
    return Recipient(user.email, user.name, user.language)
