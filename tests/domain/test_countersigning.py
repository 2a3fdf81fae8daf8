"""The vendor's half of a contract: by the certificate the platform keeps, by its own card, and for the long term."""

import shutil
import subprocess
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from pyhanko.pdf_utils.reader import PdfFileReader

from simulators.card_reader import signing as card_signing
from simulators.certificate_authority.pki import Authority
from tcloud.audit.models import AuditRow
from tcloud.contracts import services
from tcloud.contracts.key_store import NoKeyKept, key_store
from tcloud.contracts.models import Contract
from tcloud.contracts.queries import contract_of, document_of, due_for_archive, latest_document
from tcloud.contracts.rules import fingerprint
from tcloud.contracts.services import AlreadySigned, AttemptGone
from tcloud.contracts.states import ContractState, DocumentKind
from tcloud.contracts.time_stamper import TimeStampUnavailable
from tcloud.contracts.verification import Verdict, configured_trust, verify_document
from tcloud.core.time import machine_now
from tcloud.identity.company_certificate import CertificateRevoked, ChallengeSpent, UbnMismatch
from tcloud.jobs.contracts import archive
from tcloud.orders.models import Order
from tcloud.orders.services import accepting, signing
from tcloud.orders.services.advancing import StepNotPossible
from tcloud.orders.states import State
from tests import make, orders
from tests.authority import NOW, Outside, authority, outside

__all__ = ["authority", "outside"]
pytestmark = pytest.mark.django_db
needs_poppler = pytest.mark.skipif(shutil.which("pdfsig") is None, reason="install poppler-utils")


@pytest.fixture
def sent(authority: Authority, outside: Outside) -> Order:
    """An order that waits for its vendor, its contract signed by the company."""
    orders.market()
    make.company_with_points(now=NOW)
    return orders.submitted(orders.draft(now=NOW), authority, NOW)


def accept(order: Order) -> Order:
    return accepting.accept_order(number=order.number, vendor=order.vendor, actor=orders.SELLER, now=NOW)


def by_card(order: Order, authority: Authority, ubn: str = make.VENDOR_UBN, **changes: Any) -> Order:
    """Both clicks of the vendor's card."""
    card = authority.card(ubn)
    challenge = accepting.challenge_for(number=order.number, session_key=orders.SESSION, machine_now=machine_now())
    proof = card_signing.pkcs7(
        card, challenge.content, now=NOW, extras=card_signing.Extras(nonce=challenge.nonce)
    )
    announced = accepting.announce_card(
        number=order.number, vendor=order.vendor, nonce=challenge.nonce, signature=proof, session_key=orders.SESSION,
        now=NOW, machine_now=machine_now(),
    )  # fmt: skip
    values = {
        "number": order.number, "vendor": order.vendor, "key": announced.key,
        "raw_signature": card_signing.pkcs1(card, announced.to_sign), "session_key": orders.SESSION,
        "actor": orders.SELLER, "now": NOW, "machine_now": machine_now(),
    }  # fmt: skip
    return accepting.accept_by_card(**(values | changes))


def good(number: str) -> tuple[str, ...]:
    """The 統一編號 of everybody who signed the newest file, which must be good."""
    report = verify_document(latest_document(number), configured_trust())
    assert report.verdict is Verdict.GOOD
    return tuple(signature.ubn for signature in report.signatures)


def test_accepting_countersigns_with_the_kept_certificate(sent: Order) -> None:
    before = latest_document(sent.number)
    assert accept(sent).state == State.AWAITING_PAYMENT
    contract = contract_of(sent.number)
    assert (contract.state, contract.vendor_signed_at) == (ContractState.SIGNED_BY_BOTH, NOW)
    assert latest_document(sent.number).startswith(before)
    assert good(sent.number) == (sent.company_ubn, sent.vendor_ubn)
    row = contract.documents.get(kind=DocumentKind.SIGNED_BY_BOTH)
    assert row.signing_method == "organisation_certificate"
    details = AuditRow.objects.get(tag="contracts:contract:signed-by-vendor").details
    assert details["signed_sha256"] == fingerprint(latest_document(sent.number))


def test_accepting_with_the_vendors_own_card(sent: Order, authority: Authority) -> None:
    assert by_card(sent, authority).state == State.AWAITING_PAYMENT
    assert good(sent.number) == (sent.company_ubn, sent.vendor_ubn)
    assert contract_of(sent.number).documents.get(kind="signed_by_both").signing_method == "ic_card"


def test_another_companys_card_does_not_accept(sent: Order, authority: Authority) -> None:
    with pytest.raises(UbnMismatch):
        by_card(sent, authority, ubn="83212233")
    assert contract_of(sent.number).state == ContractState.SIGNED_BY_COMPANY


