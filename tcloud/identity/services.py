"""Proving a company by its card: issue a challenge, consume it once, verify, keep the evidence.

    challenge = issue_challenge(purpose=Purpose.JOIN, subject=str(application.pk), session_key=…, statement={}, …)
    #   the page: base64 of challenge.content as `tbs`, challenge.nonce as `nonce`, signatureType PKCS7
    proof = prove_card(nonce=…, signature=…, purpose=Purpose.JOIN, subject=…, session_key=…, statement={}, now=…, machine_now=…)
    #   proof.identity goes to members.services.proving.record_card or contracts.services.announce_certificate

`prove_card` speaks to the authority's OCSP service between two short transactions; call it outside any.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.contrib.auth.password_validation import validate_password

from tcloud.audit.services import record
from tcloud.core.actors import PLATFORM, Actor
from tcloud.core.transactions import operation, use_case
from tcloud.identity.attempts import CARD_SIGN_IN, count_attempt
from tcloud.identity.company_certificate import (
    CardIdentity,
    ChallengeSpent,
    RevocationEvidence,
    UbnMismatch,
    company_certificate,
)
from tcloud.identity.models import CardSignature, Challenge, OfficeRole, TrustObject, User
from tcloud.identity.roles import OFFICE_ROLES, Role
from tcloud.identity.rules import Purpose, challenge_text

CHALLENGE_LIFETIME = timedelta(minutes=5)
ANY_COMPANY = "any company"
"""The subject of a sign-in challenge: which company it is, the card will say."""


@dataclass(frozen=True, slots=True)
class IssuedChallenge:
    """What the page hands to the card's component."""

    nonce: str
    content: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CardProof:
    """A verified card and the number of its evidence row."""

    identity: CardIdentity
    card_signature_id: int
    statement: Mapping[str, str]
    """The facts the card agreed to, as they were when it was asked."""


@use_case
def issue_challenge(
    *, purpose: Purpose, subject: str, session_key: str, statement: Mapping[str, str], machine_now: datetime
) -> IssuedChallenge:
    """A fresh challenge for one purpose, subject and session.

    `session_key` is any secret of the visitor's session that lives from this page to its answer. `statement` are
    the facts agreed to (a contract's hash and amounts …), each a single line.
    """
    return _issue(purpose, subject, session_key, statement, machine_now)


@use_case
def issue_sign_in_challenge(*, session_key: str, visitor: str, machine_now: datetime) -> IssuedChallenge:
    """A challenge for whoever holds a company's card; nobody is known yet, so `visitor` (an address) is counted.

    Raises TooOften.
    """
    count_attempt(CARD_SIGN_IN, visitor, machine_now)
    return _issue(Purpose.SIGN_IN, ANY_COMPANY, session_key, {}, machine_now)


@operation
def _issue(
    purpose: Purpose, subject: str, session_key: str, statement: Mapping[str, str], machine_now: datetime
) -> IssuedChallenge:
    nonce = secrets.token_hex(32)
    challenge = Challenge.objects.create(
        nonce=nonce, purpose=purpose, subject=subject, session_hash=session_hash(session_key),
        content=challenge_text(
            purpose=purpose, origin=settings.PUBLIC_URL, subject=subject, nonce=nonce, issued_at=machine_now,
            statement=statement,
        ),
        issued_at=machine_now, expires_at=machine_now + CHALLENGE_LIFETIME,
    )  # fmt: skip
    return IssuedChallenge(nonce, bytes(challenge.content), challenge.expires_at)


def prove_card(
    *, nonce: str, signature: bytes, purpose: Purpose, subject: str, session_key: str, statement: Mapping[str, str],
    now: datetime, machine_now: datetime, expected_ubn: str | None = None,
) -> CardProof:  # fmt: skip
    """Consume the challenge, verify the signature, keep the evidence.

    Raises ChallengeSpent and every other CardRefused. The challenge is spent whatever the outcome: a signature
    that was refused can never be tried again. `statement` is what the card has to have agreed to, as it stands now:
    a challenge made over other facts (amounts changed meanwhile, another document) is refused. `expected_ubn`: whose
    card it must be.
    """
    challenge = _consume(
        nonce=nonce, purpose=purpose, subject=subject, session_key=session_key, statement=statement,
        machine_now=machine_now,
    )  # fmt: skip
    if challenge is None:
        raise ChallengeSpent
    identity = company_certificate().verify_challenge(
        signature=signature, expected=bytes(challenge.content), nonce=nonce, now=now
    )
    if expected_ubn is not None and identity.ubn != expected_ubn:
        raise UbnMismatch(card=identity.ubn, wanted=expected_ubn)
    kept = _keep(challenge=challenge, signature=signature, identity=identity, now=now)
    return CardProof(identity, kept, dict(statement))


