"""Several calls at once: which grant an order uses, which call a page speaks of, and a grant that excludes another one."""

from datetime import date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from tcloud.assessments.models import Assessment
from tcloud.catalog.models import Plan
from tcloud.catalog.queries import plan_for_order
from tcloud.catalog.services import PlanOffer, publish_listing
from tcloud.identity.models import User
from tcloud.jobs import eligibility
from tcloud.jobs.feeding import feed
from tcloud.ledger import chart
from tcloud.ledger.queries import balance
from tcloud.ledger.services.verifying import verify
from tcloud.members.models import Application, Company
from tcloud.members.states import ApplicationState
from tcloud.notifications.models import Notice, OutboxMessage
from tcloud.orders.models import Order
from tcloud.orders.services import placing
from tcloud.points.models import Grant, WaitingPlace
from tcloud.points.queries import call_for_order, own_call, own_calls
from tcloud.points.services import mass_granting
from tcloud.points.services.adjusting import decide_adjustment, propose_adjustment
from tcloud.points.services.freezing import freeze_grant
from tcloud.points.services.issuing import give_turn, issue_grant
from tcloud.programme.models import Call
from tcloud.programme.rules import Limit, Rules, Unit
from tcloud.programme.services import open_call
from tests import make
from tests.companies import ready
from tests.domain.test_waiting import Register

pytestmark = pytest.mark.django_db(transaction=True)
NOW = make.NOW
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
EXCLUDES, ALLOWS = Rules(), Rules(earlier_grant_excludes=False)
REASON = "貴公司在別的梯次領過點數（規則：領過點數的公司）"


def a_call(code: str, rules: Rules = ALLOWS, *, budget: int = 3_000_000, categories: tuple[str, ...] = ()) -> Call:
    return open_call(
        code=code, name=f"梯次 {code}", name_en=f"Call {code}", budget_points=budget, opens_date=date(2026, 1, 1),
        closes_until=make.FAR_AWAY, rules=rules, now=NOW.replace(month=1), categories=categories,
    )  # fmt: skip


def both_ready(*calls: Call) -> Company:
    """A company that is ready for its grant in each of the calls."""
    for call in calls:
        (ubn,) = ready(call, 1, NOW)
    return Company.objects.get(ubn=ubn)


def give(company: Company, call: Call, now: datetime = NOW) -> Grant | None:
    return issue_grant(ubn=company.ubn, call_code=call.code, now=now)


# A grant in another call -------------------------------------------------------------------------------------------


def test_of_two_calls_that_approved_a_company_one_gives_it_points_and_the_other_says_why_not() -> None:
    first, second = a_call("115-1", EXCLUDES), a_call("115-2", EXCLUDES)
    company = both_ready(first, second)
    assert give(company, first) is not None

    for _ in range(2):
        assert give(company, second) is None

    application = Application.objects.get(call=second)
    assert (application.state, application.decision_reason, application.decided_at) == (ApplicationState.REFUSED, REASON, NOW)
    told = OutboxMessage.objects.filter(name="application_refused")
    assert [row.context["reason"] for row in told] == [REASON]
    assert Notice.objects.filter(name="application_refused", company_ubn=company.ubn).count() == 1
    assert [grant.call for grant in Grant.objects.all()] == [first]
    assert (balance(chart.wallet("115-2", company.ubn)), WaitingPlace.objects.count(), verify()) == (0, 0, None)


def test_an_ended_grant_counts_and_a_place_in_the_line_does_not() -> None:
    first, second = a_call("115-1", EXCLUDES, budget=30_000), a_call("115-2", EXCLUDES)
    ready(first, 1, NOW, start=5)
    issue_grant(ubn="10000005", call_code="115-1", now=NOW)
    company = both_ready(first, second)
    assert give(company, first) is None
    assert give(company, second) is not None, "it only waited in the first"
    Grant.objects.filter(ubn=company.ubn).update(ended_at=NOW)
    place = WaitingPlace.objects.get()

    raise_budget(first)
    assert give_turn(place_id=place.pk, passed=[], eligible=True, reason="", now=NOW) is True

    assert WaitingPlace.objects.get().left_because == "ineligible"
    assert OutboxMessage.objects.get(name="waiting_ended").context["reason"] == REASON
    assert Grant.objects.filter(ubn=company.ubn).count() == 1


def raise_budget(call: Call) -> None:
    people = [User.objects.create(email=f"{name}@office.example", name=name, created_at=NOW) for name in "ab"]
    change = propose_adjustment(
        call_code=call.code, grant_id=None, points=30_000, reason="追加", request_key="more", by=people[0], now=NOW
    )
    decide_adjustment(adjustment_id=change.pk, agreed=True, by=people[1], now=NOW)


