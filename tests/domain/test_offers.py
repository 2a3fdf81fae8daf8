"""What a draft was made from is asked again before it is signed and sent."""

import pytest

from simulators.certificate_authority.pki import Authority
from tcloud.catalog.models import Plan
from tcloud.catalog.queries import PlanNotForSale
from tcloud.catalog.services import withdraw_listing
from tcloud.core.time import machine_now
from tcloud.ledger import chart
from tcloud.ledger.queries import balance
from tcloud.ledger.services.verifying import verify
from tcloud.orders.models import Order
from tcloud.orders.services import offering, placing, signing
from tcloud.orders.states import State
from tcloud.vendors.models import Vendor
from tcloud.vendors.states import VendorState
from tests import make, orders
from tests.authority import NOW, Outside, authority, outside

__all__ = ["authority", "outside"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def draft(outside: Outside) -> Order:
    outside.now = NOW
    orders.market()
    make.company_with_points(now=NOW)
    return orders.draft(now=NOW)


def take_off() -> None:
    withdraw_listing(slug="alley-pos", actor=orders.SELLS, now=NOW)


def suspend() -> None:
    Vendor.objects.update(status=VendorState.SUSPENDED)


def end_sale() -> None:
    Plan.objects.filter(price_twd=60_000).update(status="ended")


def change_price(price: int = 54_000) -> None:
    Plan.objects.filter(price_twd=60_000).update(price_twd=price)


NOT_SOLD = {"listing": take_off, "vendor": suspend, "plan": end_sale}


def held(order: Order) -> int:
    return balance(chart.order_hold(order.number))


@pytest.mark.parametrize("gone", NOT_SOLD.values(), ids=NOT_SOLD)
def test_what_is_not_sold_gets_no_contract(draft: Order, gone: object) -> None:
    gone()  # type: ignore[operator]
    with pytest.raises(PlanNotForSale):
        orders.checked(draft, NOW)
    assert orders.fresh(draft).state == State.DRAFT


@pytest.mark.parametrize("gone", NOT_SOLD.values(), ids=NOT_SOLD)
def test_what_was_taken_off_while_the_card_signed_is_not_sent(draft: Order, authority: Authority, gone: object) -> None:
    orders.checked(draft, NOW)
    key, raw = orders.sign(draft, authority, NOW)
    gone()  # type: ignore[operator]
    with pytest.raises(PlanNotForSale):
        signing.sign_and_submit(
            number=draft.number, company=draft.company, key=key, raw_signature=raw, session_key=orders.SESSION,
            actor=orders.BUYS, now=NOW, machine_now=machine_now(),
        )  # fmt: skip
    assert orders.fresh(draft).state == State.AWAITING_SIGNATURE
    assert held(draft) == 0
    with pytest.raises(PlanNotForSale):
        orders.sign(draft, authority, NOW)
    assert verify() is None


def test_a_changed_price_is_told_and_can_be_taken_over_with_the_points_kept(draft: Order, authority: Authority) -> None:
    placing.change_points(number=draft.number, company=draft.company, points=12_345, now=NOW)
    change_price()
    with pytest.raises(offering.OfferChanged) as told:
        orders.checked(draft, NOW)
    assert "54,000" in str(told.value)
    assert "60,000" in str(told.value)

    taken = offering.take_over_offers(number=draft.number, company=draft.company, points=12_345, now=NOW)
    line = taken.lines.get()
    assert (taken.price_twd, taken.points_used, taken.self_pay_twd) == (54_000, 12_345, 41_655)
    assert (line.unit_price_twd, line.price_twd, line.points, line.self_pay_twd) == (54_000, 54_000, 12_345, 41_655)
    sent = orders.submitted(taken, authority, NOW)
    assert (sent.state, held(sent)) == (State.AWAITING_VENDOR, 12_345)


def test_points_above_the_new_ceiling_become_the_ceiling(draft: Order) -> None:
    change_price(20_000)
    taken = offering.take_over_offers(number=draft.number, company=draft.company, points=30_000, now=NOW)
    assert (taken.price_twd, taken.points_used, taken.self_pay_twd) == (20_000, 10_000, 10_000)


def test_a_price_changed_after_the_contract_was_made_is_not_sent(draft: Order, authority: Authority) -> None:
    orders.checked(draft, NOW)
    key, raw = orders.sign(draft, authority, NOW)
    change_price()
    with pytest.raises(offering.OfferChanged):
        signing.sign_and_submit(
            number=draft.number, company=draft.company, key=key, raw_signature=raw, session_key=orders.SESSION,
            actor=orders.BUYS, now=NOW, machine_now=machine_now(),
        )  # fmt: skip
    assert (orders.fresh(draft).state, held(draft)) == (State.AWAITING_SIGNATURE, 0)
    with pytest.raises(placing.TooLateToChange):
        offering.take_over_offers(number=draft.number, company=draft.company, points=1, now=NOW)
