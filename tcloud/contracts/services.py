"""The way of a contract, cut so that nothing slow and nothing remote happens inside a transaction.

1. The order is checked:
       typeset = typeset_contract(facts)                           CPU, no database
       draft_contract(facts=facts, typeset=typeset, now=now)       @operation, in orders' use case
   `facts` are built before the transaction; inside it, after locking, orders builds them again and compares.
2. The page before the first click:
       challenge = issue_challenge(purpose=Purpose.SIGN_CONTRACT, subject=order_number,
                                   statement=signing_statement(order_number), session_key=…, machine_now=…)
   First click (signatureType PKCS7 over challenge.content, nonce=challenge.nonce):
       proof = prove_card(nonce=…, signature=…, purpose=Purpose.SIGN_CONTRACT, subject=order_number,
                          expected_ubn=company.ubn, session_key=…, now=…, machine_now=…)
       announced = announce_certificate(order_number=…, proof=proof, session_key=…, now=…, machine_now=…)
   The page now gets announced.key and announced.to_sign (base64).
3. Second click (signatureType PKCS1, hashAlgorithm SHA256, tbs = base64 of to_sign, tbsEncoding base64):
       signed = complete_signature(key=…, raw_signature=…, session_key=…, now=…, machine_now=…)
                                                                   the time stamp is fetched here
       store_signature(signed=signed, now=now)                     @operation, in orders' signing use case
   When the time stamp fails (TimeStampUnavailable) the signature is kept: call complete_signature again with
   raw_signature=None.
4. Back to the amounts, or withdrawn unsigned: discard_draft(order_number=…)          @operation
"""

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.utils.translation import gettext_lazy as _

from tcloud.audit.services import record
from tcloud.contracts import pades
from tcloud.contracts.models import Contract, ContractDocument, SigningAttempt
from tcloud.contracts.queries import attempt_by_key, contract_of, document_of, lock_contract_of
from tcloud.contracts.rules import ContractFacts, fingerprint, statement_of
from tcloud.contracts.states import ContractState, DocumentKind, Party
from tcloud.contracts.time_stamper import TimeStamp, time_stamper
from tcloud.contracts.typesetting import Typeset, typeset
from tcloud.contracts.verification import Verdict, configured_trust, verify_document
from tcloud.core.errors import Refused
from tcloud.core.transactions import operation, use_case
from tcloud.identity.queries import card_evidence, issuers_of, revocation_of
from tcloud.identity.services import CardProof, keep_trust_objects, session_hash

logger = logging.getLogger("tcloud.contracts")

SECOND_CLICK_WITHIN = timedelta(minutes=5)
RETRY_WITHIN = timedelta(hours=1)
"""How long a kept signature waits for a time stamp; the proof that its certificate was good is that fresh."""


class AttemptGone(Refused):
    """The second click came too late, from another session, or after the contract had changed."""

    code = "signing_attempt_gone"
    message = _("這次簽署已經過期或中斷，契約還沒有簽署。請從第一次插卡重新開始。")


class ContractNotDrafted(Refused):
    """Already signed, by another tab or another person."""

    code = "contract_not_drafted"
    message = _("這份契約已經簽署過了，不能再簽一次。請到「我的訂單」看目前的狀態。")


@dataclass(frozen=True, slots=True)
class Announced:
    """What the second click signs."""

    key: str
    to_sign: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedContract:
    """A finished signed file, verified, not yet stored."""

    attempt_key: str
    order_number: str
    content: bytes
    stamp: TimeStamp

    @property
    def signed_at(self) -> datetime:
        """As the time stamp says."""
        return self.stamp.at


def typeset_contract(facts: ContractFacts) -> Typeset:
    """The contract as PDF; the same facts give the same bytes."""
    return typeset(facts)


@operation
def draft_contract(*, facts: ContractFacts, typeset: Typeset, now: datetime) -> Contract:
    """Store a contract to be signed; the order has no other living one."""
    contract = Contract.objects.create(
        order_number=facts.order_number, company_ubn=facts.buyer.ubn, vendor_ubn=facts.seller.ubn,
        template_version=facts.template_version, facts=facts.model_dump(mode="json"),
        original_sha256=typeset.sha256, pages=typeset.pages, drafted_at=now,
    )  # fmt: skip
    _store(contract, DocumentKind.ORIGINAL, typeset.content, now)
    return contract


def signing_statement(order_number: str) -> dict[str, str]:
    """What the signing challenge of an order's living contract says; raises ContractMissing."""
    contract = contract_of(order_number)
    return statement_of(ContractFacts.model_validate(contract.facts), contract.original_sha256)


def announce_certificate(
    *, order_number: str, proof: CardProof, session_key: str, now: datetime, machine_now: datetime
) -> Announced:
    """Make room in the document for the announced certificate's signature and say what the card signs.

    Raises ContractMissing, ContractNotDrafted.
    """
    contract = contract_of(order_number)
    if contract.state != ContractState.DRAFTED:
        raise ContractNotDrafted
    identity = proof.identity
    prepared = pades.prepare(
        document=document_of(contract, DocumentKind.ORIGINAL), certificate_der=identity.certificate_der,
        issuers_der=identity.chain_der, field="Company", reason=f"簽署雲端解決方案買賣契約 {order_number}", now=now,
    )  # fmt: skip
    attempt = _start_attempt(
        contract=contract, proof=proof, prepared=prepared, session_key=session_key, machine_now=machine_now
    )
    return Announced(attempt.key, prepared.signed_attributes, attempt.expires_at)