def test_rules_that_allow_it_give_a_grant_in_each_call() -> None:
    first, second = a_call("115-1", EXCLUDES), a_call("115-2", ALLOWS)
    company = both_ready(first, second)
    assert None not in (give(company, first), give(company, second))


def test_a_mass_grant_leaves_out_who_has_points_elsewhere_unless_the_rules_allow_it() -> None:
    first = a_call("115-1", EXCLUDES)
    second, third = a_call("115-2", EXCLUDES), a_call("115-3", ALLOWS)
    company = both_ready(first, second, third)
    ready(second, 2, NOW, start=1)
    give(company, first)

    assert mass_granting.plan(call_code="115-2", now=NOW).granted == 2
    assert mass_granting.mass_grant(call_code="115-2", now=NOW).granted == 2
    assert mass_granting.mass_grant(call_code="115-3", now=NOW).granted == 1
    assert set(Grant.objects.filter(call=second).values_list("ubn", flat=True)) == {"10000001", "10000002"}


@pytest.mark.parametrize("rules", [EXCLUDES, ALLOWS])
def test_the_eligibility_of_an_application_asks_for_earlier_grants(rules: Rules, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eligibility, "company_registry", Register)
    first, second = a_call("115-1"), a_call("115-2", rules)
    company = both_ready(first, second)
    give(company, first)
    row = Application.objects.get(call=second)
    row.state, row.decided_at = ApplicationState.IN_REVIEW, None
    row.save()

    eligibility.check(row.pk)

    row.refresh_from_db()
    assert row.state == (ApplicationState.REFUSED if rules is EXCLUDES else ApplicationState.APPROVED)
    assert row.decision_reason == (REASON if rules is EXCLUDES else "")


