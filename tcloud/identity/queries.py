"""Who a user is in the office."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser

from tcloud.identity.models import CardSignature, OfficeRole, TrustObject, User
from tcloud.identity.roles import Role
from tcloud.notifications.services import Recipient


def office_roles_of(user: User | AnonymousUser) -> frozenset[Role]:
    """The office roles of a signed-in user; empty for everybody else."""
    if not user.is_authenticated:
        return frozenset()
    return frozenset(Role(role) for role in OfficeRole.objects.filter(user=user).values_list("role", flat=True))


def recipient_of(user: User, *, company_ubn: str = "") -> Recipient:
    """Where messages to a user go, as a value: address, name, language, and whose notices show them."""
    return Recipient(address=user.email, name=user.name, language=user.language, company_ubn=company_ubn)


def card_evidence(card_signature_id: int) -> CardSignature:
    """The evidence row of an accepted card signature."""
    return CardSignature.objects.get(pk=card_signature_id)


def issuers_of(evidence: CardSignature) -> list[bytes]:
    """The issuers' certificates (DER) the decision relied on, the card's own issuer first."""
    found = {row.digest: bytes(row.der) for row in TrustObject.objects.filter(digest__in=evidence.issuers)}
    return [found[digest] for digest in evidence.issuers]


def revocation_of(evidence: CardSignature) -> list[TrustObject]:
    """The OCSP answers and CRLs the decision relied on."""
    return list(TrustObject.objects.filter(digest__in=evidence.revocation))


def has_second_factor(session: Mapping[str, Any]) -> bool:
    """Whether somebody proved a second factor in this session."""
    return any(method.get("method") == "mfa" for method in session.get("account_authentication_methods", []))


def user_by_email(email: str) -> User | None:
    """An active user by e-mail address, compared without case."""
    return User.objects.filter(email__iexact=email, is_active=True).first()
