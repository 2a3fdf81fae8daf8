"""What both sides read about an order: headline, who acts, until when, what happened and what comes next.

Everything is derived from the order's row, its events and its open limits; nothing is stored for the page.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tcloud.core.language import reads_english
from tcloud.orders.queries import limit_among
from tcloud.orders.rules import refund_of
from tcloud.orders.states import WHO_ACTS, Actor, State
from tcloud.payments.queries import attempts_of
from tcloud.points.queries import came_back
from tcloud.programme.queries import deadline_moved
from tcloud.programme.rules import DeadlineKind
from tcloud.programme.wording import span

if TYPE_CHECKING:
    from tcloud.orders.models import Order
    from tcloud.programme.models import Deadline
    from tcloud.programme.rules import RefundRule, Rules

STREAM_SALT = "order-stream"
HEADLINES = {
    State.DRAFT: gettext_lazy("草稿：請確認訂單與金額"),
    State.AWAITING_SIGNATURE: gettext_lazy("待簽約：請讀契約，插卡簽署"),
    State.AWAITING_VENDOR: gettext_lazy("資訊服務廠商確認中：等廠商回覆接不接單"),
    State.AWAITING_PAYMENT: gettext_lazy("付款中：請付自付款 %(self_pay)s 元"),
    State.CONFIRMED: gettext_lazy("訂單確認：等廠商開始服務"),
    State.IN_SERVICE: gettext_lazy("服務中"),
    State.FINISHED: gettext_lazy("完成：服務期滿"),
    State.WITHDRAWN: gettext_lazy("已撤回，不用付錢"),
    State.REFUSED: gettext_lazy("廠商未接單"),
    State.LAPSED: gettext_lazy("逾期失效"),
}
POINTS_WENT = {
    True: gettext_lazy("%(headline)s：點數已退回"),
    False: gettext_lazy("%(headline)s：使用期限已過，點數已收回"),
    None: gettext_lazy("%(headline)s"),
}
"""Where the points of an order that ended before payment are now, as the journal has it."""

ANSWERING = {
    State.AWAITING_VENDOR: gettext_lazy("請回覆接不接單"),
    State.AWAITING_PAYMENT: gettext_lazy("等公司付自付款 %(self_pay)s 元"),
    State.CONFIRMED: gettext_lazy("已收款：請開始服務"),
}
"""Headlines that the vendor reads instead: what it has to do, where the company's says what it waits for."""

# Lengths in these texts are the ones of the order's own version of the rules.
RULES = {
    DeadlineKind.VENDOR_ANSWER: gettext_lazy("廠商 %(vendor_answers)s內回覆。沒回覆訂單就失效，點數全退。"),
    DeadlineKind.SELF_PAY: gettext_lazy("接單後 %(self_pay)s內付款。逾期訂單失效，保留的點數在使用期限內退回錢包，過了就收回。"),
    DeadlineKind.SERVICE_START: gettext_lazy("付款後 %(service_start)s內開始服務。"),
    DeadlineKind.FIRST_CONTACT: gettext_lazy("付款後 %(first_contact)s內聯繫。"),
    DeadlineKind.INVOICE: gettext_lazy("收款後 %(invoice)s內開立發票，金額是訂單全額。"),
    DeadlineKind.APPROVAL: gettext_lazy("服務開始後 %(approval)s內驗收。沒有回覆視為驗收。"),
    DeadlineKind.TERM_END: gettext_lazy("期程從服務開始那天起算。"),
}

RULE_NAMES = {
    DeadlineKind.VENDOR_ANSWER: "vendor_answers", DeadlineKind.SELF_PAY: "self_pay", DeadlineKind.INVOICE: "invoice",
    DeadlineKind.SERVICE_START: "service_start", DeadlineKind.FIRST_CONTACT: "first_contact",
    DeadlineKind.APPROVAL: "approval",
}  # fmt: skip

@dataclass(frozen=True, slots=True)
class RefundRow:
    """What a cancellation returns after a number of used months."""

    used: int
    points: int
    cash: int

    @property
    def when(self) -> str:
        """The row's heading: 開始前, or the month. Said here, because a page has a hundred of them."""
        return _("第 %(month)s 個月") % {"month": self.used} if self.used else _("開始前")


Limits = dict[tuple[str, str], "Deadline"]
"""Open limits by kind and order number, as `limits_of` reads them."""

