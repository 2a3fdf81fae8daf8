"""Signing a contract always asks for a fresh challenge, bound to session, order, amounts, payee and document.

Whoever sits at a company's open session, even one opened by its card, signs nothing without the card saying yes to
exactly what stands in the contract now.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from simulators.card_reader import signing as card_signing
from simulators.certificate_authority.pki import Authority
from tcloud.contracts.models import SigningAttempt
from tcloud.contracts.queries import contract_of
from tcloud.contracts.services import AttemptGone, announce_certificate, signing_statement
from tcloud.core.time import machine_now
from tcloud.identity.company_certificate import CardRefused, ChallengeSpent, SignatureInvalid, UbnMismatch
from tcloud.identity.models import CardSignature
from tcloud.identity.rules import Purpose
from tcloud.identity.services import IssuedChallenge, issue_challenge, issue_sign_in_challenge, prove_card
from tcloud.members.card_sign_in import sign_in_by_card
from tcloud.orders.models import Order
from tcloud.orders.services import placing, signing
from tcloud.orders.states import State
from tests import make
from tests import orders as build
from tests.authority import NOW, Outside, authority, outside
from tests.orders import SESSION

__all__ = ["authority", "outside"]
pytestmark = pytest.mark.django_db
OTHER_SESSION = "another session's secret"


@pytest.fixture
def order(outside: Outside) -> Order:
    """An order whose contract waits for the company's signature."""
    build.market()
    make.company_with_points(now=NOW)
    return build.checked(build.draft(now=NOW), NOW)


def asked(order: Order, session: str = SESSION) -> IssuedChallenge:
    return signing.challenge_for(number=order.number, session_key=session, machine_now=machine_now())


def answer(authority: Authority, to: IssuedChallenge, *, content: bytes | None = None, ubn: str = make.COMPANY.ubn) -> bytes:
    """What the card in the reader makes of a challenge, or of other bytes under its nonce."""
    extras = card_signing.Extras(nonce=to.nonce)
    return card_signing.pkcs7(authority.card(ubn), content or to.content, now=NOW, extras=extras)


def announce(authority: Authority, order: Order, to: IssuedChallenge, **changes: Any) -> object:
    values: dict[str, Any] = {
        "number": order.number, "company": order.company, "nonce": to.nonce, "signature": answer(authority, to),
        "session_key": SESSION, "now": NOW, "machine_now": machine_now(),
    }  # fmt: skip
    return signing.announce_card(**(values | changes))


def nothing_happened(order: Order) -> None:
    assert not CardSignature.objects.exists()
    assert not SigningAttempt.objects.exists()
    assert build.fresh(order).state == State.AWAITING_SIGNATURE


def made_anew(order: Order, points: int, now: datetime = NOW) -> Order:
    """Back to the amounts, and another contract."""
    signing.reopen_order(number=order.number, company=order.company, actor="葉小溪", now=now)
    placing.change_points(number=order.number, company=order.company, points=points, now=now)
    return build.checked(build.fresh(order), now)


def test_the_challenge_names_order_amounts_payee_and_document(order: Order) -> None:
    text = asked(order).content.decode()
    contract = contract_of(order.number)
    for line in (
        "tcloud-challenge sign-contract", f"subject: {order.number}", f"order: {order.number}", "price-twd: 60000",
        "points: 30000", "self-pay-twd: 30000", f"buyer-ubn: {make.COMPANY.ubn}", f"payee-ubn: {make.VENDOR_UBN}",
        f"document-sha256: {contract.original_sha256}",
    ):  # fmt: skip
        assert line in text.splitlines()


def test_the_right_answer_announces_the_card(authority: Authority, order: Order) -> None:
    announce(authority, order, asked(order))
    assert CardSignature.objects.count() == SigningAttempt.objects.count() == 1


def test_an_answer_to_other_amounts_is_refused(authority: Authority, order: Order) -> None:
    """Same order, same session, same card, in time: but the contract has been made anew in between."""
    old = asked(order)
    assert "points: 30000" in old.content.decode()
    order = made_anew(order, 10_000)
    with pytest.raises(ChallengeSpent):
        announce(authority, order, old)
    nothing_happened(order)
    fresh = asked(order)
    assert "points: 10000" in fresh.content.decode()
    announce(authority, order, fresh)


def test_an_answer_to_an_earlier_document_with_the_same_amounts_is_refused(authority: Authority, order: Order) -> None:
    old, before = asked(order), signing_statement(order.number)
    order = made_anew(order, 30_000, NOW + timedelta(days=1))
    after = signing_statement(order.number)
    assert {name for name in before if before[name] != after[name]} == {"document-sha256"}
    with pytest.raises(ChallengeSpent):
        announce(authority, order, old)
    nothing_happened(order)


