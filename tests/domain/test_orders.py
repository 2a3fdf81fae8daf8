"""An order's life through its use cases: what each step moves, who hears of it, and what is refused."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from simulators.certificate_authority.pki import Authority
from tcloud.audit.models import AuditRow
from tcloud.catalog.queries import plan_for_order
from tcloud.core.time import taipei_date
from tcloud.jobs import deadlines
from tcloud.ledger import chart
from tcloud.ledger.queries import balance
from tcloud.ledger.services.posting import InsufficientBalance
from tcloud.ledger.services.verifying import verify
from tcloud.notifications.models import Notice, OutboxMessage
from tcloud.notifications.services import compose
from tcloud.orders.models import LateMoney, Order, OrderEvent
from tcloud.orders.queries import OrderMissing, limits_of, order_of_company, order_of_vendor, orders_of_vendor
from tcloud.orders.services import accepting, answering, delivering, paying, placing, signing
from tcloud.orders.services.advancing import StepNotPossible, advance
from tcloud.orders.states import ENDS, TRANSITIONS, WHO_ACTS, Event, State
from tcloud.payments.rules import Outcome
from tcloud.points.models import KeptPoints
from tcloud.points.queries import grant_of
from tcloud.programme.models import Deadline
from tcloud.programme.rules import DeadlineKind
from tests import make, orders
from tests.authority import NOW as CARD_NOW
from tests.authority import Outside, authority, outside

__all__ = ["authority", "outside"]
pytestmark = pytest.mark.django_db(transaction=True)
NOW = CARD_NOW  # the demonstration's certificates begin today
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _a_company_with_points(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make, "NOW", NOW)
    make.call(now=NOW.replace(month=1, day=1))
    make.shelves(NOW)
    vendor = make.vendor(now=NOW)
    make.vendor_owner(vendor, NOW)
    make.solution(now=NOW)
    orders.save_merchant_account(
        vendor_ubn=vendor.ubn, gateway="ecpay", merchant_id="3002607",
        secrets={"hash_key": "k" * 16, "hash_iv": "i" * 16}, methods=[orders.Method.CREDIT], actor="test", now=NOW,
    )  # fmt: skip
    make.company_with_points(now=NOW)


@pytest.fixture
def sent(authority: Authority, outside: Outside) -> Order:
    outside.now = NOW
    return orders.submitted(orders.draft(now=NOW), authority, NOW)


def points(order: Order) -> tuple[int, int, int]:
    """In the wallet, held, with the vendor."""
    wallet = chart.wallet(order.call.code, order.company_ubn)
    return balance(wallet), balance(chart.order_hold(order.number)), balance(chart.vendor_points(order.vendor_ubn))


def limits(order: Order) -> set[str]:
    return {kind for kind, _ in limits_of([order.number])}


def mails() -> set[tuple[str, str]]:
    return set(OutboxMessage.objects.values_list("name", "address"))


COMPANY_MAIL = make.COMPANY.email
VENDOR_MAIL = f"owner@{make.VENDOR_UBN}.example"


def test_the_whole_life(sent: Order) -> None:
    assert sent.state == State.AWAITING_VENDOR
    assert points(sent) == (0, 30_000, 0)
    assert limits(sent) == {DeadlineKind.VENDOR_ANSWER}
    assert {("order_submitted", COMPANY_MAIL), ("order_received", VENDOR_MAIL)} <= mails()

    order = orders.accepted(sent, NOW)
    assert (order.state, limits(order)) == (State.AWAITING_PAYMENT, {DeadlineKind.SELF_PAY})

    order = orders.paid(order, NOW)
    assert order.state == State.CONFIRMED
    assert points(order) == (0, 0, 30_000)
    assert balance(chart.order_cash(order.number)) == 30_000
    assert limits(order) == {DeadlineKind.FIRST_CONTACT, DeadlineKind.INVOICE, DeadlineKind.SERVICE_START}

    order = orders.in_service(order, NOW)
    assert order.state == State.IN_SERVICE
    assert limits(order) == {DeadlineKind.INVOICE, DeadlineKind.APPROVAL, DeadlineKind.TERM_END}
    line = order.lines.get()
    assert line.start_date == taipei_date(NOW)
    delivering.finish_order(number=order.number, due_at=line.end_until, now=line.end_until)
    assert [event.event for event in order.events.order_by("id")] == ["checked", "signed", "accepted", "paid", "started", "term_ended"]
    assert orders.fresh(order).state == State.FINISHED
    assert verify() is None


def test_the_first_order_activates_the_grant(sent: Order) -> None:
    grant = grant_of(sent.company_ubn, sent.call)

    assert grant is not None
    assert grant.activated_at == NOW
    assert not Deadline.objects.filter(kind=DeadlineKind.GRANT_ACTIVATION, done_at=None).exists()


def test_the_same_form_twice_makes_one_draft() -> None:
    assert orders.draft(now=NOW).pk == orders.draft(now=NOW).pk
    assert Order.objects.count() == 1


@pytest.mark.parametrize("wanted", [0, -1, 30_001])
def test_points_outside_the_rule_are_refused_and_nothing_changes(wanted: int) -> None:
    order = orders.draft(now=NOW)

    with pytest.raises(placing.TooManyPoints):
        placing.change_points(number=order.number, company=order.company, points=wanted, now=NOW)

    assert orders.fresh(order).points_used == 30_000


def test_fewer_points_mean_more_cash_on_order_and_line() -> None:
    order = orders.draft(now=NOW)
    placing.change_points(number=order.number, company=order.company, points=10_000, now=NOW)

    order, line = orders.fresh(order), order.lines.get()
    assert (order.points_used, order.self_pay_twd) == (10_000, 50_000)
    assert (line.points, line.self_pay_twd) == (10_000, 50_000)


def test_amounts_are_frozen_once_the_contract_exists() -> None:
    order = orders.checked(orders.draft(now=NOW), NOW)

    with pytest.raises(placing.TooLateToChange):
        placing.change_points(number=order.number, company=order.company, points=10, now=NOW)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE orders_order SET points_used = 1, self_pay_twd = 59999 WHERE id = %s", [order.pk])


def test_going_back_drops_the_contract_and_opens_the_amounts() -> None:
    order = orders.checked(orders.draft(now=NOW), NOW)
    signing.reopen_order(number=order.number, company=order.company, actor=orders.BUYS, now=NOW)

    placing.change_points(number=order.number, company=order.company, points=10, now=NOW)
    assert orders.checked(order, NOW).state == State.AWAITING_SIGNATURE


def test_the_contract_names_both_parties_their_representatives_and_addresses() -> None:
    facts = signing.contract_facts(orders.draft(now=NOW), make.NOW)
    buyer, seller = facts.buyer, facts.seller
    assert (buyer.representative, buyer.address) == (make.COMPANY.representative, make.COMPANY.address)
    assert (seller.representative, seller.address) == ("賴稻軒", "臺南市東區東門路三段 253 號")


def test_two_signed_orders_cannot_spend_the_same_points(authority: Authority, outside: Outside) -> None:
    first, second = orders.draft(now=NOW, key="one"), orders.draft(now=NOW, key="two")
    for order in (first, second):
        orders.checked(order, NOW)
    orders.submitted(orders.fresh(first), authority, NOW)

    with pytest.raises(InsufficientBalance):
        orders.submitted(orders.fresh(second), authority, NOW)

    assert orders.fresh(second).state == State.AWAITING_SIGNATURE
    assert points(first) == (0, 30_000, 0)


def test_sending_twice_sends_once(sent: Order, authority: Authority) -> None:
    with pytest.raises(Exception, match=r".+") as refused:
        orders.submitted(sent, authority, NOW)

    assert type(refused.value).__name__ in {"AlreadySigned", "StepNotPossible", "ContractMissing"}
    assert OrderEvent.objects.filter(event=Event.SIGNED).count() == 1


def test_a_vendor_sees_an_order_once_it_is_signed_and_never_anothers(sent: Order) -> None:
    other = make.vendor(ubn="83212233", short_name="好日科技", now=NOW)

    assert [order.number for order in orders_of_vendor(sent.vendor)] == [sent.number]
    with pytest.raises(OrderMissing):
        order_of_vendor(other, sent.number)
    with pytest.raises(OrderMissing):
        accepting.accept_order(number=sent.number, vendor=other, actor=orders.SELLS, now=NOW)
    assert orders.fresh(sent).state == State.AWAITING_VENDOR


def test_another_companys_order_looks_missing(sent: Order) -> None:
    make.member(make.OTHER, now=NOW)

    for call in (
        lambda: order_of_company(make.company(make.OTHER), sent.number),
        lambda: answering.withdraw_order(number=sent.number, company=make.company(make.OTHER), actor=orders.SELLS, now=NOW),
    ):
        with pytest.raises(OrderMissing):
            call()


def test_a_refusal_needs_a_reason_and_returns_the_points(sent: Order) -> None:
    with pytest.raises(answering.ReasonNeeded):
        answering.refuse_order(number=sent.number, vendor=sent.vendor, actor=orders.SELLS, reason="  ", now=NOW)
    answering.refuse_order(number=sent.number, vendor=sent.vendor, actor=orders.SELLS, reason="服務區域不含臺東", now=NOW)

    assert orders.fresh(sent).state == State.REFUSED
    assert points(sent) == (30_000, 0, 0)
    assert limits(sent) == set()
    assert Notice.objects.filter(name="order_refused").get().context["reason"] == "服務區域不含臺東"


def due(kind: DeadlineKind, order: Order) -> datetime:
    return Deadline.objects.get(kind=kind, subject=order.number, done_at=None).due_at


def test_silence_lapses_at_the_first_instant_after_the_limit_and_not_before(sent: Order) -> None:
    limit = due(DeadlineKind.VENDOR_ANSWER, sent)

    deadlines.sweep(limit - timedelta(microseconds=1))
    assert orders.fresh(sent).state == State.AWAITING_VENDOR
    deadlines.sweep(limit)

    assert orders.fresh(sent).state == State.LAPSED
    assert points(sent) == (30_000, 0, 0)
    assert deadlines.sweep(limit) == 0


@pytest.mark.parametrize("late", [timedelta(0), 2 * DAY, -DAY], ids=["in time", "two days late", "a day before the window's end"])
def test_a_sweep_that_comes_late_gives_what_it_would_have_given_in_time(sent: Order, late: timedelta) -> None:
    """In time the points are in the wallet without an extra day, because the window's end is far; so they are later."""
    limit, grant = due(DeadlineKind.VENDOR_ANSWER, sent), grant_of(sent.company_ubn, sent.call)
    assert grant is not None
    deadlines.sweep(grant.use_until + late if late < timedelta(0) else limit + late)

    assert sent.events.order_by("id").last().at == limit
    assert AuditRow.objects.get(tag="orders:order:vendor_silent").at == limit
    assert not KeptPoints.objects.exists()
    assert points(sent) == (30_000, 0, 0)
    deadlines.sweep(grant.use_until)
    assert points(sent) == (0, 0, 0)
    assert verify() is None


