"""The office's pages about budget and points: what they say, the happy path of each action, and each denial."""

import io
import re
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tcloud.core.time import now as domain_now
from tcloud.demo.people import DemoCompany
from tcloud.identity.models import User
from tcloud.identity.roles import Role
from tcloud.ledger.models import Entry
from tcloud.notifications.models import OutboxMessage
from tcloud.points.models import Adjustment, ClockChange, Freeze, Grant, WaitingPlace
from tcloud.points.queries import available, budget_left
from tcloud.points.services.adjusting import propose_adjustment
from tcloud.points.services.extending import propose_change
from tcloud.points.services.freezing import freeze_grant
from tcloud.points.services.holding import hold
from tests import make
from tests.web.test_office_messages import client_of, office

pytestmark = pytest.mark.django_db(transaction=True)
UBN = make.COMPANY.ubn
GRANT = {"call": "115-1", "ubn": UBN}
LOOKS = ("office:points", "office:budget", "office:waiting", "office:grants", "office:decisions")
ACTS = ("grant-freeze", "grant-release", "grant-extend", "grant-correct")


@pytest.fixture
def grant() -> Grant:
    now = domain_now()
    make.call(now=now, budget=300_000)
    make.company_with_points(now=now)
    return Grant.objects.select_related("call").get()


@pytest.fixture
def people(grant: Grant) -> dict[Role, User]:
    return {role: office(role) for role in (Role.REVIEWER, Role.FINANCE, Role.AUDITOR, Role.ADMINISTRATOR, Role.EDITOR)}


def at(name: str, **more: Any) -> str:
    return reverse(f"office:{name}", kwargs=GRANT if name.startswith("grant-") or name == "grant" else more)


def text(answer: HttpResponse) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def key_in(answer: HttpResponse) -> str:
    found = re.search(r'name="request_key" value="([^"]+)"', answer.content.decode())
    assert found
    return found.group(1)


def asked_twice(client: Client, where: str, answers: dict[str, Any]) -> tuple[HttpResponse, HttpResponse]:
    """Fill in, check, send; returns the page of the check and the answer to the last step."""
    data = {**answers, "request_key": key_in(client.get(where))}  # type: ignore[arg-type]
    check = client.post(where, data)
    assert check.status_code == 200, text(check)  # type: ignore[arg-type]
    return check, client.post(where, {**data, "confirmed": "1"})  # type: ignore[return-value]


def test_the_budget_says_where_the_points_are(people: dict[Role, User], grant: Grant) -> None:
    with transaction.atomic():
        hold(ubn=UBN, call=grant.call, order_number="CE2600000018", points=12_000, now=domain_now())
    page = text(client_of(people[Role.FINANCE]).get(at("budget")))
    assert "300,000 ＝ 270,000 ＋ 18,000 ＋ 12,000 ＋ 0" in page
    assert "帳務自我檢查：一致" in page
    drawings = [page.count(f'<svg class="tc-chart {width}"') for width in ("tc-only-wide", "tc-only-phone")]
    assert drawings == [1, 1]
    assert "提議調整核定總額" in page
    assert "提議調整核定總額" not in text(client_of(people[Role.AUDITOR]).get(at("budget")))


def test_a_difference_is_shouted(people: dict[Role, User], grant: Grant) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO points_budgetday (call_id, day, kind, points, entries) VALUES (%s, '2026-01-01', 'held', 7, 1),"
                       " (%s, '2026-01-01', 'lowered', 1, 1)", [grant.call_id, grant.call_id])  # fmt: skip
        cursor.execute("INSERT INTO points_budgetday (call_id, day, kind, points, entries) VALUES (%s, '2026-01-01', 'granted', 5, 1)",
                       [grant.call_id])  # fmt: skip
    assert "四項相加與核定總額差 −5 點" in text(client_of(people[Role.FINANCE]).get(at("budget")))


@pytest.mark.parametrize("by", ["day", "week"])
def test_the_burn_down_as_files(people: dict[Role, User], by: str) -> None:
    client = client_of(people[Role.AUDITOR])
    lines = client.get(at("budget-export", form="csv") + f"?by={by}").content.decode("utf-8-sig").splitlines()
    assert lines[0] == "起日,迄日,核發等支出,收回,核定增減,期末未核發"
    assert lines[-1].endswith("270000")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(client.get(at("budget-export", form="xlsx") + f"?by={by}").streaming_content)))
    rows = list(book.worksheets[0].values)
    assert (len(rows), rows[-1][-1]) == (len(lines), 270_000)
    assert client.get(at("budget-export", form="pdf")).status_code == 404
    assert client.get(at("budget") + "?call=none").status_code == 404