def test_a_contract_made_anew_between_proof_and_announcement_is_refused(authority: Authority, order: Order) -> None:
    issued = asked(order)
    proof = prove_card(
        nonce=issued.nonce, signature=answer(authority, issued), purpose=Purpose.SIGN_CONTRACT, subject=order.number,
        session_key=SESSION, statement=signing_statement(order.number), now=NOW, machine_now=machine_now(),
    )  # fmt: skip
    made_anew(order, 10_000)
    with pytest.raises(AttemptGone):
        announce_certificate(order_number=order.number, proof=proof, session_key=SESSION, now=NOW, machine_now=machine_now())
    assert not SigningAttempt.objects.exists()


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("points: 30000", "points: 1"), ("self-pay-twd: 30000", "self-pay-twd: 59999"), ("price-twd: 60000", "price-twd: 6000"),
        (f"payee-ubn: {make.VENDOR_UBN}", "payee-ubn: 52310979"), ("document-sha256: ", "document-sha256: 00"),
        ("tcloud-challenge sign-contract", "tcloud-challenge join"), ("origin: http", "origin: https"),
    ],
)  # fmt: skip
def test_a_card_that_was_shown_something_else_has_agreed_to_nothing(
    authority: Authority, order: Order, said: str, instead: str
) -> None:
    """A page that lies about the amounts has the card sign its lie, under our nonce: those are not our bytes."""
    issued = asked(order)
    content = issued.content.decode().replace(said, instead, 1).encode()
    assert content != issued.content
    with pytest.raises(SignatureInvalid):
        announce(authority, order, issued, signature=answer(authority, issued, content=content))
    nothing_happened(order)
    with pytest.raises(ChallengeSpent):
        announce(authority, order, issued)


def other_order(order: Order) -> IssuedChallenge:
    return asked(build.checked(build.draft(24_000, key="form-2", now=NOW), NOW))


def other_session(order: Order) -> IssuedChallenge:
    return asked(order, OTHER_SESSION)


def for_signing_in(order: Order) -> IssuedChallenge:
    return issue_sign_in_challenge(session_key=SESSION, visitor="203.0.113.1", machine_now=machine_now())


def for_joining(order: Order) -> IssuedChallenge:
    return issue_challenge(
        purpose=Purpose.JOIN, subject=order.number, session_key=SESSION, statement=signing_statement(order.number),
        machine_now=machine_now(),
    )  # fmt: skip


def for_the_vendor(order: Order) -> IssuedChallenge:
    return issue_challenge(
        purpose=Purpose.COUNTERSIGN_CONTRACT, subject=order.number, session_key=SESSION,
        statement=signing_statement(order.number), machine_now=machine_now(),
    )  # fmt: skip


def without_facts(order: Order) -> IssuedChallenge:
    return issue_challenge(
        purpose=Purpose.SIGN_CONTRACT, subject=order.number, session_key=SESSION, statement={}, machine_now=machine_now()
    )


def too_old(order: Order) -> IssuedChallenge:
    return signing.challenge_for(number=order.number, session_key=SESSION, machine_now=machine_now() - timedelta(minutes=5))


@pytest.mark.parametrize(
    "made", [other_order, other_session, for_signing_in, for_joining, for_the_vendor, without_facts, too_old], ids=lambda made: made.__name__
)
def test_no_other_challenge_serves(authority: Authority, order: Order, made: Callable[[Order], IssuedChallenge]) -> None:
    with pytest.raises(ChallengeSpent):
        announce(authority, order, made(order))
    nothing_happened(order)


def test_an_answer_serves_once(authority: Authority, order: Order) -> None:
    issued = asked(order)
    announce(authority, order, issued)
    with pytest.raises(ChallengeSpent):
        announce(authority, order, issued)
    assert SigningAttempt.objects.count() == 1


def test_a_session_opened_by_the_card_still_asks_for_it(authority: Authority, order: Order) -> None:
    """The answer that opened the session is worth nothing at the contract, and neither is the open session."""
    entry = for_signing_in(order)
    signature = answer(authority, entry)
    sign_in_by_card(nonce=entry.nonce, signature=signature, session_key=SESSION, now=NOW, machine_now=machine_now())
    for nonce in (entry.nonce, asked(order).nonce):
        with pytest.raises(CardRefused):
            announce(authority, order, entry, nonce=nonce, signature=signature)
    assert not SigningAttempt.objects.exists()


def test_another_companys_card_is_refused_by_name(authority: Authority, order: Order) -> None:
    issued = asked(order)
    with pytest.raises(UbnMismatch, match=make.OTHER.ubn):
        announce(authority, order, issued, signature=answer(authority, issued, ubn=make.OTHER.ubn))
    nothing_happened(order)
