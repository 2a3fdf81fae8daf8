"""What both sides of an order read: whose turn it is, until when and why then, and what a refusal leads to."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from simulators.certificate_authority.pki import Authority
from tcloud.audit.models import AuditRow
from tcloud.catalog.models import Plan
from tcloud.identity.models import User
from tcloud.identity.roles import Role
from tcloud.identity.services import open_account
from tcloud.jobs import deadlines
from tcloud.members.services.adding import add_member
from tcloud.orders.models import Order, OrderEvent
from tcloud.orders.queries import order_of_company
from tcloud.orders.services import answering, delivering
from tcloud.orders.states import Actor
from tcloud.points.models import Grant
from tcloud.points.queries import budget_figures, clocks_past_days_off, grant_of
from tcloud.points.services.freezing import freeze_grant
from tcloud.programme.models import Call, Deadline
from tcloud.programme.queries import deadline_moved, rule_set_at
from tcloud.programme.rules import DeadlineKind
from tcloud.programme.services.limiting import set_deadline
from tcloud.web.order_steps import spans
from tcloud.web.order_time_line import _who, kinds_ahead, time_line
from tests import make
from tests import orders as build
from tests.authority import NOW, Outside, authority, outside
from tests.world import BACKEND

__all__ = ["authority", "outside"]
pytestmark = pytest.mark.django_db
COMPANY, VENDOR, NOBODY = Actor.COMPANY, Actor.VENDOR, Actor.NOBODY
LAMP, TINT = "tc-event-now", "tc-event-wait"


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcloud.web.access.domain_now", lambda: NOW)


@pytest.fixture
def order(authority: Authority, outside: Outside) -> Order:
    """Signed and sent; the vendor's turn."""
    build.market()
    make.company_with_points(now=NOW)
    return build.submitted(build.draft(now=NOW), authority, NOW)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": NOW.timestamp()}]
    session.save()
    return client


def buyer() -> Client:
    return client_of(make.company().memberships.select_related("user").get().user)


def seller() -> Client:
    return client_of(User.objects.get(name=build.SELLER))


def page(client: Client, name: str, order: Order) -> str:
    response = client.get(reverse(name, args=[order.number]))
    assert response.status_code == 200
    return response.content.decode()


# Whose turn --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actors", "side", "at_once", "kinds"),
    [
        ([VENDOR, COMPANY, VENDOR], COMPANY, False, ["wait", "next", "next"]),
        ([VENDOR, COMPANY, VENDOR], VENDOR, False, ["now", "next", "next"]),
        ([COMPANY, VENDOR], COMPANY, False, ["now", "next"]),
        ([COMPANY, VENDOR], VENDOR, False, ["wait", "next"]),
        ([VENDOR, VENDOR, VENDOR], VENDOR, True, ["now", "next", "next"]),
        ([VENDOR, VENDOR, VENDOR], COMPANY, True, ["wait", "next", "next"]),
        ([VENDOR, COMPANY, NOBODY], COMPANY, True, ["wait", "now", "next"]),
        ([VENDOR, COMPANY, NOBODY], VENDOR, True, ["now", "wait", "next"]),
        ([NOBODY], COMPANY, True, ["next"]),
        ([], VENDOR, False, []),
    ],
)
def test_the_lamp_is_the_readers_and_the_tint_the_others(actors: list[Actor], side: Actor, at_once: bool, kinds: list[str]) -> None:
    assert kinds_ahead(actors, side=side, at_once=at_once) == kinds


def test_the_step_that_waits_for_the_other_side_has_no_lamp(order: Order) -> None:
    company, vendor = buyer(), seller()
    waiting, asked = page(company, "member:order", order), page(vendor, "vendor:order", order)
    assert (waiting.count(LAMP), waiting.count(TINT)) == (0, 1)
    assert (asked.count(LAMP), asked.count(TINT)) == (1, 0)
    build.accepted(order, NOW)
    paying, waits = page(company, "member:order", order), page(vendor, "vendor:order", order)
    assert (paying.count(LAMP), paying.count(TINT)) == (1, 0)
    assert (waits.count(LAMP), waits.count(TINT)) == (0, 1)
    assert f'{TINT}"><b>公司付自付款' in waits


# A second tab ------------------------------------------------------------------------------------------------------


def test_a_late_click_in_a_second_tab_says_how_the_order_stands(order: Order) -> None:
    vendor = seller()
    build.accepted(order, NOW)
    late = vendor.post(reverse("vendor:order-decline", args=[order.number]), {"reason": "缺貨"}, follow=True)
    text = late.content.decode()
    assert late.redirect_chain == [(reverse("vendor:order", args=[order.number]), 302)]
    assert "訂單現在是「付款中」，這個動作已經不能做了。下面是目前的狀態。" in text
    assert "重新整理" not in text
    assert text.index("tc-bc") < text.index("tc-flash") < text.index("<h1")