def test_the_line_in_order_and_as_a_file(people: dict[Role, User], grant: Grant) -> None:
    client = client_of(people[Role.REVIEWER])
    assert "沒有公司在候補" in text(client.get(at("waiting")))
    for number, ubn in enumerate(("11111111", UBN, "22222222")):
        WaitingPlace.objects.create(call=grant.call, ubn=ubn, joined_at=domain_now() + timedelta(seconds=number))
    page = text(client.get(at("waiting")))
    assert page.index("11111111") < page.index(UBN) < page.index("22222222")
    assert make.COMPANY.name in page
    assert "現在的經費就夠" in page
    lines = client.get(at("waiting-export", form="csv")).content.decode("utf-8-sig").splitlines()
    assert [line.split(",")[:2] for line in lines[1:]] == [["1", "11111111"], ["2", UBN], ["3", "22222222"]]
    assert client.get(at("waiting-export", form="exe")).status_code == 404


@pytest.mark.parametrize("words", [UBN, "雙溪", " 雙溪茶業 "])
def test_a_grant_is_found_by_number_and_by_name(people: dict[Role, User], words: str) -> None:
    page = text(client_of(people[Role.REVIEWER]).get(at("grants"), {"q": words}))
    assert reverse("office:grant", kwargs=GRANT) in page


def test_a_grant_that_is_not_there(people: dict[Role, User]) -> None:
    client = client_of(people[Role.REVIEWER])
    assert "沒有「99999999」的點數" in text(client.get(at("grants"), {"q": "99999999"}))
    for call, ubn in (("115-1", "99999999"), ("114-1", UBN)):
        for name in ("grant", *ACTS[:3]):
            assert client.get(reverse(f"office:{name}", kwargs={"call": call, "ubn": ubn})).status_code == 404


def test_freezing_is_asked_twice_shows_the_letter_and_acts_once(people: dict[Role, User], grant: Grant) -> None:
    client = client_of(people[Role.REVIEWER])
    check, done = asked_twice(client, at("grant-freeze"), {"reason": "品項不符，請來電。"})
    assert "管理單位暫停了這筆點數，理由：品項不符，請來電。" in text(check)
    assert (done.status_code, done["Location"]) == (302, at("grant"))
    freeze = Freeze.objects.get()
    again = client.post(at("grant-freeze"), {"reason": "品項不符，請來電。", "request_key": freeze.request_key, "confirmed": "1"})
    assert (again.status_code, Freeze.objects.count(), OutboxMessage.objects.filter(name="grant_frozen").count()) == (302, 1, 1)
    page = text(client.get(at("grant")))
    assert "暫停使用" in page
    assert "品項不符，請來電" in page
    assert "解除暫停" in page


def test_nothing_happens_before_it_was_confirmed_and_nothing_typed_is_lost(people: dict[Role, User]) -> None:
    client = client_of(people[Role.REVIEWER])
    data = {"reason": "品項不符", "request_key": key_in(client.get(at("grant-freeze")))}  # type: ignore[arg-type]
    client.post(at("grant-freeze"), data)
    back = client.post(at("grant-freeze"), {**data, "back": "1"})
    assert "品項不符</textarea>" in text(back)  # type: ignore[arg-type]
    empty = client.post(at("grant-freeze"), {**data, "reason": " "})
    assert (empty.status_code, Freeze.objects.count()) == (422, 0)


def test_a_refusal_comes_back_on_the_form(people: dict[Role, User], grant: Grant) -> None:
    client = client_of(people[Role.REVIEWER])
    freeze_grant(grant_id=grant.pk, by=people[Role.ADMINISTRATOR], reason="一", now=domain_now())
    answer = client.post(at("grant-freeze"), {"reason": "二", "request_key": "k", "confirmed": "1"})
    assert answer.status_code == 409
    assert "已經暫停使用" in text(answer)
    assert "二</textarea>" in text(answer)


