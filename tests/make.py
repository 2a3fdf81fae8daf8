"""Builders: reach a state through the use cases people use, and return what the test asks about."""

from datetime import UTC, date, datetime

from tcloud.catalog.services import CategoryText, Listing, PlanOffer, define_categories, publish_listing
from tcloud.demo import seed
from tcloud.demo.people import DemoCompany
from tcloud.identity.models import User
from tcloud.identity.roles import Role
from tcloud.identity.services import open_account
from tcloud.members.models import Company, Membership
from tcloud.members.queries import company_by_ubn
from tcloud.points.services.issuing import issue_grant
from tcloud.programme.models import Call
from tcloud.programme.rules import Rules
from tcloud.programme.services import open_call
from tcloud.vendors.models import Vendor
from tcloud.vendors.services import VendorProfile, add_staff, approve_vendor, register_vendor

NOW = datetime(2026, 4, 20, 2, 0, tzinfo=UTC)
FAR_AWAY = date(2999, 1, 1)
"""Calls of tests stay open whatever today is."""
PASSWORD = "a-long-test-password"
VENDOR_UBN = "28246281"
COMPANY = DemoCompany(
    "tea", "24468011", "雙溪茶業有限公司", "葉雙喜", "新北市雙溪區中正路 27 號", "葉小溪", "02-5550-0201"
)
OTHER = DemoCompany(
    "freight", "52831044", "海線貨運有限公司", "陳海生", "臺中市臺灣大道十段 52 號", "陳怡安", "04-5550-0202"
)

SHELVES = (
    CategoryText("sales-and-stock", "進銷協作", "Sales and stock"),
    CategoryText("pos", "收銀點餐", "Tills", "sales-and-stock"),
    CategoryText("digital-operations", "數位營運", "Digital operations"),
    CategoryText("security", "資訊安全", "Security", "digital-operations"),
)


def call(now: datetime = NOW, budget: int = 3_000_000, rules: Rules | None = None) -> Call:
    """An open call."""
    return open_call(
        code="115-1", name="115 年度第 1 梯次", name_en="2026, first call", budget_points=budget,
        opens_date=date(2026, 1, 1), closes_until=FAR_AWAY, rules=rules or Rules(), now=now.replace(month=1),
    )  # fmt: skip


def vendor(ubn: str = VENDOR_UBN, short_name: str = "稻浪軟體", now: datetime = NOW) -> Vendor:
    """An approved vendor."""
    profile = VendorProfile(
        ubn=ubn, name=f"{short_name}股份有限公司", short_name=short_name, representative="賴稻軒", address="臺南市東區東門路三段 253 號",
        email=f"owner@{ubn}.example",
    )  # fmt: skip
    registered = register_vendor(profile=profile, now=now)
    return approve_vendor(vendor_id=registered.pk, actor="test", now=now)


def vendor_owner(of: Vendor, now: datetime = NOW) -> User:
    """The vendor's owner, without a second factor."""
    user = open_account(email=of.email, name="賴稻軒", password=PASSWORD, now=now)
    add_staff(vendor_id=of.pk, user_id=user.pk, role=Role.VENDOR_OWNER, now=now)
    return user


def shelves(now: datetime = NOW) -> None:
    """Two roots with one child each."""
    define_categories(categories=SHELVES, now=now)


def listing(slug: str = "alley-pos", name: str = "巷口點餐 POS", **facts: object) -> Listing:
    """What a buyer reads; any fact can be given."""
    values: dict[str, object] = {"name": name, "tagline": "點餐、收銀、發票，一台平板做完。"}
    return Listing(**(values | facts))  # type: ignore[arg-type]


def solution(
    slug: str = "alley-pos", name: str = "巷口點餐 POS", *, vendor_ubn: str = VENDOR_UBN, category: str = "pos",
    prices: tuple[int, ...] = (24_000, 60_000), now: datetime = NOW, **facts: object,
) -> object:  # fmt: skip
    """A listed solution with one plan of twelve months per price; shelves and vendor must exist."""
    plans = tuple(
        PlanOffer(name=f"規格{number}", name_en=f"Plan {number}", price_twd=price, term_months=12) for number, price in enumerate(prices, 1)
    )
    return publish_listing(
        vendor_ubn=vendor_ubn, slug=slug, category_slug=category, listing=listing(slug, name, **facts), plans=plans,
        now=now,
    )  # fmt: skip


def member(of: DemoCompany = COMPANY, in_call: Call | None = None, now: datetime = NOW) -> User:
    """The owner of a company that has joined and was approved; it has no points yet."""
    seed.join(of, in_call or Call.objects.get(), now)
    company = Company.objects.get(ubn=of.ubn)
    return Membership.objects.select_related("user").get(company=company).user


def assess(of: DemoCompany = COMPANY, now: datetime = NOW) -> None:
    """The company fills in the whole questionnaire."""
    seed.assess(of.ubn, Call.objects.get().code, now)


def company_with_points(of: DemoCompany = COMPANY, now: datetime = NOW) -> User:
    """A member company with its whole grant; returns the owner."""
    owner = member(of, now=now)
    assess(of, now)
    issue_grant(ubn=of.ubn, call_code=Call.objects.get().code, now=now)
    return owner


def company(of: DemoCompany = COMPANY) -> Company:
    """The row of a company that has joined."""
    found = company_by_ubn(of.ubn)
    assert found is not None
    return found
