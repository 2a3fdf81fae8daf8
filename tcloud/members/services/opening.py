"""The account, the company and its owner come into being."""

from datetime import datetime

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from tcloud.audit.services import record
from tcloud.core.errors import Refused
from tcloud.core.jobs import Job, defer
from tcloud.core.transactions import use_case
from tcloud.identity.models import User
from tcloud.identity.roles import Role
from tcloud.members.models import Company, EmailCode, Membership
from tcloud.members.queries import lock_application
from tcloud.members.services.advancing import StepNotOpen, advance
from tcloud.members.states import ApplicationEvent
from tcloud.programme.rules import DeadlineKind
from tcloud.programme.services import set_deadline


class CompanyAlreadyJoined(Refused):
    """The company has an account; another person of the company asks its owner."""

    code = "company_already_joined"
    message = _("這家公司已經有帳號了。如果是您申請的，請直接登入；如果不是，請找公司的負責帳號。")


class EmailTaken(Refused):
    """The address belongs to an account."""

    code = "email_taken"
    message = _("這個 E-mail 已經有帳號。請換一個 E-mail，或用它登入。")


@use_case
def open_company_account(*, application_id: int, now: datetime) -> User:
    """The address is confirmed: make the account, the company and its membership, and let the review begin.

    Raises StepNotOpen without a confirmed address, EmailTaken, CompanyAlreadyJoined (somebody else was faster).
    """
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
