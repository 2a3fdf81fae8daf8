"""The authority of the demonstration, kept in one folder: open it, take cards from it, issue and revoke.

    authority = Authority.open(folder)                 # creates everything once: under 5 s, afterwards ~50 ms
    card = authority.card("12345675")                  # key, certificate, chain, PIN, card number
    other = authority.issue(CardSpec(ubn="24536806", name="測試有限公司"))
    authority.revoke(card.certificate.serial_number, at=now)

    from simulators.certificate_authority.revocation import crl, ocsp_answer
    from simulators.certificate_authority.timestamps import stamp
    crl(authority, IssuerKey.MOEACA_G3, now=now)       # DER of the complete list
    ocsp_answer(authority, request_der, now=now)       # DER of the answer
    stamp(authority, request_der, now=now)             # DER of the time-stamp response

Signing as the card's component does: `simulators.card_reader.signing.sign_package(card, package, now=now)`.

Folder (0700): `root.crt`, `<issuer>.crt`, `tsa.crt`, `ocsp-<issuer>.crt` as PEM; keys beside them (0600); one
`cards/<id>.json` with key and `.crt` per card; `organisations/<ubn>.p12` with `.crt`; `revoked.json`.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from simulators import people
from simulators.certificate_authority import profile
from simulators.certificate_authority.names import PARENT_OF, CardKind, IssuerKey, Rank
from simulators.certificate_authority.profile import CardContent, Issuer, Validity
from simulators.certificate_authority.storage import load_certificate, load_key, locked, pem, write

DEFAULT_BASE_URL = "http://127.0.0.1:8010"
YEAR = timedelta(days=365)
ORGANISATION_PASSWORD = b"demo"


@dataclass(frozen=True, slots=True)
class CardSpec:
    """What to issue. Times default to: valid since a month ago, for ten years."""

    ubn: str
    name: str
    kind: CardKind = CardKind.COMPANY
    rank: Rank = Rank.PRIMARY
    issuer: IssuerKey = IssuerKey.MOEACA_G3
    card_id: str = ""
    """Name of the files; the 統一編號 when empty."""
    card_number: str = ""
    pin: str = "123456"
    locked: bool = False
    not_before: datetime | None = None
    not_after: datetime | None = None
    subject_number: str | None = None
    """Number in the subject where it shall differ from `ubn`; "" leaves it out."""
    attribute_number: str | None = None
    """Number in subjectDirectoryAttributes where it shall differ; "" leaves it out."""
    encryption_only: bool = False
    """A card whose signature certificate is missing."""
    key_bits: int = 2048


@dataclass(frozen=True, slots=True)
class Card:
    """A card with its soft key. `certificate` is the signature certificate, `encryption` the second one."""

    spec: CardSpec
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    encryption: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    """The issuer, then the root."""

    @property
    def card_id(self) -> str:
        """Name in the drawer."""
        return self.spec.card_id or self.spec.ubn


@dataclass(frozen=True, slots=True)
class Service:
    """A signer that is no card: an OCSP responder or the time-stamp service."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class Revocation:
    """When and why a certificate was withdrawn."""

    at: datetime
    reason: x509.ReasonFlags


