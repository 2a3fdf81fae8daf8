"""What an attacker, or an authority that errs, would put together: certificates, OCSP answers and lists with one thing wrong.

Each function takes something honest, lets `change` alter its decoded form, and signs the result again with whichever
key the case needs, so that exactly one thing is wrong and everything else would pass.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from asn1crypto import core, crl, ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from simulators.certificate_authority.names import IssuerKey
from simulators.certificate_authority.pki import Authority, Card, Service
from simulators.certificate_authority.profile import Issuer

DER = serialization.Encoding.DER


class _Extension(core.Sequence):  # type: ignore[misc]
    """An extension whose value is any bytes: asn1crypto's own class refuses to write what it cannot read."""

    _fields = [
        ("extn_id", core.ObjectIdentifier), ("critical", core.Boolean, {"default": False}), ("extn_value", core.OctetString),
    ]  # fmt: skip


class _Extensions(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Extension


class _Body(core.Sequence):  # type: ignore[misc]
    """A TBSCertificate with such extensions."""

    _fields = [
        *(field for field in asn1_x509.TbsCertificate._fields if field[0] != "extensions"),
        ("extensions", _Extensions, {"explicit": 3, "optional": True}),
    ]


SIGNATURES: dict[str, tuple[str, hashes.HashAlgorithm]] = {
    "sha256": ("sha256_rsa", hashes.SHA256()),
    "sha1": ("sha1_rsa", hashes.SHA1()),
}
Change = Callable[[Any], None]


def _sign(key: rsa.RSAPrivateKey, content: bytes, digest: str) -> bytes:
    return key.sign(content, padding.PKCS1v15(), SIGNATURES[digest][1])


def certificate(
    honest: x509.Certificate, key: rsa.RSAPrivateKey, change: Change, *, digest: str = "sha256"
) -> x509.Certificate:
    """`honest` with its TBSCertificate changed, signed by `key`."""
    whole = asn1_x509.Certificate.load(honest.public_bytes(DER))
    body = _Body.load(whole["tbs_certificate"].dump())
    algorithm = {"algorithm": SIGNATURES[digest][0]}
    body["signature"] = algorithm
    change(body)
    signed = body.dump(force=True)
    made = asn1_x509.Certificate(
        {
            "tbs_certificate": asn1_x509.TbsCertificate.load(signed),
            "signature_algorithm": algorithm,
            "signature_value": _sign(key, signed, digest),
        }
    )
    return x509.load_der_x509_certificate(made.dump())


def card_with(
    authority: Authority, card: Card, change: Change, *, issuer: IssuerKey = IssuerKey.MOEACA_G3, digest: str = "sha256"
) -> Card:
    """The card with a changed certificate that its authority has signed all the same."""
    signer = authority.issuer(issuer)
    return replace(card, certificate=certificate(card.certificate, signer.key, change, digest=digest))


def extension(body: Any, oid: str) -> Any:
    """The extension of this dotted identifier in a decoded TBSCertificate or TBSCertList."""
    return next(item for item in body["extensions"] if item["extn_id"].dotted == oid)


def without(oid: str) -> Change:
    """Leaves an extension out."""

    def change(body: Any) -> None:
        body["extensions"] = [item for item in body["extensions"] if item["extn_id"].dotted != oid]

    return change


def with_value(oid: str, value: bytes, *, critical: bool = False) -> Change:
    """Puts these bytes into an extension, adding it where there is none."""

    def change(body: Any) -> None:
        rest = [item for item in body["extensions"] if item["extn_id"].dotted != oid]
        body["extensions"] = [*rest, {"extn_id": oid, "critical": critical, "extn_value": core.OctetString(value)}]

    return change


def twice(oid: str) -> Change:
    """The same extension a second time."""

    def change(body: Any) -> None:
        body["extensions"] = [*body["extensions"], extension(body, oid)]

    return change


def ocsp_answer(
    honest: bytes, key: rsa.RSAPrivateKey, change: Change, *, signer: x509.Certificate | None = None, digest: str = "sha256"
) -> bytes:
    """An OCSP answer with its ResponseData changed, signed by `key`; `signer` replaces the certificate inside."""
    response = ocsp.OCSPResponse.load(honest)
    basic = response["response_bytes"]["response"].parsed
    data = basic["tbs_response_data"]
    change(data)
    data = ocsp.ResponseData.load(data.dump(force=True))
    own = basic["certs"] if signer is None else [asn1_x509.Certificate.load(signer.public_bytes(DER))]
    body = ocsp.BasicOCSPResponse(
        {
            "tbs_response_data": data,
            "signature_algorithm": {"algorithm": SIGNATURES[digest][0]},
            "signature": _sign(key, data.dump(), digest),
            "certs": own,
        }
    )
    wrapped = {"response_type": "basic_ocsp_response", "response": body}
    der: bytes = ocsp.OCSPResponse({"response_status": "successful", "response_bytes": wrapped}).dump()
    return der


def revocation_list(honest: bytes, key: rsa.RSAPrivateKey, change: Change, *, digest: str = "sha256") -> bytes:
    """A CRL with its TBSCertList changed, signed by `key`."""
    whole = crl.CertificateList.load(honest)
    body = whole["tbs_cert_list"]
    algorithm = {"algorithm": SIGNATURES[digest][0]}
    body["signature"] = algorithm
    whole["signature_algorithm"] = algorithm
    change(body)
    whole["tbs_cert_list"] = crl.TbsCertList.load(body.dump(force=True))
    whole["signature"] = _sign(key, whole["tbs_cert_list"].dump(), digest)
    der: bytes = whole.dump(force=True)
    return der


def list_extension(oid: str, value: bytes, *, critical: bool = True) -> Change:
    """Puts these bytes into an extension of a list."""

    def change(body: Any) -> None:
        rest = [item for item in body["crl_extensions"] if item["extn_id"].dotted != oid]
        body["crl_extensions"] = [
            *rest, {"extn_id": oid, "critical": critical, "extn_value": core.ParsableOctetString(value)}
        ]  # fmt: skip

    return change


def service_of(issuer: Issuer, made: x509.Certificate, key: rsa.RSAPrivateKey) -> Service:
    """A responder over a changed certificate; `issuer` names who is meant to have made it."""
    assert made.issuer == issuer.certificate.subject
    return Service(key, made)
