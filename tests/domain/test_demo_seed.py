"""The demonstration's data: reached through use cases, whole, and the same after a second run."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from tcloud.catalog.features import Feature, Industry, Size
from tcloud.catalog.models import Category, Plan, Solution
from tcloud.catalog.queries import listed_total, menu
from tcloud.core.time import machine_now
from tcloud.core.ubn import is_valid_ubn
from tcloud.demo import seed
from tcloud.demo.catalogue import CATEGORIES, LISTINGS, VENDORS
from tcloud.demo.people import (
    COLLEAGUES,
    COMPANIES,
    DEMO_PASSWORD,
    FIRST_COMPANY,
    FROZEN,
    OFFICE,
    ON_THE_DESK,
    TRIED,
    VENDOR_OWNERS,
    WAITS,
    WITH_POINTS,
    current_code,
    sign_in_table,
    totp_secret,
)
from tcloud.identity.models import OfficeRole, User
from tcloud.identity.roles import OFFICE_ROLES, Role
from tcloud.members.models import Company, Membership
from tcloud.orders.models import Order
from tcloud.points.desk_queries import waiting_for_a_second_person
from tcloud.points.models import Freeze
from tcloud.points.queries import available, waiting_position
from tcloud.programme.models import Call
from tcloud.programme.queries import latest_call
from tcloud.vendors.models import Vendor, VendorStaff
from tests import make


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcloud.demo.seed.simulators_run", lambda within: False)


def rows() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in (User, Vendor, Solution, Plan, Company, Order, Category)}


@pytest.mark.django_db
def test_a_second_run_changes_nothing() -> None:
    seed.seed(make.NOW)
    first = rows()
    assert first == {
        "User": len(OFFICE) + len(VENDORS) + len(COMPANIES) + len(ON_THE_DESK) + len(COLLEAGUES), "Vendor": 9, "Solution": 30, "Plan": first["Plan"],
        "Company": 5, "Order": 0, "Category": len(CATEGORIES),
    }  # fmt: skip
    seed.seed(make.NOW + timedelta(days=3))
    assert rows() == first
    assert set(Solution.objects.values_list("version", flat=True)) == {1}


@pytest.mark.django_db
def test_what_the_first_visitor_finds() -> None:
    seed.seed(make.NOW)
    call = Call.objects.get(code="115-1")
    assert listed_total() == (30, 9)
    assert [shelf.title for shelf in menu()] == ["進銷協作", "電子商務", "數位營運", "生產管理"]
    assert all(shelf.children for shelf in menu())
    assert available(WITH_POINTS.ubn, call) == 30_000
    assert not Company.objects.filter(name=FIRST_COMPANY).exists()
    assert set(OfficeRole.objects.values_list("role", flat=True)) == {str(role) for role in OFFICE_ROLES}
    pos = Plan.objects.get(solution__name="巷口點餐 POS", price_twd=60_000)
    assert (pos.term_months, pos.solution.vendor.short_name) == (12, "稻浪軟體")


@pytest.mark.django_db
def test_the_office_finds_something_on_its_desk() -> None:
    seed.seed(make.NOW)
    call, trial = Call.objects.get(code="115-1"), Call.objects.get(code="115-0")
    assert latest_call(make.NOW) == call
    assert list(Freeze.objects.filter(grant__call=call, released_at=None).values_list("grant__ubn", flat=True)) == [FROZEN.ubn]
    assert available(TRIED.ubn, trial) == 30_000
    assert waiting_position(WAITS.ubn, trial) == 1
    assert waiting_for_a_second_person() == 2


@pytest.mark.django_db
def test_every_role_has_somebody_who_can_sign_in() -> None:
    seed.seed(make.NOW)
    emails = {row.email for row in sign_in_table(0)}
    held = {Role(role) for role in OfficeRole.objects.values_list("role", flat=True)}
    held |= {Role(role) for role in Membership.objects.filter(user__email__in=emails).values_list("role", flat=True)}
    held |= {Role(role) for role in VendorStaff.objects.filter(user__email__in=emails).values_list("role", flat=True)}
    assert held == set(Role)


@pytest.mark.django_db
def test_a_vendor_signs_in_with_the_printed_password_and_the_present_code() -> None:
    seed.seed(make.NOW)
    email = VENDORS["daolang"].email
    client = Client()
    first = client.post(reverse("account_login"), {"login": email, "password": DEMO_PASSWORD})
    assert first.headers["Location"] == reverse("mfa_authenticate")
    code = current_code(email, machine_now().timestamp())
    second = client.post(reverse("mfa_authenticate"), {"code": code})
    assert second.status_code == 302
    assert client.get(reverse("solutions")).wsgi_request.user.email == email


@pytest.mark.django_db
def test_the_page_of_demo_people_names_everybody_and_is_never_kept() -> None:
    response = Client().get(reverse("demo-people"))
    page = response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    for row in sign_in_table(0):
        assert row.email in page
    assert DEMO_PASSWORD in page
    assert FIRST_COMPANY in page


def test_codes_change_every_thirty_seconds_and_secrets_never() -> None:
    assert current_code("a@b.example", 59) == current_code("a@b.example", 30)
    assert current_code("a@b.example", 60) != current_code("a@b.example", 59)
    assert totp_secret("a@b.example") == totp_secret("a@b.example") != totp_secret("c@b.example")


def test_the_demo_catalogue_is_believable() -> None:
    assert len(LISTINGS) >= 24
    assert set(VENDOR_OWNERS) == set(VENDORS)
    assert all(is_valid_ubn(profile.ubn) for profile in VENDORS.values())
    leaves = {category.slug for category in CATEGORIES if category.parent}
    assert {entry.category for entry in LISTINGS} == leaves
    assert {entry.vendor for entry in LISTINGS} == set(VENDORS)
    for entry in LISTINGS:
        listing = entry.listing
        assert entry.plans
        assert set(listing.features) <= set(Feature.values)
        assert set(listing.industries) <= set(Industry.values)
        assert set(listing.sizes) <= set(Size.values)
        assert listing.name_en
        assert listing.tagline_en
        assert len(listing.highlights) == len(listing.highlights_en)
        assert all(plan.name_en and plan.limits_en for plan in entry.plans)
