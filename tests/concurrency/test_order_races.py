"""Races of whole orders and of the line: payment against lapse, and feeding the line while many grants end."""

from contextlib import ExitStack
from functools import partial
from itertools import count
from typing import Any

import pytest
from django.db import connection, transaction

from tcloud.catalog.models import Plan
from tcloud.catalog.queries import plan_for_order
from tcloud.core.money import Twd
from tcloud.jobs import eligibility
from tcloud.jobs.feeding import feed
from tcloud.ledger import chart
from tcloud.ledger.queries import balance
from tcloud.members.models import Company
from tcloud.orders.models import LateMoney, Order
from tcloud.orders.services import answering, paying, placing
from tcloud.orders.states import State
from tcloud.payments import services as payments
from tcloud.payments.gateway import GatewayAnswer
from tcloud.payments.rules import Outcome
from tcloud.payments.states import Method, Source
from tcloud.points import queries
from tcloud.points.models import Grant, WaitingPlace
from tcloud.points.services import mass_expiring
from tcloud.points.services.holding import hold
from tcloud.points.services.issuing import issue_grant
from tcloud.programme.models import Deadline
from tcloud.programme.rules import DeadlineKind
from tcloud.programme.services import set_deadline
from tcloud.vendors.models import Vendor
from tests import make
from tests.concurrency.racing import NOW, Gate, Meeting, Scene, all_holds, race, until_done_or_blocked
from tests.concurrency.test_points_races import _return_points, no_call_and_company_lock, pausing
from tests.domain.test_waiting import Register

pytestmark = pytest.mark.django_db(transaction=True)


def awaiting_payment(scene: Scene) -> Order:
    """An order that waits for its money, with an attempt whose payment came in time; past the card, which takes seconds."""
    if not Vendor.objects.exists():
        make.shelves()
        make.vendor()
        make.solution()
        payments.save_merchant_account(
            vendor_ubn=make.VENDOR_UBN, gateway="ecpay", merchant_id="3002607",
            secrets={"hash_key": "k" * 16, "hash_iv": "i" * 16}, methods=[Method.CREDIT], actor="test", now=NOW,
        )  # fmt: skip
    call = scene.call()
    (ubn,) = scene.companies(call, 1)
    issue_grant(ubn=ubn, call_code=call.code, now=NOW)
    company = Company.objects.get(ubn=ubn)
    offer = plan_for_order(Plan.objects.get(price_twd=24_000).pk)
    order = placing.place_order(
        company=company, user=company.memberships.get().user, call=call, offer=offer, quantity=1,
        request_key=scene.name("form"), now=NOW,
    )  # fmt: skip
    with transaction.atomic():
        with connection.cursor() as cursor:  # past the trigger that asks for the signed contract, too
            cursor.execute("SET LOCAL session_replication_role = replica")
            Order.objects.filter(pk=order.pk).update(state=State.AWAITING_PAYMENT)
            cursor.execute("SET LOCAL session_replication_role = origin")
        hold(ubn=ubn, call=call, order_number=order.number, points=12_000, now=NOW)
        set_deadline(kind=DeadlineKind.SELF_PAY, subject=order.number, rule="self_pay", rule_set=order.rule_set, event_at=NOW)
        attempt = payments.start_attempt(
            order_number=order.number, vendor_ubn=order.vendor_ubn, amount_twd=Twd(12_000), method=Method.CREDIT, now=NOW
        )
    answer = GatewayAnswer(
        trade_no=attempt.trade_no, gateway_trade_no=scene.name("2604"), outcome=Outcome.PAID, amount_twd=Twd(12_000),
        paid_at=NOW, payment_type="Credit_CreditCard", simulated=False, payload={},
    )  # fmt: skip
    payments.record_fact(answer=answer, source=Source.CALLBACK, now=NOW)
    return order


def no_order_lock(patch: pytest.MonkeyPatch) -> None:
    """The order is read and not locked."""
    rows = Order.objects.select_related("call", "rule_set", "company", "vendor")
    for module in (paying, answering):
        patch.setattr(module, "lock_order", lambda number: rows.get(number=number))


@race(without=no_order_lock)
def test_a_payment_and_the_end_of_the_days_to_pay_at_the_same_moment(scene: Scene) -> None:
    """Both have read that the order waits: its points are captured or given back, never both."""
    order = awaiting_payment(scene)
    due = Deadline.objects.get(kind=DeadlineKind.SELF_PAY, subject=order.number).due_at
    both = Meeting(2)
    with ExitStack() as stack:
        for module in (paying, answering):
            stack.enter_context(pausing(module, "lock_order", both.wait))
        results = scene.threads.all(
            partial(paying.apply_payment, number=order.number, now=due),
            partial(answering.lapse_unpaid, number=order.number, due_at=due, now=due),
        )
    assert results == [None, None]
    order.refresh_from_db()
    paid = order.state == State.CONFIRMED
    assert paid or order.state == State.LAPSED
    assert balance(chart.wallet(order.call.code, order.company_ubn)) == (18_000 if paid else 30_000)
    assert balance(chart.order_hold(order.number)) == 0
    assert balance(chart.order_cash(order.number)) == (12_000 if paid else 0)
    assert LateMoney.objects.filter(order=order).count() == (0 if paid else 1)
    assert order.events.count() == 1
    assert not Deadline.objects.filter(kind=DeadlineKind.SELF_PAY, subject=order.number, done_at=None).exists()
    all_holds()


@race(without=no_call_and_company_lock)
def test_the_line_is_fed_in_order_and_once_while_many_grants_end(scene: Scene) -> None:
    """A turn has begun with the first points that came back when a mass expiry brings more and feeds the line, too."""
    call = scene.call(4 * 30_000)
    ubns = scene.companies(call, 7)
    for ubn in ubns:
        issue_grant(ubn=ubn, call_code=call.code, now=NOW)
    _return_points(scene, ubns[0], call)
    end = Grant.objects.get(call=call, ubn=ubns[0]).activate_until
    gate, looks = Gate(), count()

    def stop_inside_the_turn() -> None:
        if next(looks) == 1:  # the first look is the feeder's own, outside any transaction
            gate.stop()

    def expire_and_feed() -> Any:
        ended = mass_expiring.mass_expire(now=end)
        expired.reached.set()
        feed(call.code, end)
        return ended

    expired = Gate()
    with pytest.MonkeyPatch.context() as patch, pausing(queries, "next_waiting", stop_inside_the_turn):
        patch.setattr(eligibility, "company_registry", Register)
        feeding = scene.threads.start(feed, call_code=call.code, now=end)
        gate.until_reached()
        expiring = scene.threads.start(expire_and_feed)
        expired.until_reached()  # the expiry waits for no turn
        until_done_or_blocked(expiring)
        gate.open.set()
        results = [scene.threads.outcome(each) for each in (feeding, expiring)]

    assert results[1].points == 3 * 30_000
    assert isinstance(results[0], int), results[0]
    fed = Grant.objects.filter(call=call, granted_at=end).order_by("id")
    assert list(fed.values_list("ubn", flat=True)) == ubns[4:]
    assert not WaitingPlace.objects.filter(call=call, left_at=None).exists()
    assert queries.budget_left(call) == 30_000
    all_holds()