def test_the_companys_challenge_does_not_accept(sent: Order, authority: Authority) -> None:
    card = authority.card(make.VENDOR_UBN)
    wrong = signing.challenge_for(number=sent.number, session_key=orders.SESSION, machine_now=machine_now())
    proof = card_signing.pkcs7(card, wrong.content, now=NOW, extras=card_signing.Extras(nonce=wrong.nonce))
    with pytest.raises(ChallengeSpent):
        accepting.announce_card(
            number=sent.number, vendor=sent.vendor, nonce=wrong.nonce, signature=proof, session_key=orders.SESSION,
            now=NOW, machine_now=machine_now(),
        )  # fmt: skip


def test_the_vendors_challenge_names_what_the_company_signed(sent: Order) -> None:
    challenge = accepting.challenge_for(number=sent.number, session_key=orders.SESSION, machine_now=machine_now())
    content = challenge.content.decode()
    assert f"document-sha256: {fingerprint(latest_document(sent.number))}\n" in content
    assert f"payee-ubn: {sent.vendor_ubn}\n" in content


def test_without_a_kept_certificate_the_order_waits(sent: Order, settings: Any) -> None:
    settings.KEY_STORE_FOLDER = ""
    assert not key_store().keeps(sent.vendor_ubn)
    with pytest.raises(NoKeyKept):
        accept(sent)
    assert orders.fresh(sent).state == State.AWAITING_VENDOR


@pytest.mark.parametrize("trouble", ["noise", "password", "strangers"])
def test_a_key_file_that_is_not_the_vendors_signs_nothing(
    sent: Order, authority: Authority, settings: Any, tmp_path: Path, trouble: str
) -> None:
    kept = Path(settings.KEY_STORE_FOLDER)
    content = {"noise": b"no key", "password": (kept / f"{sent.vendor_ubn}.p12").read_bytes(),
               "strangers": (kept / "83212233.p12").read_bytes()}[trouble]  # fmt: skip
    (tmp_path / f"{sent.vendor_ubn}.p12").write_bytes(content)
    settings.KEY_STORE_FOLDER = str(tmp_path)
    if trouble == "password":
        settings.KEY_STORE_PASSWORD = "another"
    with pytest.raises(NoKeyKept):
        accept(sent)
    assert orders.fresh(sent).state == State.AWAITING_VENDOR


def test_a_revoked_kept_certificate_signs_nothing(sent: Order, authority: Authority) -> None:
    kept = authority.folder / "organisations" / f"{sent.vendor_ubn}.crt"
    from simulators.certificate_authority.storage import load_certificate

    authority.revoke(load_certificate(kept).serial_number, at=NOW - timedelta(hours=1))
    with pytest.raises(CertificateRevoked):
        accept(sent)
    assert contract_of(sent.number).documents.count() == 2


def test_a_failed_time_stamp_leaves_the_order_waiting(sent: Order, outside: Outside) -> None:
    outside.down = {"tsa"}
    with pytest.raises(TimeStampUnavailable):
        accept(sent)
    outside.down = set()
    assert accept(sent).state == State.AWAITING_PAYMENT


def test_an_order_is_taken_once(sent: Order, authority: Authority) -> None:
    accept(sent)
    assert accept(sent).state == State.AWAITING_PAYMENT  # the second click reads the first one's answer
    with pytest.raises(StepNotPossible):
        by_card(sent, authority)
    with pytest.raises(AlreadySigned):
        services.seal_contract(order_number=sent.number, now=NOW)
    assert contract_of(sent.number).documents.count() == 3


def test_the_vendor_cannot_sign_first(authority: Authority, outside: Outside) -> None:
    orders.market()
    make.company_with_points(now=NOW)
    order = orders.checked(orders.draft(now=NOW), NOW)
    with pytest.raises(AttemptGone):
        services.seal_contract(order_number=order.number, now=NOW)


def test_one_orders_signature_sends_no_other_order(authority: Authority, outside: Outside) -> None:
    """Two orders in one session: the second click for the cheap one, posted to the page of the dear one."""
    orders.market()
    make.company_with_points(now=NOW)
    cheap = orders.checked(orders.draft(24_000, key="a", now=NOW), NOW)
    dear = orders.checked(orders.draft(key="b", now=NOW), NOW)
    key, raw = orders.sign(cheap, authority, NOW)
    with pytest.raises(AttemptGone):
        signing.sign_and_submit(
            number=dear.number, company=dear.company, key=key, raw_signature=raw, session_key=orders.SESSION,
            actor="葉小溪", now=NOW, machine_now=machine_now(),
        )  # fmt: skip
    assert orders.fresh(dear).state == State.AWAITING_SIGNATURE
    assert set(Contract.objects.values_list("state", flat=True)) == {ContractState.DRAFTED}
    mixed = services.complete_signature(
        order_number=cheap.number, key=key, raw_signature=raw, session_key=orders.SESSION, now=NOW,
        machine_now=machine_now(),
    )  # fmt: skip
    with pytest.raises(AttemptGone):
        signing._submit(number=dear.number, company=dear.company, signed=mixed, actor="葉小溪", now=NOW)
    assert orders.fresh(dear).state == State.AWAITING_SIGNATURE


