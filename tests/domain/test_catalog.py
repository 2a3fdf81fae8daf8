"""Listings with versions, plans that end and stay, search over folded text."""

import pytest
from django.db import IntegrityError, transaction
from django.test.utils import CaptureQueriesContext

from tcloud.catalog import queries
from tcloud.catalog.models import Plan, Solution
from tcloud.catalog.queries import PlanNotForSale, Query, Sort
from tcloud.catalog.services import (
    ListingOfAnotherVendor,
    ListingStepNotOpen,
    PlanOffer,
    VendorNotApproved,
    list_again,
    publish_listing,
    withdraw_listing,
)
from tcloud.core.errors import NotFound
from tcloud.vendors.services import VendorProfile, VendorUnnamed, approve_vendor, register_vendor
from tcloud.vendors.states import VendorState
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _market() -> None:
    make.shelves()
    make.vendor()


def names(query: Query) -> list[str]:
    return [solution.name for solution in queries.search(query).solutions]


def test_publishing_the_same_again_changes_nothing_and_any_difference_is_a_new_version() -> None:
    first = make.solution()
    assert (first.version, first.plans.count()) == (1, 2)
    assert make.solution(now=make.NOW.replace(day=21)).version == 1
    assert Solution.objects.get().updated_at == make.NOW
    changed = make.solution(tagline="換一句話", now=make.NOW.replace(day=22))
    assert (changed.version, changed.updated_at.day) == (2, 22)


def test_a_plan_that_leaves_the_price_list_ends_and_stays() -> None:
    make.solution(prices=(24_000, 60_000))
    ended = Plan.objects.get(price_twd=60_000)
    solution = make.solution(prices=(24_000,))
    assert solution.version == 2
    ended.refresh_from_db()
    assert ended.status == "ended"
    with pytest.raises(PlanNotForSale):
        queries.plan_for_order(ended.pk)


def test_an_order_freezes_version_seller_price_and_term() -> None:
    make.solution()
    offer = queries.plan_for_order(Plan.objects.get(price_twd=60_000).pk)
    assert (offer.price, offer.term_months, offer.solution_version) == (60_000, 12, 1)
    assert (offer.vendor_ubn, offer.vendor_name) == (make.VENDOR_UBN, "稻浪軟體股份有限公司")
    assert (offer.solution_name, offer.plan_name, offer.category_name) == ("巷口點餐 POS", "規格2", "收銀點餐")


def test_a_withdrawn_listing_is_neither_found_nor_sold_and_can_come_back() -> None:
    make.solution()
    plan = Plan.objects.first()
    withdraw_listing(slug="alley-pos", actor="test", now=make.NOW)
    assert names(Query()) == []
    with pytest.raises(PlanNotForSale):
        queries.plan_for_order(plan.pk)
    with pytest.raises(ListingStepNotOpen, match="已下架"):
        withdraw_listing(slug="alley-pos", actor="test", now=make.NOW)
    list_again(slug="alley-pos", actor="test", now=make.NOW)
    assert queries.plan_for_order(plan.pk).price == 24_000


def test_only_an_approved_vendor_lists_and_nobody_takes_anothers_address() -> None:
    make.solution()
    profile = VendorProfile(
        ubn="83212233", name="好日科技有限公司", short_name="好日科技", representative="周好真", address="新北市板橋區", email="o@goodday.example",
    )  # fmt: skip
    register_vendor(profile=profile, now=make.NOW)
    with pytest.raises(VendorNotApproved):
        make.solution("other", "好日收銀", vendor_ubn="83212233")
    make.vendor("88599528", "青田互動")
    with pytest.raises(ListingOfAnotherVendor, match="alley-pos"):
        make.solution("alley-pos", "冒名", vendor_ubn="88599528")
    with pytest.raises(NotFound):
        make.solution("x", "X", category="no-such-shelf")
    assert list(Solution.objects.values_list("name", flat=True)) == ["巷口點餐 POS"]


@pytest.mark.parametrize("missing", ["representative", "address"])
def test_a_vendor_whose_contracts_would_name_nobody_is_not_approved(missing: str) -> None:
    facts = {"representative": "周好真", "address": "新北市板橋區", missing: ""}
    profile = VendorProfile(ubn="83212233", name="好日科技有限公司", short_name="好日科技", email="o@goodday.example", **facts)
    vendor = register_vendor(profile=profile, now=make.NOW)
    with pytest.raises(VendorUnnamed):
        approve_vendor(vendor_id=vendor.pk, actor="test", now=make.NOW)
    vendor.refresh_from_db()
    assert vendor.status == VendorState.APPLIED


