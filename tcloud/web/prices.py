"""What a price means for the visitor: points and self-pay, computed for their company where it is known."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tcloud.core.money import Points, Twd
from tcloud.orders.rules import points_ceiling, split_price
from tcloud.points.queries import available, call_for_order
from tcloud.programme.queries import latest_rules, rule_set_at
from tcloud.programme.rules import Rules
from tcloud.web.access import PageRequest, membership_here
from tcloud.web.order_steps import RefundRow, refund_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcloud.catalog.models import Plan
    from tcloud.programme.models import RuleSet


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


def purse_today(request: PageRequest, categories: "Sequence[str] | None" = None) -> Purse | None:
    """The signed-in company's points for a solution of some categories (None: of any); for everybody else what a call gives.

    None while there is no call.
    """
    return purse_of(request, latest_rules(request.now), categories)


def purse_of(
    request: PageRequest, latest: "RuleSet | None", categories: "Sequence[str] | None" = None
) -> Purse | None:
    """The same for a page that has read the newest call's rules itself."""
    membership = membership_here(request)
    company = membership.company if membership else None
    own = call_for_order(company.ubn, categories, request.now) if company else None
    if company and own:
        rules = latest.rules if latest and latest.call == own else rule_set_at(own, request.now).rules
        return Purse(rules, available(company.ubn, own), company.name, granted=True)
    if latest is None:
        return None
    return Purse(latest.rules, Points(latest.rules.points_per_company), company.name if company else "")


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
