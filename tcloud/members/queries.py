"""Reading companies and applications, always through their owner."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _

from tcloud.core.arrays import among_texts
from tcloud.core.errors import Refused
from tcloud.identity.models import User
from tcloud.members.documents import DECLARATIONS, TERMS
from tcloud.members.models import Application, Company, Consent, ConsentText, Membership
from tcloud.members.states import ApplicationState
from tcloud.notifications.services import Recipient
from tcloud.programme.models import Call, Deadline
from tcloud.programme.rules import DeadlineKind


class ApplicationMissing(Refused):
    """The session carries no application any more."""

    code = "application_missing"
    message = _("找不到這份申請，可能是離開太久或換了瀏覽器。請重新開始，三分鐘就能回到這一步。")
    status = 404


def secret_hash(secret: str) -> str:
    """How an application's secret is stored: SHA-256, because the secret has 256 random bits."""
    return sha256(secret.encode()).hexdigest()


def membership_of(user: User | AnonymousUser, company_id: int | None = None) -> Membership | None:
    """The user's membership: of the chosen company, else the first one joined."""
    if user.pk is None:
        return None
    rows = Membership.objects.filter(user_id=user.pk).select_related("company").order_by("id")
    if company_id is not None:
        chosen = rows.filter(company_id=company_id).first()
        if chosen is not None:
            return chosen
    return rows.first()


def company_by_ubn(ubn: str) -> Company | None:
    """A company that has joined, or None."""
    return Company.objects.filter(ubn=ubn).first()


def owner_of(company: Company) -> User:
    """The user who is responsible for the company's account; mails of decisions go there."""
    return company.memberships.select_related("user").get(role="company_owner").user


def owners_of(ubns: Sequence[str]) -> dict[str, Recipient]:
    """Where messages to the owners of many companies go, by 統一編號; in one query."""
    rows = Membership.objects.filter(role="company_owner", company__ubn__in=among_texts(ubns))
    return {
        ubn: Recipient(address=address, name=name, language=language, company_ubn=ubn)
        for ubn, address, name, language in rows.values_list(
            "company__ubn", "user__email", "user__name", "user__language"
        )
    }


def application_by_secret(secret: str | None) -> Application | None:
    """The application a visitor has under way in this session."""
    if not secret:
        return None
    return Application.objects.select_related("call", "rule_set").filter(secret_hash=secret_hash(secret)).first()


def application_of(company: Company, call: Call) -> Application | None:
    """A company's application to a call."""
    return Application.objects.filter(company=company, call=call).select_related("rule_set", "call").first()


def application_in(ubn: str, call: Call) -> Application | None:
    """A company's application to a call, by 統一編號."""
    return Application.objects.filter(company__ubn=ubn, call=call).select_related("rule_set", "call").first()


def is_refused(ubn: str, call: Call) -> bool:
    """Whether a company's application to a call was refused."""
    return Application.objects.filter(company__ubn=ubn, call=call, state=ApplicationState.REFUSED).exists()


def review_target(application: Application) -> datetime | None:
    """Until when the review means to be done (exclusive), as it was counted when the application was sent."""
    rows = Deadline.objects.filter(kind=DeadlineKind.REVIEW, subject=application.ubn, detail=application.call.code)
    return rows.order_by("-id").values_list("due_at", flat=True).first()


def lock_application(application_id: int) -> Application:
    """The application, locked until the transaction ends; raises ApplicationMissing."""
    row = (
        Application.objects.select_for_update(of=("self",))
        .select_related("call", "rule_set", "company")
        .filter(id=application_id)
        .first()
    )
    if row is None:
        raise ApplicationMissing
    return row


def application(application_id: int) -> Application | None:
    """An application with its rules and company."""
    return Application.objects.select_related("rule_set", "company", "call").filter(id=application_id).first()


def lock_companies(ubns: Sequence[str]) -> None:
    """Many companies, locked in the order of their numbers."""
    rows = Company.objects.select_for_update(no_key=True).filter(ubn__in=among_texts(ubns)).order_by("ubn")
    len(rows.values_list("id"))


def lock_company(ubn: str) -> Company:
    """The company, locked: first in the global order of locks after the call."""
    return Company.objects.select_for_update().get(ubn=ubn)


@dataclass(frozen=True, slots=True)
class Agreed:
    """One consent or declaration as it was given; `paragraphs` are empty where only the text's hash was kept."""

    title: str
    version: int
    language: str
    given_at: datetime
    ip: str | None
    paragraphs: tuple[str, ...]


def agreed_by(company: Company) -> list[Agreed]:
    """What a company agreed to, word for word in the language it read, oldest first."""
    rows = list(Consent.objects.filter(application__company=company).order_by("given_at", "id"))
    texts = dict(ConsentText.objects.filter(pk__in=[row.text_sha256 for row in rows]).values_list("pk", "text"))
    return [_agreed(row, texts.get(row.text_sha256)) for row in rows]


def _agreed(row: Consent, text: str | None) -> Agreed:
    """Without its text a consent is named as its document is called today."""
    today = {document.key: str(document.title) for document in (TERMS, *DECLARATIONS)}
    title, *paragraphs = text.split("\n\n") if text else [today.get(row.document, row.document)]
    return Agreed(title, row.version, row.language, row.given_at, row.ip, tuple(paragraphs))
