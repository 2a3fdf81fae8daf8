"""Reading and locking orders, always through the company or vendor that owns them."""

from typing import Any

from django.db import connection
from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from tcloud.core.errors import NotFound
from tcloud.core.ids import order_number
from tcloud.members.models import Company
from tcloud.orders.models import Order, OrderEvent, OrderLine
from tcloud.orders.states import ENDS, State
from tcloud.payments.queries import attempts_with_facts
from tcloud.programme.models import Call, Deadline
from tcloud.programme.rules import DeadlineKind
from tcloud.vendors.models import Vendor

FAILED = (State.WITHDRAWN, State.REFUSED, State.LAPSED)
NUMBER_PREFIX = "CE"

# The limit that belongs to each state: what the order page's clock shows.
STATE_LIMIT: dict[State, DeadlineKind] = {
    State.AWAITING_VENDOR: DeadlineKind.VENDOR_ANSWER,
    State.AWAITING_PAYMENT: DeadlineKind.SELF_PAY,
    State.CONFIRMED: DeadlineKind.SERVICE_START,
    State.IN_SERVICE: DeadlineKind.TERM_END,
}


class OrderMissing(NotFound):
    """No such order, or somebody else's: both look the same."""

    code = "order_missing"
    message = _("找不到這筆訂單。請從「我的訂單」重新進入。")


def next_number() -> str:
    """A fresh order number from the database's own sequence; gaps are harmless, repeats impossible."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('orders_number')")
        return order_number(NUMBER_PREFIX, cursor.fetchone()[0])


def _full(orders: QuerySet[Order]) -> QuerySet[Order]:
    return orders.select_related("call", "rule_set", "company", "vendor", "delivery", "invoice").prefetch_related(
        Prefetch("lines", OrderLine.objects.order_by("line_number")), Prefetch("events", OrderEvent.objects.order_by("id"))
    )


def order_of_company(company: Company, number: str) -> Order:
    """One of the company's orders with lines and history; raises OrderMissing."""
    order = _full(Order.objects.filter(company=company, number=number)).first()
    if order is None:
        raise OrderMissing
    return order


def order_of_vendor(vendor: Vendor, number: str) -> Order:
    """One of the vendor's orders, visible from the moment it was submitted; raises OrderMissing."""
    order = _full(visible_to_vendor(vendor).filter(number=number)).first()
    if order is None:
        raise OrderMissing
    return order


def orders_of_company(company: Company) -> QuerySet[Order]:
    """A company's orders, newest first."""
    return Order.objects.filter(company=company).select_related("vendor").prefetch_related("lines").order_by("-id")


def latest_order(company: Company, call: Call) -> Order | None:
    """The order a company dealt with last in a call, leaving out those that came to nothing."""
    return Order.objects.filter(company=company, call=call).exclude(state__in=FAILED).order_by("-updated_at").first()


def visible_to_vendor(vendor: Vendor) -> QuerySet[Order]:
    """A vendor sees an order once it was signed and sent, never the company's drafts."""
    signed = OrderEvent.objects.filter(event="signed").values("order_id")
    return Order.objects.filter(vendor=vendor, id__in=signed)


UNINVOICED = Q(state=State.IN_SERVICE, invoice=None)
"""In service, and the vendor's turn all the same: its invoice is not registered."""


def orders_of_vendor(vendor: Vendor, states: list[State] | None = None, *, invoice_due: bool = False) -> QuerySet[Order]:
    """A vendor's orders in some states, oldest change first, so that what waits longest is on top.

    `invoice_due`: those in service whose invoice is missing are added; otherwise they are left out of given states.
    """
    orders = visible_to_vendor(vendor)
    if states is not None:
        wanted = Q(state__in=states)
        orders = orders.filter(wanted | UNINVOICED if invoice_due else wanted & ~UNINVOICED)
    return orders.select_related("company").prefetch_related("lines").order_by("updated_at")


def invoices_due(vendor: Vendor) -> int:
    """How many orders in service still want the vendor's invoice."""
    return visible_to_vendor(vendor).filter(UNINVOICED).count()


def counts_by_state(vendor: Vendor) -> dict[str, int]:
    """How many of a vendor's orders are in each state, in one query."""
    rows = visible_to_vendor(vendor).values_list("state").annotate(number=Count("id")).order_by()
    return dict(rows)


