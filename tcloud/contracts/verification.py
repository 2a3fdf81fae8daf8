"""Who signed a PDF, when, whether it is whole, and whether the certificates were good at that time.

Everything needed stands in the file (signature, time stamp, DSS) and in the pinned roots: nothing is fetched, so the
answer is the same years later. The moment of judgement is the time stamp's, which has to be good itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from io import BytesIO
from pathlib import Path

from asn1crypto import crl, ocsp, pem
from asn1crypto import x509 as asn1_x509
from django.conf import settings
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import (
    DocumentSecurityStore,
    EmbeddedPdfSignature,
    PdfSignatureStatus,
    validate_pdf_signature,
    validate_pdf_timestamp,
)
from pyhanko.sign.validation.errors import SignatureValidationError, ValidationInfoReadingError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

LARGEST_FILE = 5 * 1024 * 1024
"""Bytes. A contract that both have signed is a quarter of a megabyte; each archive stamp adds a few kilobytes."""
REVOCATION_TOLERANCE = timedelta(minutes=10)
"""Revocation data may be this much younger than the stamp: it is gathered right before and after it."""


class Verdict(StrEnum):
    """The answer in one word; the page says it in plain language."""

    GOOD = "good"
    ALTERED = "altered"
    """Signed, and changed afterwards."""
    NOT_TRUSTED = "not_trusted"
    """Whole, but signed by somebody whose certificate we cannot vouch for, or without a good time stamp."""
    UNSIGNED = "unsigned"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """One signature of a document."""

    name: str
    ubn: str
    """The number in the subject of the certificate; empty where there is none."""
    stamped_at: datetime | None
    """As a good time stamp says; None where there is none."""
    whole: bool
    """What was signed is unchanged, and nothing but validation data was added since."""
    trusted: bool
    """The certificate leads to a pinned root and was not revoked at that time."""

    @property
    def good(self) -> bool:
        """Whole, trusted and stamped."""
        return self.whole and self.trusted and self.stamped_at is not None


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """All signatures of a document, oldest first."""

    verdict: Verdict
    signatures: tuple[SignatureReport, ...] = ()
    archived_at: datetime | None = None
    """The newest good archive time stamp over the whole file; None where there is none."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Pinned roots and known intermediates."""

    roots: tuple[asn1_x509.Certificate, ...]
    intermediates: tuple[asn1_x509.Certificate, ...]


@cache
def configured_trust() -> Trust:
    """What the settings pin, for cards and for time stamps."""
    roots = dict.fromkeys([*settings.TRUST_ROOTS, *settings.TSA_ROOTS])
    return Trust(_load(roots), _load(settings.TRUST_INTERMEDIATES))


def _load(files: Iterable[str | Path]) -> tuple[asn1_x509.Certificate, ...]:
    found: list[asn1_x509.Certificate] = []
    for file in files:
        content = Path(file).read_bytes()
        blocks = (
            [der for _, _, der in pem.unarmor(content, multiple=True)] if pem.detect(content) else [content]
        )
        found += [asn1_x509.Certificate.load(der) for der in blocks]
    return tuple(found)


