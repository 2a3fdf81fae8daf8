"""Long-term validity (PAdES B-LTA): a time stamp over the whole file, renewed before its certificate ends.

A signature is judged by certificates that end one day. The archive's time stamp shows that file and evidence
existed while they were good; the next one does the same for the last. Earlier bytes are never touched.
"""

from datetime import datetime, timedelta

from cryptography import x509

from tcloud.audit.services import record
from tcloud.contracts import pades
from tcloud.contracts.models import Contract, ContractDocument
from tcloud.contracts.queries import contract_of, latest_document, lock_contract_of
from tcloud.contracts.rules import fingerprint
from tcloud.contracts.services.refusals import AttemptGone
from tcloud.contracts.states import DocumentKind
from tcloud.contracts.time_stamper import TimeStamp, time_stamper
from tcloud.contracts.verification import Verdict, configured_trust, verify_document
from tcloud.core.actors import PLATFORM
from tcloud.core.transactions import use_case
from tcloud.identity.services import keep_trust_objects

RENEW_BEFORE = timedelta(days=180)
"""A certificate that ends within half a year gets a successor over it."""


def archive_contract(*, order_number: str, now: datetime) -> None:
    """Add a time stamp over the newest file of a contract both have signed.

    Does nothing when it is not due any more. Raises ContractMissing, TimeStampUnavailable (the job comes again),
    AttemptGone when the result would not verify: then nothing is stored.
    """
    contract = contract_of(order_number)
    if contract.archive_due_at is None or contract.archive_due_at > now:
        return
    before = latest_document(order_number)
    stamps = 1 + contract.documents.filter(kind=DocumentKind.ARCHIVED).count()
    content, stamp = pades.add_archive_stamp(
        document=before, field=f"Archive{stamps}",
        ask=lambda digest: time_stamper().stamp(digest=digest, now=now),
    )  # fmt: skip
    if verify_document(content, configured_trust()).verdict is not Verdict.GOOD:
        raise AttemptGone
    _store(order_number=order_number, replaces=fingerprint(before), content=content, stamp=stamp, now=now)


@use_case
def _store(*, order_number: str, replaces: str, content: bytes, stamp: TimeStamp, now: datetime) -> None:
    contract = lock_contract_of(order_number)
    newest = contract.documents.order_by("-pk").values_list("sha256", flat=True).first()
    if newest != replaces:  # another worker was here first
        return
    ContractDocument.objects.create(
        contract=contract, kind=DocumentKind.ARCHIVED, sha256=fingerprint(content), content=content, stored_at=now
    )
    keep_trust_objects(certificates=stamp.certificates_der, revocation=stamp.revocation, now=now)
    contract.archive_due_at = _renewal(stamp)
    contract.save(update_fields=["archive_due_at"])
    _record(contract, content, stamp, now)


def _renewal(stamp: TimeStamp) -> datetime:
    signer = x509.load_der_x509_certificate(stamp.certificates_der[0])
    return signer.not_valid_after_utc - RENEW_BEFORE


def _record(contract: Contract, content: bytes, stamp: TimeStamp, now: datetime) -> None:
    record(
        tag="contracts:contract:archived", actor=PLATFORM, subject=contract.order_number, now=now,
        details={"archived_sha256": fingerprint(content), "stamped_at": stamp.at.isoformat()},
    )  # fmt: skip