def lock_order(number: str) -> Order:
    """The order, locked until the transaction ends; raises OrderMissing."""
    order = (
        Order.objects.select_for_update(of=("self",))
        .select_related("call", "rule_set", "company", "vendor")
        .filter(number=number)
        .first()
    )
    if order is None:
        raise OrderMissing
    return order


def lock_own_order(number: str, company: Company) -> Order:
    """One of the company's orders, locked; raises OrderMissing for anybody else's."""
    order = lock_order(number)
    if order.company_id != company.pk:
        raise OrderMissing
    return order


def lock_vendors_order(number: str, vendor: Vendor) -> Order:
    """One of the vendor's orders, locked; raises OrderMissing for anybody else's."""
    order = lock_order(number)
    if order.vendor_id != vendor.pk:
        raise OrderMissing
    return order


def limits_of(numbers: list[str]) -> dict[tuple[str, str], Deadline]:
    """Every open limit of several orders by (kind, number), in one query."""
    rows = Deadline.objects.filter(done_at=None, subject__in=numbers).select_related("rule_set")
    return {(row.kind, row.subject): row for row in rows}


def limit_among(order: Order, limits: dict[tuple[str, str], Deadline]) -> Deadline | None:
    """The limit of an order's present state among limits already read."""
    kind = STATE_LIMIT.get(State(order.state))
    return limits.get((str(kind), order.number)) if kind else None


def state_limit(order: Order) -> Deadline | None:
    """The open limit of the order's present state."""
    kind = STATE_LIMIT.get(State(order.state))
    if kind is None:
        return None
    return Deadline.objects.filter(done_at=None, subject=order.number, kind=kind).order_by("due_at").first()


ORDER_FACTS = (
    "id", "number", "company_ubn", "vendor_ubn", "state", "price_twd", "points_used", "self_pay_twd", "created_at",
    "updated_at", "paid_fact_id",
)  # fmt: skip
LINE_FACTS = (
    "line_number", "solution_name", "plan_name", "listing_version", "term_months", "unit_price_twd", "quantity",
    "price_twd", "points", "self_pay_twd", "start_date", "end_until",
)  # fmt: skip
DELIVERY_FACTS = (
    "contacted_at", "contacted_by", "started_at", "started_by", "handover_note", "approved_at", "approved_by",
)  # fmt: skip
INVOICE_FACTS = (
    "number", "issued_date", "seller_ubn", "buyer_ubn", "sales_twd", "tax_twd", "total_twd", "registered_at",
    "registered_by",
)  # fmt: skip
LATE_FACTS = ("fact_id", "amount_twd", "reason", "noticed_at")


def orders_after(last: int, limit: int) -> list[dict[str, Any]]:
    """Orders in order of id with lines, history, delivery, invoice, payments and late money, for auditors.

    Everything an outsider needs to recompute that lines add up to their order and that what was paid is what was due
    (PRODUCT.md §5.3). Seven database queries, however many orders.
    """
    orders = list(_full(Order.objects.filter(id__gt=last)).prefetch_related("late_money").order_by("id")[:limit])
    payments = attempts_with_facts([order.number for order in orders])
    return [_exported(order) | {"payments": payments.get(order.number, [])} for order in orders]


def _exported(order: Order) -> dict[str, Any]:
    own: dict[str, Any] = {fact: getattr(order, fact) for fact in ORDER_FACTS}
    return own | {
        "call": order.call.code,
        "rule_set": order.rule_set.version,
        "lines": [_taken(line, LINE_FACTS) for line in order.lines.all()],
        "events": [
            {
                "event": row.event, "from": row.from_state, "to": row.to_state, "at": row.at, "actor": row.actor,
                "actor_name": row.actor_name, "note": row.note,
            }
            for row in order.events.all()
        ],
        "delivery": _taken(getattr(order, "delivery", None), DELIVERY_FACTS),
        "invoice": _taken(getattr(order, "invoice", None), INVOICE_FACTS),
        "late_money": [_taken(row, LATE_FACTS) for row in order.late_money.all()],
    }


def _taken(row: Any, facts: tuple[str, ...]) -> Any:
    return {fact: getattr(row, fact) for fact in facts} if row is not None else None


def open_by_state() -> dict[str, int]:
    """How many orders stand in each state that is not an end, for monitoring; states nobody is in count 0."""
    states = [state for state in State if state not in ENDS]
    found = Order.objects.filter(state__in=states).values_list("state").annotate(number=Count("id")).order_by()
    return dict.fromkeys(map(str, states), 0) | dict(found)
