"""Everything the gateway remembers, in one SQLite file: a restart loses nothing."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS trade (
    token TEXT PRIMARY KEY, merchant_id TEXT NOT NULL, merchant_trade_no TEXT NOT NULL, body TEXT NOT NULL,
    UNIQUE (merchant_id, merchant_trade_no)
);
CREATE TABLE IF NOT EXISTS callback (
    id INTEGER PRIMARY KEY, token TEXT NOT NULL, url TEXT NOT NULL, fields TEXT NOT NULL, due REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0, reply TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Trade:
    """One order a shop made here. `state`: open → otp → paid | failed; times are ISO texts in UTC."""

    token: str
    merchant_id: str
    merchant_trade_no: str
    trade_no: str
    amount: int
    created_at: str
    request: dict[str, str]
    state: str = "open"
    method: str = ""
    payment_type: str = ""
    paid_amount: int = 0
    paid_at: str = ""
    rtn_code: str = ""
    rtn_msg: str = ""
    simulated: bool = False
    no_return: bool = False
    otp_tries: int = 0
    extra: dict[str, str] = field(default_factory=dict)
    capture: str = ""  # set by DoAction; empty = as the nightly capture leaves it
    actions: list[dict[str, Any]] = field(default_factory=list)

    def created(self) -> datetime:
        """When the shop sent the payer here."""
        return datetime.fromisoformat(self.created_at)

    def paid(self) -> datetime:
        """When the payment ended, well or badly; the order's time before that."""
        return datetime.fromisoformat(self.paid_at or self.created_at).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Callback:
    """One message to a shop, sent until it answers `1|OK` or the tries are used up."""

    id: int
    token: str
    url: str
    fields: dict[str, str]
    due: float
    tries: int


class DuplicateTradeError(Exception):
    """The shop used this MerchantTradeNo before; numbers are unique for ever."""


class Store:
    """The SQLite file behind a lock; every method is one transaction."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.executescript(_SCHEMA)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._connection:
            yield self._connection

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    def add_trade(self, trade: Trade) -> None:
        """Keep a new order; raises DuplicateTradeError."""
        try:
            with self._transaction() as db:
                row = (trade.token, trade.merchant_id, trade.merchant_trade_no, json.dumps(asdict(trade)))
                db.execute("INSERT INTO trade VALUES (?, ?, ?, ?)", row)
        except sqlite3.IntegrityError as error:
            raise DuplicateTradeError from error

    def change(self, token: str, changes: dict[str, Any], *, only_if: tuple[str, ...]) -> Trade | None:
        """Change a trade if its state still is one of `only_if`; None when somebody was faster."""
        with self._transaction() as db:
            row = db.execute("SELECT body FROM trade WHERE token = ?", (token,)).fetchone()
            trade = Trade(**json.loads(row[0]))
            if trade.state not in only_if:
                return None
            trade = replace(trade, **changes)
            db.execute("UPDATE trade SET body = ? WHERE token = ?", (json.dumps(asdict(trade)), token))
            return trade

    def trade(self, token: str) -> Trade | None:
        """The order behind a checkout page."""
        return self._one("SELECT body FROM trade WHERE token = ?", token)

    def find(self, merchant_id: str, merchant_trade_no: str) -> Trade | None:
        """The order by the shop's own number."""
        sql = "SELECT body FROM trade WHERE merchant_id = ? AND merchant_trade_no = ?"
        return self._one(sql, merchant_id, merchant_trade_no)

    def _one(self, sql: str, *values: str) -> Trade | None:
        with self._transaction() as db:
            row = db.execute(sql, values).fetchone()
        return Trade(**json.loads(row[0])) if row else None

    def trades(self, merchant_id: str | None = None, limit: int = -1) -> list[Trade]:
        """Orders, newest first."""
        sql = "SELECT body FROM trade WHERE ?1 IS NULL OR merchant_id = ?1 ORDER BY rowid DESC LIMIT ?2"
        with self._transaction() as db:
            rows = db.execute(sql, (merchant_id, limit)).fetchall()
        return [Trade(**json.loads(row[0])) for row in rows]

    def add_callback(self, token: str, url: str, fields: dict[str, str], due: float) -> None:
        """Have a message sent at a machine time (seconds)."""
        with self._transaction() as db:
            sql = "INSERT INTO callback (token, url, fields, due) VALUES (?, ?, ?, ?)"
            db.execute(sql, (token, url, json.dumps(fields), due))

    def due_callbacks(self, now: float) -> list[Callback]:
        """Messages whose time has come."""
        sql = (
            "SELECT id, token, url, fields, due, tries FROM callback WHERE done = 0 AND due <= ? ORDER BY id"
        )
        with self._transaction() as db:
            rows = db.execute(sql, (now,)).fetchall()
        return [Callback(row[0], row[1], row[2], json.loads(row[3]), row[4], row[5]) for row in rows]

    def callback_sent(self, callback: Callback, *, reply: str, next_due: float | None) -> None:
        """Note an answer; `next_due` asks for another try, None ends it."""
        sql = "UPDATE callback SET tries = tries + 1, reply = ?, done = ?, due = ? WHERE id = ?"
        with self._transaction() as db:
            db.execute(sql, (reply[:200], int(next_due is None), next_due or callback.due, callback.id))

    def callbacks(self, token: str) -> list[dict[str, Any]]:
        """The messages of one order, for people and tests."""
        sql = "SELECT url, tries, done, reply FROM callback WHERE token = ? ORDER BY id"
        with self._transaction() as db:
            rows = db.execute(sql, (token,)).fetchall()
        return [{"url": row[0], "tries": row[1], "done": bool(row[2]), "reply": row[3]} for row in rows]

    def switches(self) -> dict[str, Any]:
        """How the trouble page is set."""
        with self._transaction() as db:
            rows = db.execute("SELECT name, value FROM setting").fetchall()
        return {name: json.loads(value) for name, value in rows}

    def turn(self, switches: dict[str, Any]) -> None:
        """Turn switches of the trouble page."""
        with self._transaction() as db:
            rows = [(name, json.dumps(value)) for name, value in switches.items()]
            db.executemany("INSERT OR REPLACE INTO setting VALUES (?, ?)", rows)