def test_after_the_windows_end_a_late_sweep_leaves_nothing_behind(sent: Order) -> None:
    grant = grant_of(sent.company_ubn, sent.call)
    assert grant is not None
    deadlines.sweep(grant.use_until + DAY)

    assert orders.fresh(sent).state == State.LAPSED
    assert points(sent) == (0, 0, 0)
    assert not KeptPoints.objects.exists()
    assert verify() is None


def test_nobody_answers_after_the_limit_although_no_sweep_came(sent: Order) -> None:
    late = due(DeadlineKind.VENDOR_ANSWER, sent)
    calls = (
        lambda: accepting.accept_order(number=sent.number, vendor=sent.vendor, actor=orders.SELLS, now=late),
        lambda: answering.refuse_order(number=sent.number, vendor=sent.vendor, actor=orders.SELLS, reason="x", now=late),
        lambda: answering.withdraw_order(number=sent.number, company=sent.company, actor=orders.SELLS, now=late),
    )
    for call in calls:
        with pytest.raises(answering.AnswerTooLate):
            call()
    assert orders.fresh(sent).state == State.AWAITING_VENDOR
    assert points(sent) == (0, 30_000, 0)


def test_an_approval_after_the_silent_days_is_the_silences_although_no_sweep_came(sent: Order) -> None:
    order = orders.in_service(orders.paid(orders.accepted(sent, NOW), NOW), NOW)
    limit = due(DeadlineKind.APPROVAL, order)
    delivering.approve_delivery(number=order.number, company=order.company, actor=orders.BUYS, now=limit + DAY)

    delivery = orders.fresh(order).delivery
    assert (delivery.approved_at, delivery.approved_by) == (limit, "")
    assert AuditRow.objects.get(tag="orders:delivery:approved").actor == "rule:approval"


