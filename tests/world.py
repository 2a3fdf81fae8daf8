"""One small world with somebody of every role: two companies with an order each, at two vendors."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction
from django.test import Client

from simulators.certificate_authority.pki import Authority
from tcloud.catalog.models import Plan
from tcloud.catalog.queries import plan_for_order
from tcloud.identity.models import User
from tcloud.identity.roles import COMPANY_ROLES, OFFICE_ROLES, Role
from tcloud.identity.services import give_office_role, open_account
from tcloud.members.services.adding import add_member
from tcloud.orders.models import Order
from tcloud.orders.services import placing
from tcloud.points.services.adjusting import propose_adjustment
from tcloud.points.services.extending import propose_change
from tcloud.programme.queries import open_call
from tcloud.vendors.models import Vendor
from tcloud.vendors.services import add_staff
from tests import make
from tests.authority import NOW as CARD_NOW
from tests.orders import market, submitted

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
OTHER_VENDOR_UBN = "52310979"
MISSING = "CE9900000000"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a role, the order that is theirs and one that is not; a visitor has no role."""

    name: str
    role: Role | None
    user: User | None
    own: str
    others: str

    def client(self) -> Client:
        """Signed in, second factor included. A fault becomes an answer 500 instead of an exception."""
        client = Client(raise_request_exception=False)
        if self.user is not None:
            client.force_login(self.user, backend=BACKEND)
            session = client.session
            session["account_authentication_methods"] = [{"method": "mfa", "at": make.NOW.timestamp()}]
            session.save()
        return client


def _user(name: str) -> User:
    return open_account(email=f"{name}@people.example", name="某人", password=make.PASSWORD, now=make.NOW)


def _order(owner: User, company: str, price: int, authority: Authority) -> str:
    order = placing.place_order(
        company=make.company(make.COMPANY if company == "a" else make.OTHER), user=owner, call=open_call(make.NOW),
        offer=plan_for_order(Plan.objects.get(price_twd=price).pk), quantity=1, request_key=company, now=CARD_NOW,
    )  # fmt: skip
    return submitted(order, authority, CARD_NOW).number


def people(authority: Authority) -> list[Person]:
    """Build the world, with cards of an authority; returns a visitor and everybody else."""
    market()
    other_vendor = make.vendor(OTHER_VENDOR_UBN, "好日科技")
    make.solution("good-day", "好日預約", vendor_ubn=OTHER_VENDOR_UBN, prices=(36_000,))
    owners = {"a": make.company_with_points(make.COMPANY, CARD_NOW), "b": make.company_with_points(make.OTHER, CARD_NOW)}
    own, others = _order(owners["a"], "a", 60_000, authority), _order(owners["b"], "b", 36_000, authority)
    found = [
        Person("visitor", None, None, own, others),
        Person("owner", Role.COMPANY_OWNER, owners["a"], own, others),
        Person("owner of the other company", Role.COMPANY_OWNER, owners["b"], others, own),
    ]
    for role in COMPANY_ROLES[1:]:
        user = _user(role)
        add_member(ubn=make.COMPANY.ubn, user_id=user.pk, role=role, actor="test", now=make.NOW)
        found.append(Person(role, role, user, own, others))
    vendor = Vendor.objects.get(ubn=make.VENDOR_UBN)
    staff = _user(Role.VENDOR_STAFF)
    add_staff(vendor_id=vendor.pk, user_id=staff.pk, role=Role.VENDOR_STAFF, now=make.NOW)
    found.append(Person("vendor staff", Role.VENDOR_STAFF, staff, own, others))
    owner = User.objects.get(email=vendor.email)
    found.append(Person("vendor owner", Role.VENDOR_OWNER, owner, own, others))
    found.append(Person("other vendor's owner", Role.VENDOR_OWNER, make.vendor_owner(other_vendor), others, own))
    for role in OFFICE_ROLES:
        user = _user(role)
        give_office_role(user_id=user.pk, role=role, actor="test", now=make.NOW)
        found.append(Person(role, role, user, own, others))
    assert Order.objects.count() == 2
    return found


def pieces_of_addresses() -> dict[str, str]:
    """What stands in addresses beside an order's number: things of the world that `people` built, two proposals among them."""
    proposer = User.objects.get(email=f"{Role.FINANCE}@people.example")
    facts = {"call_code": "115-1", "grant_id": None, "reason": "x", "by": proposer, "now": make.NOW}
    change = propose_change(**facts, days=1)  # type: ignore[arg-type]
    adjustment = propose_adjustment(**facts, points=1, request_key="walk")  # type: ignore[arg-type]
    return {
        "<slug:call>": "115-1", "<ubn:ubn>": make.COMPANY.ubn, "<slug:form>": "csv", "<int:change>": str(change.pk),
        "<int:adjustment>": str(adjustment.pk),
    }  # fmt: skip


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens inside is rolled back, so that every request meets the same world."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # use cases insist on being outermost; this stands below them
    with block:
        yield
        transaction.set_rollback(True)
