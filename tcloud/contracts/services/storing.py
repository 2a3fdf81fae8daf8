"""A finished signature: put together outside any transaction, stored by one short step inside it."""

import logging
from dataclasses import dataclass
from datetime import datetime

from tcloud.audit.services import record
from tcloud.contracts import pades
from tcloud.contracts.models import Contract, ContractDocument
from tcloud.contracts.queries import lock_contract_of
from tcloud.contracts.rules import fingerprint
from tcloud.contracts.services.refusals import AlreadySigned, AttemptGone
from tcloud.contracts.states import TURNS, DocumentKind, Party
from tcloud.contracts.time_stamper import TimeStamp
from tcloud.contracts.verification import Verdict, configured_trust, verify_document
from tcloud.core.actors import party
from tcloud.core.transactions import operation
from tcloud.identity.company_certificate import RevocationEvidence, SigningMethod
from tcloud.identity.services import keep_trust_objects

logger = logging.getLogger("tcloud.contracts")


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose certificate signs, and what shows that it was good when it did."""

    signing_method: SigningMethod
    certificate_der: bytes
    issuers_der: tuple[bytes, ...]
    revocation: tuple[tuple[str, bytes], ...]
    """Answers of the authority: ocsp or crl, and the DER."""
    evidence: int | None = None
    """identity.CardSignature of the first click; none without a card."""
    fresh: tuple[RevocationEvidence, ...] = ()
    """Those of the answers that nobody has stored yet."""


@dataclass(frozen=True, slots=True)
class SignedContract:
    """A finished signed file, verified, not yet stored."""

    order_number: str
    contract_id: int
    party: Party
    content: bytes
    stamp: TimeStamp
    signer: Signer

    @property
    def signed_at(self) -> datetime:
        """As the time stamp says."""
        return self.stamp.at


def finish(
    contract: Contract, party: Party, signer: Signer, prepared: pades.Prepared, raw_signature: bytes, stamp: TimeStamp
) -> SignedContract:
    """Embed signature and time stamp, add the validation data, and check all of it before anything is stored.

    Raises AttemptGone when the file would not verify: for instance the proof of the card was too old for the stamp.
    """
    content = pades.embed(
        prepared=prepared, certificate_der=signer.certificate_der, issuers_der=signer.issuers_der,
        raw_signature=raw_signature, stamp=stamp,
    )  # fmt: skip
    answers = [*signer.revocation, *((item.source, item.der) for item in stamp.revocation)]
    content = pades.add_validation_data(
        document=content,
        certificates_der=[signer.certificate_der, *signer.issuers_der, *stamp.certificates_der],
        ocsps_der=[der for kind, der in answers if kind == "ocsp"],
        crls_der=[der for kind, der in answers if kind == "crl"],
    )
    verdict = verify_document(content, configured_trust(), updates_are_ours=True).verdict
    if verdict is not Verdict.GOOD:
        logger.error("the signed contract of %s would be %s", contract.order_number, verdict)
        raise AttemptGone
    return SignedContract(contract.order_number, contract.pk, party, content, stamp, signer)


@operation
def store_signature(*, order_number: str, party: Party, signed: SignedContract, now: datetime) -> Contract:
    """Store the signed file beside those before it; the order's contract is signed by the party.

    Raises AlreadySigned, AttemptGone (the contract was made anew in between, or the signature is another order's
    or the other party's).
    """
    contract, turn = lock_contract_of(order_number), TURNS[party]
    if (contract.pk, party) != (signed.contract_id, signed.party):
        raise AttemptGone
    if contract.state != turn.waits_in:
        raise AlreadySigned
    _keep_document(contract, turn.makes, signed, now)
    contract.state = turn.then
    if party is Party.COMPANY:
        contract.company_signed_at = signed.signed_at
    else:
        contract.vendor_signed_at = contract.archive_due_at = signed.signed_at
    contract.save(update_fields=["state", "company_signed_at", "vendor_signed_at", "archive_due_at"])
    _record(contract, signed, now)
    return contract


def _keep_document(contract: Contract, kind: DocumentKind, signed: SignedContract, now: datetime) -> None:
    ContractDocument.objects.create(
        contract=contract, kind=kind, sha256=fingerprint(signed.content), content=signed.content, stored_at=now,
        signing_method=signed.signer.signing_method, signed_with=fingerprint(signed.signer.certificate_der),
    )  # fmt: skip
    keep_trust_objects(
        certificates=[*signed.signer.issuers_der, *signed.stamp.certificates_der],
        revocation=[*signed.signer.fresh, *signed.stamp.revocation], now=now,
    )  # fmt: skip


def _record(contract: Contract, signed: SignedContract, now: datetime) -> None:
    actor = party(contract.company_ubn if signed.party is Party.COMPANY else contract.vendor_ubn)
    record(
        tag=f"contracts:contract:signed-by-{signed.party}", actor=actor, subject=contract.order_number, now=now,
        details={
            "original_sha256": contract.original_sha256, "signed_sha256": fingerprint(signed.content),
            "signing_method": str(signed.signer.signing_method), "card_signature": signed.signer.evidence,
            "certificate_sha256": fingerprint(signed.signer.certificate_der),
            "stamped_at": signed.signed_at.isoformat(),
        },
    )  # fmt: skip
