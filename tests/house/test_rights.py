"""The role of web and worker does all their work, and cannot touch what was posted (PRODUCT.md §5.1)."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection, transaction
from psycopg.errors import InsufficientPrivilege

from simulators.certificate_authority.pki import Authority
from tcloud.audit import services as audit
from tcloud.cli.rights import grant_to, may_change_what_was_posted
from tcloud.ledger.services.verifying import verify
from tcloud.orders.services import delivering
from tests import make
from tests.authority import NOW as CARD_NOW
from tests.authority import Outside, authority, outside
from tests.orders import accepted, draft, in_service, market, paid, submitted

__all__ = ["authority", "outside"]
pytestmark = pytest.mark.django_db
ROLE = "tcloud_app_in_tests"


@contextmanager
def as_application() -> Iterator[None]:
    """What follows runs with the rights of web and worker."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


@pytest.fixture
def rights() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE} NOLOGIN NOSUPERUSER")
    return grant_to(ROLE)


def test_everything_from_joining_to_service_works(rights: dict[str, str], authority: Authority, outside: Outside) -> None:
    with as_application():
        market()
        owner = make.company_with_points(make.COMPANY, CARD_NOW)
        order = submitted(draft(owner=owner, now=CARD_NOW), authority, CARD_NOW)
        order = in_service(paid(accepted(order, CARD_NOW), CARD_NOW), CARD_NOW)
        delivering.approve_delivery(number=order.number, company=order.company, actor="葉小溪", now=CARD_NOW)
        assert verify() is None
        audit.seal()
        assert audit.verify() is None
        assert not may_change_what_was_posted()
    assert may_change_what_was_posted()


FORGOTTEN = [
    "django_session", "axes_accessattempt", "axes_accesslog", "identity_attemptcount", "identity_cache", "identity_challenge",
    "members_emailcode", "notifications_outboxmessage",
]  # fmt: skip


@pytest.mark.parametrize("table", FORGOTTEN)
def test_what_is_kept_for_a_while_may_be_forgotten(rights: dict[str, str], table: str) -> None:
    """The worker does it every night (tcloud/jobs/retention.py)."""
    with as_application(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")


APPEND_ONLY = [
    "ledger_entry", "ledger_transfer", "audit_auditrow", "audit_auditseal", "orders_orderevent", "payments_gatewayfact",
    "members_consent", "identity_cardsignature", "contracts_contractdocument",
]  # fmt: skip


@pytest.mark.parametrize(
    "attack",
    [
        *(f"UPDATE {table} SET id = id" for table in APPEND_ONLY),
        *(f"DELETE FROM {table}" for table in APPEND_ONLY),
        *(f"TRUNCATE {table} CASCADE" for table in APPEND_ONLY),
        *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in APPEND_ONLY),
        "DELETE FROM ledger_account",
        "UPDATE ledger_account SET may_go_negative = true",
        "UPDATE ledger_account SET code = code || 'x'",
        "ALTER TABLE ledger_account DROP CONSTRAINT account_not_below_zero",
        "DROP TRIGGER transfer_continues ON ledger_transfer",
        "DROP FUNCTION ledger_append_only CASCADE",
        "CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "SET session_replication_role = replica",
        "DELETE FROM orders_order",
        "DELETE FROM payments_paymentattempt",
        "UPDATE django_migrations SET applied = now()",
    ],
)
def test_what_was_posted_is_out_of_reach(rights: dict[str, str], attack: str) -> None:
    with as_application():
        with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attack)
        assert isinstance(refused.value.__cause__, InsufficientPrivilege), attack


def test_rights_follow_the_triggers(rights: dict[str, str]) -> None:
    assert {table for table in rights if rights[table] == "SELECT, INSERT"} >= set(APPEND_ONLY)
    assert rights["ledger_account"] == "SELECT, INSERT, UPDATE (received, sent, last_posted_at)"
    assert rights["django_migrations"] == "SELECT"
    assert rights["django_session"] == "SELECT, INSERT, UPDATE, DELETE"
