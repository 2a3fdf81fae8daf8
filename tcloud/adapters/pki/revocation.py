"""Is this certificate still good? OCSP first, the CRL when OCSP gives no usable answer, and never a guess.

An answer counts only when its signature, its subject and its freshness were checked; a lying or stale answer is
treated as none. RFC 6960 and RFC 5280 §6.3.
"""

import logging
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
)

from tcloud.adapters.pki.chain import is_authority
from tcloud.adapters.pki.fetch import FetchFailed, fetch
from tcloud.adapters.pki.strength import SMALLEST_KEY_BITS, STRONG_DIGESTS, UNREADABLE
from tcloud.identity.company_certificate import CertificateRevoked, RevocationEvidence, RevocationUnknown

logger = logging.getLogger("tcloud.revocation")

CLOCK_SKEW = timedelta(minutes=5)
LONGEST_WITHOUT_NEXT_UPDATE = timedelta(hours=24)


class NoAnswer(Exception):
    """This source said nothing we may rely on."""


def check_chain(
    leaf: x509.Certificate, chain: Sequence[x509.Certificate], now: datetime
) -> tuple[RevocationEvidence, ...]:
    """One answer for the leaf and for each authority below the root.

    Raises CertificateRevoked, RevocationUnknown.
    """
    certificates = [leaf, *chain[:-1]]
    return tuple(
        check_certificate(certificate, issuer, now)
        for certificate, issuer in zip(certificates, chain, strict=True)
    )


def check_certificate(
    certificate: x509.Certificate, issuer: x509.Certificate, now: datetime
) -> RevocationEvidence:
    """Ask OCSP, then the CRL; raises CertificateRevoked, RevocationUnknown."""
    for ask in (_ask_ocsp, _ask_crl):
        try:
            return ask(certificate, issuer, now)
        except (NoAnswer, FetchFailed) as error:
            logger.info("%s: %s", ask.__name__, error)
        except UNREADABLE as error:
            logger.warning("%s: unusable answer (%s)", ask.__name__, type(error).__name__)
    raise RevocationUnknown


# OCSP -------------------------------------------------------------------------------------------------------


def _ask_ocsp(certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> RevocationEvidence:
    url = _ocsp_address(certificate)
    nonce = secrets.token_bytes(32)
    # The request's hash only names the certificate; responders everywhere know SHA-1 here, few know others.
    request = (
        ocsp.OCSPRequestBuilder()
        .add_certificate(certificate, issuer, SHA1())  # noqa: S303
        .add_extension(x509.OCSPNonce(nonce), critical=False)
        .build()
    )
    answer = fetch(url, body=request.public_bytes(Encoding.DER), content_type="application/ocsp-request")
    response = ocsp.load_der_ocsp_response(answer)
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise NoAnswer(f"OCSP status {response.response_status.name}")
    _check_ocsp_signature(response, issuer, now)
    _check_ocsp_extensions(response, nonce)
    single = _single_answer(response, request)
    _check_freshness(single.this_update_utc, single.next_update_utc, now)
    if single.certificate_status is ocsp.OCSPCertStatus.REVOKED:
        raise CertificateRevoked
    if single.certificate_status is not ocsp.OCSPCertStatus.GOOD:
        raise NoAnswer("OCSP does not know the certificate")
    return _evidence(
        "ocsp",
        certificate,
        answer,
        response.produced_at_utc,
        single.next_update_utc or single.this_update_utc + LONGEST_WITHOUT_NEXT_UPDATE,
    )


def _ocsp_address(certificate: x509.Certificate) -> str:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound as error:
        raise NoAnswer("the certificate names no OCSP service") from error
    for description in access:
        location = description.access_location
        if description.access_method == AuthorityInformationAccessOID.OCSP and isinstance(
            location, x509.UniformResourceIdentifier
        ):
            return location.value
    raise NoAnswer("the certificate names no OCSP service")


def _check_ocsp_signature(response: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime) -> None:
    """Signed by the issuer itself, or by a responder that the issuer's key made for this purpose."""
    digest = response.signature_hash_algorithm
    if digest is None or digest.name not in STRONG_DIGESTS:
        raise NoAnswer("OCSP answer with a weak digest")
    signer = _responder(response, issuer)
    if signer is not issuer:
        signer.verify_directly_issued_by(issuer)
        usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        covers = signer.not_valid_before_utc <= now <= signer.not_valid_after_utc
        if ExtendedKeyUsageOID.OCSP_SIGNING not in usage or not covers:
            raise NoAnswer("OCSP answer by a certificate not made for it")
    key = signer.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < SMALLEST_KEY_BITS:
        raise NoAnswer("OCSP answer by a key not allowed")
    key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), digest)


