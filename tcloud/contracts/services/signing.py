"""A card's signature in two clicks: the first announces the certificate, the second signs the document."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from tcloud.contracts import pades
from tcloud.contracts.models import Contract, SigningAttempt
from tcloud.contracts.queries import attempt_by_key, contract_of, document_of
from tcloud.contracts.services.drafting import statement_for
from tcloud.contracts.services.refusals import AlreadySigned, AttemptGone
from tcloud.contracts.services.storing import SignedContract, Signer, finish
from tcloud.contracts.states import TURNS, ContractState, Party
from tcloud.contracts.time_stamper import time_stamper
from tcloud.core.transactions import use_case
from tcloud.identity.company_certificate import SigningMethod
from tcloud.identity.queries import card_evidence, issuers_of, revocation_of
from tcloud.identity.services import CardProof, session_hash

SECOND_CLICK_WITHIN = timedelta(minutes=5)
RETRY_WITHIN = timedelta(hours=1)
"""How long a kept signature waits for a time stamp; the proof that its certificate was good is that fresh."""
SIGNED_SINCE = {
    Party.COMPANY: (ContractState.SIGNED_BY_COMPANY, ContractState.SIGNED_BY_BOTH),
    Party.VENDOR: (ContractState.SIGNED_BY_BOTH,),
}


@dataclass(frozen=True, slots=True)
class Announced:
    """What the second click signs."""

    key: str
    to_sign: bytes
    expires_at: datetime


def announce_certificate(
    *, order_number: str, proof: CardProof, session_key: str, now: datetime, machine_now: datetime,
    party: Party = Party.COMPANY,
) -> Announced:  # fmt: skip
    """Make room in the document for the announced certificate's signature and say what the card signs.

    Raises ContractMissing, AlreadySigned, AttemptGone (it is not this party's turn, or the card agreed to another contract).
    """
    contract = contract_of(order_number)
    check_turn(contract, party)
    if proof.statement != statement_for(contract, party):  # made anew since the card agreed to it
        raise AttemptGone
    identity = proof.identity
    prepared = pades.prepare(
        document=document_of(contract, TURNS[party].signs), certificate_der=identity.certificate_der,
        issuers_der=identity.chain_der, field=TURNS[party].field, reason=reason_of(party, order_number), now=now,
    )  # fmt: skip
    attempt = _start_attempt(
        contract=contract, party=party, proof=proof, prepared=prepared, session_key=session_key, machine_now=machine_now
    )
    return Announced(attempt.key, prepared.signed_attributes, attempt.expires_at)


def check_turn(contract: Contract, party: Party) -> None:
    """Raises AlreadySigned, or AttemptGone when the other party has to sign first."""
    if contract.state in SIGNED_SINCE[party]:
        raise AlreadySigned
    if contract.state != TURNS[party].waits_in:
        raise AttemptGone


def reason_of(party: Party, order_number: str) -> str:
    """What the signature itself says it is for."""
    verb = "簽署" if party is Party.COMPANY else "接單並簽署"
    return f"{verb}雲端解決方案買賣契約 {order_number}"


@use_case
def _start_attempt(
    *, contract: Contract, party: Party, proof: CardProof, prepared: pades.Prepared, session_key: str,
    machine_now: datetime,
) -> SigningAttempt:  # fmt: skip
    return SigningAttempt.objects.create(
        contract=contract, party=party, key=secrets.token_urlsafe(32), session_hash=session_hash(session_key),
        card_signature_id=proof.card_signature_id, certificate=proof.identity.certificate_der,
        prepared=prepared.content, signed_attributes=prepared.signed_attributes,
        document_digest=prepared.document_digest, reserved_start=prepared.reserved_start,
        reserved_end=prepared.reserved_end, prepared_at=machine_now, expires_at=machine_now + SECOND_CLICK_WITHIN,
    )  # fmt: skip


def complete_signature(
    *, order_number: str, party: Party = Party.COMPANY, key: str, raw_signature: bytes | None, session_key: str,
    now: datetime, machine_now: datetime,
) -> SignedContract:  # fmt: skip
    """Check the card's signature, keep it, fetch the time stamp, embed both and add the validation data.

    `raw_signature` None uses the one kept before. Raises AttemptGone, SignatureNotByAnnounced, TimeStampUnavailable.
    """
    attempt = _usable_attempt(key, raw_signature, session_key, machine_now)
    if (attempt.contract.order_number, attempt.party) != (order_number, party):
        raise AttemptGone  # another order's click, posted here
    if raw_signature is not None:
        pades.check_raw_signature(
            certificate_der=bytes(attempt.certificate), raw_signature=raw_signature,
            signed_attributes=bytes(attempt.signed_attributes),
        )  # fmt: skip
        _keep_raw_signature(key=key, raw_signature=raw_signature)
    raw = raw_signature if raw_signature is not None else bytes(attempt.raw_signature or b"")
    stamp = time_stamper().stamp(digest=sha256(raw).digest(), now=now)
    return finish(attempt.contract, Party(attempt.party), _signer(attempt), _prepared(attempt), raw, stamp)


def _usable_attempt(
    key: str, raw_signature: bytes | None, session_key: str, machine_now: datetime
) -> SigningAttempt:
    attempt = attempt_by_key(key)
    if attempt is None or attempt.session_hash != session_hash(session_key):
        raise AttemptGone
    check_turn(attempt.contract, Party(attempt.party))
    kept = attempt.raw_signature is not None
    limit = attempt.prepared_at + RETRY_WITHIN if kept else attempt.expires_at
    nothing_to_use = raw_signature is None and not kept
    if machine_now >= limit or nothing_to_use:
        raise AttemptGone
    return attempt


@use_case
def _keep_raw_signature(*, key: str, raw_signature: bytes) -> None:
    SigningAttempt.objects.filter(key=key).update(raw_signature=raw_signature)


def _signer(attempt: SigningAttempt) -> Signer:
    evidence = card_evidence(attempt.card_signature_id)
    return Signer(
        signing_method=SigningMethod(evidence.signing_method), certificate_der=bytes(attempt.certificate),
        issuers_der=tuple(issuers_of(evidence)), evidence=evidence.pk,
        revocation=tuple((row.kind, bytes(row.der)) for row in revocation_of(evidence)),
    )  # fmt: skip


def _prepared(attempt: SigningAttempt) -> pades.Prepared:
    return pades.Prepared(
        content=bytes(attempt.prepared), reserved_start=attempt.reserved_start, reserved_end=attempt.reserved_end,
        document_digest=bytes(attempt.document_digest), signed_attributes=bytes(attempt.signed_attributes),
    )  # fmt: skip
