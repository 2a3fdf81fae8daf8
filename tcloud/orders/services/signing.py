"""The contract of an order: made from its frozen facts, signed with the company's card, and the order is sent.

Typesetting, the card's proof and the time stamp happen outside transactions; each result is stored by one short
use case (see contracts.services for the protocol of the two clicks).
"""

from datetime import datetime

from django.conf import settings

from tcloud.contracts import services as contracts
from tcloud.contracts.queries import code_of
from tcloud.contracts.rules import ContractFacts, LimitFacts, LineFacts, PartyFacts, RefundFacts
from tcloud.contracts.states import Party
from tcloud.contracts.typesetting import Typeset
from tcloud.core.actors import Actor
from tcloud.core.time import taipei_date
from tcloud.core.transactions import use_case
from tcloud.identity.rules import Purpose
from tcloud.identity.services import IssuedChallenge, issue_challenge, prove_card
from tcloud.members.models import Company
from tcloud.notifications.catalogue import MessageName
from tcloud.orders.models import Order
from tcloud.orders.queries import lock_own_order, order_of_company
from tcloud.orders.rules import refund_of
from tcloud.orders.services.advancing import StepNotPossible, advance
from tcloud.orders.services.offering import check_offers
from tcloud.orders.services.telling import tell_company, tell_vendor
from tcloud.orders.states import Event, State
from tcloud.points.services.holding import hold
from tcloud.programme.rules import DeadlineKind
from tcloud.programme.services import set_deadline


def contract_facts(order: Order, now: datetime) -> ContractFacts:
    """Everything the contract says, from the order's frozen rows."""
    rules = order.rule_set.rules
    lines = list(order.lines.order_by("line_number"))
    return ContractFacts(
        order_number=order.number,
        contract_date=taipei_date(now),
        call_name=order.call.name,
        buyer=PartyFacts(
            name=order.company.name, ubn=order.company_ubn, representative=order.company.representative,
            address=order.company.address,
        ),
        seller=PartyFacts(
            name=order.vendor.name, ubn=order.vendor_ubn, representative=order.vendor.representative,
            address=order.vendor.address,
        ),
        lines=tuple(
            LineFacts(
                number=line.line_number, solution=line.solution_name, plan=line.plan_name, quantity=line.quantity,
                term_months=line.term_months, price=line.price_twd, points=line.points, self_pay=line.self_pay_twd,
            )
            for line in lines
        ),
        price=order.price_twd,
        points=order.points_used,
        self_pay=order.self_pay_twd,
        refunds=tuple(
            RefundFacts(
                line=line.line_number, used_months=used,
                points=refund_of(rules.refund, amount=line.points, term=line.term_months, used=used),
                self_pay=refund_of(rules.refund, amount=line.self_pay_twd, term=line.term_months, used=used),
            )
            for line in lines
            for used in range(line.term_months + 1)
        ),
        limits=LimitFacts(
            vendor_answers_working_days=rules.vendor_answers.count, self_pay_days=rules.self_pay.count,
            service_start_days=rules.service_start.count, invoice_days=rules.invoice.count,
            approval_days=rules.approval.count, cancellation_answer_days=rules.cancellation_answer.count,
        ),
        rule_set=f"{order.call.code} v{order.rule_set.version}",
        verify_url=f"{settings.PUBLIC_URL}/contracts/verify/?order={order.number}&code={code_of(order.number)}",
    )  # fmt: skip


def prepare_contract(*, number: str, company: Company, actor: Actor, now: datetime) -> None:
    """The amounts are confirmed: make the contract and wait for the signature.

    Raises StepNotPossible, and PlanNotForSale or OfferChanged when the vendor does not sell this any more.
    """
    order = order_of_company(company, number)
    check_offers(order)
    facts = contract_facts(order, now)
    typeset = contracts.typeset_contract(facts)
    _draft(number=number, company=company, facts=facts, typeset=typeset, actor=actor, now=now)


@use_case
def _draft(
    *, number: str, company: Company, facts: ContractFacts, typeset: Typeset, actor: Actor, now: datetime
) -> None:
    order = lock_own_order(number, company)
    if contract_facts(order, now) != facts:  # another tab changed the amounts between reading and locking
        raise StepNotPossible(state=State(order.state).label)
    check_offers(order)
    advance(order, Event.CHECKED, actor=actor, now=now)
    contracts.draft_contract(facts=facts, typeset=typeset, now=now)


@use_case
def reopen_order(*, number: str, company: Company, actor: Actor, now: datetime) -> None:
    """Back from the contract to the amounts; the unsigned contract is dropped."""
    order = lock_own_order(number, company)
    advance(order, Event.REOPENED, actor=actor, now=now)
    contracts.discard_draft(order_number=number)


def challenge_for(*, number: str, session_key: str, machine_now: datetime) -> IssuedChallenge:
    """What the card signs at the first click: order, amounts, payee and the document's hash."""
    return issue_challenge(
        purpose=Purpose.SIGN_CONTRACT, subject=number, session_key=session_key,
        statement=contracts.signing_statement(number), machine_now=machine_now,
    )  # fmt: skip


def announce_card(
    *, number: str, company: Company, nonce: str, signature: bytes, session_key: str, now: datetime, machine_now: datetime
) -> contracts.Announced:
    """The first click: the card agrees to this order and announces its certificate. Raises PlanNotForSale, OfferChanged."""
    check_offers(order_of_company(company, number))
    proof = prove_card(
        nonce=nonce, signature=signature, purpose=Purpose.SIGN_CONTRACT, subject=number, session_key=session_key,
        statement=contracts.signing_statement(number), now=now, machine_now=machine_now, expected_ubn=company.ubn,
    )  # fmt: skip
    return contracts.announce_certificate(
        order_number=number, proof=proof, session_key=session_key, now=now, machine_now=machine_now
    )


def sign_and_submit(
    *, number: str, company: Company, key: str, raw_signature: bytes | None, session_key: str, actor: Actor,
    now: datetime, machine_now: datetime,
) -> Order:  # fmt: skip
    """The second click: the contract is signed and time-stamped, the points are held, the vendor is told.

    With `raw_signature` None the kept signature is used again after a time stamp had failed.
    Raises what contracts.services and points.services.holding.hold raise; then nothing has changed.
    """
    try:
        signed = contracts.complete_signature(
            order_number=number, key=key, raw_signature=raw_signature, session_key=session_key, now=now,
            machine_now=machine_now,
        )  # fmt: skip
    except contracts.AlreadySigned:
        order = order_of_company(company, number)
        if order.state == State.AWAITING_VENDOR:  # the same click again: it was done
            return order
        raise
    return _submit(number=number, company=company, signed=signed, actor=actor, now=now)


@use_case
def _submit(*, number: str, company: Company, signed: contracts.SignedContract, actor: Actor, now: datetime) -> Order:
    order = lock_own_order(number, company)
    if order.state == State.AWAITING_VENDOR:
        return order
    check_offers(order)
    advance(order, Event.SIGNED, actor=actor, now=now)
    contracts.store_signature(order_number=number, party=Party.COMPANY, signed=signed, now=now)
    hold(ubn=company.ubn, call=order.call, order_number=number, points=order.points_used, now=now)
    limit = set_deadline(
        kind=DeadlineKind.VENDOR_ANSWER, subject=number, rule="vendor_answers", rule_set=order.rule_set, event_at=now
    )
    due = limit.due_at.isoformat()
    tell_company(order, MessageName.ORDER_SUBMITTED, now=now, answer_until=due)
    tell_vendor(order, MessageName.ORDER_RECEIVED, now=now, answer_until=due)
    return order
