"""The text a card signs. Pure: no database, no clock, no Django."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

PREFIX = "tcloud-challenge"


class Purpose(StrEnum):
    """What a card signature is for; a challenge made for one purpose serves no other."""

    JOIN = "join"
    SIGN_CONTRACT = "sign-contract"
    COUNTERSIGN_CONTRACT = "countersign-contract"
    SIGN_IN = "sign-in"


def challenge_text(
    *,
    purpose: Purpose,
    origin: str,
    subject: str,
    nonce: str,
    issued_at: datetime,
    statement: Mapping[str, str],
) -> bytes:
    """The bytes to sign: one fact a line, so that a person reading them knows what was agreed to.

    They begin with a letter, never with 0x31, so they can never be read as the DER SET of signed attributes
    that makes a contract's signature. Raises ValueError when a fact could pass for another line.
    """
    facts = {
        "origin": origin,
        "subject": subject,
        "nonce": nonce,
        "issued-at": issued_at.astimezone(UTC).isoformat(timespec="seconds"),
        **statement,
    }
    if len(facts) != 4 + len(statement):
        raise ValueError("a statement must not repeat the challenge's own facts")
    for name, value in facts.items():
        if not (value.isprintable() and name.isprintable()) or ":" in name:
            raise ValueError(f"not a single printable line: {name}")
    lines = [f"{PREFIX} {purpose}", *(f"{name}: {value}" for name, value in facts.items())]
    return ("\n".join(lines) + "\n").encode()
