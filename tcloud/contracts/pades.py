"""A PAdES signature in two halves: room for it now, the card's signature later (DESIGN.md §2.10).

The card's own PKCS#7 is no PAdES signature, so the server builds the signed attributes (with
signing-certificate-v2) for the certificate that was announced, the card signs their DER, and the result is embedded
as ETSI.CAdES.detached with a signature time stamp; what validation needs later goes into a DSS. An earlier signature
is never touched: every step is an incremental update.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Any, TypeVar

from asn1crypto import cms, crl, ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from django.utils.translation import gettext_lazy as _
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import ExternalSigner, PdfSignatureMetadata, PdfSigner, PdfTimeStamper
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_signer import PdfTBSDocument
from pyhanko.sign.timestamps import TimeStamper as PyHankoTimeStamper
from pyhanko.sign.validation import DocumentSecurityStore
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tcloud.contracts.time_stamper import TimeStamp
from tcloud.core.errors import Refused
from tcloud.core.time import TAIPEI

DIGEST = "sha256"
RESERVED_BYTES = 16 * 1024
"""Room for the CMS object with its time stamp, in bytes of the file (two hexadecimal digits each)."""

T = TypeVar("T")


class SignatureNotByAnnounced(Refused):
    """The second click was made with another card, or over something else."""

    code = "signature_not_by_announced"
    message = _("這次的簽章不是由剛才那張卡片簽的，契約還沒有簽署。請插回同一張卡片，重新按「簽署」。")
    status = 422


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document with an empty signature of fixed size, and the DER that the card has to sign."""

    content: bytes
    reserved_start: int
    reserved_end: int
    document_digest: bytes
    signed_attributes: bytes


def prepare(
    *,
    document: bytes,
    certificate_der: bytes,
    issuers_der: Iterable[bytes],
    field: str,
    reason: str,
    now: datetime,
) -> Prepared:
    """Reserve room for a signature by the given certificate and compute what it signs."""
    return _run(_prepare(document, _signer(certificate_der, issuers_der), field, reason, now))


async def _prepare(
    document: bytes, signer: ExternalSigner, field: str, reason: str, now: datetime
) -> Prepared:
    metadata = PdfSignatureMetadata(
        field_name=field,
        md_algorithm=DIGEST,
        subfilter=SigSeedSubFilter.PADES,
        name=signer.subject_name,
        reason=reason,
        signer_key_usage={"digital_signature"},
    )
    writer = IncrementalPdfFileWriter(BytesIO(document))
    session = PdfSigner(metadata, signer=signer).init_signing_session(writer)
    session.system_time = now.astimezone(TAIPEI)
    waiting = session.prepare_tbs_document(
        validation_info=None, bytes_reserved=2 * RESERVED_BYTES, appearance_text_params=None
    )
    output = BytesIO()
    digest, _written = waiting.digest_tbs_document(output=output)
    attributes = await signer.signed_attrs(digest.document_digest, DIGEST, use_pades=True)
    return Prepared(
        content=output.getvalue(),
        reserved_start=digest.reserved_region_start,
        reserved_end=digest.reserved_region_end,
        document_digest=digest.document_digest,
        signed_attributes=attributes.dump(),
    )


def check_raw_signature(*, certificate_der: bytes, raw_signature: bytes, signed_attributes: bytes) -> None:
    """That the announced certificate's key made this signature; raises SignatureNotByAnnounced."""
    key = x509.load_der_x509_certificate(certificate_der).public_key()
    try:
        if not isinstance(key, rsa.RSAPublicKey):
            raise SignatureNotByAnnounced
        key.verify(raw_signature, signed_attributes, padding.PKCS1v15(), SHA256())
    except InvalidSignature as error:
        raise SignatureNotByAnnounced from error


