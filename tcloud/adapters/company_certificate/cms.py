"""The CMS structure that the card's component makes for `signatureType=PKCS7`, read without mercy.

Form and attributes: reference/business-certificate.md §4. Anything else is SignatureInvalid: a signature that
needs tolerance to be read is not one the component made.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from tcloud.adapters.pki.strength import SMALLEST_KEY_BITS, UNREADABLE
from tcloud.identity.company_certificate import SignatureInvalid

NONCE = "1.2.840.113549.1.9.25.3"
CARD_NUMBER = "2.16.886.1.100.2.204"
LARGEST_SIGNATURE = 64 * 1024
DIGEST = "sha256"
SIGNATURE_ALGORITHMS = ("rsassa_pkcs1v15", "sha256_rsa")
VERSIONS = {"issuer_and_serial_number": "v1", "subject_key_identifier": "v3"}
"""RFC 5652 §5.1 and §5.3: both versions go with how the signer is named."""
STRING_TAGS = {4: "octets", 12: "utf8", 19: "printable", 22: "ia5"}


@dataclass(frozen=True, slots=True)
class SignedChallenge:
    """What the signature says once it is known to be one over our bytes."""

    certificate: x509.Certificate
    certificate_der: bytes
    signed_at: datetime
    card_number: str


def read_signature(*, signature: bytes, expected: bytes, nonce: str) -> SignedChallenge:
    """Check structure, content, attributes and the signature itself; raises SignatureInvalid."""
    if len(signature) > LARGEST_SIGNATURE:
        raise SignatureInvalid
    try:
        signed = _signed_data(signature)
        signer = _only_signer(signed)
        _check_content(signed, expected)
        attributes = _attributes(signer)
        _check_attributes(attributes, expected, nonce)
        certificate_der = _signer_certificate(signed, signer).dump()
        certificate = x509.load_der_x509_certificate(certificate_der)
        _check_signature(certificate, signer)
        signed_at = attributes["signing_time"].native
        card_number = _text(attributes[CARD_NUMBER]) if CARD_NUMBER in attributes else ""
    except UNREADABLE as error:
        raise SignatureInvalid from error
    return SignedChallenge(certificate, certificate_der, signed_at, card_number)


def _signed_data(signature: bytes) -> cms.SignedData:
    envelope = cms.ContentInfo.load(signature, strict=True)
    if envelope["content_type"].native != "signed_data":
        raise ValueError("not SignedData")
    return envelope["content"]


def _only_signer(signed: cms.SignedData) -> cms.SignerInfo:
    signers = signed["signer_infos"]
    if len(signers) != 1:
        raise ValueError("exactly one signer is allowed")
    signer = signers[0]
    if {signed["version"].native, signer["version"].native} != {VERSIONS[signer["sid"].name]}:
        raise ValueError("version does not fit how the signer is named")
    digests = [_plain_name(algorithm) for algorithm in signed["digest_algorithms"]]
    if _plain_name(signer["digest_algorithm"]) != DIGEST or set(digests) != {DIGEST}:
        raise ValueError("digest algorithm not allowed")
    if _plain_name(signer["signature_algorithm"]) not in SIGNATURE_ALGORITHMS:
        raise ValueError("signature algorithm not allowed")
    return signer


def _plain_name(algorithm: core.Sequence) -> str:
    """An algorithm's name; its parameters may only be NULL or left out, never something nobody would look at."""
    if not isinstance(algorithm["parameters"], core.Null | core.Void):
        raise ValueError("algorithm with parameters")
    return str(algorithm["algorithm"].native)


def _check_content(signed: cms.SignedData, expected: bytes) -> None:
    encapsulated = signed["encap_content_info"]
    if encapsulated["content_type"].native != "data":
        raise ValueError("content is not plain data")
    content = encapsulated["content"].native
    if content is not None and not hmac.compare_digest(content, expected):
        raise ValueError("signed content is not ours")


def _attributes(signer: cms.SignerInfo) -> dict[str, cms.Any]:
    """Signed attributes by name, each present once with one value."""
    found: dict[str, cms.Any] = {}
    for attribute in signer["signed_attrs"]:
        name = attribute["type"].native
        if name in found or len(attribute["values"]) != 1:
            raise ValueError("an attribute is repeated")
        found[name] = attribute["values"][0]
    return found


def _check_attributes(attributes: dict[str, cms.Any], expected: bytes, nonce: str) -> None:
    if attributes["content_type"].native != "data":
        raise ValueError("attribute contentType differs")
    if not hmac.compare_digest(attributes["message_digest"].native, sha256(expected).digest()):
        raise ValueError("attribute messageDigest is not over our bytes")
    if not hmac.compare_digest(_text(attributes[NONCE]).encode(), nonce.encode()):
        raise ValueError("attribute nonce differs")


def _text(value: cms.Any) -> str:
    """A nonce or card number in whichever string type the component chose."""
    plain = value.parse() if isinstance(value, cms.Any) else value
    if plain.class_ != 0 or plain.tag not in STRING_TAGS:
        raise ValueError("not a string")
    return str(plain.contents.decode("ascii"))


def _signer_certificate(signed: cms.SignedData, signer: cms.SignerInfo) -> asn1_x509.Certificate:
    """The one certificate the signer names by issuer and serial number, or by key identifier."""
    named = signer["sid"].chosen
    matches = []
    for choice in signed["certificates"]:
        if choice.name != "certificate":
            raise ValueError("only plain certificates are allowed")
        certificate = choice.chosen
        if signer["sid"].name == "issuer_and_serial_number":
            # Byte for byte: names that merely compare as equal could be written in many ways.
            fits = (certificate.issuer.dump(), certificate.serial_number) == (
                named["issuer"].dump(),
                named["serial_number"].native,
            )
        else:
            fits = certificate.key_identifier == named.native
        if fits:
            matches.append(certificate)
    if len(matches) != 1:
        raise ValueError("the signer's certificate is missing or ambiguous")
    if matches[0]["signature_value"].contents[:1] != b"\0":
        raise ValueError("a certificate whose signature is not whole bytes")
    return matches[0]


def _check_signature(certificate: x509.Certificate, signer: cms.SignerInfo) -> None:
    verify_pkcs1(certificate, signer["signature"].native, signer["signed_attrs"].untag().dump())


def verify_pkcs1(certificate: x509.Certificate, signature: bytes, signed: bytes) -> None:
    """RSA PKCS#1 v1.5 with SHA-256 over `signed`; raises InvalidSignature or ValueError (kind or size of key)."""
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < SMALLEST_KEY_BITS:
        raise ValueError("key not allowed")
    key.verify(signature, signed, padding.PKCS1v15(), SHA256())