def test_withdrawing_too_late_leads_to_the_order_not_back_to_the_question(order: Order) -> None:
    build.paid(build.accepted(order, NOW), NOW)
    withdraw = reverse("member:order-withdraw", args=[order.number])
    answer = buyer().post(withdraw, headers={"referer": f"http://testserver{withdraw}"})
    assert answer.headers["Location"] == reverse("member:order", args=[order.number])


# Who acted ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["gateway", "vendor_answers", "term", "user:1", "rule:self_pay", "machine:gateway"])
def test_a_person_who_types_a_rules_name_is_still_a_person(order: Order, typed: str) -> None:
    person = make.company().memberships.select_related("user").get().user
    User.objects.filter(pk=person.pk).update(name=typed)
    client = buyer()
    assert client.post(reverse("member:order-withdraw", args=[order.number])).status_code == 302

    event = order.events.order_by("id").last()
    assert event is not None
    assert (event.event, event.actor, event.actor_name) == ("withdrawn", f"user:{person.pk}", typed)
    row = AuditRow.objects.get(tag="orders:order:withdrawn")
    assert (row.actor, row.actor_name) == (f"user:{person.pk}", typed)
    text = page(client, "member:order", order)
    assert f"<p>{typed}</p>" in text
    assert "金流公司通知" not in text
    assert "依規則" not in text


def test_steps_from_before_references_still_read(order: Order) -> None:
    first = order.events.order_by("id").first()
    assert first is not None
    for actor, words in (("gateway", "金流公司通知"), ("self_pay", "依規則：接單後"), ("葉小溪", "葉小溪")):
        old = OrderEvent(event="checked", actor=actor, at=NOW, order=order)
        assert words in _who(old, spans(order.rule_set.rules))


# Steps in the order of time, and what is no longer to come ---------------------------------------------------------


def test_steps_stand_in_the_order_of_their_instants(order: Order) -> None:
    build.paid(build.accepted(order, NOW), NOW + timedelta(hours=1))
    hour = timedelta(hours=1)
    delivering.record_contact(number=order.number, vendor=order.vendor, actor=build.SELLS, now=NOW + 2 * hour)
    build.in_service(order, NOW + 3 * hour)
    end = order.lines.get().end_until
    deadlines.sweep(end + timedelta(days=3))
    found = order_of_company(make.company(), order.number)
    steps = [step for step in time_line(found, {}, side=COMPANY) if step.kind == "past"]
    assert [step.title for step in steps] == [
        "確認金額，契約產生", "簽署送出，保留 30,000 點", "廠商接單", "自付款已收到，30,000 點扣抵", "廠商已聯繫", "服務開始", "驗收完成",
        "服務期滿，訂單完成",
    ]  # fmt: skip
    assert steps[-1].at == end


def test_an_ended_order_waits_for_no_invoice(order: Order) -> None:
    client = buyer()
    assert "電子發票" in page(client, "member:order", order)
    client.post(reverse("member:order-withdraw", args=[order.number]))
    assert "電子發票" not in page(client, "member:order", order)


# Who may not sign --------------------------------------------------------------------------------------------------


