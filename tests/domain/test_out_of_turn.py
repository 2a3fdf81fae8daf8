"""Steps that come twice, too late, too early, or in the middle of another: nothing changes, and nothing is doubled."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from simulators.certificate_authority.pki import Authority
from tcloud.contracts import services as contracts
from tcloud.contracts import verification
from tcloud.contracts.models import ContractDocument
from tcloud.contracts.queries import ContractMissing, contract_of, document_of, fingerprint_of, latest_document
from tcloud.contracts.services import AlreadySigned, AttemptGone, archiving
from tcloud.contracts.states import DocumentKind
from tcloud.contracts.verification import Trust, Verdict, configured_trust, verify_document
from tcloud.core.time import machine_now
from tcloud.ledger import chart
from tcloud.ledger.queries import balance
from tcloud.members.models import Company
from tcloud.notifications.models import OutboxMessage
from tcloud.orders.models import Delivery, Invoice, Order
from tcloud.orders.queries import state_limit
from tcloud.orders.services import accepting, answering, delivering, offering, paying, placing, signing
from tcloud.orders.services.advancing import StepNotPossible
from tcloud.orders.services.placing import BadQuantity, NoPointsToUse
from tcloud.orders.states import State
from tcloud.payments.states import Method
from tcloud.programme.queries import open_call
from tests import make, orders
from tests.authority import NOW, Outside, authority, outside
from tests.domain.test_orders import _a_company_with_points, sent

__all__ = ["_a_company_with_points", "authority", "outside", "sent"]
pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)


def facts(order: Order) -> tuple[Any, ...]:
    """What must not change: state, events, limits, points, files, mails."""
    now = orders.fresh(order)
    return (
        now.state, list(now.events.values_list("event", flat=True)), state_limit(now),
        balance(chart.wallet(now.call.code, now.company_ubn)), balance(chart.order_hold(now.number)),
        ContractDocument.objects.count(), OutboxMessage.objects.count(),
    )  # fmt: skip


def again(order: Order, key: str, raw: bytes | None) -> Order:
    return signing.sign_and_submit(
        number=order.number, company=order.company, key=key, raw_signature=raw, session_key=orders.SESSION,
        actor=orders.BUYS, now=LATER, machine_now=machine_now(),
    )  # fmt: skip


# The company's side -----------------------------------------------------------------------------------------


def test_a_draft_is_withdrawn_without_a_limit_a_hold_or_a_word_to_the_vendor() -> None:
    order = orders.checked(orders.draft(now=NOW), NOW)
    assert state_limit(order) is None
    told = OutboxMessage.objects.filter(name="order_withdrawn")
    answering.withdraw_order(number=order.number, company=order.company, actor=orders.BUYS, now=NOW)
    assert orders.fresh(order).state == State.WITHDRAWN
    assert balance(chart.wallet(order.call.code, order.company_ubn)) == 30_000
    assert not told.exists()
    with pytest.raises(ContractMissing):
        contract_of(order.number)


def test_the_same_signature_again_is_the_same_order_and_after_the_vendor_it_is_over(authority: Authority, outside: Outside) -> None:
    outside.now = NOW
    order = orders.checked(orders.draft(now=NOW), NOW)
    key, raw = orders.sign(order, authority, NOW)
    again(order, key, raw)
    before = facts(order)
    assert again(order, key, raw).state == State.AWAITING_VENDOR
    assert facts(order) == before
    orders.accepted(orders.fresh(order), NOW)
    before = facts(order)
    with pytest.raises(AlreadySigned):
        again(order, key, raw)
    assert facts(order) == before


def test_two_clicks_that_both_got_their_time_stamp_send_the_order_once(
    authority: Authority, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside.now = NOW
    order = orders.checked(orders.draft(now=NOW), NOW)
    key, raw = orders.sign(order, authority, NOW)
    complete = contracts.complete_signature

    def while_the_other_click_is_quicker(**values: Any) -> contracts.SignedContract:
        signed = complete(**values)
        monkeypatch.setattr(contracts, "complete_signature", complete)
        again(order, key, raw)
        return signed

    monkeypatch.setattr(contracts, "complete_signature", while_the_other_click_is_quicker)
    assert again(order, key, raw).state == State.AWAITING_VENDOR
    assert list(orders.fresh(order).events.values_list("event", flat=True)).count("signed") == 1
    assert balance(chart.order_hold(order.number)) == 30_000


def test_amounts_changed_in_another_tab_while_the_contract_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    order = orders.draft(now=NOW)
    typeset = contracts.typeset_contract

    def while_the_other_tab_saves(of: Any) -> Any:
        placing.change_points(number=order.number, company=order.company, points=1_000, now=NOW)
        return typeset(of)

    monkeypatch.setattr(contracts, "typeset_contract", while_the_other_tab_saves)
    with pytest.raises(StepNotPossible):
        orders.checked(order, NOW)
    assert (orders.fresh(order).state, orders.fresh(order).points_used) == (State.DRAFT, 1_000)
    with pytest.raises(ContractMissing):
        contract_of(order.number)


@pytest.mark.parametrize("quantity", [0, -1, placing.MOST_LICENCES + 1])
def test_an_order_is_for_at_least_one_and_not_for_too_many(quantity: int) -> None:
    with pytest.raises(BadQuantity):
        place(quantity=quantity)
    assert not Order.objects.exists()


def place(quantity: int = 1) -> Order:
    company = Company.objects.get(ubn=make.COMPANY.ubn)
    return placing.place_order(
        company=company, user=company.memberships.get().user, call=open_call(NOW),
        offer=orders.plan_for_order(orders.Plan.objects.get(price_twd=60_000).pk), quantity=quantity, request_key="form", now=NOW,
    )  # fmt: skip


def test_without_a_point_left_there_is_nothing_to_order(sent: Order) -> None:
    """The first order holds all 30,000."""
    assert balance(chart.wallet(sent.call.code, sent.company_ubn)) == 0
    with pytest.raises(NoPointsToUse, match="60,000"):
        place()
    assert Order.objects.count() == 1


def test_a_draft_whose_points_went_elsewhere_is_neither_renewed_nor_split_anew(authority: Authority, outside: Outside) -> None:
    outside.now = NOW
    second = orders.draft(now=NOW, key="form-2")
    orders.submitted(orders.draft(now=NOW), authority, NOW)
    with pytest.raises(NoPointsToUse):
        offering.take_over_offers(number=second.number, company=second.company, points=30_000, now=NOW)
    with pytest.raises(NoPointsToUse):
        placing.change_points(number=second.number, company=second.company, points=1, now=NOW)
    kept = orders.fresh(second)
    assert (kept.state, kept.points_used, kept.self_pay_twd) == (State.DRAFT, 30_000, 30_000)


def test_nobody_pays_before_the_vendor_has_accepted(sent: Order) -> None:
    before = facts(sent)
    with pytest.raises(StepNotPossible):
        paying.start_payment(number=sent.number, company=sent.company, method=Method.CREDIT, now=NOW)
    assert facts(sent) == before


# The vendor's side ------------------------------------------------------------------------------------------


def test_accepting_twice_at_the_same_moment_takes_the_order_once(sent: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    seal = contracts.seal_contract

    def while_the_other_click_is_quicker(**values: Any) -> contracts.SignedContract:
        signed = seal(**values)
        monkeypatch.setattr(contracts, "seal_contract", seal)
        orders.accepted(sent, NOW)
        return signed

    monkeypatch.setattr(contracts, "seal_contract", while_the_other_click_is_quicker)
    assert orders.accepted(sent, NOW).state == State.AWAITING_PAYMENT
    assert list(orders.fresh(sent).events.values_list("event", flat=True)).count("accepted") == 1
    assert ContractDocument.objects.filter(kind=DocumentKind.SIGNED_BY_BOTH).count() == 1


def test_a_card_after_the_order_was_taken_changes_nothing(sent: Order) -> None:
    orders.accepted(sent, NOW)
    before = facts(sent)
    taken = accepting.accept_by_card(
        number=sent.number, vendor=sent.vendor, key="x", raw_signature=b"x", session_key=orders.SESSION, actor=orders.SELLS,
        now=LATER, machine_now=machine_now(),
    )  # fmt: skip
    assert taken.state == State.AWAITING_PAYMENT
    assert facts(sent) == before


def test_a_contact_keeps_its_first_time(sent: Order) -> None:
    order = orders.paid(orders.accepted(sent, NOW), NOW)
    for at in (NOW, LATER):
        delivering.record_contact(number=order.number, vendor=order.vendor, actor=orders.SELLS, now=at)
    assert Delivery.objects.get(order=order).contacted_at == NOW


def test_an_invoice_comes_after_the_money(sent: Order) -> None:
    before = facts(sent)
    with pytest.raises(StepNotPossible):
        delivering.register_invoice(
            number=sent.number, vendor=sent.vendor, actor=orders.SELLS, invoice_number="AB12345678", issued_date=date(2026, 11, 26),
            buyer_ubn=sent.company_ubn, total_twd=60_000, now=NOW,
        )  # fmt: skip
    assert facts(sent) == before
    assert not Invoice.objects.exists()


# Limits that come to an order which has gone on -------------------------------------------------------------


@pytest.mark.parametrize("step", [answering.lapse_unpaid, delivering.deem_approved, delivering.finish_order])
def test_a_limit_of_another_state_finds_an_order_that_waits_for_the_vendor(sent: Order, step: Callable[..., None]) -> None:
    before = facts(sent)
    step(number=sent.number, due_at=LATER, now=LATER)
    assert facts(sent) == before


def test_the_vendors_limit_finds_an_order_that_was_accepted(sent: Order) -> None:
    orders.accepted(sent, NOW)
    before = facts(sent)
    answering.lapse_unanswered(number=sent.number, due_at=LATER, now=LATER)
    assert facts(sent) == before


# The contract's file ----------------------------------------------------------------------------------------


def test_a_file_that_does_not_exist_yet_is_missing(sent: Order) -> None:
    contract = contract_of(sent.number)
    assert fingerprint_of(contract, DocumentKind.SIGNED_BY_COMPANY)
    with pytest.raises(ContractMissing):
        fingerprint_of(contract, DocumentKind.SIGNED_BY_BOTH)
    with pytest.raises(ContractMissing):
        document_of(contract, DocumentKind.SIGNED_BY_BOTH)


def test_an_archive_that_would_not_verify_is_not_stored_and_one_that_is_not_due_not_made(
    sent: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders.accepted(sent, NOW)
    before, add = latest_document(sent.number), archiving.pades.add_archive_stamp

    def damaged(**values: Any) -> tuple[bytes, Any]:
        content, stamp = add(**values)
        return content[:20_000] + bytes([content[20_000] ^ 1]) + content[20_001:], stamp

    monkeypatch.setattr(archiving.pades, "add_archive_stamp", damaged)
    with pytest.raises(AttemptGone):
        contracts.archive_contract(order_number=sent.number, now=LATER)
    monkeypatch.setattr(archiving.pades, "add_archive_stamp", add)
    assert latest_document(sent.number) == before
    contracts.archive_contract(order_number=sent.number, now=LATER)
    archived = latest_document(sent.number)
    assert archived != before
    contracts.archive_contract(order_number=sent.number, now=LATER)
    assert latest_document(sent.number) == archived


def test_an_archive_stamp_that_nobody_vouches_for_is_none(sent: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    orders.accepted(sent, NOW)
    contracts.archive_contract(order_number=sent.number, now=LATER)
    content = latest_document(sent.number)
    assert verify_document(content, configured_trust()).archived_at is not None
    strange = verify_document(content, Trust(roots=(), intermediates=()))
    assert (strange.verdict, strange.archived_at) == (Verdict.NOT_TRUSTED, None)

    def unreadable(*_values: object) -> None:
        raise verification.SignatureValidationError("no time stamp at all")

    monkeypatch.setattr(verification, "validate_pdf_timestamp", unreadable)
    judged = verify_document(content, configured_trust())
    assert (judged.verdict, judged.archived_at) == (Verdict.GOOD, None)
