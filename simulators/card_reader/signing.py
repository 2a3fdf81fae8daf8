"""What a card makes of bytes (reference: business-certificate.md §4). Pure: card, bytes and time come in."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from simulators.certificate_authority.names import CARD_NUMBER_ATTRIBUTE, NONCE_ATTRIBUTE
from simulators.certificate_authority.pki import Card

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


class _Octets(core.SetOf):  # type: ignore[misc]
    _child_spec = core.OctetString


class _Printables(core.SetOf):  # type: ignore[misc]
    _child_spec = core.PrintableString


class CardAttributeType(cms.CMSAttributeType):  # type: ignore[misc]
    """Adds the component's two attributes to those everybody knows."""

    _map = cms.CMSAttributeType._map | {NONCE_ATTRIBUTE: "card_nonce", CARD_NUMBER_ATTRIBUTE: "card_number"}
    _reverse_map = None  # else the parent's is inherited once anybody has used it


class CardAttribute(cms.CMSAttribute):  # type: ignore[misc]
    """A signed attribute as the component writes it."""

    _fields = [("type", CardAttributeType), ("values", None)]
    _oid_specs = cms.CMSAttribute._oid_specs | {"card_nonce": _Octets, "card_number": _Printables}


class CardAttributes(cms.CMSAttributes):  # type: ignore[misc]
    """The set of them."""

    _child_spec = CardAttribute


@dataclass(frozen=True, slots=True)
class Extras:
    """What the page asked to have signed along with its bytes."""

    nonce: str = ""
    card_number: bool = False


def pkcs7(
    card: Card, content: bytes, *, now: datetime, extras: Extras | None = None, algorithm: str = "sha256"
) -> bytes:
    """DER of a CMS SignedData v1: content attached, one certificate, one signer by issuer and serial number.

    Signed attributes: contentType, signingTime, messageDigest; nonce and card number where asked for.
    """
    certificate = asn1_x509.Certificate.load(card.certificate.public_bytes(serialization.Encoding.DER))
    attributes = _attributes(card, content, now, extras or Extras(), algorithm)
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": {
                "issuer_and_serial_number": {
                    "issuer": certificate.issuer,
                    "serial_number": certificate.serial_number,
                }
            },
            "digest_algorithm": {"algorithm": algorithm},
            "signed_attrs": cms.CMSAttributes.load(attributes),
            "signature_algorithm": {"algorithm": "rsassa_pkcs1v15"},
            "signature": card.key.sign(attributes, padding.PKCS1v15(), _HASHES[algorithm]),
        }
    )
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": algorithm}],
            "encap_content_info": {"content_type": "data", "content": content},
            "certificates": [certificate],
            "signer_infos": [signer],
        }
    )
    der: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
    return der


def _attributes(card: Card, content: bytes, now: datetime, extras: Extras, algorithm: str) -> bytes:
    """DER of the SET OF attributes, which is what the card signs."""
    time = cms.Time(name="utc_time", value=core.UTCTime(now.replace(microsecond=0)))
    rows = [
        CardAttribute({"type": "content_type", "values": ["data"]}),
        CardAttribute({"type": "signing_time", "values": [time]}),
        CardAttribute({"type": "message_digest", "values": [hashlib.new(algorithm, content).digest()]}),
    ]
    if extras.nonce:
        rows.append(CardAttribute({"type": "card_nonce", "values": [extras.nonce.encode()]}))
    if extras.card_number:
        rows.append(CardAttribute({"type": "card_number", "values": [card.spec.card_number]}))
    der: bytes = CardAttributes(rows).dump()
    return der


def pkcs1(card: Card, content: bytes, *, algorithm: str = "sha256") -> bytes:
    """A bare RSA signature (PKCS#1 v1.5) over the hash of the content."""
    return card.key.sign(content, padding.PKCS1v15(), _HASHES[algorithm])


def raw(card: Card, digest_info: bytes) -> bytes:
    """A signature over a DigestInfo the caller made; ValueError if it is none."""
    info = algos.DigestInfo.load(digest_info, strict=True)
    algorithm = info["digest_algorithm"]["algorithm"].native
    if algorithm not in _HASHES:
        raise ValueError(algorithm)
    return card.key.sign(info["digest"].native, padding.PKCS1v15(), Prehashed(_HASHES[algorithm]))
