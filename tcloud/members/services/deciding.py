"""The eligibility checks are through: the application is approved or refused."""

from datetime import datetime

from tcloud.audit.services import record
from tcloud.core.actors import rule
from tcloud.core.jobs import Job, defer
from tcloud.core.transactions import operation, use_case
from tcloud.identity.models import User
from tcloud.identity.queries import recipient_of
from tcloud.identity.roles import Role
from tcloud.members.models import Application, Company, Membership
from tcloud.members.queries import lock_application
from tcloud.members.services.advancing import advance
from tcloud.members.states import ApplicationEvent, ApplicationState
from tcloud.notifications.catalogue import MessageName
from tcloud.notifications.services import notify
from tcloud.programme.rules import DeadlineKind
from tcloud.programme.services import settle_deadlines


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
        to=recipient_of(_user_of(application), company_ubn=company.ubn),
        message=MessageName.APPLICATION_APPROVED if approved else MessageName.APPLICATION_REFUSED,
        context={"reason": application.decision_reason},
        now=now,
    )


def _user_of(application: Application) -> User:
    """The account the application became."""
    return Membership.objects.select_related("user").get(company=application.company, role=Role.COMPANY_OWNER).user
