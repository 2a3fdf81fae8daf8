"""The four steps as a task list with live state, for whoever is signed in."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from tcloud.assessments.queries import answered_topics, is_complete, open_assessment
from tcloud.assessments.questions import Topic
from tcloud.core import wording
from tcloud.identity.roles import Role
from tcloud.members.queries import application_of, review_target
from tcloud.members.states import ApplicationState
from tcloud.orders.queries import latest_order, limit_among, limits_of
from tcloud.orders.states import State
from tcloud.points.queries import available, grant_of, own_call, waiting_position
from tcloud.programme.queries import latest_call, rule_set_at
from tcloud.programme.rules import DeadlineKind
from tcloud.programme.wording import span
from tcloud.web.access import opens_for

if TYPE_CHECKING:
    from tcloud.members.models import Application, Company
    from tcloud.orders.models import Order
    from tcloud.points.models import Grant
    from tcloud.programme.models import Call, RuleSet
    from tcloud.programme.rules import Rules


@dataclass(frozen=True, slots=True)
class JourneyStep:
    """One of the four steps. `state` is done, here, open or locked; `tag` is a kind and a word, or empty."""

    title: str
    state: str
    text: str
    tag: tuple[str, str] | None = None
    url: str = ""
    action: str = ""
    percent: int | None = None


def steps_for(
    company: "Company | None", now: datetime, named: "Call | None" = None, latest: "RuleSet | None" = None
) -> list[JourneyStep]:
    """Where a company is on its way in a call of its own, the `named` one if it has several; for a visitor, what lies ahead.

    `latest`: the newest call's rules, from a page that has read them.
    """
    own = own_call(company.ubn, now) if company else None
    call = named or own or (latest.call if latest else latest_call(now))
    known = latest and latest.call == call
    rules = latest if known else rule_set_at(call, now) if call else None
    payment = _payment_rule(rules.rules if rules else None)
    if company is None or call is None:
        return _ahead(payment)
    application, grant = application_of(company, call), grant_of(company.ubn, call)
    order = latest_order(company, call)
    assessed = is_complete(company.ubn, call.code)
    return [
        _joined(application),
        _points(company, call, application, grant, assessed=assessed, query=f"?call={named.code}" if named else ""),
        _buying(company, call, grant, order),
        _paying(order, payment),
    ]


def next_step(steps: list[JourneyStep]) -> JourneyStep | None:
    """The step that is the person's turn."""
    return next((step for step in steps if step.state == "here"), None)


def for_role(steps: list[JourneyStep], role: Role | None) -> list[JourneyStep]:
    """The steps as a member reads them: no link and no button to what the role may not do; it is not their turn then."""
    return [step if role is None or not step.url or opens_for(role, step.url) else _without_way(step) for step in steps]


def _without_way(step: JourneyStep) -> JourneyStep:
    here = step.state == "here"
    tag = ("wait", _("等公司的其他人")) if here else step.tag
    return replace(step, state="open" if here else step.state, tag=tag, url="", action="")


def _payment_rule(rules: "Rules | None") -> str:
    if rules is None:
        return _("廠商接單後付自付款")
    return _("廠商接單後 %(span)s內付自付款") % {"span": span(rules.self_pay)}


def _ahead(payment: str) -> list[JourneyStep]:
    return [
        JourneyStep(_("加入會員"), "here", _("用工商憑證驗證公司，約 15 分鐘"), None, reverse("join:start"), _("我要申請")),
        JourneyStep(_("獲得點數"), "locked", _("填完自評表、審核通過，點數就入帳")),
        JourneyStep(_("進行採購"), "locked", _("選方案、看契約、插卡簽署")),
        JourneyStep(_("進行付款"), "locked", payment),
    ]


def _joined(application: "Application | None") -> JourneyStep:
    title = _("加入會員")
    if application is None or application.submitted_at is None:
        return JourneyStep(title, "done", _("帳號已啟用"))
    if application.state == ApplicationState.APPROVED:
        return JourneyStep(title, "done", _("審核通過"), ("ok", _("完成")))
    if application.state == ApplicationState.REFUSED:
        return JourneyStep(title, "here", _("這次不能通過審核，原因在會員中心"), ("bad", _("未通過")))
    target = review_target(application)
    if target is None:  # sent before targets were kept
        return JourneyStep(title, "done", _("%(sent)s 送出") % {"sent": wording.moment(application.submitted_at)}, ("wait", _("資料審核中")))
    text = _("%(sent)s 送出，最晚 %(limit)s 回覆") % {
        "sent": wording.moment(application.submitted_at), "limit": wording.limit(target),
    }  # fmt: skip
    return JourneyStep(title, "done", text, ("wait", _("資料審核中")))


