"""What a draft was made from, asked again: whether it is still for sale, and at which price."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from tcloud.catalog.queries import PlanForOrder, plan_for_order
from tcloud.core.errors import Refused
from tcloud.core.money import Points, Twd
from tcloud.core.transactions import operation, use_case
from tcloud.members.models import Company
from tcloud.orders.models import Order, OrderLine
from tcloud.orders.queries import lock_own_order
from tcloud.orders.rules import points_ceiling
from tcloud.orders.services.placing import TooLateToChange, no_points, write_split
from tcloud.orders.states import State
from tcloud.points.services.holding import spendable


class OfferChanged(Refused):
    """The vendor asks another price, or sells another term, than the draft has."""

    code = "offer_changed"
    message = _(
        "廠商改了這個規格：現在是 %(price)s 元、%(months)s 個月，您的訂單是 %(old_price)s 元、%(old_months)s 個月。"
        "契約只能照現在的規格簽。要繼續，請在「確認訂單與金額」按「改用現在的規格」；不要的話，什麼都不用做。"
    )


def check_offers(order: Order) -> None:
    """Every line of an unsent order can still be bought as it stands. Raises PlanNotForSale, OfferChanged."""
    for line in order.lines.order_by("line_number"):
        offer = plan_for_order(line.plan_id)
        if (offer.price, offer.term_months) != (line.unit_price_twd, line.term_months):
            raise OfferChanged(
                price=f"{offer.price:,}", months=offer.term_months, old_price=f"{line.unit_price_twd:,}",
                old_months=line.term_months,
            )  # fmt: skip


def refusal_of(order: Order) -> Refused | None:
    """Why an unsent order could not be signed now; None when it can."""
    try:
        check_offers(order)
    except Refused as refusal:
        return refusal
    return None


@use_case
def take_over_offers(*, number: str, company: Company, points: int, now: datetime) -> Order:
    """Make a draft anew from what its plans are today, with the points wished for as far as the rule allows.

    Raises TooLateToChange, PlanNotForSale, NoPointsToUse.
    """
    order = lock_own_order(number, company)
    if order.state != State.DRAFT:
        raise TooLateToChange
    lines = list(order.lines.order_by("line_number"))
    for line in lines:
        _take_over(line, plan_for_order(line.plan_id))
    price = Twd(sum(line.price_twd for line in lines))
    left = spendable(company.ubn, order.call, now)
    ceiling = points_ceiling(price=price, share=order.rule_set.rules.points_share, available=left)
    if ceiling < 1:
        raise no_points(left, price, order.rule_set.rules)
    order.price_twd = price
    write_split(order, lines, Points(max(1, min(points, ceiling))), now)
    return order


@operation
def _take_over(line: OrderLine, offer: PlanForOrder) -> None:
    line.listing_version = offer.solution_version
    line.solution_name, line.solution_name_en = offer.solution_name, offer.solution_name_en
    line.plan_name, line.plan_name_en = offer.plan_name, offer.plan_name_en
    line.term_months, line.unit_price_twd = offer.term_months, offer.price
    line.price_twd = offer.price * line.quantity
