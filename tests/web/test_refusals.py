"""Every form's refusal: the page comes back with an error summary that links to its fields, and nothing typed is lost.

The browser's own bubbles are off on every form (tests/architecture/test_pages.py), so this is the only answer there is.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse

from simulators.certificate_authority.pki import Authority
from tcloud.demo.people import DEMO_PASSWORD
from tcloud.demo.seed import card_of
from tcloud.identity.models import User
from tcloud.identity.roles import Role
from tcloud.identity.services import give_office_role, open_account
from tcloud.members.documents import DECLARATIONS
from tcloud.members.models import Application
from tcloud.members.queries import application_by_secret
from tcloud.members.services import agreeing, confirming, proving
from tcloud.points.models import Grant
from tcloud.points.services import adjusting, extending, freezing
from tcloud.programme.rules import Rules
from tcloud.programme.services import drafting
from tcloud.programme.states import DraftEvent
from tcloud.web.forms_of import FORMS
from tcloud.web.office.rule_form import initial_of
from tcloud.web.public.join import SESSION_KEY
from tests import make
from tests import orders as build
from tests.authority import NOW, Outside, authority, outside
from tests.world import BACKEND

__all__ = ["authority", "outside"]
pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class World:
    """A market, an order when a form needs one, and whoever fills the form in."""

    authority: Authority

    def visitor(self) -> Client:
        return Client()

    def client(self, user: User) -> Client:
        client = Client()
        client.force_login(user, backend=BACKEND)
        session = client.session
        session["account_authentication_methods"] = [{"method": "mfa", "at": NOW.timestamp()}]
        session.save()
        return client

    def joining(self, *, declared: bool = False, mailed: bool = False) -> Client:
        """An applicant whose card is verified; further on where asked for."""
        client = Client()
        assert client.post(reverse("join:consent"), {"agree": "on"}).status_code == 302
        application = application_by_secret(client.session[SESSION_KEY])
        assert isinstance(application, Application)
        proving.record_card(application_id=application.pk, identity=card_of(make.COMPANY, NOW), now=NOW)
        if declared or mailed:
            agreeing.declare(application_id=application.pk, documents=list(DECLARATIONS), ip=None, now=NOW)
        if mailed:
            account = confirming.AccountForm(
                email="tea@example.com", contact_name="葉小溪", phone="02-5550-0201", password=make.PASSWORD
            )
            confirming.give_account(application_id=application.pk, account=account, now=NOW, machine_now=NOW)
        return client

    def buyer(self, *steps: str) -> tuple[Client, str]:
        """The company's owner and an order after the named steps of tests/orders.py."""
        owner = make.company_with_points(now=NOW)
        order = build.draft(now=NOW)
        for step in steps:
            order = build.submitted(order, self.authority, NOW) if step == "submitted" else getattr(build, step)(order, NOW)
        return self.client(owner), order.number

    def seller(self, *steps: str) -> tuple[Client, str]:
        """The vendor's owner and an order after the named steps."""
        _buyer, number = self.buyer(*steps)
        return self.client(User.objects.get(name=build.SELLER)), number

    def officer(self, name: str) -> User:
        user = open_account(email=f"{name}@people.example", name="某人", password=make.PASSWORD, now=make.NOW)
        give_office_role(user_id=user.pk, role=Role.ADMINISTRATOR, actor="test", now=make.NOW)
        return user

    def office(self) -> Client:
        return self.client(self.officer("office"))

    def draft(self, *, sent: bool) -> tuple[Client, str]:
        """The author and the draft of a call's rules; once it is sent, the colleague who judges it."""
        author = self.officer("author")
        draft = drafting.start_draft(call_code="115-1", by=author, now=NOW)
        if not sent:
            return self.client(author), "115-1"
        drafting.save_draft(draft_id=draft.pk, rules=draft.rules, effective_date=None, reason="縮短等待", by=author, now=NOW)
        drafting.step_draft(draft_id=draft.pk, event=DraftEvent.SENT, by=author, now=NOW, why="")
        return self.office(), "115-1"

    def granted(self, *, frozen: bool = False) -> tuple[Client, str]:
        """Somebody of the office and a company's grant."""
        make.company_with_points(now=NOW)
        if frozen:
            freezing.freeze_grant(grant_id=Grant.objects.get().pk, reason="查核", by=self.officer("finance"), now=NOW)
        return self.office(), f"115-1/{make.COMPANY.ubn}"

    def proposed_clocks(self) -> tuple[Client, str]:
        """The second person, and what the first one proposed."""
        client, _grant = self.granted()
        change = extending.propose_change(
            call_code="115-1", grant_id=Grant.objects.get().pk, days=7, reason="颱風", by=self.officer("finance"), now=NOW
        )
        return client, str(change.pk)

    def proposed_points(self) -> tuple[Client, str]:
        """The same for points."""
        client, _grant = self.granted()
        adjustment = adjusting.propose_adjustment(
            call_code="115-1", grant_id=None, points=1_000, reason="追加", request_key="once", by=self.officer("finance"), now=NOW
        )
        return client, str(adjustment.pk)