@use_case
def _consume(
    *, nonce: str, purpose: Purpose, subject: str, session_key: str, statement: Mapping[str, str], machine_now: datetime
) -> Challenge | None:
    """Mark the challenge as used and return it if it was still good for this; None otherwise.

    Returns instead of raising, so that the mark is committed in every case.
    """
    challenge = Challenge.objects.select_for_update().filter(nonce=nonce).first()
    if challenge is None or challenge.consumed_at is not None:
        return None
    challenge.consumed_at = machine_now
    challenge.save(update_fields=["consumed_at"])
    text = challenge_text(
        purpose=purpose, origin=settings.PUBLIC_URL, subject=subject, nonce=nonce, issued_at=challenge.issued_at,
        statement=statement,
    )  # fmt: skip
    # The text holds purpose and subject as well; the columns say so a second time.
    fits = (challenge.purpose, challenge.subject, challenge.session_hash, bytes(challenge.content)) == (
        purpose, subject, session_hash(session_key), text,
    )  # fmt: skip
    return challenge if fits and challenge.issued_at <= machine_now < challenge.expires_at else None


@use_case
def _keep(*, challenge: Challenge, signature: bytes, identity: CardIdentity, now: datetime) -> int:
    """Store what the decision rests on."""
    keep_trust_objects(certificates=identity.chain_der, revocation=identity.revocation, now=now)
    row = CardSignature.objects.create(
        challenge=challenge, signing_method=identity.signing_method, ubn=identity.ubn, cms=signature,
        fingerprint=identity.fingerprint, card_number=identity.card_number, certificate=identity.certificate_der,
        issuers=[sha256(der).hexdigest() for der in identity.chain_der],
        revocation=[answer.digest for answer in identity.revocation],
        signed_at=identity.signed_at, verified_at=now,
    )  # fmt: skip
    return row.pk


@operation
def keep_trust_objects(
    *, certificates: Iterable[bytes], revocation: Iterable[RevocationEvidence], now: datetime
) -> None:
    """Certificates and revocation answers that a decision relied on, once each by digest."""
    TrustObject.objects.bulk_create(
        [
            TrustObject(digest=sha256(der).hexdigest(), kind="certificate", der=der, kept_at=now)
            for der in certificates
        ]
        + [
            TrustObject(
                digest=answer.digest, kind=answer.source, der=answer.der, produced_at=answer.produced_at,
                next_update=answer.next_update, kept_at=now,
            )
            for answer in revocation
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def session_hash(session_key: str) -> str:
    """What is stored of a session's secret."""
    if not session_key:
        raise ValueError("a challenge belongs to a session")
    return sha256(session_key.encode()).hexdigest()


@use_case
def open_account(*, email: str, name: str, password: str, phone: str = "", now: datetime) -> User:
    """An account for somebody of the office or of a vendor; an address that has one keeps it unchanged.

    Companies open theirs by joining (members.services.opening).
    """
    known = User.objects.filter(email__iexact=email).first()
    if known is not None:
        return known
    user = User.objects.create_user(email, password, name=name, phone=phone)
    record(tag="identity:account:opened", actor=PLATFORM, subject=str(user.pk), now=now, details={})
    return user


@use_case
def give_office_role(*, user_id: int, role: Role, actor: Actor, now: datetime) -> None:
    """Let somebody work in the office; a role that is held already changes nothing."""
    if role not in OFFICE_ROLES:
        raise ValueError(f"{role} is not an office role")
    _row, created = OfficeRole.objects.get_or_create(user_id=user_id, role=role)
    if created:
        record(
            tag="identity:office-role:given",
            actor=actor,
            subject=str(user_id),
            now=now,
            details={"role": str(role)},
        )


def check_new_password(password: str, *, email: str, name: str) -> None:
    """Refuse a password that is short, common or like the person's own data. Raises Django's ValidationError."""
    validate_password(password, User(email=email, name=name))
