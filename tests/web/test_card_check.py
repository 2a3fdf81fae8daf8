"""環境檢測 and the link to a computer: who gets which mail, what it opens, and that it opens once."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from simulators.certificate_authority.pki import Authority
from tcloud.audit.models import AuditRow
from tcloud.identity.attempts import LINK_ASKED, LINK_SENT
from tcloud.identity.models import AttemptCount
from tcloud.members.handing_over import link_of
from tcloud.members.models import Application
from tcloud.members.queries import application_by_secret
from tcloud.members.services import proving
from tcloud.notifications.models import OutboxMessage
from tcloud.notifications.services import deliver
from tcloud.web.public.join import SESSION_KEY
from tests import make
from tests import orders as build
from tests.authority import NOW, Outside, authority, outside
from tests.world import BACKEND

__all__ = ["authority", "outside"]
pytestmark = pytest.mark.django_db
ME = "me@phone.example"


@pytest.fixture(autouse=True)
def _market(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcloud.web.access.domain_now", lambda: NOW)
    build.market()


def applicant() -> Client:
    client = Client()
    assert client.post(reverse("join:consent"), {"agree": "on"}).status_code == 302
    return client


def application_of(client: Client) -> Application:
    found = application_by_secret(client.session[SESSION_KEY])
    assert found is not None
    return found


def link_in(row: OutboxMessage) -> str:
    """Where the mail's button leads."""
    deliver(row.pk)
    found = re.search(r"http://localhost:\d+(/\S+)", str(mail.outbox[-1].body))
    assert found
    return found.group(1)


def ask(client: Client, **fields: str) -> OutboxMessage:
    answer = client.post(reverse("card-link"), fields)
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("card-check"))
    return OutboxMessage.objects.filter(name="card_link").latest("id")


def test_the_page_may_look_at_the_reader_and_keep_its_window(settings: object) -> None:
    answer = Client().get(reverse("card-check"))
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert settings.CARD_READER_ORIGIN in policy["img-src"]  # type: ignore[attr-defined]
    assert policy["script-src"] == "'self'"
    page = answer.content.decode()
    assert "<noscript>" in page
    assert "這一步要用接讀卡機的電腦" in page


@pytest.mark.parametrize("page", ["join:start", "join:card", "sitemap", "account_card", "home"])
def test_the_self_test_is_linked_from_where_it_is_needed(page: str) -> None:
    text = applicant().get(reverse(page)).content.decode()
    assert f'href="{reverse("card-check")}"' in text.split("<footer")[0] or page == "home"
    assert f'href="{reverse("card-check")}"' in text.split("<footer")[1]


def test_the_contract_page_leads_to_the_self_test_and_mails_its_own_link(authority: Authority, outside: Outside) -> None:
    owner = make.company_with_points(now=NOW)
    order = build.checked(build.draft(now=NOW), NOW)
    client = Client()
    client.force_login(owner, backend=BACKEND)
    page = client.get(reverse("member:order-sign", args=[order.number])).content.decode()
    assert f'href="{reverse("card-check")}"' in page.split("<footer")[0]
    assert f'name="order" value="{order.number}"' in page
    row = ask(client, order=order.number)
    assert (row.address, link_in(row)) == (owner.email, f"/member/orders/{order.number}/sign/")


def test_a_passed_test_leads_on_to_the_step_one_came_from() -> None:
    client = applicant()
    assert f'href="{reverse("join:card")}" data-card-outcome="good"' in client.get(reverse("card-check")).content.decode()
    assert f'href="{reverse("join:start")}" data-card-outcome="good"' in Client().get(reverse("card-check")).content.decode()


def test_the_mail_says_nothing_of_anybody_and_is_not_kept() -> None:
    row = ask(applicant(), email=ME)
    link = link_in(row)
    sent = mail.outbox[-1]
    assert (sent.to, sent.subject) == ([ME], "到電腦上接著做")
    words = str(sent.body).replace(link, "")
    for personal in (ME, make.COMPANY.name, make.COMPANY.ubn, make.COMPANY.contact):
        assert personal not in words + sent.subject
    row.refresh_from_db()
    assert row.context == {}


