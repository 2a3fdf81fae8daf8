"""Version 1: the auditor's read-only export. Whole numbers, ISO times, pages by `after` (the last id seen).

Open to a signed-in office session whose role may read the journal; nothing here changes anything.
"""

from collections.abc import Iterable
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import NinjaAPI, Query, Schema
from ninja.security import SessionAuth
from pydantic import Field

from tcloud.audit.queries import rows_after as audit_rows
from tcloud.identity.queries import has_second_factor, office_roles_of
from tcloud.identity.roles import Permission, any_may
from tcloud.ledger.queries import accounts_after, entries_after
from tcloud.orders.queries import orders_after
from tcloud.programme.queries import deadlines_after


class JournalReader(SessionAuth):
    """An office session with a second factor and the permission to read the journal."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any | None:
        """The user, or None: missing, weak and other sessions look the same."""
        reads = any_may(office_roles_of(request.user), Permission.JOURNAL_READ)
        return request.user if reads and has_second_factor(request.session) else None


class Page(Schema):
    """`after` is the last id of the page before; `limit` at most 1,000."""

    after: Annotated[int, Field(ge=0, lt=2**63)] = 0
    limit: int = 200

    def size(self) -> int:
        """How many rows a page may have."""
        return max(1, min(self.limit, 1_000))


class Answer(Schema):
    """Rows in order of id; `next` is what to ask `after` for, or null at the end."""

    rows: list[dict[str, Any]]
    next: int | None


api = NinjaAPI(
    title="雲市集 auditor's export", version="1", docs_url=None, openapi_url="/openapi.json", auth=JournalReader(),
    urls_namespace="api-v1",
)  # fmt: skip


def _answer(rows: Iterable[dict[str, Any]], page: Page) -> Answer:
    found = list(rows)
    return Answer(rows=found, next=found[-1]["id"] if len(found) == page.size() else None)


@api.get("/orders", response=Answer, summary="Orders with lines, events, delivery, invoice, payments and late money")
def orders(request: HttpRequest, page: Query[Page]) -> Answer:
    """Every order from draft to end, with its frozen facts and history."""
    return _answer(orders_after(page.after, page.size()), page)


@api.get("/journal", response=Answer, summary="Entries with their transfers")
def journal(request: HttpRequest, page: Query[Page]) -> Answer:
    """Every entry of the double-entry journal, points and cash facts."""
    return _answer(entries_after(page.after, page.size()), page)


@api.get("/accounts", response=Answer, summary="Accounts with their totals; wallets are points/call/…/wallet/…")
def accounts(request: HttpRequest, page: Query[Page]) -> Answer:
    """Every account: received, sent and balance."""
    return _answer(accounts_after(page.after, page.size()), page)


@api.get("/audit", response=Answer, summary="The log with its chain")
def audit(request: HttpRequest, page: Query[Page]) -> Answer:
    """Every audit row; sealed rows carry their hash and the one before."""
    return _answer(audit_rows(page.after, page.size()), page)


@api.get("/deadlines", response=Answer, summary="Every limit, open and settled")
def deadlines(request: HttpRequest, page: Query[Page]) -> Answer:
    """Kind, subject, rule, version, instant (`due_at`), and when it acted or fell away (`done_at`)."""
    return _answer(deadlines_after(page.after, page.size()), page)