def test_a_term_ends_on_its_day_however_late_the_sweep(sent: Order) -> None:
    order = orders.in_service(orders.paid(orders.accepted(sent, NOW), NOW), NOW)
    approved, end = due(DeadlineKind.APPROVAL, order), order.lines.get().end_until
    deadlines.sweep(end + 5 * DAY)

    assert orders.fresh(order).delivery.approved_at == approved
    assert order.events.order_by("id").last().at == end


def test_a_command_given_again_gets_the_first_answer_and_tells_nobody_again(sent: Order) -> None:
    order = orders.accepted(sent, NOW)
    assert orders.accepted(sent, NOW).pk == order.pk
    order = orders.in_service(orders.paid(order, NOW), NOW)
    orders.in_service(order, NOW + DAY)
    facts = {"invoice_number": "AB12345678", "issued_date": taipei_date(NOW), "buyer_ubn": order.company_ubn, "total_twd": 60_000}
    for _time in range(3):
        delivering.register_invoice(number=order.number, vendor=order.vendor, actor=orders.SELLS, now=NOW, **facts)  # type: ignore[arg-type]
        delivering.approve_delivery(number=order.number, company=order.company, actor=orders.BUYS, now=NOW)

    told = Counter(OutboxMessage.objects.values_list("name", flat=True))
    assert {told[name] for name in ("order_accepted", "service_started", "invoice_registered", "delivery_approved")} == {1}
    assert [row.event for row in order.events.order_by("id")] == ["checked", "signed", "accepted", "paid", "started"]


