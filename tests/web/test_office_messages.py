"""The office reads every message in both languages; nobody else does."""

import pytest
from django.test import Client
from django.urls import reverse

from tcloud.identity.models import User
from tcloud.identity.roles import OFFICE_ROLES, Role
from tcloud.identity.services import give_office_role, open_account
from tcloud.notifications.catalogue import MessageName
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
ADDRESS = reverse("office:messages")


def client_of(user: User, second_factor: bool = True) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    if second_factor:
        session = client.session
        session["account_authentication_methods"] = [{"method": "mfa", "at": make.NOW.timestamp()}]
        session.save()
    return client


def office(role: Role) -> User:
    user = open_account(email=f"{role}@office.example", name="沈明查", password=make.PASSWORD, now=make.NOW)
    give_office_role(user_id=user.pk, role=role, actor="test", now=make.NOW)
    return user


@pytest.mark.parametrize("role", OFFICE_ROLES)
def test_every_role_of_the_office_may_look(role: Role) -> None:
    page = client_of(office(role)).get(ADDRESS)
    assert page.status_code == 200
    text = page.content.decode()
    assert all(f">{name}<" in text for name in MessageName)
    assert "%(" not in text
    assert text.count('lang="en"') >= len(MessageName)
    assert "廠商已接單，請付自付款 30,000 元" in text


def test_visitors_sign_in_first() -> None:
    answer = Client().get(ADDRESS)
    assert answer.status_code == 302
    assert answer["Location"].endswith(f"?next={ADDRESS}")


def test_the_office_without_a_second_factor_sets_one_up() -> None:
    answer = client_of(office(Role.AUDITOR), second_factor=False).get(ADDRESS)
    assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_activate_totp"))


def test_for_companies_and_vendors_the_page_does_not_exist() -> None:
    make.call()
    assert client_of(make.member()).get(ADDRESS).status_code == 404
    assert client_of(make.vendor_owner(make.vendor())).get(ADDRESS).status_code == 404


def test_it_only_reads() -> None:
    assert client_of(office(Role.AUDITOR)).post(ADDRESS).status_code == 405
