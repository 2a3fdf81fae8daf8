"""From facts to a PDF."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Typeset:
    """A typeset contract."""

    content: bytes
    sha256: str
    pages: int