def test_withdrawing_and_refusing_twice_are_done_once(authority: Authority, outside: Outside) -> None:
    outside.now = NOW
    first = orders.draft(now=NOW, key="one")
    placing.change_points(number=first.number, company=first.company, points=10_000, now=NOW)
    one = orders.submitted(first, authority, NOW)
    second = orders.draft(now=NOW, key="two")
    two = orders.submitted(second, authority, NOW)
    for _time in range(2):
        answering.withdraw_order(number=one.number, company=one.company, actor=orders.SELLS, now=NOW)
        answering.refuse_order(number=two.number, vendor=two.vendor, actor=orders.SELLS, reason="缺貨", now=NOW)

    told = Counter(OutboxMessage.objects.values_list("name", flat=True))
    assert (told["order_withdrawn"], told["order_refused"]) == (1, 1)


def test_two_companies_may_send_the_same_form_key() -> None:
    make.company_with_points(make.OTHER, NOW)
    first, other = orders.draft(now=NOW, key="same"), make.company(make.OTHER)
    second = placing.place_order(
        company=other, user=other.memberships.select_related("user").get().user, call=first.call,
        offer=plan_for_order(first.lines.get().plan_id), quantity=1, request_key="same", now=NOW,
    )  # fmt: skip
    assert (first.company_ubn, second.company_ubn) == (make.COMPANY.ubn, make.OTHER.ubn)