@pytest.mark.parametrize("change", [{"price_twd": 0}, {"term_months": 0}, {"term_months": 61}, {"users": 0}])
def test_the_database_refuses_a_plan_that_could_not_be_sold(change: dict[str, int]) -> None:
    make.solution()
    with pytest.raises(IntegrityError), transaction.atomic():
        Plan.objects.filter(price_twd=24_000).update(**change)


@pytest.mark.parametrize(
    "text",
    [
        "POS",
        "ＰＯＳ",
        "pos",
        "巷口",
        "稻浪",
        "臺灣發票雲",
        "台灣發票雲",
        "收銀點餐",
        "進銷協作",
        "28246281",
        "pos 稻浪",
    ],
)
def test_search_finds_name_vendor_category_and_number_however_typed(text: str) -> None:
    make.solution(highlights=("接台灣發票雲",))
    make.vendor("41547280", "守門資安")
    make.solution("guard", "守門備份", vendor_ubn="41547280", category="security", tagline="每天備份")
    assert names(Query(text=text)) == ["巷口點餐 POS"]


def test_every_word_must_occur_and_the_name_comes_first() -> None:
    make.solution()
    make.solution("stock", "進銷存", tagline="接巷口點餐 POS")
    assert names(Query(text="POS")) == ["巷口點餐 POS", "進銷存"]
    assert names(Query(text="POS 沒有這個字")) == []


def test_a_root_category_includes_its_children_and_counts_say_so() -> None:
    make.solution(sizes=("1-4", "5-20"))
    make.solution("guard", "守門備份", category="security", sizes=("5-20",))
    assert names(Query(categories=("sales-and-stock",))) == ["巷口點餐 POS"]
    assert len(names(Query(categories=("pos", "digital-operations")))) == 2
    assert names(Query(sizes=("1-4",))) == ["巷口點餐 POS"]
    counts = queries.counts(Query(categories=("pos",)))
    assert counts.categories == {"sales-and-stock": 1, "pos": 1, "digital-operations": 1, "security": 1}
    assert counts.sizes == {"1-4": 1, "5-20": 1, "21-100": 0, "101-199": 0}


def test_price_order_goes_by_the_lowest_plan_on_sale() -> None:
    make.solution(prices=(24_000, 60_000))
    make.solution("cheap", "櫃檯小幫手", prices=(90_000, 9_600))
    make.solution("dear", "大系統", prices=(99_000,))
    assert names(Query(sort=Sort.PRICE)) == ["櫃檯小幫手", "巷口點餐 POS", "大系統"]


def test_pages_hold_twenty_and_a_page_beyond_the_last_shows_the_last() -> None:
    for number in range(23):
        make.solution(f"s-{number:02d}", f"方案 {number:02d}", prices=(10_000 + number,))
    page = queries.search(Query(page=2))
    assert (page.total, page.pages, page.first, page.last, len(page.solutions)) == (23, 2, 21, 23, 3)
    assert queries.search(Query(page=99)).number == 2
    empty = queries.search(Query(text="沒有"))
    assert (empty.total, empty.first, empty.last) == (0, 0, 0)


def test_the_number_of_queries_does_not_grow_with_the_rows(django_assert_num_queries: CaptureQueriesContext) -> None:
    for number in range(20):
        make.solution(f"s-{number:02d}", f"方案 {number:02d}")
    with django_assert_num_queries(3):
        for solution in queries.search(Query()).solutions:
            assert queries.cheapest(solution) is not None
            assert solution.vendor.title
            assert solution.category.parent is not None
    with django_assert_num_queries(2):
        queries.counts(Query(text="方案"))


def test_what_the_home_page_features_moves_on_and_takes_one_per_category() -> None:
    make.solution()
    make.solution("stock", "進銷存")
    make.solution("guard", "守門備份", category="security")
    assert queries.featured(3, 0) != queries.featured(3, 1)
    for day in range(4):
        shown = [solution.slug for solution, _plan in queries.featured(3, day)]
        assert len(shown) == 2
        assert "guard" in shown


def test_a_listing_without_a_price_is_shown_without_one() -> None:
    publish_listing(
        vendor_ubn=make.VENDOR_UBN, slug="soon", category_slug="pos", listing=make.listing(name="快上架"), plans=(),
        now=make.NOW,
    )  # fmt: skip
    solution = queries.solution_by_slug("soon")
    assert solution is not None
    assert queries.cheapest(solution) is None
    assert queries.featured(3, 0) == []


def test_a_price_per_month_is_rounded_half_up() -> None:
    assert Plan(price_twd=70_000, term_months=12).price_per_month == 5_833
    assert Plan(price_twd=18, term_months=12).price_per_month == 2
    assert PlanOffer(name="一年", price_twd=1, term_months=1).users is None
