"""The company's card proves which company applies."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from tcloud.audit.services import record
from tcloud.core.actors import APPLICANT
from tcloud.core.errors import Refused
from tcloud.core.transactions import use_case
from tcloud.identity.company_certificate import CardIdentity, CardRank
from tcloud.members.models import Application, Company
from tcloud.members.queries import lock_application
from tcloud.members.services.advancing import advance
from tcloud.members.services.opening import CompanyAlreadyJoined
from tcloud.members.states import ApplicationEvent


class PrimaryCardNeeded(Refused):
    """附卡: whoever joins answers for the company's account, and its holder may be anybody (docs/adr/0016)."""

    code = "primary_card_needed"
    message = _("這是附卡，不能用來申請，因為附卡可能由不同的人使用，而申請的人會成為公司的負責帳號。請改插正卡，再驗證一次；前面填的都保留著。")


@use_case
def record_card(*, application_id: int, identity: CardIdentity, now: datetime) -> Application:
    """The card proved which company this is; raises PrimaryCardNeeded, CompanyAlreadyJoined."""
    if identity.rank is not CardRank.PRIMARY:
        raise PrimaryCardNeeded
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