def test_a_stranger_without_an_application_gets_the_self_test() -> None:
    assert link_in(ask(Client(), email=ME)) == reverse("card-check")
    assert link_in(ask(Client(), email=ME, order="CE2600000012")) == reverse("card-check")


def test_the_mail_is_in_the_readers_language() -> None:
    client = Client()
    client.cookies["django_language"] = "en"
    deliver(ask(client, email=ME).pk)
    assert mail.outbox[-1].subject == "Continue on your computer"


@pytest.mark.parametrize("typed", ["", "me", "me@phone.example\r\nBcc: you@x.example"])
def test_a_wrong_address_is_said_beside_its_field(typed: str) -> None:
    answer = Client().post(reverse("card-link"), {"email": typed})
    assert answer.status_code == 422
    assert 'href="#id_email"' in answer.content.decode()
    assert not OutboxMessage.objects.filter(name="card_link").exists()


def test_the_computer_takes_the_application_along_and_the_phone_lets_go() -> None:
    phone, computer = applicant(), Client()
    application = application_of(phone)
    link = link_in(ask(phone, email=ME))
    assert "從這裡接著做" in computer.get(link).content.decode()
    assert SESSION_KEY not in computer.session  # looking is not taking: mail scanners look
    answer = computer.post(link)
    assert answer.headers["Location"] == reverse("join:card")
    assert application_of(computer).pk == application.pk
    assert computer.get(reverse("join:card")).status_code == 200
    assert phone.get(reverse("join:card")).headers["Location"] == reverse("join:start")
    assert AuditRow.objects.filter(tag="members:application:handed-over", subject=str(application.pk)).count() == 1


def test_whoever_sent_a_link_cannot_get_a_strangers_card_into_an_application_of_their_own() -> None:
    """Once the stranger has opened the mail, no earlier link and no earlier session opens the application."""
    attacker, victim = applicant(), Client()
    kept = link_of(application_of(attacker))
    victim.post(link_in(ask(attacker, email="victim@shop.example")))
    assert victim.get(reverse("join:card")).status_code == 200
    assert attacker.get(reverse("join:card")).status_code == 302
    assert attacker.post(reverse("join:resume", args=[kept])).status_code == 410
    assert victim.get(reverse("join:card")).status_code == 200


def test_a_link_opens_once_and_only_until_the_card_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    phone = applicant()
    link = link_in(ask(phone, email=ME))
    assert Client().post(link).status_code == 302
    assert Client().post(link).status_code == 410
    phone = applicant()
    link = link_in(ask(phone, email=ME))
    from tcloud.demo.seed import card_of

    proving.record_card(application_id=application_of(phone).pk, identity=card_of(make.COMPANY, NOW), now=NOW)
    answer = Client().post(link)
    assert answer.status_code == 410
    assert "不能再開" in answer.content.decode()


@pytest.mark.parametrize("token", ["k", "a:b:c", "x" * 300])
def test_a_made_up_link_opens_nothing(token: str) -> None:
    client = Client()
    assert client.get(reverse("join:resume", args=[token])).status_code == 200
    assert client.post(reverse("join:resume", args=[token])).status_code == 410
    assert SESSION_KEY not in client.session


def test_an_old_link_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    link = link_in(ask(applicant(), email=ME))
    monkeypatch.setattr("tcloud.members.handing_over.LINK_LIFETIME", -1)
    assert Client().post(link).status_code == 410


def test_nobody_floods_a_mailbox_or_us() -> None:
    for turn in range(LINK_SENT.times):
        ask(Client(REMOTE_ADDR=f"203.0.113.{turn}"), email=ME)
    answer = Client(REMOTE_ADDR="203.0.113.99").post(reverse("card-link"), {"email": ME.upper()})
    assert answer.status_code == 429
    assert "試了太多次" in answer.content.decode()
    for turn in range(LINK_ASKED.times):
        ask(Client(), email=f"{turn}@phone.example")
    assert Client().post(reverse("card-link"), {"email": "one-more@phone.example"}).status_code == 429
    assert OutboxMessage.objects.filter(name="card_link").count() == LINK_SENT.times + LINK_ASKED.times
    assert not any(ME in key or "203.0.113" in key for key in AttemptCount.objects.values_list("key", flat=True))
