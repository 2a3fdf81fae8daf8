"""The log only grows, and its chain names the first row that somebody altered, removed or slipped in."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from tcloud.audit import heads
from tcloud.audit.models import AuditRow, AuditSeal
from tcloud.audit.services import Difference, record, seal, verify, verify_and_seal

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 4, 20, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def heads_file(tmp_path: Path, settings) -> Path:
    settings.AUDIT_HEADS_FILE = tmp_path / "folder" / "audit-heads"
    return settings.AUDIT_HEADS_FILE


def write(*subjects: str) -> list[int]:
    for subject in subjects:
        with transaction.atomic():
            record(tag="orders:order:confirmed", actor="user:7", subject=subject, now=NOW, details={"自付款": 30_000})
    return list(AuditRow.objects.order_by("id").values_list("id", flat=True))


@contextmanager
def past_the_triggers() -> Iterator[None]:
    """What somebody with the database's own rights could do."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
        yield


def test_a_row_joins_the_transaction_of_its_change() -> None:
    with pytest.raises(RuntimeError):
        record(tag="t", actor="", subject="s", now=NOW, details={})
    with transaction.atomic():
        record(tag="t", actor="", subject="s", now=NOW, details={})
        transaction.set_rollback(True)
    assert AuditRow.objects.count() == 0
    write("CE2600000012")
    row = AuditRow.objects.get()
    assert (row.tag, row.actor, row.subject, row.at) == ("orders:order:confirmed", "user:7", "CE2600000012", NOW)
    assert row.details == {"自付款": 30_000}


@pytest.mark.parametrize("table", ["audit_auditrow", "audit_auditseal"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_database_refuses_everything_but_growing(table: str, statement: str) -> None:
    write("a")
    seal()
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))
    assert (AuditRow.objects.count(), AuditSeal.objects.count()) == (1, 1)


def test_an_untouched_log_is_whole_sealed_in_one_go_or_in_many() -> None:
    assert verify() is None
    write("a", "b")
    assert seal() == 2
    write("c")
    assert verify() is None, "rows not sealed yet are not judged"
    assert seal() == 1
    assert seal() == 0
    assert verify() is None
    chain = list(AuditSeal.objects.order_by("id").values_list("previous_hash", "row_hash"))
    assert [previous for previous, _ in chain] == ["0" * 64, chain[0][1], chain[1][1]]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("tag", "'x'"),
        ("actor", "'user:8'"),
        ("subject", "'other'"),
        ("details", "'{\"自付款\": 1}'"),
        ("at", "at + interval '1 second'"),
        ("recorded_at", "recorded_at + interval '1 microsecond'"),
    ],
)
def test_an_edited_row_is_named(column: str, value: str) -> None:
    _, second, _ = write("a", "b", "c")
    seal()
    with past_the_triggers(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE audit_auditrow SET {column} = {value} WHERE id = %s", [second])
    assert verify() == Difference(second, "the row or the chain was altered")


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_removed_row_is_named(place: int) -> None:
    ids = write("a", "b", "c")
    seal()
    with past_the_triggers():
        AuditRow.objects.filter(pk=ids[place]).delete()
    assert verify() == Difference(ids[place], "the row was removed")


def test_a_row_removed_with_its_seal_breaks_the_chain_after_it() -> None:
    _, second, third = write("a", "b", "c")
    seal()
    with past_the_triggers():
        AuditRow.objects.filter(pk=second).delete()
        AuditSeal.objects.filter(row_id=second).delete()
    assert verify() == Difference(third, "the row or the chain was altered")


def test_a_row_slipped_in_is_named() -> None:
    first, second = write("a", "b")
    seal()
    with past_the_triggers():
        AuditRow.objects.filter(pk=second).update(id=second + 5)
        AuditSeal.objects.filter(row_id=second).update(row_id=second + 5)
        AuditRow.objects.create(id=first + 1, tag="t", actor="", subject="s", at=NOW, details={})
    assert verify() == Difference(first + 1, "the row stands outside the chain")


def test_a_tail_cut_off_with_its_seals_is_found_by_the_heads_noted_outside() -> None:
    write("a")
    seal()
    ids = write("b", "c")
    seal()
    with past_the_triggers():
        AuditRow.objects.filter(pk__in=ids[1:]).delete()
        AuditSeal.objects.filter(row_id__in=ids[1:]).delete()
    assert verify() is None, "the database alone cannot know"
    assert verify(heads.noted()) == Difference(ids[2], "the chain ends before a head noted outside")


def test_a_broken_log_is_not_sealed_any_further() -> None:
    first, _ = write("a", "b")
    assert verify_and_seal() is None
    write("c")
    with past_the_triggers():
        AuditRow.objects.filter(pk=first).update(actor="user:8")
    assert verify_and_seal() == Difference(first, "the row or the chain was altered")
    assert AuditSeal.objects.count() == 2, "what was not sealed yet stays so"


def test_a_chain_written_anew_is_found_even_after_it_was_sealed_again() -> None:
    first, second = write("a", "b")
    seal()
    with past_the_triggers():
        AuditRow.objects.filter(pk=first).update(actor="user:8")
        AuditSeal.objects.all().delete()
    assert seal() == 2
    assert verify() is None
    found = verify(heads.noted())
    assert found is not None
    assert (found.row_id, found.detail.split(":")[0]) == (second, "the chain was written anew")


def test_heads_are_noted_once_per_sealing_and_a_full_disk_stops_nothing(heads_file: Path, settings) -> None:
    assert list(heads.noted()) == []
    seal()
    assert not heads_file.exists()
    (only,) = write("a")
    seal()
    assert list(heads.noted()) == [(only, AuditSeal.objects.get().row_hash)]
    settings.AUDIT_HEADS_FILE = heads_file / "a file is no folder"
    write("b")
    assert seal() == 1