@pytest.mark.parametrize(("start", "state"), [("awaiting_signature", "awaiting_vendor"), ("awaiting_vendor", "awaiting_payment")])
def test_the_database_sends_no_order_without_its_signatures(
    authority: Authority, outside: Outside, start: str, state: str
) -> None:
    orders.market()
    make.company_with_points(now=NOW)
    order = orders.draft(now=NOW)
    order = orders.checked(order, NOW) if start == "awaiting_signature" else orders.submitted(order, authority, NOW)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="its contract is not signed"), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(state=state)


@pytest.mark.parametrize("change", [{"state": "signed_by_company", "vendor_signed_at": None}, {"company_signed_at": NOW + timedelta(1)}])
def test_the_database_takes_no_signature_back(sent: Order, change: dict[str, Any]) -> None:
    accept(sent)
    with pytest.raises(DatabaseError), transaction.atomic():
        Contract.objects.filter(order_number=sent.number).update(**change)


# Long term --------------------------------------------------------------------------------------------------


def test_signed_by_both_it_is_archived_once(sent: Order) -> None:
    assert due_for_archive(NOW, 10) == []
    accept(sent)
    signed = latest_document(sent.number)
    assert archive(NOW) == 1
    archived = latest_document(sent.number)
    assert archived.startswith(signed)
    assert document_of(contract_of(sent.number), DocumentKind.SIGNED_BY_BOTH) == signed
    reader = PdfFileReader(BytesIO(archived))
    assert [item.field_name for item in reader.embedded_timestamp_signatures] == ["Archive1"]
    assert good(sent.number) == (sent.company_ubn, sent.vendor_ubn)
    assert archive(NOW) == 0
    assert AuditRow.objects.filter(tag="contracts:contract:archived").count() == 1


def test_the_archives_stamp_is_renewed_before_its_certificate_ends(sent: Order, outside: Outside) -> None:
    accept(sent)
    archive(NOW)
    due = contract_of(sent.number).archive_due_at
    assert due is not None
    assert due > NOW + timedelta(days=365)
    assert archive(due - timedelta(seconds=1)) == 0
    outside.now = due
    assert archive(due) == 1
    reader = PdfFileReader(BytesIO(latest_document(sent.number)))
    assert [item.field_name for item in reader.embedded_timestamp_signatures] == ["Archive1", "Archive2"]
    assert good(sent.number) == (sent.company_ubn, sent.vendor_ubn)


def test_a_stamp_service_that_is_down_only_delays_the_archive(sent: Order, outside: Outside) -> None:
    accept(sent)
    outside.down = {"tsa"}
    assert archive(NOW) == 0
    outside.down = set()
    assert archive(NOW) == 1


def test_two_workers_archive_once(sent: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    from tcloud.contracts.services import archiving

    accept(sent)
    plain = archiving._store

    def second_worker_first(**values: Any) -> None:
        plain(**values)
        plain(**values)

    monkeypatch.setattr(archiving, "_store", second_worker_first)
    archive(NOW)
    assert contract_of(sent.number).documents.filter(kind=DocumentKind.ARCHIVED).count() == 1


@needs_poppler
@pytest.mark.parametrize("level", ["signed", "archived"])
def test_poppler_calls_both_signatures_valid_and_an_altered_file_not(sent: Order, tmp_path: Path, level: str) -> None:
    """It leaves archive time stamps unjudged; those are pyHanko's to verify."""
    accept(sent)
    if level == "archived":
        archive(NOW)
    file = tmp_path / "contract.pdf"
    file.write_bytes(latest_document(sent.number))
    assert pdfsig(file).count("Signature is Valid") == 2
    altered = bytearray(file.read_bytes())
    altered[20_000] ^= 1
    file.write_bytes(altered)
    assert "Signature is Valid" not in pdfsig(file)
    assert verify_document(bytes(altered), configured_trust()).verdict is Verdict.ALTERED


def pdfsig(file: Path) -> str:
    """What poppler says of every signature in the file."""
    return subprocess.run(["pdfsig", "-nocert", file], check=False, capture_output=True, text=True).stdout
