"""The component itself: a package comes in, an answer with a return code goes out."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from cryptography.hazmat.primitives import serialization

from simulators.card_reader import codes, information, signing
from simulators.card_reader.information import READERS
from simulators.card_reader.state import TRIES, Desk, Store, Trouble, card_in_reader
from simulators.certificate_authority.pki import Authority, Card

HASHES = {"SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512"}


class ComponentRefused(Exception):
    """The component answers with this code instead of a result."""

    def __init__(self, code: int, minor: int = 0) -> None:
        """`minor` goes into `last_error`."""
        super().__init__(f"{code:#010x}/{minor:#x}")
        self.code, self.minor = code, minor


def package_of(body: bytes) -> dict[str, Any]:
    """The JSON after `tbsPackage=` in an unescaped form body: `%2B` becomes `+`, a bare `+` is lost."""
    text = body.decode("utf-8", "replace")
    field = next((part for part in text.split("&") if part.startswith("tbsPackage=")), "")
    try:
        package = json.loads(unquote_plus(field.removeprefix("tbsPackage=")))
    except json.JSONDecodeError as error:
        raise ComponentRefused(codes.BAD_JSON) from error
    if not isinstance(package, dict):
        raise ComponentRefused(codes.BAD_JSON)
    return package


@dataclass(frozen=True, slots=True)
class Component:
    """Reader and cards of one computer."""

    authority: Authority
    store: Store

    def card(self, desk: Desk, now: datetime) -> Card | None:
        """The card in the reader; none if it has vanished from the drawer."""
        try:
            return card_in_reader(self.authority, desk, now)
        except KeyError:
            return None

    def information(self, *, now: datetime, with_certificates: bool = False) -> dict[str, Any]:
        """What `pkcs11info` says."""
        desk = self.store.read()
        return information.pkcs11info(
            desk.trouble, self.card(desk, now), now=now, with_certificates=with_certificates
        )

    def sign(self, body: bytes, *, now: datetime, caller: str = "") -> dict[str, Any]:
        """What `sign` says. `caller` is the page's origin as the popup saw it."""
        desk = self.store.read()
        answer = {
            "func": "sign",
            "ret_code": codes.OK,
            "last_error": 0,
            "version": information.versions(desk.trouble)[0],
        }
        try:
            return answer | self._sign(desk, package_of(body), now, caller)
        except ComponentRefused as refusal:
            return answer | {
                "ret_code": codes.signed(refusal.code),
                "last_error": codes.signed(refusal.minor),
            }

    def _sign(self, desk: Desk, package: dict[str, Any], now: datetime, caller: str) -> dict[str, Any]:
        if desk.trouble is Trouble.UNTRUSTED_SITE and urlsplit(caller).hostname not in desk.trusted:
            raise ComponentRefused(codes.UNTRUSTED_SITE)
        if package.get("func") != "MakeSignature":
            raise ComponentRefused(codes.NO_SUCH_METHOD)
        card = self._chosen_card(desk, package, now)
        content = _content_of(package)
        algorithm = HASHES.get(str(package.get("hashAlgorithm", "SHA256")))
        if algorithm is None:
            raise ComponentRefused(codes.BAD_PARAMETER)
        if card.spec.encryption_only:
            raise ComponentRefused(codes.NO_CERTIFICATE)
        _check_validity(desk, card, now)
        self._check_pin(desk, card, str(package.get("pin", "")))
        self._check_outcome(desk)
        return {
            "signature": base64.b64encode(_signature(desk, card, package, content, algorithm, now)).decode(),
            "certb64": base64.b64encode(card.certificate.public_bytes(serialization.Encoding.DER)).decode(),
            "cardSN": card.spec.card_number,
        }

    def _chosen_card(self, desk: Desk, package: dict[str, Any], now: datetime) -> Card:
        contents = information.slot_contents(desk.trouble, self.card(desk, now))
        if not contents:
            raise ComponentRefused(codes.NO_READER)
        wanted = package.get("slotDescription")
        if wanted and wanted not in READERS[: len(contents)]:
            raise ComponentRefused(codes.NO_READER)
        card = contents[READERS.index(wanted) if wanted else 0]
        if card is None:
            raise ComponentRefused(codes.NO_CARD)
        return card

    def _check_pin(self, desk: Desk, card: Card, pin: str) -> None:
        """Three tries; newer cards tell how many are left, the older MG cards only that it was wrong."""
        if not pin:
            raise ComponentRefused(codes.NO_PIN)
        if not (pin.isascii() and pin.isdecimal()):
            raise ComponentRefused(codes.BAD_PIN_FORMAT)
        if not 6 <= len(pin) <= 8:
            raise ComponentRefused(codes.LOGIN_FAILED, codes.PIN_LENGTH)
        wrong = desk.wrong_pins.get(card.card_id, 0)
        if desk.trouble is Trouble.LOCKED or card.spec.locked or wrong >= TRIES:
            raise ComponentRefused(codes.LOGIN_FAILED, codes.PIN_LOCKED)
        wrong = self.store.count_pin(card.card_id, right=pin == card.spec.pin)
        if not wrong:
            return
        if wrong >= TRIES:
            raise ComponentRefused(codes.LOGIN_FAILED, codes.PIN_LOCKED)
        if card.spec.card_number.startswith("MG"):
            raise ComponentRefused(codes.LOGIN_FAILED, codes.PIN_INCORRECT)
        left = {1: codes.TWO_TRIES_LEFT, 2: codes.ONE_TRY_LEFT}[wrong]
        raise ComponentRefused(codes.LOGIN_FAILED, left)

    @staticmethod
    def _check_outcome(desk: Desk) -> None:
        if desk.trouble is Trouble.CANCELLED:
            raise ComponentRefused(codes.CANCELLED)
        if desk.trouble is Trouble.TIMEOUT:
            raise ComponentRefused(codes.TIMEOUT)


def _content_of(package: dict[str, Any]) -> bytes:
    text = package.get("tbs")
    if not isinstance(text, str) or not text:
        raise ComponentRefused(codes.NO_TEXT_TO_SIGN)
    if package.get("tbsEncoding") != "base64":
        return text.encode()
    try:
        return base64.b64decode(text)
    except binascii.Error as error:
        raise ComponentRefused(codes.BAD_BASE64) from error


def _check_validity(desk: Desk, card: Card, now: datetime) -> None:
    if now < card.certificate.not_valid_before_utc:
        raise ComponentRefused(codes.NOT_YET_VALID)
    if now > card.certificate.not_valid_after_utc and desk.trouble is not Trouble.EXPIRED_UNCHECKED:
        raise ComponentRefused(codes.EXPIRED)


def _signature(
    desk: Desk, card: Card, package: dict[str, Any], content: bytes, algorithm: str, now: datetime
) -> bytes:
    kind = package.get("signatureType", "PKCS7")
    if kind == "PKCS7":
        # The old component knows no nonce: the server refuses what it makes.
        nonce = "" if desk.trouble is Trouble.OLD_VERSION else str(package.get("nonce") or "")
        extras = signing.Extras(nonce, package.get("withCardSN") in ("true", True))
        return signing.pkcs7(card, content, now=now, extras=extras, algorithm=algorithm)
    if kind == "PKCS1":
        return signing.pkcs1(card, content, algorithm=algorithm)
    if kind == "RAW":
        try:
            return signing.raw(card, content)
        except (ValueError, TypeError) as error:
            raise ComponentRefused(codes.SIGNING_FAILED) from error
    raise ComponentRefused(codes.WRONG_TYPE)
