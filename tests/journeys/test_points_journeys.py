"""A grant's four fates, each through whole orders: signed with the card, accepted, paid by the gateway's own message,
started. Balances to the point, movements in order, every mail and notice, and the page as it is read.

Cards and time stamps are of today, so the days of a journey count from today; what is asserted is counted from its limits.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from simulators.certificate_authority.pki import Authority
from tcloud.adapters.ecpay.check_mac import signed
from tcloud.core.time import TAIPEI
from tcloud.identity.models import User
from tcloud.jobs import deadlines, eligibility
from tcloud.jobs.feeding import feed
from tcloud.ledger import chart
from tcloud.ledger.models import Account
from tcloud.ledger.queries import balance, movements
from tcloud.ledger.services.verifying import verify
from tcloud.notifications.models import Notice, OutboxMessage
from tcloud.orders.models import Order
from tcloud.orders.services import answering, paying
from tcloud.orders.states import State
from tcloud.points.models import Grant, KeptPoints, WaitingPlace
from tcloud.points.queries import wallet_of
from tcloud.points.services.holding import NotActivated
from tcloud.programme.models import Call, Deadline
from tcloud.programme.rules import DeadlineKind
from tests import make
from tests import orders as build
from tests.authority import NOW, Outside, authority, outside
from tests.domain.test_waiting import Register, sound

__all__ = ["authority", "outside"]
pytestmark = pytest.mark.django_db(transaction=True)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
UBN = make.COMPANY.ubn
DAY, HOUR, INSTANT = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)
WARNED = [14, 7, 3, 1]
JOINED = ["email_code", "application_approved", "points_granted"]
BOUGHT = ["order_submitted", "order_accepted", "payment_received", "service_started"]
SOLD = ["order_received", "order_paid"]
VENDOR_MAIL = f"owner@{make.VENDOR_UBN}.example"


@dataclass
class World:
    """The programme with a clock that the test sets, and every step of an order as people take it."""

    authority: Authority
    outside: Outside
    monkeypatch: pytest.MonkeyPatch

    def at(self, now: datetime) -> None:
        """The clock of pages, the gateway's door, cards and time stamps."""
        self.outside.now = now
        for module in ("access", "webhooks.ecpay"):
            self.monkeypatch.setattr(f"tcloud.web.{module}.domain_now", lambda: now)

    def signed(self, now: datetime, *, price: int = 24_000, of: make.DemoCompany = make.COMPANY) -> Order:
        """Drafted, its contract made, signed with the company's card and sent."""
        self.at(now)
        return build.submitted(build.draft(price, key=f"{of.ubn}{now}", now=now, of=of), self.authority, now)

    def accepted(self, order: Order, now: datetime) -> Order:
        """The vendor takes it."""
        self.at(now)
        return build.accepted(order, now)

    def paid(self, order: Order, now: datetime) -> Order:
        """The company leaves for the gateway, and the gateway's server says that it has paid."""
        self.at(now)
        attempt = build.attempt(order, now)
        fields = {
            "MerchantID": "3002607", "MerchantTradeNo": attempt.trade_no, "StoreID": "", "RtnCode": "1", "RtnMsg": "交易成功",
            "TradeNo": f"2604{order.number[-10:]}", "TradeAmt": str(order.self_pay_twd), "PaymentType": "Credit_CreditCard",
            "PaymentDate": f"{now.astimezone(TAIPEI):%Y/%m/%d %H:%M:%S}", "PaymentTypeChargeFee": "0", "SimulatePaid": "0",
            "TradeDate": f"{now.astimezone(TAIPEI):%Y/%m/%d %H:%M:%S}", "CustomField1": order.number,
        }  # fmt: skip
        message = signed(fields, "k" * 16, "i" * 16)
        assert Client(enforce_csrf_checks=True).post("/webhooks/ecpay/notify", message).content == b"1|OK"
        paying.apply_payment(number=order.number, now=now)
        return build.fresh(order)

    def bought(self, now: datetime, *, of: make.DemoCompany = make.COMPANY, price: int = 24_000) -> Order:
        """All of it, an hour apart, to the start of the service."""
        order = self.paid(self.accepted(self.signed(now, price=price, of=of), now + HOUR), now + 2 * HOUR)
        assert order.state == State.CONFIRMED
        return build.in_service(order, now + 3 * HOUR)

    def page(self, user: User, now: datetime) -> str:
        """我的點數 as the owner reads it at an instant."""
        self.at(now)
        client = Client()
        client.force_login(user, backend=BACKEND)
        answer = client.get("/member/points/")
        assert answer.status_code == 200
        return answer.content.decode().replace("\u00a0", " ")


