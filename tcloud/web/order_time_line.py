"""The time line of an order: what happened, whose turn it is, and what comes next with its limit and rule."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tcloud.orders.states import Actor, Event, State
from tcloud.points.queries import came_back
from tcloud.programme.queries import deadline_moved
from tcloud.programme.rules import DeadlineKind
from tcloud.web.order_steps import Limits, spans

if TYPE_CHECKING:
    from tcloud.orders.models import Order, OrderEvent

PAST = {
    Event.CHECKED: gettext_lazy("確認金額，契約產生"),
    Event.REOPENED: gettext_lazy("回頭修改訂單"),
    Event.SIGNED: gettext_lazy("簽署送出，保留 %(points)s 點"),
    Event.ACCEPTED: gettext_lazy("廠商接單"),
    Event.REFUSED: gettext_lazy("廠商未接單"),
    Event.VENDOR_SILENT: gettext_lazy("廠商逾期未回覆"),
    Event.PAID: gettext_lazy("自付款已收到，%(points)s 點扣抵"),
    Event.UNPAID: gettext_lazy("逾期未付款"),
    Event.WITHDRAWN: gettext_lazy("撤回訂單"),
    Event.STARTED: gettext_lazy("服務開始"),
    Event.TERM_ENDED: gettext_lazy("服務期滿，訂單完成"),
}

RELEASING = (Event.REFUSED, Event.VENDOR_SILENT, Event.UNPAID, Event.WITHDRAWN)
POINTS_WENT = {
    True: gettext_lazy("%(happened)s，退回 %(points)s 點"),
    False: gettext_lazy("%(happened)s，使用期限已過，%(points)s 點收回"),
    None: gettext_lazy("%(happened)s"),
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


def time_line(order: "Order", limits: Limits, *, side: Actor) -> list[Step]:
    """What happened, what happens now, and what comes next with its limit."""
    numbers, lengths = {"points": f"{order.points_used:,}"}, spans(order.rule_set.rules)
    past = [
        (row.at, Step("past", _happened(order, Event(row.event), numbers), at=row.at, note=_who(row, lengths)))
        for row in order.events.all()
    ]
    happened = sorted(past + _delivered(order, lengths), key=lambda dated: dated[0])  # one stable order of time
    return [step for _at, step in happened] + _ahead(order, limits, side, lengths)


def _happened(order: "Order", event: Event, numbers: dict[str, str]) -> str:
    """An event in words; of one that ended the order, where its points went."""
    happened = str(PAST[event]) % numbers
    if event not in RELEASING:
        return happened
    return str(POINTS_WENT[came_back(order.number)]) % {"happened": happened, **numbers}


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
