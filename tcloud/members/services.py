"""Joining, step by step. Each function is one thing the applicant does; what was typed is kept at every step."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from tcloud.audit.services import record
from tcloud.core.actors import APPLICANT, Actor, rule
from tcloud.core.errors import Refused
from tcloud.core.jobs import Job, defer
from tcloud.core.transactions import operation, use_case
from tcloud.identity.company_certificate import CardIdentity
from tcloud.identity.models import User
from tcloud.identity.queries import recipient_of
from tcloud.identity.roles import Role
from tcloud.members.documents import Document
from tcloud.members.models import Application, Company, Consent, EmailCode, Membership
from tcloud.members.queries import lock_application, lock_company, secret_hash
from tcloud.members.states import TRANSITIONS, ApplicationEvent, ApplicationState
from tcloud.notifications.catalogue import MessageName
from tcloud.notifications.services import Recipient, notify
from tcloud.programme.models import Call
from tcloud.programme.queries import rule_set_at
from tcloud.programme.rules import DeadlineKind
from tcloud.programme.services import set_deadline, settle_deadlines

CODE_LIFETIME = timedelta(minutes=15)
CODE_TRIES = 5
RESEND_AFTER = timedelta(seconds=60)


class StepNotOpen(Refused):
    """The step was already done, or an earlier one is missing."""

    code = "step_not_open"
    message = _("這一步現在不能做，可能已經在另一個分頁完成了。請回到申請步驟清單，從標示「輪到您」的那一步繼續。")


class CompanyAlreadyJoined(Refused):
    """The company has an account; another person of the company asks its owner."""

    code = "company_already_joined"
    message = _("這家公司已經有帳號了。如果是您申請的，請直接登入；如果不是，請找公司的負責帳號。")


class EmailTaken(Refused):
    """The address belongs to an account."""

    code = "email_taken"
    message = _("這個 E-mail 已經有帳號。請換一個 E-mail，或用它登入。")


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


@operation
def advance(application: Application, event: ApplicationEvent) -> None:
    """The only place that writes an application's state; the row is locked by the caller."""
    target = TRANSITIONS.get((ApplicationState(application.state), event))
    if target is None:
        raise StepNotOpen
    application.state = target


def new_secret() -> tuple[str, str]:
    """A secret that finds an application again, and its hash, which is what we keep."""
    secret = secrets.token_urlsafe(32)
    return secret, secret_hash(secret)


@operation
def _agree(application: Application, documents: list[Document], *, ip: str | None, now: datetime) -> None:
    Consent.objects.bulk_create(
        [
            Consent(
                application=application, document=document.key, version=document.version,
                text_sha256=document.digest(), language=application.language, given_at=now, ip=ip,
            )
            for document in documents
        ],
        ignore_conflicts=True,
    )


@use_case
def start_application(
    *, call: Call, terms: Document, language: str, ip: str | None, now: datetime
) -> tuple[Application, str]:
    """Agree to the terms and begin; returns the application and the secret that finds it again."""
    secret, kept = new_secret()
    application = Application.objects.create(
        call=call, rule_set=rule_set_at(call, now), secret_hash=kept, language=language, started_at=now
    )
    _agree(application, [terms], ip=ip, now=now)
    return application, secret


@use_case
def record_card(*, application_id: int, identity: CardIdentity, now: datetime) -> Application:
    """The card proved which company this is; raises CompanyAlreadyJoined."""
    application = lock_application(application_id)
    if Company.objects.filter(ubn=identity.ubn).exists():
        raise CompanyAlreadyJoined
    advance(application, ApplicationEvent.CARD_READ)
    application.ubn = identity.ubn
    application.company_name = identity.company_name
    application.card_fingerprint = identity.fingerprint
    application.card_verified_at = now
    application.save()
    record(
        tag="members:application:card-verified", actor=APPLICANT, subject=identity.ubn, now=now,
        details={"application": application.pk, "certificate": identity.fingerprint, "rank": identity.rank},
    )  # fmt: skip
    return application


@use_case
def declare(
    *, application_id: int, documents: list[Document], ip: str | None, now: datetime
) -> Application:
    """Authorise the queries and make the declarations: each its own record."""
    application = lock_application(application_id)
    advance(application, ApplicationEvent.DECLARATIONS_MADE)
    _agree(application, documents, ip=ip, now=now)
    application.save()
    return application


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


def verify_email(*, application_id: int, code: str, now: datetime, machine_now: datetime) -> User:
    """The code is right: the account, the company and its owner come into being, and the review begins.

    Raises WrongCode (the try is counted and stays counted), CodeUsedUp, CompanyAlreadyJoined, EmailTaken.
    """
    _try_code(application_id=application_id, code=code, machine_now=machine_now)
    return _open_account(application_id=application_id, now=now, machine_now=machine_now)


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


