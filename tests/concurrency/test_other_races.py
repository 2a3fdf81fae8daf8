"""Races outside the ledger: the log's chain, and one payment told by several ways at once."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from tcloud.audit import services as audit
from tcloud.audit.models import AuditRow, AuditSeal
from tcloud.core.money import Twd
from tcloud.payments import queries as payment_queries
from tcloud.payments import services as payments
from tcloud.payments.gateway import GatewayAnswer
from tcloud.payments.models import GatewayFact, PaymentAttempt
from tcloud.payments.rules import Outcome
from tcloud.payments.states import Method, Source
from tests.concurrency.racing import NOW, Gate, Meeting, Scene, WithoutAdvisoryLocks, race, until_done_or_blocked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _heads_file(tmp_path: Path, settings: Any) -> None:
    settings.AUDIT_HEADS_FILE = tmp_path / "audit-heads"


def write(subject: str, gate: Gate | None = None) -> None:
    """A row of the log; its transaction stays open while it stands at a gate."""
    with transaction.atomic():
        audit.record(tag="t", actor="", subject=subject, now=NOW, details={})
        if gate is not None:
            gate.stop()


def not_waiting_for_writers(patch: pytest.MonkeyPatch) -> None:
    """The sealer goes as far as the newest row it sees."""
    patch.setattr(audit, "settled_up_to", lambda: AuditRow.objects.latest("id").pk)


@race(without=not_waiting_for_writers)
def test_a_writer_still_under_way_is_never_left_out_of_the_chain(scene: Scene) -> None:
    """It has its number; a second one commits first, then the sealer comes."""
    slow, quick, gate = scene.name("slow"), scene.name("quick"), Gate()
    writing = scene.threads.start(write, subject=slow, gate=gate)
    gate.until_reached()
    write(quick)
    sealing = scene.threads.start(audit.seal)
    until_done_or_blocked(sealing)
    gate.open.set()
    assert scene.threads.outcome(writing) is None
    assert isinstance(scene.threads.outcome(sealing), int)

    audit.seal()
    rows = AuditRow.objects.filter(subject__in=[slow, quick]).values_list("pk", flat=True)
    assert AuditSeal.objects.filter(row_id__in=list(rows)).count() == 2


def without_the_sealers_lock(patch: pytest.MonkeyPatch) -> None:
    """Sealers do not wait for each other."""
    patch.setattr(audit, "connection", WithoutAdvisoryLocks())


@race(without=without_the_sealers_lock)
def test_two_sealers_make_one_chain(scene: Scene) -> None:
    for number in range(5):
        write(scene.name(f"row {number}"))
    both, real = Meeting(2), audit.chained

    def chain_when_both_have_read(previous: str, row: AuditRow) -> str:
        both.wait()
        return real(previous, row)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit, "chained", chain_when_both_have_read)
        results = scene.threads.all(audit.seal, audit.seal)
    assert sorted(results, key=str) == [0, 5]
    assert AuditSeal.objects.count() == AuditRow.objects.count()
    assert audit.verify() is None


def not_once(patch: pytest.MonkeyPatch) -> None:
    """Neither is the attempt locked, nor does who comes second take the first one's fact."""
    patch.setattr(payment_queries, "lock_attempt", lambda number: PaymentAttempt.objects.select_related("account").get(trade_no=number))

    def look_then_write(*, defaults: dict[str, Any], **wanted: Any) -> tuple[GatewayFact, bool]:
        found = GatewayFact.objects.filter(**wanted).first()
        return (found, False) if found else (GatewayFact.objects.create(**wanted, **defaults), True)

    patch.setattr(type(GatewayFact.objects), "get_or_create", lambda _manager, **named: look_then_write(**named))


@race(without=not_once)
def test_callback_return_and_query_at_the_same_moment_are_one_fact(scene: Scene) -> None:
    order = scene.name("CE26")
    payments.save_merchant_account(
        vendor_ubn="28468172", gateway="ecpay", merchant_id="3002607", secrets={"hash_key": "k" * 16, "hash_iv": "i" * 16},
        methods=[Method.CREDIT], actor="test", now=NOW,
    )  # fmt: skip
    with transaction.atomic():
        attempt = payments.start_attempt(
            order_number=order, vendor_ubn="28468172", amount_twd=Twd(30_000), method=Method.CREDIT, now=NOW
        )
    answer = GatewayAnswer(
        trade_no=attempt.trade_no, gateway_trade_no=scene.name("2604"), outcome=Outcome.PAID, amount_twd=Twd(30_000),
        paid_at=NOW + timedelta(minutes=3), payment_type="Credit_CreditCard", simulated=False, payload={"RtnCode": "1"},
    )  # fmt: skip
    all_here, real = Meeting(3), payments.classify

    def classify_when_all_have_come(*arguments: Any, **named: Any) -> Any:
        all_here.wait()
        return real(*arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(payments, "classify", classify_when_all_have_come)
        results = scene.threads.all(
            *[
                lambda source=source: payments.record_fact(answer=answer, source=source, now=NOW)
                for source in (Source.CALLBACK, Source.RETURN, Source.QUERY)
            ]
        )
    assert {getattr(result, "pk", result) for result in results} == {GatewayFact.objects.get(attempt=attempt).pk}
    assert AuditRow.objects.filter(subject=order, tag__startswith="payments:fact").count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE args->>'number' = %s", [order])
        assert cursor.fetchone() == (1,)