class Authority:
    """Everything the certificate authority has, read from its folder."""

    def __init__(self, folder: Path, base_url: str) -> None:
        """Use `open`; the constructor expects a finished folder."""
        self.folder = folder
        self.base_url = base_url
        self.issuers: dict[IssuerKey, Issuer] = {}
        self._services: dict[str, Service] = {}
        self._owners: dict[Path, tuple[int, int, IssuerKey]] = {}

    @classmethod
    def open(
        cls,
        folder: Path,
        base_url: str = DEFAULT_BASE_URL,
        *,
        holders: Iterable[people.Holder] = people.EVERYBODY,
        now: datetime | None = None,
    ) -> "Authority":
        """The authority in `folder`, created there if it is missing, a card for each holder in it.

        Another `base_url` than last time (a moved port) issues everything again over the same keys, since
        the addresses of OCSP and CRL stand inside them; the root stays as it was. `now`: machine time.
        """
        from simulators.certificate_authority import founding

        authority = cls(folder, base_url)
        with locked(folder):
            founding.found(authority, holders, now or datetime.now(UTC))
        return authority

    @property
    def root(self) -> Issuer:
        """The pinned root."""
        return self.issuer(IssuerKey.ROOT)

    def issuer(self, name: IssuerKey) -> Issuer:
        """One authority with its key."""
        if name not in self.issuers:
            stem = self.folder / name
            self.issuers[name] = Issuer(
                name, load_key(stem.with_suffix(".key")), load_certificate(stem.with_suffix(".crt"))
            )
        return self.issuers[name]

    def service(self, name: str) -> Service:
        """`tsa`, or `ocsp-<issuer>`."""
        if name not in self._services:
            stem = self.folder / name
            key, certificate = load_key(stem.with_suffix(".key")), load_certificate(stem.with_suffix(".crt"))
            self._services[name] = Service(key, certificate)
        return self._services[name]

    def chain_of(self, issuer: IssuerKey) -> tuple[x509.Certificate, ...]:
        """The issuer's certificate and those above it; the root is the last."""
        above = PARENT_OF[issuer]
        own = self.issuer(issuer).certificate
        return (own,) if above is issuer else (own, *self.chain_of(above))

    def card_ids(self) -> list[str]:
        """All cards in the drawer."""
        return sorted(path.stem for path in (self.folder / "cards").glob("*.json"))

    def spec(self, card_id: str) -> CardSpec:
        """What a card was issued from; KeyError if there is none."""
        path = self.folder / "cards" / f"{card_id}.json"
        if not card_id or Path(card_id).name != card_id or not path.exists():
            raise KeyError(card_id)
        return _spec_from(json.loads(path.read_text(encoding="utf-8")))

    def card(self, card_id: str) -> Card:
        """A card by its id, which for a company is its 統一編號; KeyError if there is none."""
        spec = self.spec(card_id)
        stem = self.folder / "cards" / card_id
        return Card(
            spec, load_key(stem.with_suffix(".key")), load_certificate(stem.with_suffix(".crt")),
            load_certificate(stem.with_suffix(".enc.crt")), self.chain_of(spec.issuer),
        )  # fmt: skip

    def issue(self, spec: CardSpec, *, now: datetime | None = None) -> Card:
        """Make a card and put it into the drawer; an older one of the same id is replaced."""
        moment = now or datetime.now(UTC)
        with locked(self.folder):
            self.write_card(spec, rsa.generate_private_key(65537, spec.key_bits), moment)
        return self.card(spec.card_id or spec.ubn)

    def write_card(self, spec: CardSpec, key: rsa.RSAPrivateKey, now: datetime) -> None:
        """Certificates and files of a card over a given key; the caller holds the lock."""
        spec = replace(
            spec,
            card_id=spec.card_id or spec.ubn,
            card_number=spec.card_number or f"MT0099{x509.random_serial_number() % 10**10:010d}",
            not_before=spec.not_before or now - timedelta(days=30),
            not_after=spec.not_after or now + 10 * YEAR,
        )
        assert spec.not_before is not None
        assert spec.not_after is not None
        rank = None if spec.kind is CardKind.PERSON else spec.rank
        content = CardContent(
            spec.kind, rank, spec.name,
            spec.ubn if spec.subject_number is None else spec.subject_number,
            spec.ubn if spec.attribute_number is None else spec.attribute_number,
        )  # fmt: skip
        sign = partial(
            profile.card_certificate,
            issuer=self.issuer(spec.issuer),
            validity=Validity(spec.not_before, spec.not_after),
            base_url=self.base_url,
        )
        # One encryption key serves all cards; nothing is encrypted to it.
        shared = load_key(self.folder / "encryption.key").public_key()
        stem = self.folder / "cards" / spec.card_id
        signing = sign(content, key.public_key(), serial_number=x509.random_serial_number())
        other = sign(replace(content, encryption=True), shared, serial_number=x509.random_serial_number())
        write(stem.with_suffix(".key"), pem(key), secret=True)
        write(stem.with_suffix(".crt"), signing.public_bytes(serialization.Encoding.PEM))
        write(stem.with_suffix(".enc.crt"), other.public_bytes(serialization.Encoding.PEM))
        row = json.dumps(asdict(spec), default=str, ensure_ascii=False, indent=1)
        write(stem.with_suffix(".json"), row.encode(), secret=True)

    def issue_organisation(self, ubn: str, name: str, *, now: datetime) -> None:
        """A certificate without a card, for a vendor whose key the platform keeps: `organisations/<ubn>.p12`."""
        key = rsa.generate_private_key(65537, 2048)
        certificate = profile.card_certificate(
            CardContent(CardKind.COMPANY, Rank.SECONDARY, name, ubn, ubn), key.public_key(),
            issuer=self.issuer(IssuerKey.MOEACA_G3), serial_number=x509.random_serial_number(),
            validity=Validity(now - timedelta(days=30), now + 10 * YEAR), base_url=self.base_url,
        )  # fmt: skip
        content = pkcs12.serialize_key_and_certificates(
            ubn.encode(), key, certificate, None, serialization.BestAvailableEncryption(ORGANISATION_PASSWORD)
        )
        stem = self.folder / "organisations" / ubn
        write(stem.with_suffix(".crt"), certificate.public_bytes(serialization.Encoding.PEM))
        write(stem.with_suffix(".p12"), content, secret=True)

    def owners(self) -> dict[int, IssuerKey]:
        """Serial number → issuer of every certificate one can ask about, read afresh where files changed."""
        folders = (self.folder / "cards", self.folder / "organisations", self.folder)
        paths = [path for folder in folders for path in folder.glob("*.crt")]
        return {row[1]: row[2] for row in map(self._owner, paths)}

    def _owner(self, path: Path) -> tuple[int, int, IssuerKey]:
        changed = path.stat().st_mtime_ns
        known = self._owners.get(path)
        if known is None or known[0] != changed:
            certificate = load_certificate(path)
            identifier = certificate.extensions.get_extension_for_class
            try:
                above = identifier(x509.AuthorityKeyIdentifier).value.key_identifier
            except x509.ExtensionNotFound:
                above = identifier(x509.SubjectKeyIdentifier).value.digest
            known = (changed, certificate.serial_number, self._by_key_identifier()[above])
            self._owners[path] = known
        return known

    def _by_key_identifier(self) -> dict[bytes | None, IssuerKey]:
        kind = x509.SubjectKeyIdentifier
        return {
            self.issuer(name).certificate.extensions.get_extension_for_class(kind).value.digest: name
            for name in IssuerKey
        }

    def revocations(self) -> dict[int, Revocation]:
        """All revoked serial numbers, read afresh: another process may have added one."""
        path = self.folder / "revoked.json"
        rows = json.loads(path.read_text()) if path.exists() else {}
        return {
            int(serial): Revocation(datetime.fromisoformat(row["at"]), x509.ReasonFlags(row["reason"]))
            for serial, row in rows.items()
        }

    def revoke(
        self, serial_number: int, *, at: datetime, reason: x509.ReasonFlags = x509.ReasonFlags.key_compromise
    ) -> None:
        """Withdraw a certificate (a card's, an intermediate's or the time-stamp service's) from `at` on."""
        with locked(self.folder):
            self.add_revocation(serial_number, at=at, reason=reason)

    def add_revocation(
        self, serial_number: int, *, at: datetime, reason: x509.ReasonFlags = x509.ReasonFlags.key_compromise
    ) -> None:
        """As `revoke`, for a caller that holds the lock."""
        row = Revocation(at.replace(microsecond=0), reason)  # lists and answers know whole seconds only
        self._change_revocations(lambda rows: rows.update({serial_number: row}))

    def unrevoke(self, serial_number: int) -> None:
        """Take a revocation back, as no real authority would."""
        with locked(self.folder):
            self._change_revocations(lambda rows: rows.pop(serial_number, None))

    def _change_revocations(self, change: Callable[[dict[int, Revocation]], object]) -> None:
        rows = self.revocations()
        change(rows)
        plain = {
            str(serial): {"at": row.at.isoformat(), "reason": row.reason.value}
            for serial, row in rows.items()
        }
        write(self.folder / "revoked.json", json.dumps(plain, indent=1).encode())


def _spec_from(row: dict[str, object]) -> CardSpec:
    times = {
        name: datetime.fromisoformat(str(row[name])) if row[name] else None
        for name in ("not_before", "not_after")
    }
    kinds = {
        "kind": CardKind(str(row["kind"])),
        "rank": Rank(str(row["rank"])),
        "issuer": IssuerKey(str(row["issuer"])),
    }
    return CardSpec(**{**row, **times, **kinds})  # type: ignore[arg-type]