def test_the_line_asks_again_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between joining the line and its turn the company got points in another call."""
    monkeypatch.setattr(eligibility, "company_registry", Register)
    first, second = a_call("115-1", EXCLUDES, budget=30_000), a_call("115-2", ALLOWS)
    ready(first, 1, NOW, start=5)
    issue_grant(ubn="10000005", call_code="115-1", now=NOW)
    company = both_ready(first, second)
    assert give(company, first) is None
    give(company, second)
    raise_budget(first)

    assert feed("115-1", NOW) == 1
    assert WaitingPlace.objects.get().left_because == "ineligible"


# Which grant an order uses -----------------------------------------------------------------------------------------

TILLS, SECURITY = ("pos", "sales-and-stock"), ("security", "digital-operations")


@pytest.fixture
def two_grants() -> Company:
    """One call pays for security alone and ends first, the other for everything and ends later."""
    narrow = a_call("115-1", replace_use(ALLOWS, 2), categories=("digital-operations",))
    wide = a_call("115-2", ALLOWS)
    company = both_ready(narrow, wide)
    give(company, narrow)
    give(company, wide)
    return company


def replace_use(rules: Rules, months: int) -> Rules:
    return rules.model_copy(update={"use": Limit(count=months, unit=Unit.MONTHS)})


def code_for(company: Company, categories: tuple[str, ...] | None, now: datetime = NOW) -> str:
    call = call_for_order(company.ubn, categories, now)
    assert call is not None
    return call.code


def test_an_order_uses_what_ends_first_of_what_may_pay_for_it(two_grants: Company) -> None:
    assert code_for(two_grants, SECURITY) == "115-1"
    assert code_for(two_grants, TILLS) == "115-2"
    assert code_for(two_grants, None) == "115-1"


def test_points_that_cannot_be_used_are_passed_over(two_grants: Company) -> None:
    narrow = Grant.objects.get(call__code="115-1")
    office = User.objects.create(email="office@x.example", name="x", created_at=NOW)
    freeze_grant(grant_id=narrow.pk, by=office, reason="查核", now=NOW)
    assert code_for(two_grants, SECURITY) == "115-2"
    assert code_for(two_grants, None) == "115-2"
    wide = Grant.objects.get(call__code="115-2")
    freeze_grant(grant_id=wide.pk, by=office, reason="查核", now=NOW)
    assert code_for(two_grants, SECURITY) == "115-2", "nothing is left: the newest says why"


def test_orders_draw_on_their_own_calls_wallet(two_grants: Company) -> None:
    market()
    tills, security = (ordered(two_grants, price) for price in (24_000, 50_000))
    assert [(order.call.code, order.points_used) for order in (tills, security)] == [("115-2", 12_000), ("115-1", 25_000)]
    assert tills.rule_set.call == tills.call


def test_what_no_call_with_points_pays_for_is_refused_by_its_name() -> None:
    narrow = a_call("115-1", ALLOWS, categories=("digital-operations",))
    company = both_ready(narrow)
    give(company, narrow)
    market()
    with pytest.raises(placing.CategoryNotPaidFor, match="不在 梯次 115-1 補助的方案類別裡"):
        ordered(company, 24_000)
    assert Order.objects.count() == 0


def market() -> None:
    make.shelves()
    make.vendor()
    make.solution(prices=(24_000,))
    publish_listing(
        vendor_ubn=make.VENDOR_UBN, slug="gate", category_slug="security", listing=make.listing(name="門神資安"),
        plans=(PlanOffer(name="規格", price_twd=50_000, term_months=12),), now=NOW,
    )  # fmt: skip


def ordered(company: Company, price: int) -> Order:
    offer = plan_for_order(Plan.objects.get(price_twd=price).pk)
    call = call_for_order(company.ubn, (offer.category_slug, offer.root_slug), NOW)
    assert call is not None
    user = company.memberships.get().user
    return placing.place_order(
        company=company, user=user, call=call, offer=offer, quantity=1, request_key=str(price), now=NOW
    )


# Which call a page speaks of ---------------------------------------------------------------------------------------


@pytest.fixture
def member(two_grants: Company, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr("tcloud.web.access.domain_now", lambda: NOW)
    a_call("115-9", ALLOWS)  # newer than both, and none of the company's
    client = Client()
    client.force_login(two_grants.memberships.get().user, backend=BACKEND)
    return client


def seen(client: Client, page: str, query: str = "") -> str:
    answer = client.get(reverse(page) + query)
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ")


def test_pages_speak_of_the_companys_own_call_and_name_the_others(member: Client) -> None:
    for page in ("member:points", "member:home"):
        text = seen(member, page)
        assert "梯次 115-1・" in text or "・梯次 115-1" in text
        assert 'href="?call=115-1" aria-current="page"' in text
        assert 'href="?call=115-2">' in text
        assert "115-9" not in text
        assert 'href="?call=115-2" aria-current="page"' in seen(member, page, "?call=115-2")


def test_each_call_shows_its_own_points_and_dates(member: Client) -> None:
    assert "6 月 22 日" in seen(member, "member:points", "?call=115-1")  # 20 June is a Saturday
    assert "7 月 20 日" in seen(member, "member:points", "?call=115-2")
    assert "7 月 20 日" not in seen(member, "member:points", "?call=115-1")
    market()
    company = Company.objects.get()
    assert ordered(company, 24_000).call.code == "115-2"
    assert "還沒簽署" in seen(member, "member:home", "?call=115-2"), "the order stands in the journey of its own call"
    assert "還沒簽署" not in seen(member, "member:home", "?call=115-1").split("最近的訂單")[0]


@pytest.mark.parametrize("page", ["member:home", "member:points", "member:points-csv", "member:points-xlsx", "member:assessment-result"])
@pytest.mark.parametrize("code", ["115-9", "no-such", "%3Cscript%3E"])
def test_another_companys_call_and_a_missing_one_look_the_same(member: Client, page: str, code: str) -> None:
    assert member.get(f"{reverse(page)}?call={code}").status_code == 404


def test_the_questionnaire_stays_in_the_call_it_was_opened_for(member: Client) -> None:
    third = a_call("115-3", ALLOWS)
    company = both_ready(third)
    Assessment.objects.filter(call_code="115-3").delete()
    journey = seen(member, "member:home", "?call=115-3")
    assert 'href="/member/assessment/?call=115-3"' in journey
    answer = member.get("/member/assessment/?call=115-3")
    assert answer.headers["Location"] == "/member/assessment/1/?call=115-3"
    assert member.get("/member/assessment/?call=115-1").headers["Location"] == "/member/assessment/result/?call=115-1"
    assert own_call(company.ubn, NOW) == Call.objects.get(code="115-1"), "what can be used comes first"


def test_without_points_a_company_is_shown_the_call_it_is_on_its_way_in() -> None:
    first, second = a_call("115-1", EXCLUDES), a_call("115-2", ALLOWS)
    company = both_ready(first, second)
    give(company, first)
    Grant.objects.update(ended_at=NOW)
    assert own_calls(company.ubn) == [second, first]
    assert own_call(company.ubn, NOW) == second
    row = Application.objects.get(call=second)
    row.state = ApplicationState.REFUSED
    row.save()
    assert own_call(company.ubn, NOW) == second, "refused everywhere else and used up: the newest of its own"
    assert own_call("99999999", NOW) is None
