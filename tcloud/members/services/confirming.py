"""The applicant gives the account's data and confirms the e-mail address with the code sent there."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from tcloud.core.errors import Refused
from tcloud.core.transactions import operation, use_case
from tcloud.identity.models import User
from tcloud.members.models import Application, EmailCode
from tcloud.members.queries import lock_application
from tcloud.members.services.advancing import StepNotOpen, advance
from tcloud.members.services.opening import EmailTaken, open_company_account
from tcloud.members.states import ApplicationEvent, ApplicationState
from tcloud.notifications.catalogue import MessageName
from tcloud.notifications.services import Recipient, notify

CODE_LIFETIME = timedelta(minutes=15)
CODE_TRIES = 5
RESEND_AFTER = timedelta(seconds=60)


class WrongCode(Refused):
    """The code is not the one sent."""

    code = "wrong_code"
    message = _("驗證碼不對。請看最新一封信，再輸入一次；還可以試 %(left)s 次。")


class CodeUsedUp(Refused):
    """The code is too old or was tried too often."""

    code = "code_used_up"
    message = _("這組驗證碼已經失效。請按「重寄驗證碼」，用新信裡的六位數字。")


class TooSoon(Refused):
    """A new code was asked for too quickly."""

    code = "too_soon"
    message = _("剛剛才寄出一封。請等一分鐘，還沒收到再重寄。")


@dataclass(frozen=True)
class AccountForm:
    """What the applicant typed for the account; the password is hashed before it is stored."""

    email: str
    contact_name: str
    phone: str
    password: str


@use_case
def give_account(*, application_id: int, account: AccountForm, now: datetime, machine_now: datetime) -> Application:
    """Keep the account's data and send a six-digit code to the address."""
    application = lock_application(application_id)
    if User.objects.filter(email__iexact=account.email).exists():
        raise EmailTaken
    advance(application, ApplicationEvent.ACCOUNT_GIVEN)
    application.email = account.email
    application.contact_name = account.contact_name
    application.phone = account.phone
    application.password_hash = make_password(account.password)
    application.save()
    _send_code(application, now=now, machine_now=machine_now)
    return application


@use_case
def resend_code(*, application_id: int, now: datetime, machine_now: datetime) -> None:
    """Send a fresh code; the old one stops working. Raises TooSoon within a minute of the last."""
    application = lock_application(application_id)
    if application.state != ApplicationState.CODE_SENT:
        raise StepNotOpen
    code = EmailCode.objects.filter(application=application).first()
    if code is not None and machine_now - code.sent_at < RESEND_AFTER:
        raise TooSoon
    _send_code(application, now=now, machine_now=machine_now)


def verify_email(*, application_id: int, code: str, now: datetime, machine_now: datetime) -> User:
    """The code is right: the account, the company and its owner come into being, and the review begins.

    Raises WrongCode (the try is counted and stays counted), CodeUsedUp, CompanyAlreadyJoined, EmailTaken.
    """
    _try_code(application_id=application_id, code=code, machine_now=machine_now)
    return open_company_account(application_id=application_id, now=now)


@use_case
def _count_try(*, application_id: int, code: str, machine_now: datetime) -> int | None:
    """Count one try; None when the code is right, else how many tries are left (0: used up)."""
    application = lock_application(application_id)
    if application.state != ApplicationState.CODE_SENT:
        raise StepNotOpen
    row = EmailCode.objects.select_for_update().get(application=application)
    if row.tries >= CODE_TRIES or machine_now - row.sent_at > CODE_LIFETIME:
        return 0
    if constant_time_compare(row.code_hash, _code_hash(application, code.strip())):
        row.used_at = machine_now
        row.save(update_fields=["used_at"])
        return None
    row.tries += 1
    row.save(update_fields=["tries"])
    return CODE_TRIES - row.tries


def _try_code(*, application_id: int, code: str, machine_now: datetime) -> None:
    left = _count_try(application_id=application_id, code=code, machine_now=machine_now)
    if left == 0:
        raise CodeUsedUp
    if left is not None:
        raise WrongCode(left=left)


@operation
def _send_code(application: Application, *, now: datetime, machine_now: datetime) -> None:
    code = f"{secrets.randbelow(1_000_000):06d}"
    EmailCode.objects.update_or_create(
        application=application,
        defaults={
            "email": application.email, "code_hash": _code_hash(application, code),
            "sent_at": machine_now, "tries": 0, "used_at": None,
        },
    )  # fmt: skip
    notify(
        to=Recipient(address=application.email, name=application.contact_name, language=application.language),
        message=MessageName.EMAIL_CODE,
        context={"code": code, "minutes": int(CODE_LIFETIME.total_seconds() // 60)},
        now=now,
    )


def _code_hash(application: Application, code: str) -> str:
    return salted_hmac(f"members.email-code.{application.pk}", code, algorithm="sha256").hexdigest()
