"""A forgotten password, from the sign-in page to the new one; an address without an account sees the very same."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from tcloud.audit.models import AuditRow
from tcloud.identity.models import User
from tcloud.identity.services import open_account
from tcloud.notifications.catalogue import MessageName
from tcloud.notifications.models import OutboxMessage
from tcloud.notifications.services import deliver
from tests.make import NOW
from tests.world import BACKEND

pytestmark = pytest.mark.django_db
RESET = "/accounts/password/reset/"
DONE = "/accounts/password/reset/done/"
ADDRESS, OLD, NEW = "lin@bakery.example", "old-enough-2026", "quite-another-2027"


@pytest.fixture
def person() -> User:
    cache.clear()  # allauth counts there; the limit under test is our own
    return open_account(email=ADDRESS, name="林曉晨", password=OLD, now=NOW)


def ask(address: str, client: Client | None = None) -> tuple[int, str]:
    answer = (client or Client()).post(RESET, {"email": address})
    return answer.status_code, answer.headers.get("Location", "")


def link_of_last_mail() -> str:
    row = OutboxMessage.objects.filter(name=MessageName.RESET_LINK).latest("pk")
    deliver(row.pk)
    found = re.search(r"https?://[^/\s]+(/accounts/password/reset/key/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found.group(1)


def set_new(path: str, password: str = NEW) -> str:
    client = Client()
    form = client.get(path, follow=True)
    answer = client.post(form.redirect_chain[-1][0], {"password1": password, "password2": password}, follow=True)
    return answer.content.decode()


def test_a_link_by_mail_and_a_new_password(person: User) -> None:
    assert ask(ADDRESS) == (302, DONE)
    assert "密碼已更新" in set_new(link_of_last_mail())
    person.refresh_from_db()
    assert person.check_password(NEW)
    told = OutboxMessage.objects.get(name=MessageName.RESET_DONE)
    assert told.address == ADDRESS
    tags = set(AuditRow.objects.values_list("tag", flat=True))
    assert {"identity:password:reset-asked", "identity:password:changed"} <= tags


def test_an_unknown_address_sees_the_same_and_gets_no_mail(person: User) -> None:
    known, unknown = ask(ADDRESS), ask("nobody@nowhere.example")
    assert known == unknown
    assert OutboxMessage.objects.count() == 1
    assert not mail.outbox  # the outbox sends, never the request


def test_the_link_is_good_once_and_not_kept(person: User) -> None:
    ask(ADDRESS)
    path = link_of_last_mail()
    assert OutboxMessage.objects.get().context == {}
    set_new(path)
    assert "這個連結不能用了" in Client().get(path, follow=True).content.decode()


@pytest.mark.parametrize("change", [lambda p: p[:-2] + ("a/" if p[-2] != "a" else "b/"), lambda p: p.replace("/key/", "/key/9")])
def test_a_made_up_link_opens_nothing(person: User, change: object) -> None:
    ask(ADDRESS)
    path = change(link_of_last_mail())  # type: ignore[operator]
    assert "這個連結不能用了" in Client().get(path, follow=True).content.decode()
    person.refresh_from_db()
    assert person.check_password(OLD)


def test_a_weak_password_is_refused_and_says_why(person: User) -> None:
    ask(ADDRESS)
    assert "太短" in set_new(link_of_last_mail(), "12345678")
    person.refresh_from_db()
    assert person.check_password(OLD)


def test_nobody_floods_a_mailbox(person: User) -> None:
    answers = {ask(ADDRESS) for _ in range(5)}
    assert answers == {(302, DONE)}
    assert OutboxMessage.objects.filter(name=MessageName.RESET_LINK).count() == 3


def test_other_sessions_end(person: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(person, backend=BACKEND)
    assert elsewhere.get("/accounts/2fa/").status_code == 200
    ask(ADDRESS)
    set_new(link_of_last_mail())
    assert elsewhere.get("/accounts/2fa/").status_code == 302
