"""The first day of the authority: its own keys and certificates, and a card for everybody."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from simulators import people
from simulators.certificate_authority import pki, profile
from simulators.certificate_authority.names import PARENT_OF, CardKind, IssuerKey, Rank
from simulators.certificate_authority.profile import Issuer, Validity
from simulators.certificate_authority.storage import generate_keys, load_key, pem, write

Maker = Callable[[rsa.RSAPrivateKey, int, Validity], x509.Certificate]

INTERMEDIATES = (IssuerKey.MOEACA_G2, IssuerKey.MOEACA_G3, IssuerKey.MOICA, IssuerKey.FORGED)
ROOTS = (IssuerKey.ROOT, IssuerKey.FORGED_ROOT)
SERVICES = ("tsa", *(f"ocsp-{issuer}" for issuer in INTERMEDIATES))
PERSON_CARD = "person"
SECONDARY_CARD = "secondary"
FORGED_CARD = "forged"


def found(authority: pki.Authority, holders: Iterable[people.Holder], now: datetime) -> None:
    """Bring the folder to its full state; what is there stays, so a broken first start is simply finished."""
    folder = authority.folder
    marker = folder / "authority.json"
    state = json.loads(marker.read_text()) if marker.exists() else {}
    specs = {spec.card_id or spec.ubn: spec for spec in first_cards(holders, now)}
    names = [*ROOTS, *INTERMEDIATES, *SERVICES, *(f"cards/{card_id}" for card_id in specs)]
    sellers = [vendor for vendor in people.VENDORS if vendor.key_kept and vendor.ubn in specs]
    made = [*names, *(f"organisations/{vendor.ubn}" for vendor in sellers)]
    if state.get("base_url") == authority.base_url and all((folder / f"{name}.crt").exists() for name in made):
        return
    moved = state.get("base_url") not in (None, authority.base_url)
    _ensure_keys(folder, [*names, "encryption"])
    _ensure_authorities(authority, now, again=moved)
    _ensure_cards(authority, specs, now, again=moved)
    _ensure_organisations(authority, sellers, now, again=moved)
    write(marker, json.dumps({"base_url": authority.base_url}).encode())


def _ensure_keys(folder: Path, names: list[str]) -> None:
    missing = [name for name in names if not (folder / f"{name}.key").exists()]
    for name, key in zip(missing, generate_keys(len(missing)), strict=True):
        write(folder / f"{name}.key", pem(key), secret=True)


def _ensure_authorities(authority: pki.Authority, now: datetime, *, again: bool) -> None:
    """Roots once and for ever; what is below them also when the addresses inside have changed."""
    folder, url = authority.folder, authority.base_url

    def certify(name: str, make: Maker, years: int, *, keep: bool) -> None:
        path = folder / f"{name}.crt"
        if path.exists() and keep:
            return
        validity = Validity(now - timedelta(days=40), now + years * pki.YEAR)
        certificate = make(load_key(folder / f"{name}.key"), x509.random_serial_number(), validity)
        write(path, certificate.public_bytes(serialization.Encoding.PEM))

    for root in ROOTS:
        certify(root, profile.root_certificate, 25, keep=True)
    for issuer in INTERMEDIATES:
        above = authority.issuer(PARENT_OF[issuer])
        certify(issuer, _intermediate(issuer, above, url), 20, keep=not again)
    for name in SERVICES:
        issuer_key = IssuerKey(name.removeprefix("ocsp-")) if name.startswith("ocsp-") else IssuerKey.ROOT
        certify(name, _service(name, authority.issuer(issuer_key), url), 15, keep=not again)
    authority.issuers.clear()


def _intermediate(name: IssuerKey, above: Issuer, url: str) -> Maker:
    def make(key: rsa.RSAPrivateKey, serial_number: int, validity: Validity) -> x509.Certificate:
        public = key.public_key()
        return profile.intermediate_certificate(name, public, above, serial_number, validity, url)

    return make


def _service(name: str, issuer: Issuer, url: str) -> Maker:
    def make(key: rsa.RSAPrivateKey, serial_number: int, validity: Validity) -> x509.Certificate:
        if name == "tsa":
            return profile.time_stamp_certificate(key.public_key(), issuer, serial_number, validity, url)
        return profile.responder_certificate(key.public_key(), issuer, serial_number, validity)

    return make


def _ensure_cards(
    authority: pki.Authority, specs: dict[str, pki.CardSpec], now: datetime, *, again: bool
) -> None:
    """Everybody's card; after a move of the addresses also those issued since, each with the times it had."""
    folder = authority.folder / "cards"
    if again:
        known = {card_id: authority.spec(card_id) for card_id in authority.card_ids()}
        specs = specs | known
    for card_id, spec in specs.items():
        if again or not (folder / f"{card_id}.json").exists():
            authority.write_card(spec, load_key(folder / f"{card_id}.key"), now)
    revoked = [person.ubn for person in people.EVERYBODY if person.card is people.CardState.REVOKED]
    for card_id in revoked:
        if card_id in specs:
            serial = authority.card(card_id).certificate.serial_number
            authority.add_revocation(serial, at=now - timedelta(days=10))


def _ensure_organisations(
    authority: pki.Authority, sellers: Iterable[people.Holder], now: datetime, *, again: bool
) -> None:
    """A certificate for each vendor that signs without a card."""
    for vendor in sellers:
        if again or not (authority.folder / "organisations" / f"{vendor.ubn}.p12").exists():
            authority.issue_organisation(vendor.ubn, vendor.name, now=now)


def first_cards(holders: Iterable[people.Holder], now: datetime) -> list[pki.CardSpec]:
    """A card per holder with its trouble, and odd ones: a person's, a company's second, a forged one."""
    cards = [_card_of(holder, now) for holder in holders]
    if not cards:
        return []
    first = cards[0]
    return [
        *cards,
        pki.CardSpec(
            "2358", "王小明", CardKind.PERSON, issuer=IssuerKey.MOICA, card_id=PERSON_CARD,
            card_number="TP00120000071234", attribute_number="2358",
        ),
        replace(first, card_id=SECONDARY_CARD, rank=Rank.SECONDARY, card_number="MT00120000999901"),
        replace(first, card_id=FORGED_CARD, issuer=IssuerKey.FORGED, card_number="MT00120000999902"),
    ]  # fmt: skip


def _card_of(holder: people.Holder, now: datetime) -> pki.CardSpec:
    kinds = {
        people.Kind.COMPANY: CardKind.COMPANY,
        people.Kind.BUSINESS: CardKind.BUSINESS,
        people.Kind.BRANCH: CardKind.BRANCH,
    }
    issuers = {2: IssuerKey.MOEACA_G2, 3: IssuerKey.MOEACA_G3}
    day = timedelta(days=1)
    start, end = {
        people.CardState.EXPIRED: (now - 35 * day, now - day),
        people.CardState.NOT_YET_VALID: (now + 5 * pki.YEAR, now + 10 * pki.YEAR),
    }.get(holder.card, (now - 30 * day, now + 10 * pki.YEAR))
    return pki.CardSpec(
        holder.ubn, holder.name, kinds[holder.kind], issuer=issuers[holder.generation],
        card_number=holder.card_number, pin=holder.pin, locked=holder.card is people.CardState.LOCKED,
        not_before=start, not_after=end,
    )  # fmt: skip