@use_case
def _start_attempt(
    *, contract: Contract, proof: CardProof, prepared: pades.Prepared, session_key: str, machine_now: datetime
) -> SigningAttempt:
    return SigningAttempt.objects.create(
        contract=contract, party=Party.COMPANY, key=secrets.token_urlsafe(32), session_hash=session_hash(session_key),
        card_signature_id=proof.card_signature_id, certificate=proof.identity.certificate_der,
        prepared=prepared.content, signed_attributes=prepared.signed_attributes,
        document_digest=prepared.document_digest, reserved_start=prepared.reserved_start,
        reserved_end=prepared.reserved_end, prepared_at=machine_now, expires_at=machine_now + SECOND_CLICK_WITHIN,
    )  # fmt: skip


def complete_signature(
    *, key: str, raw_signature: bytes | None, session_key: str, now: datetime, machine_now: datetime
) -> SignedContract:
    """Check the card's signature, keep it, fetch the time stamp, embed both and add the validation data.

    `raw_signature` None uses the one kept before. Raises AttemptGone, SignatureNotByAnnounced, TimeStampUnavailable.
    """
    attempt = _usable_attempt(key, raw_signature, session_key, machine_now)
    if raw_signature is not None:
        pades.check_raw_signature(
            certificate_der=bytes(attempt.certificate), raw_signature=raw_signature,
            signed_attributes=bytes(attempt.signed_attributes),
        )  # fmt: skip
        _keep_raw_signature(key=key, raw_signature=raw_signature)
    raw = raw_signature if raw_signature is not None else bytes(attempt.raw_signature or b"")
    stamp = time_stamper().stamp(digest=sha256(raw).digest(), now=now)
    content = _finish(attempt, raw, stamp)
    verdict = verify_document(content, configured_trust()).verdict
    if verdict is not Verdict.GOOD:  # for instance the proof of the first click was too old when the stamp came
        logger.error("the signed contract of %s would be %s", attempt.contract.order_number, verdict)
        raise AttemptGone
    return SignedContract(key, attempt.contract.order_number, content, stamp)


def _usable_attempt(
    key: str, raw_signature: bytes | None, session_key: str, machine_now: datetime
) -> SigningAttempt:
    attempt = attempt_by_key(key)
    if attempt is None or attempt.session_hash != session_hash(session_key):
        raise AttemptGone
    if attempt.contract.state == ContractState.SIGNED_BY_COMPANY:
        raise ContractNotDrafted
    kept = attempt.raw_signature is not None
    limit = attempt.prepared_at + RETRY_WITHIN if kept else attempt.expires_at
    nothing_to_use = raw_signature is None and not kept
    if attempt.contract.state != ContractState.DRAFTED or machine_now >= limit or nothing_to_use:
        raise AttemptGone
    return attempt


@use_case
def _keep_raw_signature(*, key: str, raw_signature: bytes) -> None:
    SigningAttempt.objects.filter(key=key).update(raw_signature=raw_signature)


def _finish(attempt: SigningAttempt, raw_signature: bytes, stamp: TimeStamp) -> bytes:
    """The signed file with time stamp and validation data."""
    evidence = card_evidence(attempt.card_signature_id)
    certificate, issuers = bytes(attempt.certificate), issuers_of(evidence)
    prepared = pades.Prepared(
        content=bytes(attempt.prepared), reserved_start=attempt.reserved_start, reserved_end=attempt.reserved_end,
        document_digest=bytes(attempt.document_digest), signed_attributes=bytes(attempt.signed_attributes),
    )  # fmt: skip
    signed = pades.embed(
        prepared=prepared,
        certificate_der=certificate,
        issuers_der=issuers,
        raw_signature=raw_signature,
        stamp=stamp,
    )
    answers = [(row.kind, bytes(row.der)) for row in revocation_of(evidence)]
    answers += [(item.source, item.der) for item in stamp.revocation]
    return pades.add_validation_data(
        document=signed,
        certificates_der=[certificate, *issuers, *stamp.certificates_der],
        ocsps_der=[der for kind, der in answers if kind == "ocsp"],
        crls_der=[der for kind, der in answers if kind == "crl"],
    )


@operation
def store_signature(*, signed: SignedContract, now: datetime) -> Contract:
    """Store the signed file beside the original; the contract is signed by the company.

    Raises ContractNotDrafted, AttemptGone (the contract was made anew in between).
    """
    contract = lock_contract_of(signed.order_number)
    attempt = attempt_by_key(signed.attempt_key)
    if contract.state != ContractState.DRAFTED:
        raise ContractNotDrafted
    if attempt is None or attempt.contract_id != contract.pk:
        raise AttemptGone
    _store(contract, DocumentKind.SIGNED_BY_COMPANY, signed.content, now)
    keep_trust_objects(
        certificates=signed.stamp.certificates_der, revocation=signed.stamp.revocation, now=now
    )
    contract.state = ContractState.SIGNED_BY_COMPANY
    contract.company_signed_at = signed.signed_at
    contract.save(update_fields=["state", "company_signed_at"])
    record(
        tag="contracts:contract:signed-by-company", actor=contract.company_ubn, subject=contract.order_number, now=now,
        details={
            "original_sha256": contract.original_sha256, "signed_sha256": fingerprint(signed.content),
            "card_signature": attempt.card_signature_id, "stamped_at": signed.signed_at.isoformat(),
        },
    )  # fmt: skip
    return contract


@operation
def discard_draft(*, order_number: str) -> None:
    """Drop the unsigned contract of an order that goes back to its amounts; without one, nothing happens."""
    Contract.objects.filter(order_number=order_number, state=ContractState.DRAFTED).update(
        state=ContractState.DISCARDED
    )


@operation
def _store(contract: Contract, kind: DocumentKind, content: bytes, now: datetime) -> None:
    ContractDocument.objects.create(
        contract=contract, kind=kind, sha256=fingerprint(content), content=content, stored_at=now
    )
