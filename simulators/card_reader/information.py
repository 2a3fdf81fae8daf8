"""The answer of `pkcs11info`: component, readers, cards (reference: business-certificate.md §3.3)."""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

from simulators.card_reader import codes
from simulators.card_reader.state import Trouble
from simulators.certificate_authority.names import CardKind
from simulators.certificate_authority.pki import Card

VERSION: Final = "2.3.2"
SERVER_VERSION: Final = "1.3.8"
OLD_VERSION: Final = "1.3.1"
OLD_SERVER_VERSION: Final = "1.3.3"
READERS: Final = ("CASTLES EZ100PU 0", "Generic Smart Card Reader 1")


def versions(trouble: Trouble) -> tuple[str, str]:
    """Version of component and of its service."""
    return (OLD_VERSION, OLD_SERVER_VERSION) if trouble is Trouble.OLD_VERSION else (VERSION, SERVER_VERSION)


def slot_contents(trouble: Trouble, card: Card | None) -> list[Card | None]:
    """The readers that are plugged in, each with its card."""
    if trouble is Trouble.NO_READER:
        return []
    if trouble is Trouble.NO_CARD or card is None:
        return [None]
    return [None, card] if trouble is Trouble.TWO_READERS else [card]


def pkcs11info(
    trouble: Trouble, card: Card | None, *, now: datetime, with_certificates: bool
) -> dict[str, Any]:
    """The whole answer. `certs` and `keys` of a token are there only when asked for."""
    contents = slot_contents(trouble, card)
    version, server_version = versions(trouble)
    return {
        "func": "pkcs11info",
        "ret_code": codes.OK if contents else codes.NO_READER,
        "last_error": 0,
        "version": version,
        "serverVersion": server_version,
        "cryptokiVersion": "2.20",
        "libraryDescription": "Demo PKCS#11",
        "libraryVersion": "3.1",
        "manufacturerID": "Demo virtual reader",
        "flags": 0,
        "installedModule": [{"version": "3.1.0", "description": "Demo"}],
        "slots": [
            _slot(number, content, now=now, with_certificates=with_certificates)
            for number, content in enumerate(contents)
        ],
    }


def _slot(number: int, card: Card | None, *, now: datetime, with_certificates: bool) -> dict[str, Any]:
    return {
        "slotID": number,
        "slotDescription": READERS[number],
        "manufacturerID": "Demo",
        "flags": 7 if card else 6,
        "hardwareVersion": "1.0",
        "firmwareVersion": "1.0",
        "token": _token(card, now=now, with_certificates=with_certificates) if card else None,
    }


def _token(card: Card, *, now: datetime, with_certificates: bool) -> dict[str, Any]:
    person = card.spec.kind is CardKind.PERSON
    token: dict[str, Any] = {
        "label": "MOICA" if person else "MOEACA",
        "model": "GPKI Demo",
        "manufacturerID": "Demo",
        "serialNumber": card.spec.card_number,
        "flags": 1037,
        "ulMinPinLen": 6,
        "ulMaxPinLen": 8,
        "ulSessionCount": 0,
        "utcTime": now.astimezone(UTC).strftime("%Y%m%d%H%M%S00"),
    }
    if with_certificates:
        other = _certificate(card.encryption, "keyEncipherment|dataEncipherment", 2)
        own = [] if card.spec.encryption_only else [_certificate(card.certificate, "digitalSignature", 1)]
        token["certs"] = [*own, other]
        token["keys"] = [
            {"id": row["id"], "label": row["label"], "type": 0, "keyb64": ""} for row in token["certs"]
        ]
    return token


def _certificate(certificate: x509.Certificate, usage: str, number: int) -> dict[str, Any]:
    der = certificate.public_bytes(serialization.Encoding.DER)
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    serial = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return {
        "label": f"cert{number}",
        "id": base64.b64encode(bytes([number])).decode(),
        "usage": usage,
        "subjectDN": certificate.subject.rfc4514_string(),
        "subjectCN": str(common[0].value) if common else "",
        "subjectID": str(serial[0].value) if serial else "",
        "issuerDN": certificate.issuer.rfc4514_string(),
        "sn": f"{certificate.serial_number:x}",
        "notBefore": f"{start:%y%m%d%H%M%S}Z",
        "notAfter": f"{end:%y%m%d%H%M%S}Z",
        "notBeforeT": int(start.timestamp()),
        "notAfterT": int(end.timestamp()),
        "signatureAlgorithm": "1.2.840.113549.1.1.11",
        "thumbprint": hashlib.sha1(der, usedforsecurity=False).hexdigest(),
        "certb64": base64.b64encode(der).decode(),
    }
