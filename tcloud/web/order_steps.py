"""What both sides read about an order: headline, who acts, until when, what happened and what comes next.

Everything is derived from the order's row, its events and its open limits; nothing is stored for the page.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tcloud.core.language import reads_english
from tcloud.orders.queries import limit_among
from tcloud.orders.rules import refund_of
from tcloud.orders.states import WHO_ACTS, Actor, Event, State
from tcloud.programme.queries import deadline_moved
from tcloud.programme.rules import DeadlineKind
from tcloud.programme.wording import span

if TYPE_CHECKING:
    from tcloud.orders.models import Order, OrderEvent
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
    State.WITHDRAWN: gettext_lazy("已撤回：點數已退回，不用付錢"),
    State.REFUSED: gettext_lazy("廠商未接單：點數已退回"),
    State.LAPSED: gettext_lazy("逾期失效：點數已退回"),
}

ANSWERING = {
    State.AWAITING_VENDOR: gettext_lazy("請回覆接不接單"),
    State.AWAITING_PAYMENT: gettext_lazy("等公司付自付款 %(self_pay)s 元"),
    State.CONFIRMED: gettext_lazy("已收款：請開始服務"),
}
"""Headlines that the vendor reads instead: what it has to do, where the company's says what it waits for."""

# Lengths in these texts are the ones of the order's own version of the rules.
RULES = {
    DeadlineKind.VENDOR_ANSWER: gettext_lazy("廠商 %(vendor_answers)s內回覆。沒回覆訂單就失效，點數全退。"),
    DeadlineKind.SELF_PAY: gettext_lazy("接單後 %(self_pay)s內付款。逾期訂單失效，保留的點數退回錢包。"),
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

PAST = {
    Event.CHECKED: gettext_lazy("確認金額，契約產生"),
    Event.REOPENED: gettext_lazy("回頭修改訂單"),
    Event.SIGNED: gettext_lazy("簽署送出，保留 %(points)s 點"),
    Event.ACCEPTED: gettext_lazy("廠商接單"),
    Event.REFUSED: gettext_lazy("廠商未接單，退回 %(points)s 點"),
    Event.VENDOR_SILENT: gettext_lazy("廠商逾期未回覆，退回 %(points)s 點"),
    Event.PAID: gettext_lazy("自付款已收到，%(points)s 點扣抵"),
    Event.UNPAID: gettext_lazy("逾期未付款，退回 %(points)s 點"),
    Event.WITHDRAWN: gettext_lazy("撤回訂單"),
    Event.STARTED: gettext_lazy("服務開始"),
    Event.TERM_ENDED: gettext_lazy("服務期滿，訂單完成"),
}

RULE_ACTORS = {
    "rule:vendor_answers": gettext_lazy("依規則：廠商 %(vendor_answers)s內回覆"),
    "rule:self_pay": gettext_lazy("依規則：接單後 %(self_pay)s內付款"),
    "rule:term": gettext_lazy("依期程"),
    "machine:gateway": gettext_lazy("金流公司通知"),
}
OLD_ACTORS = {
    "vendor_answers": "rule:vendor_answers", "self_pay": "rule:self_pay", "term": "rule:term", "gateway": "machine:gateway",
}  # fmt: skip
"""What steps written before core.actors have in place of a reference."""


@dataclass(frozen=True, slots=True)
class Step:
    """One dot of the time line. `kind` is past, now (the reader's turn: the lamp), wait (somebody else's) or next."""

    kind: str
    title: str
    at: datetime | None = None
    limit: datetime | None = None
    note: str = ""
    acts: bool = True
    """Whether somebody has to act by the limit; the end of a term comes by itself."""


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


def headline(order: "Order", limits: Limits, *, side: Actor) -> str:
    """The state and the next step in one line, as one side reads it."""
    state = State(order.state)
    text = HEADLINES[state]
    if side is Actor.VENDOR:
        text = ANSWERING.get(state, text)
    if duty := duty_in_service(order, limits, side=side):
        text = DUTY_HEADLINES[DeadlineKind(duty.kind)]
    return str(text) % {"self_pay": f"{order.self_pay_twd:,}"}


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


def time_line(order: "Order", limits: Limits, *, side: Actor) -> list[Step]:
    """What happened, what happens now, and what comes next with its limit."""
    numbers, lengths = {"points": f"{order.points_used:,}"}, spans(order.rule_set.rules)
    past = [
        (row.at, Step("past", str(PAST[Event(row.event)]) % numbers, at=row.at, note=_who(row, lengths)))
        for row in order.events.all()
    ]
    happened = sorted(past + _delivered(order, lengths), key=lambda dated: dated[0])  # one stable order of time
    return [step for _at, step in happened] + _ahead(order, limits, side, lengths)


def _who(row: "OrderEvent", lengths: dict[str, str]) -> str:
    """Who acted, and the note: a rule in words, a person by name. Steps from before references were kept have bare words."""
    reference = row.actor if ":" in row.actor or row.actor_name else OLD_ACTORS.get(row.actor, "")
    who = str(RULE_ACTORS[reference]) % lengths if reference in RULE_ACTORS else row.actor_name or row.actor
    return _("%(who)s：%(note)s") % {"who": who, "note": row.note} if row.note and who else who or row.note


def _delivered(order: "Order", lengths: dict[str, str]) -> list[tuple[datetime, Step]]:
    steps = []
    delivery = getattr(order, "delivery", None)
    if delivery and delivery.contacted_at:
        steps.append(Step("past", _("廠商已聯繫"), at=delivery.contacted_at, note=delivery.contacted_by))
    invoice = getattr(order, "invoice", None)
    if invoice:
        steps.append(Step("past", _("廠商開發票 %(number)s") % {"number": invoice.number}, at=invoice.registered_at))
    if delivery and delivery.approved_at:
        silent = _("%(approval)s內沒有回覆，視為驗收") % lengths
        steps.append(Step("past", _("驗收完成"), at=delivery.approved_at, note=delivery.approved_by or silent))
    return [(step.at, step) for step in steps if step.at]


AHEAD: dict[State, list[tuple[str, DeadlineKind | None]]] = {
    State.DRAFT: [("sign", None), ("answer", None), ("pay", None), ("start", None)],
    State.AWAITING_SIGNATURE: [("sign", None), ("answer", None), ("pay", None), ("start", None)],
    State.AWAITING_VENDOR: [
        ("answer", DeadlineKind.VENDOR_ANSWER), ("pay", None), ("contact", None), ("invoice", None), ("start", None),
    ],
    State.AWAITING_PAYMENT: [("pay", DeadlineKind.SELF_PAY), ("contact", None), ("invoice", None), ("start", None)],
    State.CONFIRMED: [
        ("contact", DeadlineKind.FIRST_CONTACT), ("invoice", DeadlineKind.INVOICE), ("start", DeadlineKind.SERVICE_START),
    ],
    State.IN_SERVICE: [
        ("invoice", DeadlineKind.INVOICE), ("approve", DeadlineKind.APPROVAL), ("end", DeadlineKind.TERM_END),
    ],
}  # fmt: skip

AT_ONCE = {State.CONFIRMED, State.IN_SERVICE}
"""States in which every step with a limit can be taken already; elsewhere one waits for the other."""

WHO_TAKES = {
    "sign": Actor.COMPANY, "answer": Actor.VENDOR, "pay": Actor.COMPANY, "contact": Actor.VENDOR,
    "invoice": Actor.VENDOR, "start": Actor.VENDOR, "approve": Actor.COMPANY, "end": Actor.NOBODY,
}  # fmt: skip

STEP_TITLES = {
    ("sign", Actor.COMPANY): (gettext_lazy("您簽署契約"), gettext_lazy("要用接讀卡機的電腦")),
    ("answer", Actor.COMPANY): (gettext_lazy("廠商接單"), gettext_lazy("送出後 %(vendor_answers)s內")),
    ("answer", Actor.VENDOR): (gettext_lazy("您回覆接單"), gettext_lazy("送出後 %(vendor_answers)s內")),
    ("pay", Actor.COMPANY): (gettext_lazy("您付自付款"), gettext_lazy("接單後 %(self_pay)s內")),
    ("pay", Actor.VENDOR): (gettext_lazy("公司付自付款"), gettext_lazy("接單後 %(self_pay)s內")),
    ("contact", Actor.COMPANY): (gettext_lazy("廠商聯繫您"), gettext_lazy("付款後 %(first_contact)s內")),
    ("contact", Actor.VENDOR): (gettext_lazy("您聯繫公司"), gettext_lazy("付款後 %(first_contact)s內")),
    ("invoice", Actor.COMPANY): (gettext_lazy("廠商開發票"), gettext_lazy("收款後 %(invoice)s內，金額是訂單全額")),
    ("invoice", Actor.VENDOR): (gettext_lazy("您開發票"), gettext_lazy("收款後 %(invoice)s內，金額是訂單全額")),
    ("start", Actor.COMPANY): (gettext_lazy("服務開始"), gettext_lazy("付款後 %(service_start)s內")),
    ("start", Actor.VENDOR): (gettext_lazy("您開始服務"), gettext_lazy("付款後 %(service_start)s內")),
    ("approve", Actor.COMPANY): (gettext_lazy("您驗收"), gettext_lazy("服務開始後 %(approval)s內，沒有回覆視為驗收")),
    ("approve", Actor.VENDOR): (gettext_lazy("公司驗收"), gettext_lazy("服務開始後 %(approval)s內，沒有回覆視為驗收")),
    ("end", Actor.COMPANY): (gettext_lazy("服務期滿"), gettext_lazy("期程從服務開始那天起算")),
    ("end", Actor.VENDOR): (gettext_lazy("服務期滿"), gettext_lazy("期程從服務開始那天起算")),
}


def _ahead(order: "Order", limits: Limits, side: Actor, lengths: dict[str, str]) -> list[Step]:
    state = State(order.state)
    open_steps = [
        (name, limit)
        for name, kind in AHEAD.get(state, [])
        # no open limit: already done (contacted, invoiced, approved)
        if not ((limit := limits.get((str(kind), order.number)) if kind else None) is None and kind)
    ]
    kinds = kinds_ahead([WHO_TAKES[name] for name, _limit in open_steps], side=side, at_once=state in AT_ONCE)
    steps: list[Step] = []
    for (name, limit), kind_of_step in zip(open_steps, kinds, strict=True):
        title, note = STEP_TITLES.get((name, side)) or STEP_TITLES[(name, Actor.COMPANY)]
        rule = str(note) % lengths
        if limit and deadline_moved(limit):
            rule = _("%(rule)s；末日遇假日順延") % {"rule": rule}
        steps.append(Step(kind_of_step, str(title), limit=limit.due_at if limit else None, note=rule, acts=name != "end"))
    return steps


def kinds_ahead(actors: list[Actor], *, side: Actor, at_once: bool) -> list[str]:
    """Which step ahead carries the lamp (now), the dusk tint (wait) or neither (next), seen from one side.

    Lamp and tint stand at one step each at the most. `at_once`: every step can be taken now, not only the first.
    """
    kinds = ["next"] * len(actors)
    can_be_taken = actors if at_once else actors[:1]
    if side in can_be_taken:
        kinds[can_be_taken.index(side)] = "now"
    waiting = [place for place, actor in enumerate(can_be_taken) if actor not in (side, Actor.NOBODY)]
    if waiting:
        kinds[waiting[0]] = "wait"
    return kinds


def refund_rows(rule: "RefundRule", *, points: int, cash: int, term: int) -> list[RefundRow]:
    """What comes back for each number of used months, 0 (before the start) to the term."""
    return [
        RefundRow(used, *(refund_of(rule, amount=amount, term=term, used=used) for amount in (points, cash)))
        for used in range(term + 1)
    ]


def order_rows(orders: "Iterable[Order]", limits: Limits, *, side: Actor) -> list[dict[str, object]]:
    """Rows of an order list, as one side sees them."""
    return [
        {"order": order, "turn": turn(order, limits, side=side), "limit": shown_limit(order, limits, side=side)}
        for order in orders
    ]


def stream_url(number: str) -> str:
    """Where an open page listens for changes of one order; signed for that order only."""
    return f"{settings.EVENTS_URL}/orders/{signing.dumps(number, salt=STREAM_SALT)}"
