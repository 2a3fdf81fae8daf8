"""Signing in with the company's card: the 正卡 opens the owner's account, once for each challenge, and nothing else does."""

import re
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from simulators.card_reader import signing
from simulators.certificate_authority.pki import Authority, Card
from tcloud.audit.models import AuditRow
from tcloud.core.time import machine_now
from tcloud.identity.attempts import CARD_SIGN_IN
from tcloud.identity.models import CardSignature, Challenge, User
from tcloud.identity.roles import Role
from tcloud.identity.rules import Purpose
from tcloud.identity.services import issue_challenge, open_account
from tcloud.members.models import Application
from tcloud.members.services.adding import add_member
from tcloud.members.states import ApplicationState
from tcloud.web.public.join import SESSION_KEY
from tests import make
from tests.authority import NOW, Outside, authority, outside

__all__ = ["authority", "outside"]
pytestmark = pytest.mark.django_db
WHERE = "/accounts/card/"


@pytest.fixture(autouse=True)
def _market(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcloud.web.access.domain_now", lambda: NOW)
    make.call()


@pytest.fixture
def owner() -> User:
    return make.member(now=NOW)


@pytest.fixture
def card(authority: Authority) -> Card:
    return authority.card(make.COMPANY.ubn)


def step_of(page: HttpResponse) -> tuple[bytes, str]:
    """What the page asks the card to sign, and its nonce."""
    text = page.content.decode()
    found = {name: unescape(re.search(rf'data-{name}="([^"]*)"', text)[1]) for name in ("tbs", "nonce")}  # type: ignore[index]
    challenge = Challenge.objects.get(nonce=found["nonce"])
    assert found["tbs"] == b64encode(bytes(challenge.content)).decode()
    return bytes(challenge.content), found["nonce"]


def signed(card: Card, content: bytes, nonce: str) -> dict[str, str]:
    """What the page's script posts."""
    signature = signing.pkcs7(card, content, now=NOW, extras=signing.Extras(nonce=nonce))
    return {"signature": b64encode(signature).decode(), "nonce": nonce}


def enter(client: Client, card: Card, where: str = WHERE) -> HttpResponse:
    return client.post(where, signed(card, *step_of(client.get(where))))  # type: ignore[return-value]


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_the_primary_card_opens_its_owners_account(owner: User, card: Card) -> None:
    client = Client()
    challenge, _nonce = step_of(client.get(WHERE))
    assert challenge.startswith(b"tcloud-challenge sign-in\norigin: ")
    before = client.session.session_key
    answer = enter(client, card)
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("member:home"))
    assert client.session["_auth_user_id"] == str(owner.pk)
    assert client.session.session_key != before
    assert client.get(reverse("member:home")).status_code == 200
    row = AuditRow.objects.get(tag="members:session:opened-by-card")
    assert (row.actor, row.subject) == (owner.actor, make.COMPANY.ubn)
    assert row.details["card_signature"] == CardSignature.objects.get().pk


def test_of_several_members_the_owner_is_signed_in_whoever_joined_first(card: Card) -> None:
    """The card proves the company and no person: nobody acts under a colleague's name."""
    owner = make.member(now=NOW)
    for role in (Role.COMPANY_MEMBER, Role.BOOKKEEPER):
        user = open_account(email=f"{role}@tea.example", name="同事", password=make.PASSWORD, now=NOW)
        add_member(ubn=make.COMPANY.ubn, user_id=user.pk, role=role, actor="test", now=NOW)
    client = Client()
    enter(client, card)
    assert client.session["_auth_user_id"] == str(owner.pk)


def test_a_user_of_two_companies_acts_for_the_one_whose_card_it_was(owner: User, authority: Authority) -> None:
    other = make.member(make.OTHER, now=NOW)
    add_member(ubn=make.COMPANY.ubn, user_id=other.pk, role=Role.COMPANY_MEMBER, actor="test", now=NOW)
    client = Client()
    enter(client, authority.card(make.OTHER.ubn))
    assert client.session["company"] == make.company(make.OTHER).pk


@pytest.mark.parametrize(
    ("wanted", "place"),
    [("/member/points/", "/member/points/"), ("https://evil.example/", "/member/"), ("//evil.example", "/member/"), ("javascript:x", "/member/")],
)
def test_the_way_on_stays_on_this_site(owner: User, card: Card, wanted: str, place: str) -> None:
    answer = enter(Client(), card, f"{WHERE}?next={wanted}")
    assert answer.headers["Location"] == place


def test_whoever_is_signed_in_is_sent_on(owner: User, card: Card) -> None:
    client = Client()
    enter(client, card)
    assert client.get(WHERE).headers["Location"] == reverse("member:home")
    assert Challenge.objects.count() == 1


def refused(client: Client, answer: HttpResponse, words: str, status: int) -> None:
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert not is_in(client)
    assert not AuditRow.objects.filter(tag="members:session:opened-by-card").exists()


def test_a_challenge_opens_one_session_once(owner: User, card: Card) -> None:
    client = Client()
    content, nonce = step_of(client.get(WHERE))
    answer = signed(card, content, nonce)
    thief = Client()
    thief.get(WHERE)
    refused(thief, thief.post(WHERE, answer), "已經用過或超過五分鐘", 409)  # another session's, and spent by it
    refused(client, client.post(WHERE, answer), "已經用過或超過五分鐘", 409)
    enter(client, card)
    again = Client()
    again.get(WHERE)
    assert again.post(WHERE, answer).status_code == 409
    assert not is_in(again)