def test_a_release_gives_the_days_back_by_two_people(people: dict[Role, User], grant: Grant) -> None:
    client = client_of(people[Role.REVIEWER])
    assert client.get(at("grant-release")).status_code == 409
    freeze_grant(grant_id=grant.pk, by=people[Role.REVIEWER], reason="一", now=domain_now() - timedelta(days=4))
    check, done = asked_twice(client, at("grant-release"), {"reason": "查清楚了", "give_back_days": "on"})
    assert "會改變什麼" in text(check)
    assert done.status_code == 302
    change = ClockChange.objects.get()
    assert (change.days, Freeze.objects.get().released_by) == (5, people[Role.REVIEWER])
    where = at("decide-clocks", change=change.pk)
    own = client.post(where, {"verdict": "agree"})
    assert (own.status_code, ClockChange.objects.get().agreed) == (409, None)
    assert "輪到您" not in text(client.get(where))
    second = client_of(people[Role.ADMINISTRATOR])
    assert "輪到您" in text(second.get(at("decisions")))
    assert second.post(where, {}).status_code == 422
    assert second.post(where, {"verdict": "agree"}).status_code == 302
    assert second.post(where, {"verdict": "agree"}).status_code == 302  # a double click
    assert second.post(where, {"verdict": "decline"}).status_code == 409
    assert Grant.objects.get().use_until > grant.use_until
    assert second.get(at("decide-clocks", change=change.pk + 1)).status_code == 404


def test_extending_one_grant_and_a_whole_call(people: dict[Role, User], grant: Grant) -> None:
    client = client_of(people[Role.REVIEWER])
    check, done = asked_twice(client, at("grant-extend"), {"days": "7", "reason": "颱風停班"})
    assert "點數期限延後 7 天" in text(check)
    assert done.status_code == 302
    check, done = asked_twice(client, at("extend-all"), {"days": "3", "reason": "停電"})
    assert "會延後 1 家的期限" in text(check)
    assert (done.status_code, done["Location"]) == (302, at("decisions"))
    assert list(ClockChange.objects.order_by("id").values_list("days", "grant_id", "agreed")) == [
        (7, grant.pk, None), (3, None, None),
    ]  # fmt: skip
    whole = ClockChange.objects.get(grant=None)
    second = client_of(people[Role.ADMINISTRATOR])
    assert "其中 1 家還沒啟用" in text(second.get(at("decide-clocks", change=whole.pk)))
    second.post(at("decide-clocks", change=whole.pk), {"verdict": "decline"})
    assert "不同意" in text(second.get(at("decisions")))
    for days in ("0", "367", "x", ""):
        assert client.post(at("extend-all"), {"days": days, "reason": "x", "request_key": "k", "confirmed": "1"}).status_code == 422


def test_a_budget_is_raised_and_a_wallet_corrected_by_two_people(people: dict[Role, User], grant: Grant) -> None:
    client, second = client_of(people[Role.FINANCE]), client_of(people[Role.ADMINISTRATOR])
    check, _done = asked_twice(client, at("budget-adjust"), {"direction": "add", "points": "60000", "reason": "決議追加"})
    assert "330,000" in text(check)
    check, _done = asked_twice(client, at("grant-correct"), {"direction": "take", "points": "5000", "reason": "誤植"})
    assert "您的點數收回 5,000 點" in text(check)
    for adjustment in Adjustment.objects.order_by("id"):
        where = at("decide-adjustment", adjustment=adjustment.pk)
        assert client.post(where, {"verdict": "agree"}).status_code == 409
        assert second.post(where, {"verdict": "agree"}).status_code == 302
        assert second.post(where, {"verdict": "agree"}).status_code == 302
    assert (budget_left(grant.call), available(UBN, grant.call)) == (335_000, 25_000)
    assert Entry.objects.filter(key__startswith="adjustment:").count() == 2
    assert "決議追加" in text(client.get(at("budget")))
    assert "誤植" in text(client.get(at("grant")))
    refused = client.post(at("grant-correct"), {"direction": "add", "points": "5001", "reason": "x", "request_key": "k",
                                                "confirmed": "1"})  # fmt: skip
    assert refused.status_code == 409
    assert "還能補 5,000 點" in text(refused)
    assert client.get(at("decide-adjustment", adjustment=10**6)).status_code == 404


