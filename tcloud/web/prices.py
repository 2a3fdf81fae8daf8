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


def purse_today(request: PageRequest) -> Purse | None:
    """The signed-in company's points; for everybody else what a call gives. None while there is no call."""
    return purse_of(request, latest_rules(request.now))


def purse_of(request: PageRequest, latest: "RuleSet | None") -> Purse | None:
    """The same for a page that has read the newest call's rules itself."""
    membership = membership_here(request)
    company = membership.company if membership else None
    own = call_for_order(company.ubn, (), request.now) if company else None
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
    rows = refund_rows(points=split.points, cash=split.cash, term=plan.term_months) if with_refunds else []
    return Priced(
        plan, split.points, split.cash,
        capped=purse.points < price * share.numerator // share.denominator,
        left_after=purse.points - split.points,
        refunds=[row for row in rows if 2 * row.used <= plan.term_months],
    )  # fmt: skip
