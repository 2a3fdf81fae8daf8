"""From a card's certificate to a pinned root, issuer by issuer.

Generations of the authority share one name, so an issuer is the certificate whose key identifier is named and
whose key made the signature, never merely the one with the right name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtensionOID
from django.core.exceptions import ImproperlyConfigured

from tcloud.adapters.pki.strength import SMALLEST_KEY_BITS, STRONG_DIGESTS
from tcloud.core.time import taipei_date
from tcloud.identity.company_certificate import (
    CertificateExpired,
    CertificateNotTrusted,
    CertificateNotYetValid,
)

LONGEST_CHAIN = 4
UNDERSTOOD = {
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.EXTENDED_KEY_USAGE,
}


@dataclass(frozen=True, slots=True)
class TrustStore:
    """The authorities we pin: roots end a chain, intermediates only carry it."""

    roots: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...]


def load_certificates(files: Iterable[str]) -> tuple[x509.Certificate, ...]:
    """Certificates from PEM (several a file) or DER files; raises ImproperlyConfigured naming the file."""
    found: list[x509.Certificate] = []
    for file in files:
        try:
            content = Path(file).read_bytes()
            pem = content.lstrip().startswith(b"-----BEGIN")
            found += (
                x509.load_pem_x509_certificates(content) if pem else [x509.load_der_x509_certificate(content)]
            )
        except (OSError, ValueError) as error:
            raise ImproperlyConfigured(f"cannot read the certificate file {file}: {error}") from error
    return tuple(found)


def build_chain(leaf: x509.Certificate, store: TrustStore, now: datetime) -> tuple[x509.Certificate, ...]:
    """The issuers of `leaf` up to a pinned root, all valid at `now`.

    Raises CertificateNotTrusted; CertificateExpired and CertificateNotYetValid only for a leaf of a known issuer.
    """
    chain: list[x509.Certificate] = []
    current = leaf
    while not chain or chain[-1] not in store.roots:
        if len(chain) == LONGEST_CHAIN:
            raise CertificateNotTrusted
        _check_strength(current)
        current = _issuer_of(current, (*store.roots, *store.intermediates), below=len(chain))
        chain.append(current)
    if not all(_covers(certificate, now) for certificate in chain):
        raise CertificateNotTrusted
    check_validity(leaf, now)
    return tuple(chain)


def check_validity(leaf: x509.Certificate, now: datetime) -> None:
    """Raises CertificateExpired or CertificateNotYetValid, each naming the day."""
    if now > leaf.not_valid_after_utc:
        raise CertificateExpired(date=taipei_date(leaf.not_valid_after_utc).isoformat())
    if now < leaf.not_valid_before_utc:
        raise CertificateNotYetValid(date=taipei_date(leaf.not_valid_before_utc).isoformat())


def _covers(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _check_strength(certificate: x509.Certificate) -> None:
    digest = certificate.signature_hash_algorithm
    critical = {extension.oid for extension in certificate.extensions if extension.critical}
    if digest is None or digest.name not in STRONG_DIGESTS or critical - UNDERSTOOD:
        raise CertificateNotTrusted


def _issuer_of(
    certificate: x509.Certificate, candidates: Sequence[x509.Certificate], *, below: int
) -> x509.Certificate:
    wanted = _authority_key(certificate)
    for candidate in candidates:
        if wanted is not None and wanted != _subject_key(candidate):
            continue
        if _may_issue(candidate, below) and _signed_by(certificate, candidate):
            return candidate
    raise CertificateNotTrusted


def _signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < SMALLEST_KEY_BITS:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _may_issue(issuer: x509.Certificate, below: int) -> bool:
    """A certificate authority with room for `below` further authorities beneath it."""
    try:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    fits = constraints.path_length is None or below <= constraints.path_length
    return constraints.ca and usage.key_cert_sign and fits


def _authority_key(certificate: x509.Certificate) -> bytes | None:
    try:
        return certificate.extensions.get_extension_for_class(
            x509.AuthorityKeyIdentifier
        ).value.key_identifier
    except x509.ExtensionNotFound:
        return None


def _subject_key(certificate: x509.Certificate) -> bytes | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return None


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether a certificate says of itself that it may issue others."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, hexadecimal."""
    return certificate.fingerprint(SHA256()).hex()