@pytest.mark.parametrize(
    ("role", "looks", "steward", "adjusts"),
    [
        (Role.REVIEWER, {"office:points", "office:waiting", "office:grants", "office:decisions"}, True, False),
        (Role.FINANCE, set(LOOKS), False, True), (Role.AUDITOR, set(LOOKS), False, False),
        (Role.ADMINISTRATOR, set(LOOKS), True, True), (Role.EDITOR, set(), False, False),
    ],
)  # fmt: skip
def test_each_role_sees_and_does_what_the_table_says(
    people: dict[Role, User], grant: Grant, role: Role, looks: set[str], steward: bool, adjusts: bool
) -> None:
    now = domain_now()
    change = propose_change(call_code="115-1", grant_id=grant.pk, days=1, reason="x", by=people[Role.REVIEWER], now=now)
    adjustment = propose_adjustment(
        call_code="115-1", grant_id=None, points=1, reason="x", request_key="k", by=people[Role.FINANCE], now=now
    )
    freeze_grant(grant_id=grant.pk, by=people[Role.REVIEWER], reason="x", now=now)
    client = client_of(people[role])
    assert {name for name in LOOKS if client.get(reverse(name)).status_code in (200, 302)} == looks
    assert (client.get(at("grant")).status_code == 200) is bool(looks)
    acts = {
        at("grant-freeze"): steward, at("grant-release"): steward, at("grant-extend"): steward, at("extend-all"): steward,
        at("decide-clocks", change=change.pk): steward, at("grant-correct"): adjusts, at("budget-adjust"): adjusts,
        at("decide-adjustment", adjustment=adjustment.pk): adjusts,
    }  # fmt: skip
    for where, allowed in acts.items():
        answers = (client.get(where).status_code, client.post(where, {"confirmed": "1", "verdict": "agree"}).status_code)
        assert (403 not in answers) is allowed, where
        assert (answers == (403, 403)) is not allowed, where
    page = text(client.get(at("grant")))
    assert (reverse("office:grant-release", kwargs=GRANT) in page) is steward
    assert (reverse("office:grant-correct", kwargs=GRANT) in page) is adjusts


def test_visitors_companies_and_vendors_stay_outside(grant: Grant) -> None:
    owner = User.objects.get(email=make.COMPANY.email)
    for name in LOOKS:
        assert Client().get(reverse(name)).status_code == 302
        assert client_of(owner).get(reverse(name)).status_code == 404


def test_no_page_asks_more_when_it_shows_more(people: dict[Role, User], grant: Grant) -> None:
    client = client_of(people[Role.ADMINISTRATOR])
    now = domain_now()
    pages = [reverse(name) for name in LOOKS[1:]] + [at("grants") + "?q=有限", at("grant")]

    def counted() -> list[int]:
        found = []
        for page in pages:
            cache.clear()
            with CaptureQueriesContext(connection) as context:
                assert client.get(page).status_code == 200
            found.append(len(context))
        return found

    def grow(number: int) -> None:
        company = DemoCompany(f"c{number}", f"{10000000 + number}", f"第 {number} 號有限公司", "甲", "乙", "丙", "02-5550-0000")
        WaitingPlace.objects.all().delete()  # while anybody waits nobody draws on the budget
        make.company_with_points(company, now=now)
        for place in range(number):
            WaitingPlace.objects.create(call=grant.call, ubn=f"{20000000 + place}", joined_at=now)
        other = Grant.objects.get(ubn=company.ubn)
        freeze_grant(grant_id=other.pk, by=people[Role.REVIEWER], reason="x", now=now)
        propose_change(call_code="115-1", grant_id=other.pk, days=1, reason="x", by=people[Role.REVIEWER], now=now)
        propose_adjustment(call_code="115-1", grant_id=other.pk, points=-1, reason="x", request_key=f"k{number}",
                           by=people[Role.FINANCE], now=now)  # fmt: skip

    grow(1)
    few = counted()
    for number in range(2, 5):
        grow(number)
    assert counted() == few


def test_who_may_not_see_grants_reads_no_company_on_the_start_page(people: dict[Role, User], grant: Grant) -> None:
    sees, does_not = (text(client_of(people[role]).get(reverse("office:home"))) for role in (Role.REVIEWER, Role.EDITOR))
    assert make.COMPANY.name in sees
    assert make.COMPANY.name not in does_not
    assert make.COMPANY.ubn not in does_not
