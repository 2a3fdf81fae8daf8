"""What a price means for the visitor: points and self-pay, computed for their company where it is known."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tcloud.core.money import Points, Twd
from tcloud.members.queries import membership_of
from tcloud.orders.rules import points_ceiling, split_price
from tcloud.points.queries import available, call_for_order
from tcloud.programme.queries import latest_call, rule_set_at
from tcloud.programme.rules import Rules
from tcloud.web.access import PageRequest
from tcloud.web.order_steps import RefundRow, refund_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import AnonymousUser

    from tcloud.catalog.models import Plan
    from tcloud.identity.models import User
    from tcloud.members.models import Membership


@dataclass(frozen=True, slots=True)
class Purse:
    """Whose points a preview counts with. `granted` is False while they are only to be expected."""

    rules: Rules
    points: Points
    company: str = ""
    granted: bool = False


@dataclass(frozen=True, slots=True)
class Priced:
    """A plan with its split. `capped` says the points ran out before the share did."""

    plan: "Plan"
    points: Points
    cash: Twd
    capped: bool
    left_after: int
    refunds: list[RefundRow]

    @property
    def nothing_from(self) -> int:
        """The first used month after which a change of mind returns nothing."""
        return self.plan.term_months // 2 + 1


@dataclass(frozen=True, slots=True)
class Example:
    """What the home page counts out: a price, and how a company with a whole grant pays it."""

    price: Twd
    points: Points
    cash: Twd


EXAMPLE_PRICE = Twd(60_000)


def example_of(rules: Rules) -> Example:
    """A price under a call's rules, for a company that has used no points yet."""
    points = points_ceiling(price=EXAMPLE_PRICE, share=rules.points_share, available=Points(rules.points_per_company))
    split = split_price(price=EXAMPLE_PRICE, points=points)
    return Example(EXAMPLE_PRICE, split.points, split.cash)


def membership_here(request: PageRequest) -> "Membership | None":
    """The visitor's membership, where a public page knows them."""
    user = cast("User | AnonymousUser", request.user)  # on a public page it may be either
    return membership_of(user, request.session.get("company")) if user.is_authenticated else None


def purse_of(request: PageRequest, categories: "Sequence[str] | None" = None) -> Purse | None:
    """The signed-in company's points for a solution of some categories (None: of any); for everybody else what a call gives.

    None while there is no call.
    """
    membership = membership_here(request)
    own = call_for_order(membership.company.ubn, categories, request.now) if membership else None
    call = own or latest_call(request.now)
    if call is None:
        return None
    rules = rule_set_at(call, request.now).rules
    expected = Purse(rules, Points(rules.points_per_company))
    if membership is None:
        return expected
    if own is None:
        return Purse(rules, expected.points, membership.company.name)
    return Purse(rules, available(membership.company.ubn, call), membership.company.name, granted=True)


def priced(plan: "Plan", purse: Purse, *, with_refunds: bool = False) -> Priced:
    """Split one plan's price with a purse; refunds month by month only where the page shows them."""
    price = Twd(plan.price_twd)
    share = purse.rules.points_share
    split = split_price(price=price, points=points_ceiling(price=price, share=share, available=purse.points))
    rows = refund_rows(purse.rules.refund, points=split.points, cash=split.cash, term=plan.term_months) if with_refunds else []
    return Priced(
        plan, split.points, split.cash,
        capped=purse.points < price * share.numerator // share.denominator,
        left_after=purse.points - split.points,
        refunds=[row for row in rows if 2 * row.used <= plan.term_months],
    )  # fmt: skip