@use_case
def _open_account(*, application_id: int, now: datetime, machine_now: datetime) -> User:
    application = lock_application(application_id)
    used = EmailCode.objects.filter(application=application, used_at__isnull=False).exists()
    if not used:
        raise StepNotOpen
    advance(application, ApplicationEvent.EMAIL_VERIFIED)
    if User.objects.filter(email__iexact=application.email).exists():
        raise EmailTaken
    user = User(email=application.email, name=application.contact_name, phone=application.phone)
    user.language = application.language
    user.password = application.password_hash
    user.save()
    try:
        company = Company.objects.create(
            ubn=application.ubn, name=application.company_name, email=application.email, phone=application.phone,
            created_at=now,
        )  # fmt: skip
    except IntegrityError as error:
        raise CompanyAlreadyJoined from error
    Membership.objects.create(company=company, user=user, role=Role.COMPANY_OWNER, created_at=now)
    application.company = company
    application.password_hash = ""
    application.submitted_at = now
    application.save()
    record(
        tag="members:account:opened", actor=user.actor, subject=company.ubn, now=now,
        details={"application": application.pk},
    )  # fmt: skip
    set_deadline(
        kind=DeadlineKind.REVIEW, subject=company.ubn, detail=application.call.code, rule="review_target",
        rule_set=application.rule_set, event_at=now,
    )  # fmt: skip
    defer(Job.CHECK_ELIGIBILITY, lock=f"application:{application.pk}", application_id=application.pk)
    return user


@use_case
def add_member(*, ubn: str, user_id: int, role: Role, actor: Actor, now: datetime) -> Membership:
    """Let a user act for a company as member or bookkeeper; the same user and company again changes nothing.

    A company's owner is whoever joined with its card; this never makes one. Raises ValueError for another role.
    """
    if role not in (Role.COMPANY_MEMBER, Role.BOOKKEEPER):
        raise ValueError(f"{role} is not a role that is given by adding")
    company = lock_company(ubn)
    membership, created = Membership.objects.get_or_create(
        company=company, user=User.objects.get(pk=user_id), defaults={"role": role, "created_at": now}
    )
    if created:
        details = {"user": user_id, "role": str(role)}
        record(tag="members:member:added", actor=actor, subject=ubn, now=now, details=details)
    return membership


@use_case
def decide(*, application_id: int, passed: bool, reason: str, facts: dict[str, str], now: datetime) -> Application:
    """Write the outcome of the eligibility checks; deciding twice changes nothing.

    `facts` are the registry's name, representative and address, kept as basic data of the company.
    """
    application = lock_application(application_id)
    if application.state in (ApplicationState.APPROVED, ApplicationState.REFUSED):
        return application
    advance(application, ApplicationEvent.CHECKS_PASSED if passed else ApplicationEvent.CHECK_FAILED)
    application.decided_at = now
    application.decision_reason = reason
    application.save()
    company = application.company
    assert company is not None
    settle_deadlines(subject=company.ubn, detail=application.call.code, kinds=[DeadlineKind.REVIEW], now=now)
    if facts:
        Company.objects.filter(pk=company.pk).update(**facts)
    _say_outcome(application, now)
    if passed:
        defer(Job.ISSUE_GRANT, lock=f"grant:{company.ubn}", ubn=company.ubn, call=application.call.code)
    return application


@operation
def exclude(*, application_id: int, reason: str, now: datetime) -> None:
    """An approved company turned out to be excluded before it got anything: refused after all, with the rule named.

    The caller holds the company's lock and has found it approved.
    """
    application = lock_application(application_id)
    advance(application, ApplicationEvent.EXCLUDED)
    application.decided_at, application.decision_reason = now, reason
    application.save()
    _say_outcome(application, now)


@operation
def _say_outcome(application: Application, now: datetime) -> None:
    """The row of the log and the message to the company."""
    company = application.company
    assert company is not None
    approved = application.state == ApplicationState.APPROVED
    record(
        tag=f"members:application:{application.state}", actor=rule("eligibility"), subject=company.ubn, now=now,
        details={"application": application.pk, "reason": application.decision_reason, "rule_set": application.rule_set_id},
    )  # fmt: skip
    notify(
        to=recipient_of(user_of(application), company_ubn=company.ubn),
        message=MessageName.APPLICATION_APPROVED if approved else MessageName.APPLICATION_REFUSED,
        context={"reason": application.decision_reason},
        now=now,
    )


def user_of(application: Application) -> User:
    """The account the application became."""
    return Membership.objects.select_related("user").get(company=application.company, role=Role.COMPANY_OWNER).user
