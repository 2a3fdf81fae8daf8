"""From a plan to an order that is ready to be signed."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from tcloud.catalog.queries import PlanForOrder
from tcloud.core.errors import Refused
from tcloud.core.language import in_language
from tcloud.core.money import Points, Twd
from tcloud.core.transactions import operation, use_case
from tcloud.identity.models import User
from tcloud.members.models import Company
from tcloud.members.queries import lock_company
from tcloud.orders.models import Order, OrderLine
from tcloud.orders.queries import lock_own_order, next_number
from tcloud.orders.rules import allot, points_ceiling
from tcloud.orders.states import State
from tcloud.points.queries import grant_of, open_freeze
from tcloud.points.services.holding import GrantFrozen, spendable
from tcloud.programme.models import Call
from tcloud.programme.queries import rule_set_at
from tcloud.programme.rules import Rules
from tcloud.programme.wording import part
from tcloud.vendors.models import Vendor

MOST_LICENCES = 99


class NoPointsToUse(Refused):
    """The ceiling is zero: price 1, or no points left."""

    code = "no_points_to_use"
    message = _("這筆訂單用不到點數：您還有 %(available)s 點，方案價格 %(price)s 元。點數最多付%(part)s（規則：點數比例）。")


class TooManyPoints(Refused):
    """More points than the rule or the wallet allows."""

    code = "too_many_points"
    message = _("點數要在 1 到 %(ceiling)s 點之間。點數最多付%(part)s，也不能超過您剩下的點數（規則：點數比例）。")


class TooLateToChange(Refused):
    """The contract exists; it must be taken back first."""

    code = "too_late_to_change"
    message = _("契約已經產生，金額不能再改。要改的話，請先按「回上一步修改」。")


class OwnPlan(Refused):
    """Buyer and vendor are the same company."""

    code = "own_plan"
    message = _("這是貴公司自己的方案，不能用點數向自己購買。")


class CategoryNotPaidFor(Refused):
    """The call pays for some categories only, and this is none of them."""

    code = "category_not_paid_for"
    message = _("「%(category)s」不在 %(call)s 補助的方案類別裡，點數不能用來買（規則：梯次的方案類別）。請選其他類別的方案。")


class BadQuantity(Refused):
    """A quantity outside 1 to 99."""

    code = "bad_quantity"
    message = _("數量要在 1 到 %(most)s 之間。")


@use_case
def place_order(
    *, company: Company, user: User, call: Call, offer: PlanForOrder, quantity: int, request_key: str, now: datetime
) -> Order:
    """Make a draft with the largest number of points the rule allows; the same form twice finds the first draft.

    Raises NoPointsToUse, OwnPlan, BadQuantity, CategoryNotPaidFor.
    """
    lock_company(company.ubn)  # one draft after the other: a double click waits here, and finds the first
    existing = Order.objects.filter(request_key=request_key, company=company).first()
    if existing is not None:
        return existing
    if not 1 <= quantity <= MOST_LICENCES:
        raise BadQuantity(most=MOST_LICENCES)
    vendor = Vendor.objects.get(pk=offer.vendor_id)
    if vendor.ubn == company.ubn:
        raise OwnPlan
    if not call.pays_for(offer.category_slug, offer.root_slug):
        category = in_language(offer.category_name, offer.category_name_en)
        raise CategoryNotPaidFor(category=category, call=call.title)
    rule_set = rule_set_at(call, now)
    price = Twd(offer.price * quantity)
    left = spendable(company.ubn, call, now)
    points = points_ceiling(price=price, share=rule_set.rules.points_share, available=left)
    if points < 1:
        raise no_points(left, price, rule_set.rules)
    order = Order.objects.create(
        number=next_number(), call=call, rule_set=rule_set, company=company, company_ubn=company.ubn, vendor=vendor,
        vendor_ubn=vendor.ubn, price_twd=price, points_used=points, self_pay_twd=price - points, placed_by=user,
        request_key=request_key, created_at=now, updated_at=now,
    )  # fmt: skip
    OrderLine.objects.create(
        order=order, line_number=1, plan_id=offer.plan_id, listing_version=offer.solution_version,
        solution_name=offer.solution_name, plan_name=offer.plan_name, category_name=offer.category_name,
        solution_name_en=offer.solution_name_en, plan_name_en=offer.plan_name_en,
        category_name_en=offer.category_name_en,
        term_months=offer.term_months, unit_price_twd=offer.price, quantity=quantity, price_twd=price,
        points=points, self_pay_twd=price - points,
    )  # fmt: skip
    return order


@use_case
def change_points(*, number: str, company: Company, points: int, now: datetime) -> Order:
    """Use fewer (or again more) points for a draft. Raises TooManyPoints, and NoPointsToUse or GrantFrozen without any."""
    order = lock_own_order(number, company)
    if order.state != State.DRAFT:
        raise TooLateToChange
    left = spendable(company.ubn, order.call, now)
    price = Twd(order.price_twd)
    ceiling = points_ceiling(price=price, share=order.rule_set.rules.points_share, available=left)
    if ceiling < 1:
        raise no_points(left, price, order.rule_set.rules)
    if not 1 <= points <= ceiling:
        raise TooManyPoints(ceiling=f"{ceiling:,}", part=part(order.rule_set.rules.points_share))
    write_split(order, list(order.lines.order_by("line_number")), Points(points), now)
    return order


def no_points(left: Points, price: Twd, rules: Rules) -> NoPointsToUse:
    """The refusal of an order that could not use a single point."""
    return NoPointsToUse(available=f"{left:,}", price=f"{price:,}", part=part(rules.points_share))


def why_no_points(order: Order, left: Points) -> Refused | None:
    """Why a draft cannot use one point now, for its page; None when it can. `left` is what can be spent (0 while frozen)."""
    price, rules = Twd(order.price_twd), order.rule_set.rules
    if points_ceiling(price=price, share=rules.points_share, available=left) >= 1:
        return None
    grant = grant_of(order.company_ubn, order.call)
    freeze = open_freeze(grant) if grant else None
    return GrantFrozen(reason=freeze.reason) if freeze else no_points(left, price, rules)


@operation
def write_split(order: Order, lines: Sequence[OrderLine], points: Points, now: datetime) -> None:
    """Allot an order's points to its lines and store order and lines, prices included."""
    for line, split in zip(lines, allot(prices=[Twd(line.price_twd) for line in lines], points=points), strict=True):
        line.points, line.self_pay_twd = split.points, split.cash
        line.save()
    order.points_used, order.self_pay_twd = points, order.price_twd - points
    order.updated_at = now
    order.save(update_fields=["price_twd", "points_used", "self_pay_twd", "updated_at"])
