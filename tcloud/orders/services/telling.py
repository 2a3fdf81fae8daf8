"""Who hears of an order's events: the company's and the vendor's responsible people."""

from datetime import datetime
from typing import Any

from tcloud.core.transactions import operation
from tcloud.identity.queries import recipient_of
from tcloud.members.queries import owner_of as owner_of_company
from tcloud.notifications.catalogue import MessageName
from tcloud.notifications.services import notify
from tcloud.orders.models import Order
from tcloud.vendors.queries import owner_of as owner_of_vendor


@operation
def tell_company(order: Order, message: MessageName, *, now: datetime, **context: Any) -> None:
    """A message about an order to the company's owner, by mail and in the member's notices."""
    person = recipient_of(owner_of_company(order.company), company_ubn=order.company_ubn)
    notify(to=person, message=message, context=_facts(order) | context, now=now)


@operation
def tell_vendor(order: Order, message: MessageName, *, now: datetime, **context: Any) -> None:
    """A message about an order to the vendor's owner."""
    staff = owner_of_vendor(order.vendor)
    if staff is not None:
        notify(to=recipient_of(staff.user), message=message, context=_facts(order) | context, now=now)


def _facts(order: Order) -> dict[str, Any]:
    return {
        "number": order.number,
        "vendor": order.vendor.name,
        "company": order.company.name,
        "price": order.price_twd,
        "points": order.points_used,
        "self_pay": order.self_pay_twd,
    }
