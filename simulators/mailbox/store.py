"""Mails on disk; the newest two thousand are kept."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path

from simulators.clock import data_folder, now

KEPT = 2_000
TABLE = "CREATE TABLE IF NOT EXISTS mail (number INTEGER PRIMARY KEY, arrived_at TEXT, recipient TEXT, raw BLOB)"
COLUMNS = "SELECT number, arrived_at, recipient, raw FROM mail"


@dataclass(frozen=True)
class Mail:
    """One mail as it arrived."""

    number: int
    arrived_at: str
    """The demonstration's instant, ISO 8601."""
    recipient: str
    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        """The parsed mail."""
        return message_from_bytes(self.raw, policy=policy.default)

    def header(self, name: str) -> str:
        """A header as text; empty if there is none."""
        return str(self.message[name] or "")

    def part(self, kind: str) -> str:
        """The text of its plain or html part; empty if there is none."""
        body = self.message.get_body((kind,))
        return str(body.get_content()) if body is not None else ""


@contextmanager
def _open() -> Iterator[sqlite3.Connection]:
    path: Path = data_folder() / "mailbox.sqlite3"
    path.parent.mkdir(parents=True, exist_ok=True)
    link = sqlite3.connect(path, timeout=10)
    try:
        with link:
            link.execute(TABLE)
            yield link
    finally:
        link.close()


def keep(recipients: list[str], raw: bytes) -> None:
    """Store one mail for each of its recipients."""
    arrived_at = now().isoformat()
    with _open() as link:
        for recipient in recipients:
            values = (arrived_at, recipient, raw)
            link.execute("INSERT INTO mail (arrived_at, recipient, raw) VALUES (?, ?, ?)", values)
        link.execute("DELETE FROM mail WHERE number <= (SELECT max(number) FROM mail) - ?", (KEPT,))


def mails(recipient: str = "", limit: int = 100) -> list[Mail]:
    """Newest first; with an address, only its mails, whatever the case of its letters."""
    with _open() as link:
        rows = link.execute(
            f"{COLUMNS} WHERE ? = '' OR lower(recipient) = lower(?) ORDER BY number DESC LIMIT ?",
            (recipient, recipient, limit),
        ).fetchall()
    return [Mail(*row) for row in rows]


def mail(number: int) -> Mail | None:
    """One mail."""
    with _open() as link:
        row = link.execute(f"{COLUMNS} WHERE number = ?", (number,)).fetchone()
    return Mail(*row) if row else None


def addresses() -> list[tuple[str, int]]:
    """Every address and how many mails it has, the one with the newest mail first."""
    with _open() as link:
        return link.execute(
            "SELECT lower(recipient), count(*) FROM mail GROUP BY lower(recipient) ORDER BY max(number) DESC LIMIT 50"
        ).fetchall()
