"""The only place that writes an order's state."""

from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from tcloud.audit.services import record
from tcloud.core.actors import Actor, name_of
from tcloud.core.errors import Refused
from tcloud.core.transactions import operation
from tcloud.orders.models import Order, OrderEvent
from tcloud.orders.states import TRANSITIONS, Event, State

CHANNEL = "tcloud_orders"
"""PostgreSQL notification channel: the event stream tells open pages that an order changed."""


class StepNotPossible(Refused):
    """The order is in a state that does not know this event."""

    code = "step_not_possible"
    message = _("訂單現在是「%(state)s」，這個動作已經不能做了。下面是目前的狀態。")


@operation
def advance(order: Order, event: Event, *, actor: Actor, now: datetime, note: str = "") -> None:
    """Move a locked order along its table, with an event row, an audit row and a nudge to open pages.

    Raises StepNotPossible, and then nothing has changed.
    """
    source = State(order.state)
    target = TRANSITIONS.get((source, event))
    if target is None:
        raise StepNotPossible(state=source.label)
    order.state = target
    order.updated_at = now
    order.save()
    OrderEvent.objects.create(
        order=order, event=event, from_state=source, to_state=target, at=now, actor=str(actor), actor_name=name_of(actor),
        note=note,
    )
    record(
        tag=f"orders:order:{event}", actor=actor, subject=order.number, now=now,
        details={"from": str(source), "to": str(target)},
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, order.number])
