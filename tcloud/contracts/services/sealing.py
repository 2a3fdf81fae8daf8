"""A vendor's signature without a card: with the certificate the platform keeps for it."""

from datetime import datetime
from hashlib import sha256

from tcloud.contracts import pades
from tcloud.contracts.key_store import key_store
from tcloud.contracts.queries import contract_of, document_of
from tcloud.contracts.services.signing import check_turn, reason_of
from tcloud.contracts.services.storing import SignedContract, Signer, finish
from tcloud.contracts.states import TURNS, Party
from tcloud.contracts.time_stamper import time_stamper
from tcloud.identity.company_certificate import SigningMethod


def seal_contract(*, order_number: str, now: datetime) -> SignedContract:
    """Sign for the vendor the contract names; nothing is stored yet.

    Raises ContractMissing, AlreadySigned, AttemptGone, NoKeyKept, CardRefused, TimeStampUnavailable.
    """
    contract, turn = contract_of(order_number), TURNS[Party.VENDOR]
    check_turn(contract, Party.VENDOR)
    kept = key_store().certificate(contract.vendor_ubn, now)
    prepared = pades.prepare(
        document=document_of(contract, turn.signs), certificate_der=kept.certificate_der, issuers_der=kept.chain_der,
        field=turn.field, reason=reason_of(Party.VENDOR, order_number), now=now,
    )  # fmt: skip
    raw = key_store().sign(contract.vendor_ubn, prepared.signed_attributes)
    stamp = time_stamper().stamp(digest=sha256(raw).digest(), now=now)
    signer = Signer(
        signing_method=SigningMethod.ORGANISATION_CERTIFICATE, certificate_der=kept.certificate_der,
        issuers_der=kept.chain_der, revocation=tuple((item.source, item.der) for item in kept.revocation),
        fresh=kept.revocation,
    )  # fmt: skip
    return finish(contract, Party.VENDOR, signer, prepared, raw, stamp)