IN_SERVICE_DUTY = {Actor.COMPANY: DeadlineKind.APPROVAL, Actor.VENDOR: DeadlineKind.INVOICE}
"""What a side may still owe while the service runs."""
DUTY_HEADLINES = {
    DeadlineKind.APPROVAL: gettext_lazy("服務中：請驗收"),
    DeadlineKind.INVOICE: gettext_lazy("服務中：請登錄發票"),
}


RELEASED = (State.WITHDRAWN, State.REFUSED, State.LAPSED)


def headline(order: "Order", limits: Limits, *, side: Actor) -> str:
    """The state and the next step in one line, as one side reads it."""
    state = State(order.state)
    text = HEADLINES[state]
    if side is Actor.VENDOR:
        text = ANSWERING.get(state, text)
    if duty := duty_in_service(order, limits, side=side):
        text = DUTY_HEADLINES[DeadlineKind(duty.kind)]
    said = str(text) % {"self_pay": f"{order.self_pay_twd:,}"}
    if state in RELEASED and side is Actor.COMPANY:
        return str(POINTS_WENT[came_back(order.number)]) % {"headline": said}
    return said


def duty_in_service(order: "Order", limits: Limits, *, side: Actor) -> "Deadline | None":
    """The open limit of what a side still owes while the service runs: 驗收 or the invoice."""
    kind = IN_SERVICE_DUTY.get(side) if order.state == State.IN_SERVICE else None
    return limits.get((str(kind), order.number)) if kind else None


def shown_limit(order: "Order", limits: Limits, *, side: Actor) -> "Deadline | None":
    """The limit that the clock shows: what this side owes comes before the end of the term."""
    return duty_in_service(order, limits, side=side) or limit_among(order, limits)


def turn(order: "Order", limits: Limits, *, side: Actor) -> str:
    """The tag in words' colour: you, wait, ok or end, seen from one side."""
    state = State(order.state)
    actor = WHO_ACTS[state]
    if state is State.IN_SERVICE:
        return "you" if duty_in_service(order, limits, side=side) else "ok"
    if actor is Actor.NOBODY:
        return "end"
    return "you" if actor is side else "wait"


MOVED = gettext_lazy("末日遇假日，順延到下一個工作天。")


def rule_of(limit: "Deadline | None") -> str:
    """The rule behind a limit, in words; also that its last day was moved past a day off."""
    if limit is None:
        return ""
    rule = str(RULES.get(DeadlineKind(limit.kind), "")) % spans(limit.rule_set.rules)
    return sentences(rule, str(MOVED)) if deadline_moved(limit) else rule


def rules_url(limit: "Deadline | None") -> str:
    """Where the rule behind a limit stands, in the version that the order was made under."""
    if limit is None:
        return ""
    rules = limit.rule_set
    anchor = RULE_NAMES.get(DeadlineKind(limit.kind), "")
    return f"{reverse('rules')}?call={rules.call.code}&version={rules.version}" + (f"#rule-{anchor}" if anchor else "")


def spans(rules: "Rules") -> dict[str, str]:
    """The lengths that texts about an order name, by rule: 「5 個工作天」."""
    return {
        "vendor_answers": span(rules.vendor_answers), "self_pay": span(rules.self_pay),
        "first_contact": span(rules.first_contact), "invoice": span(rules.invoice),
        "service_start": span(rules.service_start), "approval": span(rules.approval),
    }  # fmt: skip


def sentences(*texts: str) -> str:
    """Sentences one after the other: with a space between them where the language has one."""
    return (" " if reads_english() else "").join(text for text in texts if text)


def refund_rows(rule: "RefundRule", *, points: int, cash: int, term: int) -> list[RefundRow]:
    """What comes back for each number of used months, 0 (before the start) to the term."""
    return [
        RefundRow(used, *(refund_of(rule, amount=amount, term=term, used=used) for amount in (points, cash)))
        for used in range(term + 1)
    ]


def payment_state(order: "Order") -> str:
    """How the last attempt stands while the order waits for money: who comes back from the gateway must not pay twice."""
    last = attempts_of(order.number).last() if order.state == State.AWAITING_PAYMENT else None
    return last.state if last else ""


def order_rows(orders: "Iterable[Order]", limits: Limits, *, side: Actor) -> list[dict[str, object]]:
    """Rows of an order list, as one side sees them."""
    return [
        {"order": order, "turn": turn(order, limits, side=side), "limit": shown_limit(order, limits, side=side)}
        for order in orders
    ]


def stream_url(number: str) -> str:
    """Where an open page listens for changes of one order; signed for that order only."""
    return f"{settings.EVENTS_URL}/orders/{signing.dumps(number, salt=STREAM_SALT)}"