def verify_document(content: bytes, trust: Trust, *, updates_are_ours: bool = False) -> DocumentReport:
    """Check every signature of a PDF. Never raises for what somebody uploaded: unreadable is an answer.

    `updates_are_ours`: the caller itself has just appended what follows each signature; signatures, certificates and
    time stamps are checked all the same, only the comparison of revisions, most of the time, is left out.
    """
    if len(content) > LARGEST_FILE or not content.startswith(b"%PDF-"):
        return DocumentReport(Verdict.UNREADABLE)
    try:
        reader = PdfFileReader(BytesIO(content))
        embedded = list(reader.embedded_regular_signatures)
        material = _Material(trust, reader)
    except (PdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return DocumentReport(Verdict.UNREADABLE)
    if not embedded:
        return DocumentReport(Verdict.UNSIGNED)
    reports = tuple(_report(signature, material, updates_are_ours=updates_are_ours) for signature in embedded)
    if not all(report.whole for report in reports):
        return DocumentReport(Verdict.ALTERED, reports)
    verdict = Verdict.GOOD if all(report.good for report in reports) else Verdict.NOT_TRUSTED
    return DocumentReport(verdict, reports, _archived_at(reader, material))


def _archived_at(reader: PdfFileReader, material: "_Material") -> datetime | None:
    """When the newest archive time stamp was made, if it and its service's certificate are good."""
    for stamp in reversed(reader.embedded_timestamp_signatures):
        try:
            at: datetime = stamp.signed_data["encap_content_info"]["content"].parsed["gen_time"].native
            status = validate_pdf_timestamp(stamp, material.context(at))
        except (PdfError, SignatureValidationError, ValueError, TypeError, KeyError, AttributeError):
            continue
        if status.valid and status.intact and status.trusted:
            return at
    return None


def _report(signature: EmbeddedPdfSignature, material: "_Material", *, updates_are_ours: bool) -> SignatureReport:
    try:
        subject = signature.signer_cert.subject.native
        name, ubn = str(subject.get("organization_name", "")), str(subject.get("serial_number", ""))
        status = _validate(signature, material, updates_are_ours=updates_are_ours)
    except (PdfError, SignatureValidationError, ValueError, TypeError, KeyError, AttributeError):
        return SignatureReport("", "", None, whole=False, trusted=False)
    stamp = status.timestamp_validity
    stamped_at = stamp.timestamp if stamp and stamp.valid and stamp.intact and stamp.trusted else None
    extended = updates_are_ours or (status.docmdp_ok is not False and _only_extended(status))
    return SignatureReport(
        name, ubn, stamped_at, whole=status.valid and status.intact and extended, trusted=status.trusted
    )


def _only_extended(status: PdfSignatureStatus) -> bool:
    """Later updates of the file brought validation data or further signatures and nothing else."""
    level = status.modification_level
    return level is not None and level.name in ("NONE", "LTA_UPDATES", "FORM_FILLING")


def _validate(signature: EmbeddedPdfSignature, material: "_Material", *, updates_are_ours: bool) -> PdfSignatureStatus:
    moment = _claimed_moment(signature)
    return validate_pdf_signature(
        signature, signer_validation_context=material.context(moment), ts_validation_context=material.context(moment),
        key_usage_settings=KeyUsageConstraints(key_usage={"digital_signature"}), skip_diff=updates_are_ours,
    )  # fmt: skip


def _claimed_moment(signature: EmbeddedPdfSignature) -> datetime:
    """The time stamp's time, or the signer's own claim; both are only believed when the stamp proves good."""
    for token in extract_tst_data_iter(signature.signer_info, signed=False):
        moment: datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
        return moment
    claimed = signature.self_reported_timestamp
    if claimed is None:
        raise ValueError("a signature without any time")
    return claimed


class _Material:
    """What may be believed: the pinned roots, and what the file brings, checked against them."""

    def __init__(self, trust: Trust, reader: PdfFileReader) -> None:
        self.trust, self.certs, self.ocsps, self.crls = trust, [*trust.intermediates], [], []
        try:
            store = DocumentSecurityStore.read_dss(reader)
        except ValidationInfoReadingError:
            return
        self.certs += [asn1_x509.Certificate.load(item.get_object().data) for item in store.certs.values()]
        self.ocsps = [ocsp.OCSPResponse.load(item.get_object().data) for item in store.ocsps]
        self.crls = [crl.CertificateList.load(item.get_object().data) for item in store.crls]

    def context(self, moment: datetime) -> ValidationContext:
        """The same at a moment; a context serves one validation."""
        return ValidationContext(
            trust_roots=list(self.trust.roots), other_certs=self.certs, ocsps=self.ocsps, crls=self.crls, moment=moment,
            allow_fetching=False, revocation_mode="hard-fail", time_tolerance=REVOCATION_TOLERANCE,
        )  # fmt: skip
