"""What lies on the desk: which card is in which reader, what is wrong, how many tries a PIN has left."""

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from simulators import people
from simulators.certificate_authority.names import IssuerKey, Rank
from simulators.certificate_authority.pki import YEAR, Authority, Card
from simulators.certificate_authority.storage import locked, write

TRIES = 3


class Trouble(StrEnum):
    """Everything that goes wrong at a shop owner's desk."""

    NONE = "none"
    COMPONENT_MISSING = "component_missing"
    OLD_VERSION = "old_version"
    LOOPBACK_REFUSED = "loopback_refused"
    """The browser's permission for local addresses is refused: the picture does not load, the popup does."""
    NO_READER = "no_reader"
    NO_CARD = "no_card"
    TWO_READERS = "two_readers"
    """The first reader is empty, the card is in the second."""
    LOCKED = "locked"
    EXPIRED = "expired"
    EXPIRED_UNCHECKED = "expired_unchecked"
    """Expired, but signed all the same: the server has to notice."""
    NOT_YET_VALID = "not_yet_valid"
    REVOKED = "revoked"
    PERSON = "person"
    SECONDARY = "secondary"
    FORGED = "forged"
    ENCRYPTION_ONLY = "encryption_only"
    SLOW = "slow"
    POPUP_BLOCKED = "popup_blocked"
    """The window is shut before it has said a word, as add-ons against advertisements do."""
    USER_CLOSES = "user_closes"
    CANCELLED = "cancelled"
    UNTRUSTED_SITE = "untrusted_site"
    TIMEOUT = "timeout"


CARD_TROUBLES = {
    Trouble.EXPIRED, Trouble.EXPIRED_UNCHECKED, Trouble.NOT_YET_VALID, Trouble.REVOKED, Trouble.SECONDARY,
    Trouble.FORGED, Trouble.ENCRYPTION_ONLY,
}  # fmt: skip
"""Troubles that need another card of the same holder; it is issued when first asked for."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The reader's state, as stored."""

    card: str = people.COMPANIES[0].ubn
    trouble: Trouble = Trouble.NONE
    wrong_pins: dict[str, int] = field(default_factory=dict)
    """Wrong PINs in a row, per card."""
    trusted: tuple[str, ...] = ()
    """Sites added by hand; they matter only while the trouble is UNTRUSTED_SITE."""


@dataclass(frozen=True, slots=True)
class Store:
    """The desk in `card_reader.json`, read afresh for each request."""

    path: Path

    def read(self) -> Desk:
        """The desk as it is."""
        if not self.path.exists():
            return Desk()
        row = json.loads(self.path.read_text(encoding="utf-8"))
        return Desk(row["card"], Trouble(row["trouble"]), row["wrong_pins"], tuple(row["trusted"]))

    def choose(self, *, card: str | None = None, trouble: Trouble | None = None) -> Desk:
        """Put in another card, or change what goes wrong."""
        with locked(self.path.parent):
            desk = self.read()
            return self._write(replace(desk, card=card or desk.card, trouble=trouble or desk.trouble))

    def count_pin(self, card_id: str, *, right: bool) -> int:
        """Count a try and tell how many wrong ones in a row there are now."""
        with locked(self.path.parent):
            desk = self.read()
            count = 0 if right else desk.wrong_pins.get(card_id, 0) + 1
            self._write(replace(desk, wrong_pins=desk.wrong_pins | {card_id: count}))
            return count

    def unlock(self) -> Desk:
        """All cards have three tries again."""
        with locked(self.path.parent):
            return self._write(replace(self.read(), wrong_pins={}))

    def trust(self, site: str) -> Desk:
        """The user allows a site."""
        with locked(self.path.parent):
            desk = self.read()
            return self._write(replace(desk, trusted=tuple(sorted({*desk.trusted, site}))))

    def _write(self, desk: Desk) -> Desk:
        write(self.path, json.dumps(asdict(desk), ensure_ascii=False, indent=1).encode(), secret=True)
        return desk


def card_in_reader(authority: Authority, desk: Desk, now: datetime) -> Card:
    """The card the desk means, special ones made at their first use; KeyError if there is no such card."""
    if desk.trouble is Trouble.PERSON:
        return authority.card("person")
    if desk.trouble not in CARD_TROUBLES:
        return authority.card(desk.card)
    special = f"{desk.card}-{desk.trouble}"
    try:
        return authority.card(special)
    except KeyError:
        return _issue_special(authority, desk, special, now)


def _issue_special(authority: Authority, desk: Desk, card_id: str, now: datetime) -> Card:
    day = timedelta(days=1)
    changes: dict[Trouble, dict[str, object]] = {
        Trouble.EXPIRED: {"not_before": now - 35 * day, "not_after": now - day},
        Trouble.EXPIRED_UNCHECKED: {"not_before": now - 35 * day, "not_after": now - day},
        Trouble.NOT_YET_VALID: {"not_before": now + 5 * YEAR, "not_after": now + 10 * YEAR},
        Trouble.REVOKED: {},
        Trouble.SECONDARY: {"rank": Rank.SECONDARY},
        Trouble.FORGED: {"issuer": IssuerKey.FORGED},
        Trouble.ENCRYPTION_ONLY: {"encryption_only": True},
    }
    spec = replace(authority.spec(desk.card), card_id=card_id, **changes[desk.trouble])  # type: ignore[arg-type]
    card = authority.issue(spec, now=now)
    if desk.trouble is Trouble.REVOKED:
        authority.revoke(card.certificate.serial_number, at=now - day)
    return card