@dataclass(frozen=True)
class Case:
    """One form sent in a way it refuses: who, where, what, which fields the summary links to."""

    open: Callable[[World], tuple[Client, str]]
    route: str
    sent: dict[str, Any]
    links: tuple[str, ...]
    lost: frozenset[str] = field(default_factory=frozenset)
    status: int = 422


def at(of: Callable[[World], Client]) -> Callable[[World], tuple[Client, str]]:
    """Somebody at a page without an order."""
    return lambda world: (of(world), "")


ACCOUNT = {"contact_name": "葉小溪", "email": "not an address", "phone": "02-5550-0201", "password": "a-long-password-1"}
INVOICE = {"invoice_number": "AB1234567X", "issued_date": "2026-13-01", "buyer_ubn": "24468011", "total_twd": "lots"}
KEY = {"request_key": "once"}
CALL = {"code": "115-2", "name": "第 2 梯次", "name_en": "Second call", "budget_points": "lots", "opens_date": "2026-05-01"}
RULES = {name: value for name, value in initial_of(Rules(), "縮短等待", None).items() if value not in (None, False)}
RULES["points_per_company"] = "many"
# A password is never sent back to the browser.
SECRET = frozenset({"password"})
CASES = [
    Case(at(World.visitor), "join:consent", {}, ("id_agree",)),
    Case(at(World.joining), "join:declarations", {"queries": "on"}, ("id_eligibility",)),
    Case(at(World.joining), "join:declarations", {}, ("id_queries", "id_eligibility")),
    Case(at(lambda world: world.joining(declared=True)), "join:account", ACCOUNT, ("id_email",), SECRET),
    Case(at(lambda world: world.joining(declared=True)), "join:account", {}, ("id_contact_name", "id_email", "id_phone", "id_password")),
    Case(at(lambda world: world.joining(mailed=True)), "join:email", {"code": "12345"}, ("id_code",)),
    Case(at(lambda world: world.joining(mailed=True)), "join:email", {"code": "000000"}, ("id_code",)),
    Case(at(World.visitor), "contract-verify", {}, ("id_document",)),
    Case(at(World.visitor), "card-link", {}, ("id_email",)),
    Case(at(World.visitor), "card-link", {"email": "me at home"}, ("id_email",)),
    # allauth answers 200 to a form it refuses
    Case(at(World.visitor), "account_login", {"login": "tea@example.com", "password": ""}, ("id_password",), status=200),
    Case(at(World.visitor), "account_login", {"login": "tea@example.com", "password": "wrong"}, (), SECRET, status=200),
    Case(at(World.visitor), "account_reset_password", {"email": "tea"}, ("id_email",), status=200),
    Case(lambda world: world.buyer(), "member:order-check", {"points": "99999999"}, ("id_points",)),
    Case(lambda world: world.buyer("submitted", "accepted"), "member:order-pay", {}, ("id_method_0",)),
    Case(lambda world: world.buyer("submitted", "accepted"), "member:order-pay", {"method": "barter"}, ("id_method_0",), frozenset({"method"})),
    Case(lambda world: world.seller("submitted"), "vendor:order-decline", {}, ("id_reason",)),
    Case(lambda world: world.seller("submitted", "accepted", "paid"), "vendor:order-start", {}, ("id_handover",)),
    Case(lambda world: world.seller("submitted", "accepted", "paid"), "vendor:order-invoice", INVOICE, ("id_issued_date", "id_total_twd")),
    Case(at(World.office), "demo-clock", {"days": "-1", "hours": "5"}, ("id_days",)),
    Case(at(World.office), "demo-clock", {}, ("id_days",)),
    Case(at(World.office), "office:call-new", CALL, ("id_budget_points", "id_last_date")),
    Case(lambda world: world.draft(sent=False), "office:draft-edit", RULES, ("id_points_per_company",), frozenset(RULES) - {"reason", "points_per_company"}),
    Case(lambda world: world.draft(sent=True), "office:draft-return", {"why": ""}, ("id_why",)),
    Case(lambda world: world.draft(sent=True), "office:draft-return", {"why": "太長" * 200}, ("id_why",)),
    Case(at(World.office), "office:budget-adjust", KEY | {"reason": "追加"}, ("id_direction_0", "id_points")),
    Case(at(World.office), "office:extend-all", KEY | {"days": "999", "reason": "颱風"}, ("id_days",)),
    Case(World.granted, "office:grant-freeze", KEY, ("id_reason",)),
    Case(lambda world: world.granted(frozen=True), "office:grant-release", KEY | {"give_back_days": "on"}, ("id_reason",)),
    Case(World.granted, "office:grant-extend", KEY | {"days": "seven", "reason": "颱風"}, ("id_days",)),
    Case(World.granted, "office:grant-correct", KEY | {"points": "100", "reason": "誤植"}, ("id_direction_0",)),
    Case(World.proposed_clocks, "office:decide-clocks", {}, ("id_verdict_0",)),
    Case(World.proposed_points, "office:decide-adjustment", {}, ("id_verdict_0",)),
    Case(at(World.office), "office:calendar-look", {}, ("id_table",)),
    Case(at(World.office), "office:calendar-say", {"day": "", "says": "off", "reason": "颱風"}, ("id_day",), frozenset({"says"})),
]  # fmt: skip
ELSEWHERE = {
    "set-language", "preferences", "account_logout", "join:resend", "member:assessment-again", "member:order-reopen",
    "member:order-withdraw", "member:order-approve", "vendor:order-accept", "vendor:order-contact",  # buttons alone
    "join:resume",  # a button alone; tests/web/test_card_check.py
    "account_card",  # tests/web/test_card_sign_in.py
    "join:card", "member:order-sign", "vendor:order-sign",  # the card step answers in its own place: tests/browser/test_card_step.py
    "member:assessment-part",  # tests/web/test_assessment_pages.py
    "member:order-new",  # a plan is chosen beforehand; a message says so where none is
    "office:draft-start", "office:draft-send", "office:draft-take-back", "office:draft-discard", "office:draft-review",
    "office:draft-publish",  # buttons alone
    "office:calendar-take",  # carries the file that was looked at; what is wrong with it is said before
    "mfa_authenticate",  # its page needs a half-finished sign-in: test_a_wrong_second_factor below
}  # fmt: skip


