"""The port's implementation for the IC card and its component."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings

from tcloud.adapters.company_certificate.cms import SignedChallenge, read_signature
from tcloud.adapters.company_certificate.profile import Holder, holder_of, subject_class_of
from tcloud.adapters.pki.chain import (
    TrustStore,
    build_chain,
    fingerprint,
    is_authority,
    load_certificates,
)
from tcloud.adapters.pki.revocation import check_chain
from tcloud.adapters.pki.strength import UNREADABLE
from tcloud.identity.company_certificate import (
    CardIdentity,
    CertificateNotTrusted,
    RevocationEvidence,
    SigningTimeWrong,
)


@dataclass(frozen=True, slots=True)
class CheckedCertificate:
    """A company's certificate found good."""

    holder: Holder
    chain_der: tuple[bytes, ...]
    """Issuers up to the pinned root."""
    revocation: tuple[RevocationEvidence, ...]


class CardVerifier:
    """Verifies what the card's component returns, against the pinned roots of the settings."""

    @cached_property
    def store(self) -> TrustStore:
        """Roots and intermediates, read once; in a demonstration the authority has written them before."""
        return TrustStore(
            roots=load_certificates(settings.TRUST_ROOTS),
            intermediates=load_certificates(settings.TRUST_INTERMEDIATES),
        )

    def verify_challenge(
        self, *, signature: bytes, expected: bytes, nonce: str, now: datetime
    ) -> CardIdentity:
        """See the port. Cheap checks come first, the network last, so nobody makes us fetch for a forgery."""
        signed = read_signature(signature=signature, expected=expected, nonce=nonce)
        self._check_clock(signed, now)
        checked = self.check_certificate(signed.certificate_der, now)
        return CardIdentity(
            ubn=checked.holder.ubn,
            company_name=checked.holder.name,
            rank=checked.holder.rank,
            subject_class=checked.holder.subject_class,
            certificate_der=signed.certificate_der,
            chain_der=checked.chain_der,
            fingerprint=fingerprint(signed.certificate),
            serial_number=f"{signed.certificate.serial_number:x}",
            not_valid_after=signed.certificate.not_valid_after_utc,
            card_number=signed.card_number,
            signed_at=signed.signed_at,
            revocation=checked.revocation,
        )

    def check_certificate(self, certificate_der: bytes, now: datetime) -> CheckedCertificate:
        """Chain, validity, use, holder and revocation of a company's certificate, wherever its key lies.

        Raises CardRefused.
        """
        try:
            profile = asn1_x509.Certificate.load(certificate_der)
            certificate = x509.load_der_x509_certificate(certificate_der)
            subject_class_of(profile)
            chain = build_chain(certificate, self.store, now)
            self._check_issuer(chain)
            self._check_use(certificate)
            holder = holder_of(profile)
        except UNREADABLE as error:
            raise CertificateNotTrusted from error
        revocation = check_chain(certificate, chain, now)
        chain_der = tuple(issuer.public_bytes(Encoding.DER) for issuer in chain)
        return CheckedCertificate(holder, chain_der, revocation)

    def _check_clock(self, signed: SignedChallenge, now: datetime) -> None:
        tolerance = settings.CARD_CLOCK_TOLERANCE
        if abs(signed.signed_at - now) > tolerance:
            raise SigningTimeWrong(minutes=int(tolerance.total_seconds() // 60))

    def _check_issuer(self, chain: Sequence[x509.Certificate]) -> None:
        """Cards come from the cards' authority; what the root itself issues are authorities and services."""
        if chain[0] in self.store.roots:
            raise CertificateNotTrusted

    def _check_use(self, certificate: x509.Certificate) -> None:
        """The signing certificate of the card, not the one for encryption, under the authority's policy.

        Raises CertificateNotTrusted, or ExtensionNotFound where one of them is missing.
        """
        if is_authority(certificate):
            raise CertificateNotTrusted
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
        named = {policy.policy_identifier.dotted_string for policy in policies}
        if not usage.digital_signature or not named & set(settings.CARD_POLICIES):
            raise CertificateNotTrusted