@pytest.fixture
def world(authority: Authority, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> World:
    found = World(authority, outside, monkeypatch)
    found.at(NOW)
    return found


@pytest.fixture
def owner(world: World) -> User:
    build.market()
    return make.company_with_points(now=NOW)


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    stand_in = Register()
    monkeypatch.setattr(eligibility, "company_registry", lambda: stand_in)
    return stand_in


def grant(ubn: str = UBN) -> Grant:
    return Grant.objects.select_related("call", "rule_set").get(ubn=ubn)


def budget() -> int:
    return sum(account.balance for account in Account.objects.filter(code__contains="/budget/"))


def moves(ubn: str = UBN) -> list[tuple[int, int]]:
    """Amount and balance after it, in order."""
    return [(move.amount, move.balance) for move in movements(chart.wallet("115-1", ubn))]


def sums(ubn: str = UBN) -> tuple[int, int, int, int]:
    """Available, held, spent, back in the budget: together the grant."""
    wallet = wallet_of(ubn, Call.objects.get())
    assert wallet is not None
    return wallet.available, wallet.held, wallet.spent, wallet.returned


def with_vendor() -> int:
    return balance(chart.vendor_points(make.VENDOR_UBN))


def told(of: make.DemoCompany = make.COMPANY) -> list[str]:
    """Every mail to the company in order; its notices say the same, the code that proves an address excepted."""
    mails = list(OutboxMessage.objects.filter(address=of.email).order_by("id"))
    notices = list(Notice.objects.filter(company_ubn=of.ubn).order_by("id"))
    assert [(row.name, row.context) for row in mails if row.name != "email_code"] == [(row.name, row.context) for row in notices]
    return [row.name for row in mails]


def vendor_told() -> list[str]:
    return list(OutboxMessage.objects.filter(address=VENDOR_MAIL).order_by("id").values_list("name", flat=True))


def days_of(name: str) -> list[int]:
    return [row.context["days"] for row in OutboxMessage.objects.filter(name=name).order_by("id")]


def sweep_daily(since: datetime, until: datetime) -> None:
    """The sweeper at each 24:00 between two instants, both included."""
    while since <= until:
        deadlines.sweep(since)
        since += DAY


def test_never_activated(world: World, owner: User) -> None:
    """A draft activates nothing; whoever signs it after the end is refused."""
    end = grant().activate_until
    left_lying = build.checked(build.draft(24_000, now=NOW), NOW)
    assert "等您啟用" in world.page(owner, NOW)
    sweep_daily(end - 20 * DAY, end - DAY)
    assert (told(), days_of("activation_due")) == ([*JOINED, *["activation_due"] * 4], WARNED)
    deadlines.sweep(end - INSTANT)
    assert sums() == (30_000, 0, 0, 0)

    deadlines.sweep(end)

    assert (moves(), sums(), budget()) == ([(30_000, 30_000), (-30_000, 0)], (0, 0, 0, 30_000), 3_000_000)
    assert told()[7:] == ["points_never_activated"]
    seen = world.page(owner, end)
    assert "沒有在期限前啟用，點數已全數收回" in seen
    assert "期限已到，點數收回" in seen
    with pytest.raises(NotActivated):
        build.submitted(left_lying, world.authority, end)
    assert build.fresh(left_lying).state == State.AWAITING_SIGNATURE
    sweep_daily(end, end + 80 * DAY)
    assert (len(told()), vendor_told(), verify()) == (8, [], None)


def test_part_used(world: World, owner: User) -> None:
    end = grant().use_until
    order = world.signed(NOW)
    assert (sums(), "12,000" in world.page(owner, NOW)) == ((18_000, 12_000, 0, 0), True)
    order = world.accepted(order, NOW + HOUR)
    order = world.paid(order, NOW + 2 * HOUR)
    assert (order.state, sums(), with_vendor()) == (State.CONFIRMED, (18_000, 0, 12_000, 0), 12_000)
    assert balance(chart.order_cash(order.number)) == 12_000
    order = build.in_service(order, NOW + 3 * HOUR)
    sweep_daily(end - 89 * DAY, end - DAY)
    assert build.fresh(order).delivery.approved_by == "", "a silent company has approved"
    assert days_of("points_expiring") == WARNED
    assert {row.context["left"] for row in OutboxMessage.objects.filter(name="points_expiring")} == {18_000}

    deadlines.sweep(end)

    assert moves() == [(30_000, 30_000), (-12_000, 18_000), (-18_000, 0)]
    assert (sums(), budget(), with_vendor()) == ((0, 0, 12_000, 18_000), 3_000_000 - 12_000, 12_000)
    assert told() == [*JOINED, *BOUGHT, *["points_expiring"] * 4, "points_ended"]
    assert vendor_told() == SOLD
    assert build.fresh(order).state == State.IN_SERVICE, "the order goes on"
    seen = world.page(owner, end)
    assert "使用期限已過，剩下的點數已收回" in seen
    assert "可以買到" not in seen
    assert verify() is None


def refuse(world: World, order: Order, end: datetime) -> datetime:
    at = end + 3 * DAY
    answering.refuse_order(number=order.number, vendor=order.vendor, actor=build.SELLS, reason="額滿", now=at)
    return at


def keep_silent(world: World, order: Order, end: datetime) -> datetime:
    at = Deadline.objects.get(subject=order.number, kind=DeadlineKind.VENDOR_ANSWER, done_at=None).due_at
    deadlines.sweep(at)
    return at


def withdraw(world: World, order: Order, end: datetime) -> datetime:
    at = end + 3 * DAY
    answering.withdraw_order(number=order.number, company=order.company, actor=build.BUYS, now=at)
    return at


def leave_unpaid(world: World, order: Order, end: datetime) -> datetime:
    world.accepted(order, end + DAY)
    at = Deadline.objects.get(subject=order.number, kind=DeadlineKind.SELF_PAY, done_at=None).due_at
    deadlines.sweep(at)
    return at


def held_at_the_end(world: World) -> tuple[Order, datetime]:
    """The grant was activated by an order that was withdrawn; an hour before its end another one is signed."""
    end = grant().use_until
    first = world.signed(NOW)
    answering.withdraw_order(number=first.number, company=first.company, actor=build.BUYS, now=NOW + HOUR)
    assert sums() == (30_000, 0, 0, 0)
    order = world.signed(end - HOUR)
    deadlines.sweep(end)
    assert (sums(), budget()) == ((0, 12_000, 0, 18_000), 3_000_000 - 12_000)
    return order, end


@pytest.mark.parametrize(
    ("finish", "state", "message"),
    [
        (withdraw, State.WITHDRAWN, None), (leave_unpaid, State.LAPSED, "order_lapsed"),
    ],
)  # fmt: skip
def test_held_over_the_end_and_given_up_by_the_company(
    world: World, owner: User, finish: Callable[[World, Order, datetime], datetime], state: State, message: str | None
) -> None:
    order, end = held_at_the_end(world)
    assert order.number in world.page(owner, end)

    finish(world, order, end)

    assert build.fresh(order).state == state
    assert (sums(), budget(), KeptPoints.objects.count()) == ((0, 0, 0, 30_000), 3_000_000, 0)
    assert moves()[-2:] == [(-12_000, 18_000), (-18_000, 0)], "straight from the hold to the budget"
    assert message is None or message in told()
    assert verify() is None
    reader = Client()
    reader.force_login(owner, backend=BACKEND)
    page = reader.get(reverse("member:order", args=[order.number])).content.decode()
    assert "使用期限已過，點數已收回" in page
    assert "使用期限已過，12,000 點收回" in page
    assert "點數已退回" not in page


@pytest.mark.parametrize(("finish", "message"), [(refuse, "order_refused"), (keep_silent, "order_lapsed")])
def test_held_over_the_end_and_given_up_by_the_vendor(
    world: World, owner: User, finish: Callable[[World, Order, datetime], datetime], message: str
) -> None:
    order, end = held_at_the_end(world)
    at = finish(world, order, end)

    lot = KeptPoints.objects.get()
    assert (sums(), lot.usable_until) == ((12_000, 0, 0, 18_000), grant().usable_until)
    assert at + 7 * DAY <= lot.usable_until
    assert told()[-1] == message
    assert "退回後加時的點數" in world.page(owner, at)
    sweep_daily(lot.usable_until - 7 * DAY, lot.usable_until - DAY)
    assert [days for days in days_of("kept_points_expiring") if days < 7] == [3, 1]
    deadlines.sweep(lot.usable_until - INSTANT)
    assert sums() == (12_000, 0, 0, 18_000)
    deadlines.sweep(lot.usable_until)
    assert (sums(), budget()) == ((0, 0, 0, 30_000), 3_000_000)
    assert told()[-1] == "points_ended"
    assert verify() is None


def test_points_a_vendor_gave_back_buy_something_else_after_the_end(world: World, owner: User) -> None:
    order, end = held_at_the_end(world)
    at = refuse(world, order, end)

    second = world.bought(at + DAY)

    assert second.state == State.IN_SERVICE
    assert (sums(), with_vendor()) == ((0, 0, 12_000, 18_000), 12_000)
    assert told()[-4:] == BOUGHT
    sweep_daily(at + 2 * DAY, at + 20 * DAY)
    assert "points_ended" not in told()[-1:], "nothing was left to take back"
    assert (budget(), verify()) == (3_000_000 - 12_000, None)


def test_held_over_the_end_and_paid(world: World, owner: User) -> None:
    order, end = held_at_the_end(world)
    order = world.paid(world.accepted(order, end + DAY), end + DAY + HOUR)
    order = build.in_service(order, end + 2 * DAY)

    assert (order.state, sums(), with_vendor()) == (State.IN_SERVICE, (0, 0, 12_000, 18_000), 12_000)
    assert (budget(), KeptPoints.objects.count()) == (3_000_000 - 12_000, 0)
    assert told()[-3:] == BOUGHT[1:]
    assert verify() is None


def test_budget_exhausted_then_fed(world: World, register: Register) -> None:
    build.market(budget=60_000)
    make.company_with_points(now=NOW)
    make.company_with_points(replace(make.OTHER, ubn="04541302", key="holder"), NOW)
    line = [
        replace(make.OTHER, ubn=ubn, key=ubn) for ubn in ("10458575", make.OTHER.ubn, "04595257")
    ]
    owners = [make.company_with_points(company, NOW) for company in line]
    assert "您排在候補第 2 位" in world.page(owners[1], NOW)
    assert told(line[1]) == ["email_code", "application_approved", "waiting_joined"]
    register.facts[line[0].ubn] = replace(sound(line[0].ubn), status="解散")

    end = Grant.objects.earliest("id").activate_until
    deadlines.sweep(end)
    assert budget() == 60_000
    feed("115-1", end)

    assert register.asked == [company.ubn for company in line], "everybody is examined again, in the order of the line"
    assert list(Grant.objects.filter(granted_at=end).order_by("id").values_list("ubn", flat=True)) == [line[1].ubn, line[2].ubn]
    assert WaitingPlace.objects.get(ubn=line[0].ubn).left_because == "ineligible"
    assert (told(line[0])[-1], told(line[1])[-1]) == ("waiting_ended", "points_granted")
    fed = grant(line[1].ubn)
    assert (fed.activate_until > end + 27 * DAY, moves(fed.ubn), sums(fed.ubn)) == (True, [(30_000, 30_000)], (30_000, 0, 0, 0))
    assert (budget(), WaitingPlace.objects.filter(left_at=None).count()) == (0, 0)
    assert "等您啟用" in world.page(owners[1], end)

    order = world.bought(end + DAY, of=line[1], price=60_000)

    assert (order.points_used, sums(fed.ubn), with_vendor()) == (30_000, (0, 0, 30_000, 0), 30_000)
    assert moves(fed.ubn) == [(30_000, 30_000), (-30_000, 0)]
    assert told(line[1])[-4:] == BOUGHT
    sweep_daily(fed.use_until - DAY, fed.use_until)
    assert (told(line[1])[-1], sums(fed.ubn)) == (BOUGHT[-1], (0, 0, 30_000, 0)), "nothing was left, so nobody is warned"
    third = grant(line[2].ubn)
    assert (sums(third.ubn), budget(), verify()) == ((0, 0, 0, 30_000), 30_000, None)