@pytest.fixture
def world(authority: Authority, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("tcloud.web.access.domain_now", lambda: NOW)
    build.market()
    return World(authority)


def summary(page: str) -> str:
    found = re.search(r'<div class="tc-errsum" role="alert" tabindex="-1" data-errsum>.*?</div>', page, re.S)
    assert found, "the page has no error summary"
    return found.group()


def kept(page: str, name: str, value: str) -> bool:
    """Whether a control still shows what was typed or ticked in it."""
    controls = re.findall(rf'<(?:input|textarea)\b[^>]*name="{name}"[^>]*>(?:[^<]*</textarea>)?', page)
    return any("checked" in control if value == "on" else value in unescape(control) for control in controls)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.route} {sorted(case.sent)[:5]}")
def test_a_refused_form_says_so_on_top(case: Case, world: World) -> None:
    client, number = case.open(world)
    response = client.post(reverse(case.route, args=number.split("/") if number else []), case.sent)
    page = response.content.decode()
    assert response.status_code == case.status
    assert tuple(re.findall(r'href="#([^"]+)"', summary(page))) == case.links
    for target in case.links:
        assert re.search(rf'<(input|textarea)\b[^>]*\bid="{target}"', page), f"{target} is no field of the page"
    assert page.index("tc-errsum") < page.index("tc-label" if "tc-label" in page else "tc-check")
    assert [name for name, value in case.sent.items() if name not in case.lost and not kept(page, name, value)] == []


def test_a_wrong_second_factor(world: World) -> None:
    user = make.member()
    TOTP.activate(user, generate_totp_secret())
    client = Client()
    entered = client.post(reverse("account_login"), {"login": user.email, "password": DEMO_PASSWORD})
    assert entered.headers["Location"] == reverse("mfa_authenticate")
    page = client.post(reverse("mfa_authenticate"), {"code": "000000"}).content.decode()
    assert re.findall(r'href="#([^"]+)"', summary(page)) == ["id_code"]


def test_no_form_is_left_out() -> None:
    assert {case.route for case in CASES} | ELSEWHERE >= set(FORMS)
    assert set(FORMS) >= ELSEWHERE


def test_an_error_stands_in_the_title(world: World) -> None:
    page = world.visitor().post(reverse("join:consent"), {}).content.decode()
    assert "<title>錯誤：同意資料蒐集" in page
    assert "<title>同意資料蒐集" in world.visitor().get(reverse("join:consent")).content.decode()


def test_the_summary_speaks_english_to_who_reads_it(world: World) -> None:
    client = world.visitor()
    client.cookies["django_language"] = "en"
    page = client.post(reverse("join:consent"), {}).content.decode()
    words = re.sub(r"<[^>]+>", " ", summary(page))
    assert "Something needs correcting" in words
    assert re.findall(r"[\u3000-\u9fff\uff00-\uffef]", words) == []
    assert re.search(r"\w: [A-Z]", words), words
    assert "<title>Error: " in page
