"""The vendor takes an order by countersigning its contract (PRODUCT.md §4.3): 接單.

With the certificate the platform keeps for it, in one step; or with its own card, in the same two clicks as the
company. Whatever takes time or speaks to the outside happens before the short use case that stores the result.
"""

from datetime import datetime

from tcloud.contracts import services as contracts
from tcloud.contracts.states import Party
from tcloud.core.actors import Actor
from tcloud.core.transactions import use_case
from tcloud.identity.rules import Purpose
from tcloud.identity.services import IssuedChallenge, issue_challenge, prove_card
from tcloud.notifications.catalogue import MessageName
from tcloud.orders.models import Order
from tcloud.orders.queries import lock_vendors_order, order_of_vendor
from tcloud.orders.services.advancing import StepNotPossible, advance
from tcloud.orders.services.answering import check_answerable
from tcloud.orders.services.telling import tell_company
from tcloud.orders.states import Event, State
from tcloud.programme.rules import DeadlineKind
from tcloud.programme.services import set_deadline, settle_deadlines
from tcloud.vendors.models import Vendor

TAKEN = frozenset({State.AWAITING_PAYMENT, State.CONFIRMED, State.IN_SERVICE, State.FINISHED})


def accept_order(*, number: str, vendor: Vendor, actor: Actor, now: datetime) -> Order:
    """Countersign with the kept certificate and take the order: the company has its days to pay.

    Raises StepNotPossible and what contracts.services.seal_contract raises; then nothing has changed. An order that is
    taken already stays taken: the second click gets the first one's answer.
    """
    order = order_of_vendor(vendor, number)
    if order.state in TAKEN:
        return order
    _check_waits(vendor, number, now)
    signed = contracts.seal_contract(order_number=number, now=now)
    return _accept(number=number, vendor=vendor, signed=signed, actor=actor, now=now)


def challenge_for(*, number: str, session_key: str, machine_now: datetime) -> IssuedChallenge:
    """What the vendor's card signs at the first click: order, amounts, payee and the hash of what the company signed."""
    return issue_challenge(
        purpose=Purpose.COUNTERSIGN_CONTRACT, subject=number, session_key=session_key,
        statement=contracts.signing_statement(number, Party.VENDOR), machine_now=machine_now,
    )  # fmt: skip


def announce_card(
    *, number: str, vendor: Vendor, nonce: str, signature: bytes, session_key: str, now: datetime, machine_now: datetime
) -> contracts.Announced:
    """The first click: the vendor's card agrees to this order and announces its certificate."""
    _check_waits(vendor, number, now)
    proof = prove_card(
        nonce=nonce, signature=signature, purpose=Purpose.COUNTERSIGN_CONTRACT, subject=number,
        session_key=session_key, statement=contracts.signing_statement(number, Party.VENDOR), now=now,
        machine_now=machine_now, expected_ubn=vendor.ubn,
    )  # fmt: skip
    return contracts.announce_certificate(
        order_number=number, party=Party.VENDOR, proof=proof, session_key=session_key, now=now, machine_now=machine_now
    )


def accept_by_card(
    *, number: str, vendor: Vendor, key: str, raw_signature: bytes | None, session_key: str, actor: Actor, now: datetime,
    machine_now: datetime,
) -> Order:  # fmt: skip
    """The second click: the contract carries both signatures and the order is taken.

    With `raw_signature` None the kept signature is used again after a time stamp had failed.
    """
    order = order_of_vendor(vendor, number)
    if order.state in TAKEN:
        return order
    _check_waits(vendor, number, now)
    signed = contracts.complete_signature(
        order_number=number, party=Party.VENDOR, key=key, raw_signature=raw_signature, session_key=session_key, now=now,
        machine_now=machine_now,
    )  # fmt: skip
    return _accept(number=number, vendor=vendor, signed=signed, actor=actor, now=now)


def _check_waits(vendor: Vendor, number: str, now: datetime) -> None:
    """Before the long way: the order is this vendor's and still waits for its answer, in time."""
    order = order_of_vendor(vendor, number)
    if order.state != State.AWAITING_VENDOR:
        raise StepNotPossible(state=State(order.state).label)
    check_answerable(order, now)


@use_case
def _accept(*, number: str, vendor: Vendor, signed: contracts.SignedContract, actor: Actor, now: datetime) -> Order:
    order = lock_vendors_order(number, vendor)
    if order.state in TAKEN:
        return order
    check_answerable(order, now)
    advance(order, Event.ACCEPTED, actor=actor, now=now)
    contracts.store_signature(order_number=number, party=Party.VENDOR, signed=signed, now=now)
    settle_deadlines(subject=number, now=now)
    limit = set_deadline(
        kind=DeadlineKind.SELF_PAY, subject=number, rule="self_pay", rule_set=order.rule_set, event_at=now
    )
    tell_company(order, MessageName.ORDER_ACCEPTED, now=now, pay_until=limit.due_at.isoformat())
    return order