def embed(
    *,
    prepared: Prepared,
    certificate_der: bytes,
    issuers_der: Iterable[bytes],
    raw_signature: bytes,
    stamp: TimeStamp,
) -> bytes:
    """The signed document: signature and time stamp in the reserved room, nothing else changed.

    The signature is checked first. `stamp` is over SHA-256 of `raw_signature`.
    """
    check_raw_signature(
        certificate_der=certificate_der,
        raw_signature=raw_signature,
        signed_attributes=prepared.signed_attributes,
    )
    signer = _signer(certificate_der, issuers_der, raw_signature)
    attributes = cms.CMSAttributes.load(prepared.signed_attributes, strict=True)
    content = _run(
        signer.async_sign_prescribed_attributes(
            DIGEST, attributes, timestamper=_Obtained(stamp, raw_signature)
        )
    )
    output = BytesIO(prepared.content)
    region = PreparedByteRangeDigest(prepared.document_digest, prepared.reserved_start, prepared.reserved_end)
    PdfTBSDocument.resume_signing(output, region, content)
    return output.getvalue()


def add_validation_data(
    *,
    document: bytes,
    certificates_der: Iterable[bytes],
    ocsps_der: Iterable[bytes],
    crls_der: Iterable[bytes],
) -> bytes:
    """Append certificates, OCSP answers and CRLs (a DSS) as a further update.

    They stand for the document as a whole: an entry per signature (VRI) is optional in PAdES and says nothing more.
    """
    output = BytesIO(document)
    DocumentSecurityStore.add_dss(
        output,
        sig_contents=None,
        certs=[asn1_x509.Certificate.load(der) for der in dict.fromkeys(certificates_der)],
        ocsps=[ocsp.OCSPResponse.load(der) for der in dict.fromkeys(ocsps_der)],
        crls=[crl.CertificateList.load(der) for der in dict.fromkeys(crls_der)],
    )
    return output.getvalue()


def add_archive_stamp(
    *, document: bytes, field: str, ask: Callable[[bytes], TimeStamp]
) -> tuple[bytes, TimeStamp]:
    """A time stamp over the whole document as a further update, then what validates the stamp itself.

    `ask` gets the SHA-256 digest and speaks to the time-stamp service; what it raises comes through.
    """
    asked = _Asked(ask)
    stamper = PdfTimeStamper(timestamper=asked, field_name=field)
    writer = IncrementalPdfFileWriter(BytesIO(document))
    output = _run(stamper.async_timestamp_pdf(writer, DIGEST, bytes_reserved=2 * RESERVED_BYTES))
    stamp = asked.obtained
    content = add_validation_data(
        document=output.getvalue(), certificates_der=stamp.certificates_der,
        ocsps_der=[item.der for item in stamp.revocation if item.source == "ocsp"],
        crls_der=[item.der for item in stamp.revocation if item.source == "crl"],
    )  # fmt: skip
    return content, stamp


def _signer(
    certificate_der: bytes, issuers_der: Iterable[bytes], raw_signature: bytes | None = None
) -> ExternalSigner:
    certificate = asn1_x509.Certificate.load(certificate_der)
    registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    registry.register_multiple(asn1_x509.Certificate.load(der) for der in issuers_der)
    size = x509.load_der_x509_certificate(certificate_der).public_key().key_size // 8  # type: ignore[union-attr]
    return ExternalSigner(
        signing_cert=certificate,
        cert_registry=registry,
        signature_value=raw_signature if raw_signature is not None else size,
        embed_roots=False,
    )


class _Obtained(PyHankoTimeStamper):
    """Hands over a time stamp that was asked for before."""

    def __init__(self, stamp: TimeStamp, raw_signature: bytes) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.stamp = stamp
        self.digest = sha256(raw_signature).digest()

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        if (message_digest, md_algorithm) != (self.digest, DIGEST):
            raise ValueError("the time stamp is over another signature")
        return cms.ContentInfo.load(self.stamp.token)


class _Asked(PyHankoTimeStamper):
    """Asks for the time stamp when the digest is known, and remembers the answer."""

    obtained: TimeStamp

    def __init__(self, ask: Callable[[bytes], TimeStamp]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.ask = ask

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        self.obtained = self.ask(message_digest)
        return cms.ContentInfo.load(self.obtained.token)


def _run(step: Coroutine[Any, Any, T]) -> T:
    """pyHanko's steps are coroutines; none of them runs beside another here."""
    return asyncio.run(step)
