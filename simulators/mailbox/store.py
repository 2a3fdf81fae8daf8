"""Mails on disk; the newest two thousand are kept."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

from simulators.clock import data_folder, now

KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it arrived."""

    number: int
    arrived_at: str
    recipient: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The parsed mail."""
        return cast(EmailMessage, message_from_bytes(self.raw, policy=policy.default))

    def part(self, kind: str) -> str:
        """The text of its plain or html part; empty if there is none."""
        body = self.message.get_body((kind,))
        return str(body.get_content()) if body is not None else ""


@contextmanager
def _open() -> Iterator[sqlite3.Connection]:
    path: Path = data_folder() / "mailbox.sqlite3"
    path.parent.mkdir(parents=True, exist_ok=True)
    link = sqlite3.connect(path)
    try:
        with link:
            link.execute("CREATE TABLE IF NOT EXISTS mail (number INTEGER PRIMARY KEY, arrived_at TEXT, recipient TEXT, raw BLOB)")
            yield link
    finally:
        link.close()


def keep(recipients: list[str], raw: bytes) -> None:
    """Store one mail for each of its recipients."""
    with _open() as link:
        for recipient in recipients:
            link.execute("INSERT INTO mail (arrived_at, recipient, raw) VALUES (?, ?, ?)", (now().isoformat(), recipient, raw))
        link.execute("DELETE FROM mail WHERE number <= (SELECT max(number) FROM mail) - ?", (KEPT,))


def mails(recipient: str = "", limit: int = 100) -> list[Mail]:
    """Newest first; with an address, only its mails."""
    with _open() as link:
        rows = link.execute(
            "SELECT number, arrived_at, recipient, raw FROM mail WHERE ? = '' OR recipient = ? ORDER BY number DESC LIMIT ?",
            (recipient, recipient, limit),
        ).fetchall()
    return [Mail(*row) for row in rows]


def mail(number: int) -> Mail | None:
    """One mail."""
    with _open() as link:
        row = link.execute("SELECT number, arrived_at, recipient, raw FROM mail WHERE number = ?", (number,)).fetchone()
    return Mail(*row) if row else None