def _points(
    company: "Company", call: "Call", application: "Application | None", grant: "Grant | None", *, assessed: bool, query: str
) -> JourneyStep:
    title = _("獲得點數")
    if grant is not None:
        left = available(company.ubn, call)
        if grant.ended_at is not None:
            return JourneyStep(title, "done", _("使用期限已過，剩餘點數已收回"), ("end", _("已結束")))
        text = _("可用 %(points)s 點，用到 %(until)s") % {
            "points": wording.amount(left), "until": wording.limit(grant.usable_until),
        }  # fmt: skip
        return JourneyStep(title, "done", text, ("ok", _("已入帳")), reverse("member:points") + query)
    position = waiting_position(company.ubn, call)
    if position is not None:
        return JourneyStep(title, "open", _("本梯次點數已發完，您排在候補第 %(place)s 位") % {"place": position}, ("wait", _("候補中")))
    if application is not None and application.state == ApplicationState.REFUSED:
        return JourneyStep(title, "locked", _("審核通過後才能領點數"))
    if assessed:
        return JourneyStep(title, "open", _("自評表已完成，等審核結果"), ("wait", _("等審核")))
    draft = open_assessment(company.ubn, call.code)
    done = len(answered_topics(draft.answers)) if draft else 0
    total = len(Topic)
    text = _("自評表已填 %(done)s／%(total)s 個主題") % {"done": done, "total": total}
    return JourneyStep(
        title, "here", text, ("you", _("輪到您")), reverse("member:assessment") + query,
        _("接著填自評表") if done else _("填自評表"), percent=100 * done // total,
    )  # fmt: skip


def _buying(company: "Company", call: "Call", grant: "Grant | None", order: "Order | None") -> JourneyStep:
    title = _("進行採購")
    if order is None:
        if grant is None:
            return JourneyStep(title, "locked", _("點數入帳後開始"))
        if grant.ended_at is not None:
            return JourneyStep(title, "locked", _("這個梯次的點數已收回，不能再下訂"))
        text = _("%(limit)s 前下第一張訂單，點數才會啟用") % {"limit": wording.limit(grant.activate_until)}
        return JourneyStep(title, "here", text, ("you", _("輪到您")), reverse("solutions"), _("看有哪些方案"))
    url = reverse("member:order", args=[order.number])
    if order.state in (State.DRAFT, State.AWAITING_SIGNATURE):
        return JourneyStep(
            title, "here", _("訂單 %(number)s 還沒簽署") % {"number": order.number}, ("you", _("輪到您")), url, _("接著簽署")
        )
    if order.state == State.AWAITING_VENDOR:
        limit = limit_among(order, limits_of([order.number]))
        until = wording.limit(limit.due_at) if limit else ""
        return JourneyStep(title, "done", _("廠商最晚 %(limit)s 回覆") % {"limit": until}, ("wait", _("等廠商")), url)
    return JourneyStep(title, "done", _("最近的訂單：%(state)s") % {"state": State(order.state).label}, None, url)


def _paying(order: "Order | None", payment: str) -> JourneyStep:
    title = _("進行付款")
    if order is None or order.state not in (State.AWAITING_PAYMENT, State.CONFIRMED, State.IN_SERVICE, State.FINISHED):
        return JourneyStep(title, "locked", payment)
    url = reverse("member:order", args=[order.number])
    if order.state == State.AWAITING_PAYMENT:
        limit = limit_among(order, limits_of([order.number]))
        text = _("%(limit)s 前付 %(sum)s 元") % {
            "limit": wording.limit(limit.due_at) if limit else "", "sum": wording.amount(order.self_pay_twd),
        }  # fmt: skip
        return JourneyStep(title, "here", text, ("you", _("輪到您")), url, _("去付款"))
    approval = limits_of([order.number]).get((str(DeadlineKind.APPROVAL), order.number))
    if approval:
        text = _("%(limit)s 前看交付內容並驗收") % {"limit": wording.limit(approval.due_at)}
        return JourneyStep(title, "here", text, ("you", _("輪到您")), url, _("去驗收"))
    return JourneyStep(title, "done", str(State(order.state).label), ("ok", _("已付款")), url)
