"""The public catalogue by test client: searching, filters, one solution, prices for whoever looks."""

import re
from datetime import timedelta

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tcloud.catalog.features import ScreenLanguage
from tcloud.catalog.models import Plan
from tcloud.catalog.services import withdraw_listing
from tcloud.demo.catalogue import LISTINGS
from tcloud.demo.listings import DemoSolution
from tcloud.identity.models import User
from tcloud.members.models import Company, Membership
from tests import make

HAN = re.compile(r"[\u3400-\u9fff]")

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def _market(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcloud.web.access.domain_now", lambda: make.NOW)
    make.call()
    make.shelves()
    make.vendor()
    make.solution(sizes=("1-4", "5-20"), prices=(24_000, 60_000, 70_000), trial_days=30)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def text(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def test_the_list_shows_price_and_self_pay_of_the_lowest_plan(client: Client) -> None:
    page = text(client, reverse("solutions"))
    assert "巷口點餐 POS" in page
    assert "總價 24,000" in page
    assert "NT$ 12,000" in page
    assert "30,000 點試算" in page


def test_a_search_can_be_shared_by_its_address(client: Client) -> None:
    page = text(client, reverse("solutions") + "?q=ＰＯＳ&category=sales-and-stock&size=1-4&sort=price")
    assert "「ＰＯＳ」有 1 個方案" in page
    assert 'value="sales-and-stock" checked' in page
    assert 'value="1-4" checked' in page
    assert '<option value="price" selected>' in page
    assert 'href="?q=%EF%BC%B0%EF%BC%AF%EF%BC%B3&amp;size=1-4&amp;sort=price"' in page  # the chip drops one


def test_nothing_found_says_what_to_do(client: Client) -> None:
    page = text(client, reverse("solutions") + "?q=沒有這種東西&size=5-20")
    assert "沒有符合的方案" in page
    assert "清除全部條件" in page


@pytest.mark.parametrize(
    "query",
    [
        "?page=x",
        "?page=-1",
        "?page=99999999999999999999",
        "?sort=bought",
        "?size=many",
        "?category=ö",
        "?q=%00",
        "?category=no",
    ],
)
def test_nonsense_in_the_address_is_no_error(client: Client, query: str) -> None:
    text(client, reverse("solutions") + query)


def test_what_was_typed_is_text_and_never_markup(client: Client) -> None:
    page = text(client, reverse("solutions") + "?q=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in page


def test_pages_hold_twenty(client: Client) -> None:
    for number in range(20):
        make.solution(f"s-{number:02d}", f"方案 {number:02d}")
    first, second = text(client, reverse("solutions")), text(client, reverse("solutions") + "?page=2")
    assert first.count('class="tc-hit"') == 20
    assert "第 1–20 個，共 21 個" in first
    assert second.count('class="tc-hit"') == 1
    assert 'href="?page=2"' in first
    assert 'rel="prev" href="?"' in second


def test_the_list_needs_as_many_queries_for_one_row_as_for_twenty(
    client: Client, django_assert_max_num_queries: object
) -> None:
    for number in range(19):
        make.solution(f"s-{number:02d}", f"方案 {number:02d}")
    with django_assert_max_num_queries(8):
        text(client, reverse("solutions"))
    with django_assert_max_num_queries(8):
        text(client, reverse("solutions") + "?q=方案&size=1-4")


def queries_of(client: Client, address: str) -> int:
    """Of a page none of whose parts is kept yet."""
    caches["pages"].clear()
    with CaptureQueriesContext(connection) as asked:
        text(client, address)
    return len(asked)


@pytest.mark.parametrize(("page", "visitor", "member"), [("home", 7, 23), ("solutions", 7, 15), ("solution", 4, 12)])
def test_public_pages_ask_little_and_no_more_with_more_rows(client: Client, page: str, visitor: int, member: int) -> None:
    address = reverse(page, args=["alley-pos"] if page == "solution" else [])
    company = signed_in(make.company_with_points())
    for visit in (client, company):
        queries_of(visit, address)  # what a process reads once is not counted
    few = queries_of(client, address), queries_of(company, address)
    for number in range(19):
        category = "security" if number % 2 else "pos"
        make.solution(f"s-{number:02d}", f"方案 {number:02d}", category=category, prices=(10_000, 20_000, 30_000))
    assert (queries_of(client, address), queries_of(company, address)) == few
    assert few[0] <= visitor
    assert few[1] <= member


def test_featured_solutions_are_kept_for_visitors_of_a_language_and_never_for_who_has_points(client: Client) -> None:
    company = signed_in(make.company_with_points())
    address = reverse("home")
    with CaptureQueriesContext(connection) as first:
        visitors = text(client, address)
    assert any("catalog_plan" in query["sql"] for query in first)
    with CaptureQueriesContext(connection) as asked:
        assert text(client, address).count("NT$") == visitors.count("NT$")
    assert not [query for query in asked if "catalog_plan" in query["sql"] or "catalog_category" in query["sql"]]
    make.solution("back-office", "後場進銷存", category="security", prices=(80_000,))
    assert "後場進銷存" not in text(client, address)  # what is kept is some seconds old
    own = text(company, address)
    assert "後場進銷存" in own
    assert "自付 50,000" in own
    english = text(Client(HTTP_ACCEPT_LANGUAGE="en"), address)
    assert "後場進銷存" in english
    assert "See all" in english
    assert text(client, address).count("NT$") == visitors.count("NT$")


def test_what_a_solution_does_is_kept_for_a_language_until_the_listing_changes(client: Client) -> None:
    address = reverse("solution", args=["alley-pos"])
    company = signed_in(make.company_with_points())
    for visitor in (client, company):
        assert "這個方案做得到" not in text(visitor, address)
    make.solution(highlights=("外帶也能開發票",), highlights_en=("Invoices for take-away",), now=make.NOW + timedelta(minutes=1))
    for visitor in (client, company):
        assert "外帶也能開發票" in text(visitor, address)
    english = text(Client(HTTP_ACCEPT_LANGUAGE="en"), address)
    assert "Invoices for take-away" in english
    assert "外帶也能開發票" not in english


def test_who_may_buy_now_finds_one_way_to_the_solutions_on_top(client: Client) -> None:
    hero = text(signed_in(make.company_with_points()), reverse("home")).split('class="tc-actions"')[1].split("</div>")[0]
    assert "看有哪些方案" in hero
    assert hero.count(f'href="{reverse("solutions")}"') == 1
    assert "先看有哪些方案" in text(client, reverse("home"))


def test_the_home_page_speaks_of_the_company_the_visitor_chose() -> None:
    owner = make.company_with_points()
    other = Company.objects.create(
        ubn=make.OTHER.ubn, name="第二家", representative="", address="", phone="", email="", created_at=make.NOW
    )
    Membership.objects.create(company=other, user=owner, role="company_owner", created_at=make.NOW)
    client = signed_in(owner)
    assert "第二家的進度" not in text(client, reverse("home"))
    session = client.session
    session["company"] = other.pk
    session.save()
    assert "第二家的進度" in text(client, reverse("home"))


def test_a_visitor_sees_every_plan_and_is_led_to_joining(client: Client) -> None:
    page = text(client, reverse("solution", args=["alley-pos"]))
    for words in ("點數 12,000＋自付 12,000", "點數 30,000＋自付 30,000", "點數 30,000＋自付 40,000（點數用到上限）"):
        assert words in page
    assert reverse("join:start") in page
    assert "選這個方案" not in page
    assert "廠商沒有提供" in page  # blank means not given


def test_the_refund_preview_ends_after_half_the_term(client: Client) -> None:
    page = text(client, reverse("solution", args=["alley-pos"]) + f"?plan={Plan.objects.get(price_twd=70_000).pk}")
    assert "第 7 個月起不退" in page
    assert "17,500" in page  # 30,000 after five months
    assert "23,333" in page  # 40,000 after five months


def test_the_plan_in_the_address_is_chosen(client: Client) -> None:
    plan = Plan.objects.get(price_twd=60_000)
    page = text(client, reverse("solution", args=["alley-pos"]) + f"?plan={plan.pk}")
    assert f'value="{plan.pk}" checked' in page
    assert page.count(" checked") == 1


def test_a_company_with_points_gets_its_own_split_and_can_order() -> None:
    client = signed_in(make.company_with_points())
    page = text(client, reverse("solution", args=["alley-pos"]))
    assert "為雙溪茶業有限公司算的：可用 30,000 點" in page
    assert "選這個方案" in page
    assert reverse("member:order-new") in page
    assert "自付為雙溪茶業有限公司算的" in text(client, reverse("solutions"))


def test_a_member_without_points_is_led_to_getting_them() -> None:
    page = text(signed_in(make.member()), reverse("solution", args=["alley-pos"]))
    assert "先完成申請，拿到點數" in page
    assert "選這個方案" not in page


def test_a_vendor_cannot_buy_and_its_own_company_neither() -> None:
    seller = make.vendor_owner(make.vendor())
    assert "選這個方案" not in text(signed_in(seller), reverse("solution", args=["alley-pos"]))
    make.vendor(make.COMPANY.ubn, "雙溪")
    make.solution("own", "自家方案", vendor_ubn=make.COMPANY.ubn)
    page = text(signed_in(make.company_with_points()), reverse("solution", args=["own"]))
    assert "不能用點數向自己購買" in page
    assert "選這個方案" not in page


def test_a_withdrawn_or_unknown_solution_looks_the_same(client: Client) -> None:
    withdraw_listing(slug="alley-pos", actor="test", now=make.NOW)
    text(client, reverse("solution", args=["alley-pos"]), 404)
    text(client, reverse("solution", args=["never-was"]), 404)


def test_english_pages_show_english_texts_where_given(client: Client) -> None:
    make.solution(name_en="Alley POS", tagline_en="Orders and invoices on one tablet.", sizes=("1-4",))
    response = client.get(reverse("solutions"), headers={"accept-language": "en"})
    page = response.content.decode()
    assert "Alley POS" in page
    assert "Tills" in page
    assert "稻浪軟體" in page  # no English name given: the Chinese stays


def test_integrations_and_languages_are_said_in_the_readers_language(client: Client) -> None:
    make.solution(
        "both", "雙語", integrations=("財政部電子發票平台",), integrations_en=("Ministry of Finance e-invoice platform",),
        languages=("zh-hant", "vi"),
    )  # fmt: skip
    address = reverse("solution", args=["both"])
    assert "財政部電子發票平台" in text(client, address)
    assert "繁體中文、越南文" in text(client, address)
    client.cookies["django_language"] = "en"
    english = text(client, address)
    assert "Ministry of Finance e-invoice platform" in english
    assert "Traditional Chinese, Vietnamese" in english
    assert "電子發票平台" not in english


@pytest.mark.parametrize("entry", LISTINGS, ids=[entry.slug for entry in LISTINGS])
def test_the_demonstrations_listings_are_whole_in_english(entry: DemoSolution) -> None:
    listing = entry.listing
    assert len(listing.integrations_en) == len(listing.integrations)
    assert len(listing.highlights_en) == len(listing.highlights)
    assert not HAN.search(" ".join((*listing.integrations_en, *listing.highlights_en, listing.name_en, listing.tagline_en)))
    assert set(listing.languages) <= set(ScreenLanguage.values)
