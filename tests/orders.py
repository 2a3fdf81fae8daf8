"""Builders of orders: each state is reached by the use cases people use, with a real card of the demonstration."""

from datetime import datetime, timedelta

from simulators.card_reader import signing as card_signing
from simulators.certificate_authority.pki import Authority
from tcloud.catalog.models import Plan
from tcloud.catalog.queries import plan_for_order
from tcloud.core.actors import person
from tcloud.core.time import machine_now
from tcloud.demo.people import DemoCompany
from tcloud.identity.models import User
from tcloud.members.models import Company
from tcloud.orders.models import Order
from tcloud.orders.services import accepting, delivering, paying, placing, signing
from tcloud.payments.gateway import GatewayAnswer
from tcloud.payments.models import PaymentAttempt
from tcloud.payments.rules import Outcome
from tcloud.payments.services import record_fact, save_merchant_account
from tcloud.payments.states import Method, Source
from tcloud.programme.queries import open_call
from tests import make

SESSION = "a session's secret"
SELLER = "賴稻軒"
SELLS, BUYS = person(2, SELLER), person(1, "葉小溪")
"""Who acts in these builders, for logs and histories."""


def market(budget: int = 3_000_000) -> None:
    """A call, shelves, a vendor with an owner and a shop at the gateway, and a solution for 24,000 and 60,000."""
    make.call(budget=budget)
    make.shelves()
    vendor = make.vendor()
    make.vendor_owner(vendor)
    make.solution()
    save_merchant_account(
        vendor_ubn=vendor.ubn, gateway="ecpay", merchant_id="3002607",
        secrets={"hash_key": "k" * 16, "hash_iv": "i" * 16}, methods=[Method.CREDIT, Method.WEB_ATM], actor="test",
        now=make.NOW,
    )  # fmt: skip


def draft(
    price: int = 60_000, *, key: str = "form-1", now: datetime = make.NOW, owner: User | None = None,
    of: DemoCompany = make.COMPANY,
) -> Order:  # fmt: skip
    """A draft for a plan of a price."""
    company = make.company(of)
    return placing.place_order(
        company=company, user=owner or company.memberships.select_related("user").get().user, call=open_call(now),
        offer=plan_for_order(Plan.objects.get(price_twd=price).pk), quantity=1, request_key=key, now=now,
    )  # fmt: skip


def checked(order: Order, now: datetime = make.NOW) -> Order:
    """The contract is made."""
    signing.prepare_contract(number=order.number, company=order.company, actor=BUYS, now=now)
    return fresh(order)


def submitted(order: Order, authority: Authority, now: datetime = make.NOW) -> Order:
    """Signed with the company's card and sent."""
    if order.state == "draft":
        checked(order, now)
    key, raw = sign(order, authority, now)
    return signing.sign_and_submit(
        number=order.number, company=order.company, key=key, raw_signature=raw, session_key=SESSION, actor=BUYS,
        now=now, machine_now=machine_now(),
    )  # fmt: skip


def sign(order: Order, authority: Authority, now: datetime) -> tuple[str, bytes]:
    """Both clicks of the card; returns the attempt's key and the raw signature, nothing is sent yet."""
    company: Company = order.company
    card = authority.card(company.ubn)
    challenge = signing.challenge_for(number=order.number, session_key=SESSION, machine_now=machine_now())
    proof = card_signing.pkcs7(
        card, challenge.content, now=now, extras=card_signing.Extras(nonce=challenge.nonce)
    )
    announced = signing.announce_card(
        number=order.number, company=company, nonce=challenge.nonce, signature=proof, session_key=SESSION, now=now,
        machine_now=machine_now(),
    )  # fmt: skip
    return announced.key, card_signing.pkcs1(card, announced.to_sign)


def accepted(order: Order, now: datetime = make.NOW) -> Order:
    """The vendor took it."""
    return accepting.accept_order(number=order.number, vendor=order.vendor, actor=SELLS, now=now)


def attempt(order: Order, now: datetime = make.NOW) -> PaymentAttempt:
    """One try to pay by card; the gateway is not asked (nothing is open yet)."""
    return paying.start_payment(number=order.number, company=order.company, method=Method.CREDIT, now=now)


def says(
    row: PaymentAttempt, outcome: Outcome = Outcome.PAID, *, amount: int | None = None, paid_at: datetime | None = None,
    now: datetime = make.NOW, gateway_no: str = "2604200001",
) -> None:  # fmt: skip
    """What the gateway proved to have said."""
    answer = GatewayAnswer(
        trade_no=row.trade_no, gateway_trade_no=gateway_no, outcome=outcome,
        amount_twd=row.amount_twd if amount is None else amount,  # type: ignore[arg-type]
        paid_at=paid_at or now, payment_type="Credit_CreditCard", simulated=False, payload={},
    )  # fmt: skip
    record_fact(answer=answer, source=Source.CALLBACK, now=now)


def paid(order: Order, now: datetime = make.NOW) -> Order:
    """The self-pay arrived and the order took note."""
    says(attempt(order, now), now=now)
    paying.apply_payment(number=order.number, now=now)
    return fresh(order)


def in_service(order: Order, now: datetime = make.NOW) -> Order:
    """The vendor recorded the start."""
    delivering.start_service(number=order.number, vendor=order.vendor, actor=SELLS, handover="開通帳號", now=now)
    return fresh(order)


def fresh(order: Order) -> Order:
    """The order as it stands now."""
    return Order.objects.select_related("company", "vendor", "call", "rule_set").get(pk=order.pk)


DAY = timedelta(days=1)