@pytest.mark.parametrize("purpose", [Purpose.JOIN, Purpose.SIGN_CONTRACT])
def test_a_challenge_for_something_else_opens_nothing(owner: User, card: Card, purpose: Purpose) -> None:
    client = Client()
    client.get(WHERE)
    other = issue_challenge(
        purpose=purpose, subject="any company", session_key=client.session.session_key or "", statement={}, machine_now=machine_now()
    )
    refused(client, client.post(WHERE, signed(card, other.content, other.nonce)), "已經用過或超過五分鐘", 409)


def test_a_sign_in_challenge_serves_for_nothing_else(owner: User, authority: Authority) -> None:
    """The page of joining takes no answer to the challenge of signing in, though session and card are the same."""
    client = Client()
    client.post(reverse("join:consent"), {"agree": "on"})
    content, nonce = step_of(client.get(WHERE))
    answer = client.post(reverse("join:card"), signed(authority.card(make.OTHER.ubn), content, nonce))
    assert answer.status_code == 409
    assert client.session[SESSION_KEY]


def test_too_late(owner: User, card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    answer = signed(card, *step_of(client.get(WHERE)))
    monkeypatch.setattr("tcloud.web.card_sign_in.machine_now", lambda: machine_now() + timedelta(minutes=5))
    refused(client, client.post(WHERE, answer), "已經用過或超過五分鐘", 409)


def secondary_card(authority: Authority, ubn: str) -> Card:
    rank = type(authority.card(ubn).spec.rank)("secondary")
    spec = replace(authority.spec(ubn), card_id="tea-secondary", card_number="MT00000000000099", rank=rank)
    return authority.issue(spec, now=NOW)


def test_the_secondary_card_opens_no_account(owner: User, authority: Authority) -> None:
    client = Client()
    refused(client, enter(client, secondary_card(authority, make.COMPANY.ubn)), "這是附卡", 409)


def test_the_secondary_card_does_not_join_and_the_primary_goes_on_from_there(authority: Authority, card: Card) -> None:
    """Whoever joins answers for the account (docs/adr/0016); the refusal keeps the application where it stood."""
    client, where = Client(), reverse("join:card")
    client.post(reverse("join:consent"), {"agree": "on"})
    refused(client, enter(client, secondary_card(authority, make.COMPANY.ubn), where), "附卡，不能用來申請", 409)
    row = Application.objects.get()
    assert (row.state, row.ubn, row.card_fingerprint) == (ApplicationState.STARTED, "", "")
    assert enter(client, card, where).headers["Location"] == reverse("join:declarations")


def test_a_revoked_card_and_a_persons(owner: User, authority: Authority, card: Card) -> None:
    client = Client()
    refused(client, enter(client, authority.card("person")), "不能代表公司", 422)
    authority.revoke(card.certificate.serial_number, at=NOW - timedelta(hours=1))
    refused(client, enter(client, card), "已被廢止", 422)


def test_an_owner_who_was_shut_out_stays_out(owner: User, card: Card) -> None:
    User.objects.filter(pk=owner.pk).update(is_active=False)
    client = Client()
    refused(client, enter(client, card), "已停用", 409)


@pytest.mark.parametrize("signature", ["", "%%%", "QUJD"])
def test_nobody_learns_who_has_an_account_without_the_card(authority: Authority, signature: str) -> None:
    """Before the card is proven, an answer is the same whether the company has joined or not."""
    pages = []
    for joined in (False, True):
        if joined:
            make.member(now=NOW)
        client = Client()
        _content, nonce = step_of(client.get(WHERE))
        answer = client.post(WHERE, {"signature": signature, "nonce": nonce, "card_sn": make.COMPANY.ubn})
        pages.append((answer.status_code, re.sub(r"[0-9a-f]{64}|[A-Za-z0-9+/=]{64,}", "", answer.content.decode())))
    assert pages[0][0] == 422
    assert pages[0] == pages[1]


def test_the_holder_of_a_good_card_learns_that_the_company_has_none(card: Card) -> None:
    client = Client()
    refused(client, enter(client, card), "貴公司還沒有帳號", 409)


def test_challenges_are_counted_for_each_address(owner: User, card: Card) -> None:
    for _ in range(CARD_SIGN_IN.times):
        assert Client().get(WHERE).status_code == 200
    client = Client()
    answer = client.get(WHERE)
    assert answer.status_code == 429
    assert "試了太多次" in answer.content.decode()
    assert "data-card-step" not in answer.content.decode()
    assert Challenge.objects.count() == CARD_SIGN_IN.times
    assert Client(REMOTE_ADDR="203.0.113.7").get(WHERE).status_code == 200


def test_behind_a_proxy_the_address_is_the_one_our_own_proxy_wrote(owner: User, settings: object) -> None:
    settings.PROXIES = 1  # type: ignore[attr-defined]
    for turn in range(CARD_SIGN_IN.times):
        header = f"198.51.100.{turn}, 203.0.113.9"
        assert Client().get(WHERE, headers={"X-Forwarded-For": header}).status_code == 200
    assert Client().get(WHERE, headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 429
    assert Client().get(WHERE, headers={"X-Forwarded-For": "203.0.113.9, 203.0.113.10"}).status_code == 200