def _responder(response: ocsp.OCSPResponse, issuer: x509.Certificate) -> x509.Certificate:
    for certificate in (issuer, *response.certificates):
        if response.responder_name is not None and response.responder_name == certificate.subject:
            return certificate
        if response.responder_key_hash is not None:
            public_key = certificate.public_key()
            if x509.SubjectKeyIdentifier.from_public_key(public_key).digest == response.responder_key_hash:
                return certificate
    raise NoAnswer("OCSP answer without its signer's certificate")


def _check_ocsp_extensions(response: ocsp.OCSPResponse, nonce: bytes) -> None:
    """A nonce in the answer must be ours (responders that prepare answers ahead leave it out); no critical stranger."""
    for extension in response.extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            if extension.value.nonce != nonce:
                raise NoAnswer("OCSP answer to another question")
        elif extension.critical:
            raise NoAnswer("OCSP answer with an extension we do not understand")


def _single_answer(response: ocsp.OCSPResponse, request: ocsp.OCSPRequest) -> ocsp.OCSPSingleResponse:
    """The one statement about our certificate; two of them could contradict each other."""
    found = [
        single
        for single in response.responses
        if single.serial_number == request.serial_number
        and single.hash_algorithm.name == request.hash_algorithm.name
        and single.issuer_key_hash == request.issuer_key_hash
        and single.issuer_name_hash == request.issuer_name_hash
    ]
    if len(found) != 1:
        raise NoAnswer("OCSP answer not about our certificate, or about it twice")
    return found[0]


# CRL --------------------------------------------------------------------------------------------------------


def _ask_crl(certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> RevocationEvidence:
    for url in _crl_addresses(certificate):
        try:
            return _read_crl(fetch(url), url, certificate, issuer, now)
        except (NoAnswer, FetchFailed) as error:
            logger.info("CRL %s: %s", url, error)
    raise NoAnswer("no usable CRL")


def _crl_addresses(certificate: x509.Certificate) -> list[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound as error:
        raise NoAnswer("the certificate names no CRL") from error
    return [
        name.value
        for point in points
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier)
    ]


def _read_crl(
    content: bytes, url: str, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime
) -> RevocationEvidence:
    crl = x509.load_der_x509_crl(content)
    key = issuer.public_key()
    digest = crl.signature_hash_algorithm
    if digest is None or digest.name not in STRONG_DIGESTS or not isinstance(key, rsa.RSAPublicKey):
        raise NoAnswer("CRL signed in a way not allowed")
    if crl.issuer != issuer.subject or not crl.is_signature_valid(key):
        raise NoAnswer("CRL not signed by the issuer")
    if crl.next_update_utc is None:
        raise NoAnswer("CRL without an end")
    _check_scope(crl, url, certificate)
    _check_freshness(crl.last_update_utc, crl.next_update_utc, now)
    if crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
        raise CertificateRevoked
    return _evidence("crl", certificate, content, crl.last_update_utc, crl.next_update_utc)


def _check_scope(crl: x509.CertificateRevocationList, url: str, certificate: x509.Certificate) -> None:
    """A partition of a CRL only speaks for the certificates that point to it; a delta speaks for none."""
    for extension in crl.extensions:
        value = extension.value
        if isinstance(value, x509.IssuingDistributionPoint):
            _check_partition(value, url, certificate)
        elif extension.critical:
            raise NoAnswer("CRL with an extension we do not understand")


def _check_partition(
    partition: x509.IssuingDistributionPoint, url: str, certificate: x509.Certificate
) -> None:
    names = [name.value for name in partition.full_name or ()]
    authority = is_authority(certificate)
    wrong_kind = (partition.only_contains_ca_certs and not authority) or (
        partition.only_contains_user_certs and authority
    )
    if (
        (names and url not in names)
        or partition.relative_name is not None
        or wrong_kind
        or partition.only_some_reasons is not None
        or partition.indirect_crl
        or partition.only_contains_attribute_certs
    ):
        raise NoAnswer("CRL that does not cover this certificate")


# Both -------------------------------------------------------------------------------------------------------


def _check_freshness(this_update: datetime, next_update: datetime | None, now: datetime) -> None:
    end = next_update or this_update + LONGEST_WITHOUT_NEXT_UPDATE
    if not this_update - CLOCK_SKEW <= now < end:
        raise NoAnswer("answer not for this time")


def _evidence(
    source: Literal["ocsp", "crl"],
    certificate: x509.Certificate,
    der: bytes,
    produced_at: datetime,
    next_update: datetime,
) -> RevocationEvidence:
    return RevocationEvidence(
        source=source,
        certificate_serial=f"{certificate.serial_number:x}",
        digest=sha256(der).hexdigest(),
        produced_at=produced_at,
        next_update=next_update,
        der=der,
    )