def test_who_may_order_but_not_sign_reads_who_can(outside: Outside) -> None:
    build.market()
    owner = make.company_with_points(now=NOW)
    colleague = open_account(email="colleague@people.example", name="林小貝", password=make.PASSWORD, now=NOW)
    add_member(ubn=make.COMPANY.ubn, user_id=colleague.pk, role=Role.COMPANY_MEMBER, actor=owner.actor, now=NOW)
    draft, client = build.draft(now=NOW, owner=owner), client_of(colleague)
    answer = client.post(reverse("member:order-check", args=[draft.number]), {"points": "30000"}, follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain[-1] == (reverse("member:order", args=[draft.number]), 302)
    text = answer.content.decode()
    assert f"契約要由負責帳號 {owner.name} 簽署" in text
    assert reverse("member:order-sign", args=[draft.number]) not in text


def test_a_changed_price_is_shown_and_taken_over_in_one_click(outside: Outside) -> None:
    build.market()
    owner = make.company_with_points(now=NOW)
    draft, client = build.draft(now=NOW, owner=owner), client_of(owner)
    check = reverse("member:order-check", args=[draft.number])
    assert "改用現在的規格" not in client.get(check).content.decode()
    Plan.objects.filter(price_twd=60_000).update(price_twd=54_000)
    assert "改用現在的規格" in client.get(check).content.decode()
    refused = client.post(check, {"points": "12345"})
    assert refused.status_code == 422
    assert 'value="12345"' in refused.content.decode()
    assert client.post(check, {"points": "12345", "take_over": "1"}).status_code == 302
    order = build.fresh(draft)
    assert (order.state, order.price_twd, order.points_used) == ("draft", 54_000, 12_345)
    assert "改用現在的規格" not in client.get(check).content.decode()


def test_choosing_no_plan_leads_nowhere_else(outside: Outside) -> None:
    build.market()
    client = client_of(make.company_with_points(now=NOW))
    answer = client.post(reverse("member:order-new"), {}, headers={"referer": "https://evil.example/x"})
    assert answer.headers["Location"] == reverse("solutions")


@pytest.mark.parametrize("ended", [False, True])
def test_whoever_cannot_withdraw_is_not_asked_to(order: Order, ended: bool) -> None:
    page, order_page = (reverse(f"member:{name}", args=[order.number]) for name in ("order-withdraw", "order"))
    assert buyer().get(page).status_code == 200
    if ended:
        answering.refuse_order(number=order.number, vendor=order.vendor, actor=build.SELLS, reason="x", now=NOW)
    else:
        build.paid(build.accepted(order, NOW), NOW)
    answer = buyer().get(page, follow=True)
    assert answer.redirect_chain == [(order_page, 302)]
    assert f"訂單現在是「{'廠商未接單' if ended else '訂單確認'}」，這個動作已經不能做了" in answer.content.decode()


# Until when, and why then ------------------------------------------------------------------------------------------

FRIDAY, MONDAY, THURSDAY = date(2026, 4, 17), date(2026, 4, 20), date(2026, 4, 16)


@pytest.mark.parametrize(("accepted_on", "last_day", "is_moved"), [
    (THURSDAY, MONDAY, True),  # two days later is a Saturday
    (date(2026, 4, 13), date(2026, 4, 15), False),
    (date(2026, 4, 1), date(2026, 4, 7), True),  # 3 to 6 April 2026 are days off
])  # fmt: skip
def test_a_stored_limit_knows_whether_it_was_moved(accepted_on: date, last_day: date, is_moved: bool) -> None:
    row = limit_of(accepted_on, DeadlineKind.SELF_PAY, "self_pay")
    assert (row.due_at - timedelta(hours=16)).date() == last_day
    assert deadline_moved(row) is is_moved


def limit_of(day: date, kind: DeadlineKind, rule: str) -> Deadline:
    call = Call.objects.first() or make.call()
    with transaction.atomic():
        return set_deadline(
            kind=kind, subject=f"X{day}", rule=rule, rule_set=call.rule_sets.get(),
            event_at=datetime(day.year, day.month, day.day, 3, tzinfo=UTC),
        )  # fmt: skip


def test_working_days_and_extended_limits_were_not_moved() -> None:
    assert not deadline_moved(limit_of(FRIDAY, DeadlineKind.VENDOR_ANSWER, "vendor_answers"))
    extended = limit_of(THURSDAY, DeadlineKind.SELF_PAY, "self_pay")
    extended.due_at += timedelta(days=1)
    assert not deadline_moved(extended)


@pytest.mark.parametrize("moved", [True, False])
@pytest.mark.parametrize(("language", "words"), [("zh-hant", "末日遇假日，順延到下一個工作天。"), ("en", "The last day was a day off")])
def test_the_pages_say_that_a_limit_was_moved(
    order: Order, moved: bool, language: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.accepted(order, NOW)
    monkeypatch.setattr("tcloud.web.order_steps.deadline_moved", lambda _limit: moved)
    for client, names in ((buyer(), ("member:order", "member:order-pay")), (seller(), ("vendor:order",))):
        client.cookies["django_language"] = language
        for name in names:
            assert (words in page(client, name, order)) is moved, name


def test_a_grant_knows_which_of_its_clocks_was_moved() -> None:
    call = make.call()
    make.shelves()
    make.vendor()
    make.solution()
    make.company_with_points(now=datetime(2026, 4, 16, 3, tzinfo=UTC))
    grant = grant_of(make.COMPANY.ubn, call)
    assert grant is not None
    # one month later is Saturday 16 May, three months later Thursday 16 July
    assert (grant.activate_until - timedelta(hours=16)).date() == date(2026, 5, 18)
    assert clocks_past_days_off(grant) == {"activation"}


def test_the_points_page_says_it(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    make.call()
    make.shelves()
    make.vendor()
    make.solution()
    granted_at = datetime(2026, 4, 16, 3, tzinfo=UTC)
    client = client_of(make.company_with_points(now=granted_at))
    monkeypatch.setattr("tcloud.web.access.domain_now", lambda: granted_at)
    assert client.get(reverse("member:points")).content.decode().count("末日遇假日") == 1


# Before the gateway, and on the front page --------------------------------------------------------------------------


def test_the_last_page_before_the_gateway_repeats_everything(order: Order) -> None:
    build.accepted(order, NOW)
    response = buyer().post(reverse("member:order-pay", args=[order.number]), {"method": "credit"})
    text = response.content.decode()
    for fact in (order.number, make.COMPANY.name, "30,000 點", "信用卡", "24:00 前付款。"):
        assert fact in text.replace("\u00a0", " "), fact


def test_a_shop_without_a_way_to_pay_asks_for_none(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    build.accepted(order, NOW)
    monkeypatch.setattr("tcloud.web.member.payment.methods_for", lambda *_args, **_more: [])
    text = page(buyer(), "member:order-pay", order)
    assert "這家廠商還沒有設定收款方式" in text
    assert "前往金流頁面" not in text


@pytest.mark.parametrize(
    ("budget", "words"), [(3_000_000, "已核發 1%"), (300_000_000, "已核發不到 1%"), (30_100, "已核發 99%")]
)
def test_a_small_share_is_not_nothing_and_a_large_one_not_all(budget: int, words: str) -> None:
    call = make.call(budget=budget)
    make.shelves()
    make.vendor()
    make.solution()
    assert "已核發 0%" in Client().get("/").content.decode()
    make.company_with_points(now=NOW)
    assert words in Client().get("/").content.decode()
    assert budget_figures(rule_set_at(call, NOW)).granted_percent == 100 * 30_000 // budget


def check_page(order: Order) -> str:
    return buyer().get(reverse("member:order-check", args=[order.number])).content.decode()


def test_a_draft_whose_points_another_order_took_says_so_and_asks_for_no_number(authority: Authority, outside: Outside) -> None:
    build.market()
    make.company_with_points(now=NOW)
    left_lying = build.draft(now=NOW, key="lying")
    small = build.draft(24_000, now=NOW, key="small")
    assert "最多 30,000 點" in check_page(left_lying)
    build.submitted(small, authority, NOW)
    text = check_page(left_lying)
    assert "可以用的點數變少了" in text
    assert "最多用 18,000 點" in text
    assert 'value="18000"' in text
    build.submitted(build.draft(now=NOW, key="large"), authority, NOW)
    text = check_page(left_lying)
    assert "現在沒有點數可以用在這張訂單" in text
    assert "−" not in text
    assert 'name="points"' not in text
    assert "看契約並簽署" not in text
    answer = buyer().post(reverse("member:order-check", args=[left_lying.number]), {"points": 1})
    assert answer.status_code == 422
    assert "0 點之間" not in answer.content.decode()


def test_a_draft_of_a_frozen_grant_says_why(outside: Outside) -> None:
    build.market()
    owner = make.company_with_points(now=NOW)
    order = build.draft(now=NOW)
    freeze_grant(grant_id=Grant.objects.get().pk, by=owner, reason="查核中", now=NOW)
    text = check_page(order)
    assert "理由：查核中" in text
    assert 'name="points"' not in text


def test_an_order_that_ended_says_where_its_points_are(order: Order) -> None:
    answering.withdraw_order(number=order.number, company=order.company, actor=build.BUYS, now=NOW)
    text = page(buyer(), "member:order", order)
    assert "已撤回，不用付錢：點數已退回" in text
    assert "撤回訂單，退回 30,000 點" in text


def test_a_draft_that_was_withdrawn_held_nothing(outside: Outside) -> None:
    build.market()
    make.company_with_points(now=NOW)
    order = build.draft(now=NOW)
    answering.withdraw_order(number=order.number, company=order.company, actor=build.BUYS, now=NOW)
    text = page(buyer(), "member:order", order)
    assert "已撤回，不用付錢" in text
    assert "退回" not in text.split("經過與接下來")[1].split("</ol>")[0]


def test_what_a_vendor_has_not_done_in_time_is_said_in_words(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    build.paid(build.accepted(order, NOW), NOW)
    assert "已逾期" not in page(buyer(), "member:order", order)
    monkeypatch.setattr("tcloud.web.access.domain_now", lambda: NOW + timedelta(days=20))
    for client, name in ((buyer(), "member:order"), (seller(), "vendor:order")):
        text = page(client, name, order)
        assert text.count("已逾期") == 4, "on the clock, and beside contact, invoice and start"
