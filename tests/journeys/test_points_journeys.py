"""A grant's four fates, each whole: balances to the point, movements in order, messages sent, the page read."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client

from tcloud.identity.models import User
from tcloud.jobs import deadlines, eligibility
from tcloud.jobs.feeding import feed
from tcloud.ledger import chart
from tcloud.ledger.models import Account
from tcloud.ledger.queries import balance, movements
from tcloud.ledger.services.verifying import verify
from tcloud.notifications.models import Notice, OutboxMessage
from tcloud.points.models import Grant, KeptPoints, WaitingPlace
from tcloud.points.queries import wallet_of
from tcloud.points.rules import Cause
from tcloud.points.services.holding import capture, hold, release_hold
from tcloud.programme.models import Call
from tests import make
from tests.domain.test_waiting import Register, sound

pytestmark = pytest.mark.django_db(transaction=True)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
NOW, UBN = make.NOW, make.COMPANY.ubn
DAY, INSTANT = timedelta(days=1), timedelta(microseconds=1)
ORDER = "CE2600000018"
WARNED = [14, 7, 3, 1]


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    stand_in = Register()
    monkeypatch.setattr(eligibility, "company_registry", lambda: stand_in)
    return stand_in


@pytest.fixture
def owner() -> User:
    make.call()
    return make.company_with_points()


def page(user: User, now: datetime, monkeypatch: pytest.MonkeyPatch, query: str = "") -> str:
    """我的點數 as the owner reads it at an instant."""
    monkeypatch.setattr("tcloud.web.access.domain_now", lambda: now)
    client = Client()
    client.force_login(user, backend=BACKEND)
    answer = client.get(f"/member/points/{query}")
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ")


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


def told(name: str) -> list[object]:
    """The days of each warning, or None for each message of another kind; mail and notice say the same."""
    mails = [row.context.get("days") for row in OutboxMessage.objects.filter(name=name).order_by("id")]
    assert mails == [row.context.get("days") for row in Notice.objects.filter(name=name).order_by("id")]
    return mails


def sweep_daily(since: datetime, until: datetime) -> None:
    """The sweeper at each 24:00 between two instants, both included."""
    while since <= until:
        deadlines.sweep(since)
        since += DAY


def ordered(points: int, now: datetime = NOW) -> None:
    with transaction.atomic():
        hold(ubn=UBN, call=Call.objects.get(), order_number=ORDER, points=points, now=now)


def given_back(points: int, cause: Cause, now: datetime) -> bool:
    with transaction.atomic():
        return release_hold(ubn=UBN, call=Call.objects.get(), order_number=ORDER, points=points, cause=cause, now=now)


def test_never_activated(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    end = grant().activate_until
    assert "等您啟用" in page(owner, NOW, monkeypatch)
    sweep_daily(end - 20 * DAY, end - DAY)
    assert told("activation_due") == WARNED
    deadlines.sweep(end - INSTANT)
    assert sums() == (30_000, 0, 0, 0)

    deadlines.sweep(end)

    assert (moves(), sums(), budget()) == ([(30_000, 30_000), (-30_000, 0)], (0, 0, 0, 30_000), 3_000_000)
    assert told("points_never_activated") == [None]
    seen = page(owner, end, monkeypatch)
    assert "沒有在期限前啟用，點數已全數收回" in seen
    assert "期限已到，點數收回" in seen
    sweep_daily(end, end + 80 * DAY)
    assert (told("activation_due"), told("points_expiring"), told("points_ended")) == (WARNED, [], [])
    assert verify() is None


def test_part_used(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    end = grant().use_until
    ordered(12_000)
    assert "12,000" in page(owner, NOW, monkeypatch)
    with transaction.atomic():
        capture(order_number=ORDER, vendor_ubn=make.VENDOR_UBN, points=12_000, now=NOW + DAY)
    assert sums() == (18_000, 0, 12_000, 0)
    sweep_daily(NOW.replace(hour=16, minute=0), end - DAY)
    assert (told("activation_due"), told("points_expiring")) == ([], WARNED)
    assert {row.context["left"] for row in OutboxMessage.objects.filter(name="points_expiring")} == {18_000}

    deadlines.sweep(end)

    assert moves() == [(30_000, 30_000), (-12_000, 18_000), (-18_000, 0)]
    assert (sums(), budget()) == ((0, 0, 12_000, 18_000), 3_000_000 - 12_000)
    assert balance(chart.vendor_points(make.VENDOR_UBN)) == 12_000
    assert told("points_ended") == [None]
    seen = page(owner, end, monkeypatch)
    assert "使用期限已過，剩下的點數已收回" in seen
    assert "18,000 點可以買到" not in seen
    assert verify() is None


@pytest.mark.parametrize("cause", list(Cause))
def test_held_over_the_end(owner: User, cause: Cause, monkeypatch: pytest.MonkeyPatch) -> None:
    end = grant().use_until
    ordered(12_000)
    deadlines.sweep(end)
    assert (sums(), budget()) == ((0, 12_000, 0, 18_000), 3_000_000 - 12_000)
    assert ORDER in page(owner, end, monkeypatch)

    at = end + 3 * DAY
    to_wallet = given_back(12_000, cause, at)

    assert to_wallet is (cause is Cause.VENDOR)
    if to_wallet:
        lot = KeptPoints.objects.get()
        assert (sums(), lot.usable_until) == ((12_000, 0, 0, 18_000), grant().usable_until)
        assert "退回後加時的點數" in page(owner, at, monkeypatch)
        deadlines.sweep(lot.usable_until - INSTANT)
        assert sums() == (12_000, 0, 0, 18_000)
        deadlines.sweep(lot.usable_until)
    assert (sums(), budget()) == ((0, 0, 0, 30_000), 3_000_000)
    assert verify() is None


@pytest.mark.parametrize(("days", "kept"), [(59, True), (60, False)])
def test_nothing_is_kept_beyond_sixty_days_after_the_end(owner: User, days: int, kept: bool) -> None:
    end = grant().use_until
    ordered(12_000)
    deadlines.sweep(end)
    assert given_back(12_000, Cause.VENDOR, end + days * DAY) is kept
    assert [lot.usable_until for lot in KeptPoints.objects.all()] == ([end + 60 * DAY] if kept else [])
    deadlines.sweep(end + 60 * DAY)
    assert (sums(), budget(), verify()) == ((0, 0, 0, 30_000), 3_000_000, None)


def test_budget_exhausted_then_fed(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    make.call(budget=60_000)
    make.company_with_points()
    make.company_with_points(replace(make.OTHER, ubn="28246281", key="holder"))
    line = [replace(make.OTHER, ubn=ubn, key=ubn) for ubn in ("52831044", "10458575", "04595257")]
    owners = [make.company_with_points(company) for company in line]
    assert "您排在候補第 2 位" in page(owners[1], NOW, monkeypatch)
    register.facts[line[0].ubn] = replace(sound(line[0].ubn), status="解散")

    end = Grant.objects.earliest("id").activate_until
    deadlines.sweep(end)
    assert budget() == 60_000
    feed("115-1", end)

    assert register.asked == [company.ubn for company in line], "everybody is examined again, in the order of the line"
    assert list(Grant.objects.filter(granted_at=end).order_by("id").values_list("ubn", flat=True)) == [line[1].ubn, line[2].ubn]
    assert WaitingPlace.objects.get(ubn=line[0].ubn).left_because == "ineligible"
    assert (len(told("waiting_ended")), len(told("points_granted"))) == (1, 4)
    fed = grant(line[1].ubn)
    assert (fed.activate_until > end + 27 * DAY, moves(fed.ubn), sums(fed.ubn)) == (True, [(30_000, 30_000)], (30_000, 0, 0, 0))
    assert (budget(), WaitingPlace.objects.filter(left_at=None).count()) == (0, 0)
    assert "等您啟用" in page(owners[1], end, monkeypatch)
    assert verify() is None