def test_orders_that_cannot_go_on_yet_keep_no_other_waiting(sent: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    """More of them than the sweeper reads at a time, all due before the one that can."""
    monkeypatch.setattr(deadlines, "BATCH", 2)
    limit, waits = due(DeadlineKind.VENDOR_ANSWER, sent), "CE2600000999"
    rule_set = sent.rule_set
    for number in range(5):
        Deadline.objects.create(
            kind=DeadlineKind.SELF_PAY, subject=f"{waits}{number}", rule="self_pay", rule_set=rule_set, due_at=limit - DAY,
            created_at=NOW,
        )  # fmt: skip
        Deadline.objects.create(
            kind=DeadlineKind.APPROVAL, subject=f"{waits}{number}", rule="approval", rule_set=rule_set,
            due_at=limit - DAY, created_at=NOW,
        )  # fmt: skip
    asked: list[str] = []

    def not_known_yet(number: str, *_args: object, **_named: object) -> bool:
        asked.append(number)
        return True

    monkeypatch.setattr("tcloud.jobs.payments.ask", not_known_yet)
    monkeypatch.setattr("tcloud.jobs.payments.apply", lambda *_args: None)

    assert deadlines.sweep(limit - DAY) == 0, "the approvals fail: there are no such orders; the payments are not known"
    assert asked == [f"{waits}{number}" for number in range(5)]
    assert deadlines.sweep(limit) == 1
    assert orders.fresh(sent).state == State.LAPSED


def test_an_open_attempt_keeps_the_order_for_its_hours_and_no_instant_longer(
    sent: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = orders.accepted(sent, NOW)
    orders.attempt(order, NOW)
    limit, grace = due(DeadlineKind.SELF_PAY, order), timedelta(hours=24)
    monkeypatch.setattr("tcloud.jobs.payments.ask", lambda *_args, **_named: True)

    for at in (limit, limit + grace - timedelta(microseconds=1)):
        assert deadlines.sweep(at) == 0
        assert (orders.fresh(order).state, points(order)) == (State.AWAITING_PAYMENT, (0, 30_000, 0))
    deadlines.sweep(limit + grace)

    assert (orders.fresh(order).state, points(order)) == (State.LAPSED, (30_000, 0, 0))


def test_an_unpaid_order_lapses_and_a_payment_after_it_is_due_back(sent: Order) -> None:
    order = orders.accepted(sent, NOW)
    row = orders.attempt(order, NOW)
    orders.says(row, Outcome.FAILED, now=NOW)
    limit = due(DeadlineKind.SELF_PAY, order)
    deadlines.sweep(limit)
    assert orders.fresh(order).state == State.LAPSED

    orders.says(row, paid_at=limit + timedelta(minutes=1), now=limit + DAY, gateway_no="late")
    paying.apply_payment(number=order.number, now=limit + DAY)

    assert orders.fresh(order).state == State.LAPSED
    assert list(LateMoney.objects.values_list("amount_twd", "reason")) == [(30_000, "order_ended")]
    assert balance(chart.late_cash(order.number)) == 30_000
    assert points(order) == (30_000, 0, 0)
    assert ("late_money", COMPANY_MAIL) in mails()


def test_paid_in_time_counts_however_late_the_message_comes(sent: Order) -> None:
    order = orders.accepted(sent, NOW)
    row = orders.attempt(order, NOW)
    limit = due(DeadlineKind.SELF_PAY, order)

    orders.says(row, paid_at=limit - timedelta(seconds=1), now=limit + timedelta(minutes=5))
    paying.apply_payment(number=order.number, now=limit + timedelta(minutes=5))

    assert orders.fresh(order).state == State.CONFIRMED
    # The vendor has had the money since the gateway took it; that the order is confirmed everybody learns now.
    assert due(DeadlineKind.SERVICE_START, order) - due(DeadlineKind.INVOICE, order) == timedelta(days=7 - 2 + 1)


def test_money_after_the_limit_does_not_confirm(sent: Order) -> None:
    order = orders.accepted(sent, NOW)
    row = orders.attempt(order, NOW)
    limit = due(DeadlineKind.SELF_PAY, order)

    orders.says(row, paid_at=limit, now=limit)
    paying.apply_payment(number=order.number, now=limit)

    assert orders.fresh(order).state == State.AWAITING_PAYMENT
    assert LateMoney.objects.get().reason == "too_late"


def test_the_wrong_amount_and_the_second_payment_are_due_back(sent: Order) -> None:
    order = orders.accepted(sent, NOW)
    wrong = orders.attempt(order, NOW)
    orders.says(wrong, amount=29_999, now=NOW, gateway_no="1")
    paying.apply_payment(number=order.number, now=NOW)
    assert orders.fresh(order).state == State.AWAITING_PAYMENT
    right = orders.attempt(order, NOW)
    orders.says(right, now=NOW, gateway_no="2")
    paying.apply_payment(number=order.number, now=NOW)
    orders.says(right, now=NOW, gateway_no="3")
    paying.apply_payment(number=order.number, now=NOW)
    paying.apply_payment(number=order.number, now=NOW)

    assert orders.fresh(order).state == State.CONFIRMED
    assert list(LateMoney.objects.order_by("id").values_list("amount_twd", "reason")) == [
        (29_999, "wrong_amount"), (30_000, "paid_twice"),
    ]  # fmt: skip
    assert points(order) == (0, 0, 30_000)
    assert verify() is None
    told = [compose(row).body for row in OutboxMessage.objects.filter(name="late_money").order_by("id")]
    assert ["金額和訂單的自付款不符" in text for text in told] == [True, False]
    assert ["重複付款，訂單已經用先到的那筆成立" in text for text in told] == [False, True]
    asked = [compose(row).body for row in OutboxMessage.objects.filter(name="money_to_return", address=VENDOR_MAIL).order_by("id")]
    assert [row.trade_no in text for row, text in zip((wrong, right), asked, strict=True)] == [True, True]


def test_paying_after_the_limit_is_refused_before_the_sweeper_comes(sent: Order) -> None:
    order = orders.accepted(sent, NOW)

    with pytest.raises(paying.TooLateToPay):
        orders.attempt(order, due(DeadlineKind.SELF_PAY, order))


def test_withdrawing_returns_the_points_and_tells_the_vendor(sent: Order) -> None:
    answering.withdraw_order(number=sent.number, company=sent.company, actor=orders.BUYS, now=NOW)

    assert orders.fresh(sent).state == State.WITHDRAWN
    assert points(sent) == (30_000, 0, 0)
    assert ("order_withdrawn", VENDOR_MAIL) in mails()


def test_nobody_withdraws_while_money_is_on_its_way(sent: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    order = orders.accepted(sent, NOW)
    orders.attempt(order, NOW)
    monkeypatch.setattr(answering, "ask_about_order", lambda **_: True)  # the gateway does not answer

    with pytest.raises(answering.PaymentUnderWay):
        answering.withdraw_order(number=order.number, company=order.company, actor=orders.BUYS, now=NOW)

    assert orders.fresh(order).state == State.AWAITING_PAYMENT
    assert points(order) == (0, 30_000, 0)


def test_every_event_in_every_state_does_what_the_table_says() -> None:
    order = orders.draft(now=NOW)
    for state in State:
        for event in Event:
            target = TRANSITIONS.get((state, event))
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL session_replication_role = replica")
                    cursor.execute("UPDATE orders_order SET state = %s WHERE id = %s", [state, order.pk])
                    cursor.execute("SET LOCAL session_replication_role = DEFAULT")
                row = Order.objects.select_for_update().get(pk=order.pk)
                before = OrderEvent.objects.count()
                if target is None:
                    with pytest.raises(StepNotPossible):
                        advance(row, event, actor=orders.SELLS, now=NOW)
                    assert (Order.objects.get(pk=order.pk).state, OrderEvent.objects.count()) == (state, before)
                else:
                    advance(row, event, actor=orders.SELLS, now=NOW)
                    assert (Order.objects.get(pk=order.pk).state, OrderEvent.objects.count()) == (target, before + 1)
                transaction.set_rollback(True)  # the table alone: whether the contract is signed is asked at the commit


def test_ends_absorb_and_every_state_names_who_acts() -> None:
    assert not [pair for pair in TRANSITIONS if pair[0] in ENDS]
    assert set(WHO_ACTS) == set(State)


def test_an_ended_order_stays_ended_even_by_hand(sent: Order) -> None:
    answering.withdraw_order(number=sent.number, company=sent.company, actor=orders.SELLS, now=NOW)

    for sql in (
        "UPDATE orders_order SET state = 'confirmed' WHERE id = %s",
        "UPDATE orders_order SET company_ubn = '99999999' WHERE id = %s",
        "DELETE FROM orders_orderevent WHERE order_id = %s",
        "DELETE FROM orders_order WHERE id = %s",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, [sent.pk])


def test_nobody_buys_from_itself() -> None:
    own = make.vendor(ubn=make.COMPANY.ubn, short_name="雙溪茶業", now=NOW)
    make.solution("own", "自家方案", vendor_ubn=own.ubn, prices=(10_000,), now=NOW)

    with pytest.raises(placing.OwnPlan):
        orders.draft(10_000, now=NOW)

    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("invoice_number", "A12345678"),
        ("invoice_number", "ab12345678"),
        ("issued_date", taipei_date(NOW) + DAY),
        ("issued_date", taipei_date(NOW) - DAY),
        ("buyer_ubn", "12345675"),
        ("total_twd", 30_000),
    ],
)
def test_an_invoice_agrees_with_its_order_or_is_refused(sent: Order, field: str, value: object) -> None:
    order = orders.paid(orders.accepted(sent, NOW), NOW)
    facts: dict[str, object] = {
        "invoice_number": "AB12345678", "issued_date": taipei_date(NOW), "buyer_ubn": order.company_ubn, "total_twd": 60_000,
    }  # fmt: skip

    with pytest.raises(delivering.InvoiceWrong):
        delivering.register_invoice(number=order.number, vendor=order.vendor, actor=orders.SELLS, now=NOW, **facts | {field: value})  # type: ignore[arg-type]
    assert DeadlineKind.INVOICE in limits(order)

    delivering.register_invoice(number=order.number, vendor=order.vendor, actor=orders.SELLS, now=NOW, **facts)  # type: ignore[arg-type]
    assert DeadlineKind.INVOICE not in limits(order)
    invoice = orders.fresh(order).invoice
    assert (invoice.sales_twd, invoice.tax_twd, invoice.total_twd) == (57_143, 2_857, 60_000)
    with pytest.raises(delivering.InvoiceWrong):
        delivering.register_invoice(
            number=order.number, vendor=order.vendor, actor=orders.SELLS, now=NOW, **facts | {"invoice_number": "AB12345679"}
        )  # type: ignore[arg-type]


def test_fourteen_silent_days_are_an_approval_and_an_earlier_one_stays(sent: Order) -> None:
    order = orders.in_service(orders.paid(orders.accepted(sent, NOW), NOW), NOW)
    limit = due(DeadlineKind.APPROVAL, order)
    deadlines.sweep(limit)

    delivery = orders.fresh(order).delivery
    assert (delivery.approved_at, delivery.approved_by) == (limit, "")
    delivering.approve_delivery(number=order.number, company=order.company, actor=orders.BUYS, now=limit + DAY)
    assert orders.fresh(order).delivery.approved_at == limit


def test_service_does_not_start_without_a_word_of_what_was_handed_over(sent: Order) -> None:
    order = orders.paid(orders.accepted(sent, NOW), NOW)

    with pytest.raises(delivering.HandoverMissing):
        delivering.start_service(number=order.number, vendor=order.vendor, actor=orders.SELLS, handover=" ", now=NOW)

    assert orders.fresh(order).state == State.CONFIRMED
