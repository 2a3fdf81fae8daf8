"""What both sides read about an order: headline, who acts, until when, what happened and what comes next.

Everything is derived from the order's row, its events and its open limits; nothing is stored for the page.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.core import signing
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tcloud.core.language import reads_english
from tcloud.orders.queries import limit_among
from tcloud.orders.rules import refundable
from tcloud.orders.states import WHO_ACTS, Actor, Event, State
from tcloud.programme.queries import deadline_moved
from tcloud.programme.rules import DeadlineKind

if TYPE_CHECKING:
    from tcloud.orders.models import Order
    from tcloud.programme.models import Deadline

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

RULES = {
    DeadlineKind.VENDOR_ANSWER: gettext_lazy("廠商 5 個工作天內回覆。沒回覆訂單就失效，點數全退。"),
    DeadlineKind.SELF_PAY: gettext_lazy("接單後 2 天內付款。逾期訂單失效，保留的點數退回錢包。"),
    DeadlineKind.SERVICE_START: gettext_lazy("付款後 7 天內開始服務。"),
    DeadlineKind.FIRST_CONTACT: gettext_lazy("付款後 2 個工作天內聯繫。"),
    DeadlineKind.INVOICE: gettext_lazy("收款後 2 天內開立發票，金額是訂單全額。"),
    DeadlineKind.APPROVAL: gettext_lazy("服務開始後 14 天內驗收。沒有回覆視為驗收。"),
    DeadlineKind.TERM_END: gettext_lazy("期程從服務開始那天起算。"),
}

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
    "vendor_answers": gettext_lazy("依規則：廠商 5 個工作天內回覆"),
    "self_pay": gettext_lazy("依規則：接單後 2 天內付款"),
    "term": gettext_lazy("依期程"),
    "gateway": gettext_lazy("金流公司通知"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One dot of the time line. `kind` is past, now (the reader's turn: the lamp), wait (somebody else's) or next."""

    kind: str
    title: str
    at: datetime | None = None
    limit: datetime | None = None
    note: str = ""


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


def headline(order: "Order") -> str:
    """The state and the next step in one line."""
    return str(HEADLINES[State(order.state)]) % {"self_pay": f"{order.self_pay_twd:,}"}


def turn(order: "Order", *, side: Actor) -> str:
    """The tag in words' colour: you, wait, ok or end, seen from one side."""
    state = State(order.state)
    actor = WHO_ACTS[state]
    if state is State.IN_SERVICE:
        return "ok"
    if actor is Actor.NOBODY:
        return "end"
    return "you" if actor is side else "wait"


MOVED = gettext_lazy("末日遇假日，順延到下一個工作天。")


def rule_of(limit: "Deadline | None") -> str:
    """The rule behind a limit, in words; also that its last day was moved past a day off."""
    if limit is None:
        return ""
    rule = str(RULES.get(DeadlineKind(limit.kind), ""))
    return sentences(rule, str(MOVED)) if deadline_moved(limit) else rule


def sentences(*texts: str) -> str:
    """Sentences one after the other: with a space between them where the language has one."""
    return (" " if reads_english() else "").join(text for text in texts if text)


def time_line(order: "Order", limits: dict[tuple[str, str], "Deadline"], *, side: Actor) -> list[Step]:
    """What happened, what happens now, and what comes next with its limit."""
    numbers = {"points": f"{order.points_used:,}"}
    past = [
        Step("past", str(PAST[Event(row.event)]) % numbers, at=row.at, note=_actor(row.actor, row.note))
        for row in order.events.all()
    ]
    return past + _delivered(order) + _ahead(order, limits, side)


def _actor(actor: str, note: str) -> str:
    who = str(RULE_ACTORS.get(actor, actor))
    return f"{who}：{note}" if note and who else who or note


def _delivered(order: "Order") -> list[Step]:
    steps = []
    delivery = getattr(order, "delivery", None)
    if delivery and delivery.contacted_at:
        steps.append(Step("past", _("廠商已聯繫"), at=delivery.contacted_at, note=delivery.contacted_by))
    invoice = getattr(order, "invoice", None)
    if invoice:
        steps.append(Step("past", _("廠商開發票 %(number)s") % {"number": invoice.number}, at=invoice.registered_at))
    if delivery and delivery.approved_at:
        steps.append(Step("past", _("驗收完成"), at=delivery.approved_at, note=delivery.approved_by or _("14 天內沒有回覆，視為驗收")))
    return steps


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
    ("answer", Actor.COMPANY): (gettext_lazy("廠商接單"), gettext_lazy("送出後 5 個工作天內")),
    ("answer", Actor.VENDOR): (gettext_lazy("您回覆接單"), gettext_lazy("送出後 5 個工作天內")),
    ("pay", Actor.COMPANY): (gettext_lazy("您付自付款"), gettext_lazy("接單後 2 天內")),
    ("pay", Actor.VENDOR): (gettext_lazy("公司付自付款"), gettext_lazy("接單後 2 天內")),
    ("contact", Actor.COMPANY): (gettext_lazy("廠商聯繫您"), gettext_lazy("付款後 2 個工作天內")),
    ("contact", Actor.VENDOR): (gettext_lazy("您聯繫公司"), gettext_lazy("付款後 2 個工作天內")),
    ("invoice", Actor.COMPANY): (gettext_lazy("廠商開發票"), gettext_lazy("收款後 2 天內，金額是訂單全額")),
    ("invoice", Actor.VENDOR): (gettext_lazy("您開發票"), gettext_lazy("收款後 2 天內，金額是訂單全額")),
    ("start", Actor.COMPANY): (gettext_lazy("服務開始"), gettext_lazy("付款後 7 天內")),
    ("start", Actor.VENDOR): (gettext_lazy("您開始服務"), gettext_lazy("付款後 7 天內")),
    ("approve", Actor.COMPANY): (gettext_lazy("您驗收"), gettext_lazy("服務開始後 14 天內，沒有回覆視為驗收")),
    ("approve", Actor.VENDOR): (gettext_lazy("公司驗收"), gettext_lazy("服務開始後 14 天內，沒有回覆視為驗收")),
    ("end", Actor.COMPANY): (gettext_lazy("服務期滿"), gettext_lazy("期程從服務開始那天起算")),
    ("end", Actor.VENDOR): (gettext_lazy("服務期滿"), gettext_lazy("期程從服務開始那天起算")),
}


def _ahead(order: "Order", limits: dict[tuple[str, str], "Deadline"], side: Actor) -> list[Step]:
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
        rule = str(note)
        if limit and deadline_moved(limit):
            rule = _("%(rule)s；末日遇假日順延") % {"rule": rule}
        steps.append(Step(kind_of_step, str(title), limit=limit.due_at if limit else None, note=rule))
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


def refund_rows(*, points: int, cash: int, term: int) -> list[RefundRow]:
    """What comes back for each number of used months, 0 (before the start) to the term."""
    return [
        RefundRow(used, refundable(amount=points, term=term, used=used), refundable(amount=cash, term=term, used=used))
        for used in range(term + 1)
    ]


def order_rows(orders: "Iterable[Order]", limits: dict[tuple[str, str], "Deadline"]) -> list[dict[str, object]]:
    """Rows of an order list, as the company sees them."""
    return [
        {"order": order, "turn": turn(order, side=Actor.COMPANY), "limit": limit_among(order, limits)} for order in orders
    ]


def stream_url(number: str) -> str:
    """Where an open page listens for changes of one order; signed for that order only."""
    return f"{settings.EVENTS_URL}/orders/{signing.dumps(number, salt=STREAM_SALT)}"
