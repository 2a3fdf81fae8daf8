"""The company's card proves which company applies."""

from datetime import datetime

from tcloud.audit.services import record
from tcloud.core.actors import APPLICANT
from tcloud.core.transactions import use_case
from tcloud.identity.company_certificate import CardIdentity
from tcloud.members.models import Application, Company
from tcloud.members.queries import lock_application
from tcloud.members.services.advancing import advance
from tcloud.members.services.opening import CompanyAlreadyJoined
from tcloud.members.states import ApplicationEvent


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
