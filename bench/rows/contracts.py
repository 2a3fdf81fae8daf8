"""A contract on its way: setting it, the click that signs it, and the question who signed it.

The certificate authority (OCSP, revocation lists, time stamps) is the demonstration's, in a process of its own and asked
over HTTP. The sign step is what the server does between the card's answer and the next page: check the signature, fetch
the time stamp, embed both, add the validation data, hold the points, store, tell both sides.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from bench.runner import Measured, held, row
from bench.shops import served
from simulators.certificate_authority.pki import Authority
from tcloud.contracts.queries import contract_of, document_of
from tcloud.contracts.states import DocumentKind
from tcloud.contracts.typesetting import typeset
from tcloud.contracts.verification import Verdict, configured_trust, verify_document
from tcloud.core.time import machine_now
from tcloud.orders.models import Order
from tcloud.orders.services import answering, signing
from tests import contracts, make, orders

RUNS = 30


@contextmanager
def _authority() -> Iterator[Authority]:
    """The demonstration's authority and its server, from its first answer until the block ends."""
    folder = Path(settings.DATA) / "ca"
    authority = Authority.open(folder, settings.CA_URL)
    with served([sys.executable, "-m", "simulators.certificate_authority"], dict(os.environ), settings.CA_URL):
        yield authority


@cache
def _market() -> Authority:
    """A company with its points and a vendor that sells; the authority serves until the last row is measured."""
    call_command("migrate", interactive=False, verbosity=0)
    authority = held.enter_context(_authority())
    orders.market()
    make.company_with_points(now=machine_now())
    return authority


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


@row("contracts.render_ms", unit="ms, two pages", goal="≤ 60")
def render() -> Measured:
    """From the facts of an order to its PDF, in a process that has set one before; each contract has another number."""
    typeset(contracts.facts())
    return Measured([_milliseconds(partial(typeset, contracts.facts(order=f"TC{number:010d}"))) for number in range(RUNS)])


def _one_signature(number: int) -> tuple[Order, float]:
    """An order up to its second click, and what that click took. Whoever wants more of them withdraws it: its points serve the next."""
    authority, now = _market(), machine_now()
    order = orders.checked(orders.draft(24_000, key=f"bench-{number}", now=now), now)
    key, raw = orders.sign(order, authority, now)

    def click() -> None:
        signing.sign_and_submit(
            number=order.number, company=order.company, key=key, raw_signature=raw, session_key=orders.SESSION,
            actor=orders.BUYS, now=now, machine_now=machine_now(),
        )  # fmt: skip

    return order, _milliseconds(click)


@row("contracts.sign_step_ms", unit="ms", goal="≤ 150")
def sign_step() -> Measured:
    """The second click of the company, time stamp over HTTP included; the first of all is not counted."""
    runs = []
    for number in range(RUNS + 1):
        order, took = _one_signature(number)
        runs.append(took)
        answering.withdraw_order(number=order.number, company=order.company, actor=orders.BUYS, now=machine_now())
    return Measured(runs[1:])


@row("contracts.verify_ms", unit="ms, two signatures", goal="")
def verify() -> Measured:
    """What the verification page does with a contract that both have signed; the answer is checked."""
    order, _ = _one_signature(-1)
    orders.accepted(orders.fresh(order), machine_now())
    content = document_of(contract_of(order.number), DocumentKind.SIGNED_BY_BOTH)
    trust = configured_trust()

    def ask() -> None:
        assert verify_document(content, trust).verdict is Verdict.GOOD

    ask()
    return Measured([_milliseconds(ask) for _ in range(RUNS)])
