"""Who gets a compressed page: visitors, never anybody with a session (docs/adr/0009)."""

import gzip
import re

import pytest
from django.test import Client
from django.urls import reverse

from tests import make
from tests.world import BACKEND

pytestmark = pytest.mark.django_db
BROWSER = {"accept-encoding": "gzip, deflate, br, zstd"}


@pytest.fixture(autouse=True)
def _open_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcloud.web.access.domain_now", lambda: make.NOW)
    make.call()


@pytest.mark.parametrize("name", ["home", "join:start", "solutions", "account_login", "rules"])
def test_a_visitor_gets_the_page_compressed(name: str) -> None:
    response = Client().get(reverse(name), headers=BROWSER)
    assert response.headers["Content-Encoding"] == "gzip"
    assert {"Accept-Encoding", "Cookie"} <= set(re.split(r",\s*", response.headers["Vary"]))
    assert int(response.headers["Content-Length"]) == len(response.content)
    plain = gzip.decompress(response.content)
    assert "雲市集".encode() in plain
    assert len(response.content) < len(plain) / 2


def test_whoever_does_not_ask_for_it_gets_it_plain() -> None:
    response = Client().get(reverse("home"))
    assert "Content-Encoding" not in response.headers
    assert "Accept-Encoding" in response.headers["Vary"]


def test_nobody_signed_in_gets_a_compressed_page() -> None:
    client = Client()
    client.force_login(make.member(), backend=BACKEND)
    for name in ("home", "solutions", "member:home", "member:points", "member:orders", "mfa_index"):
        response = client.get(reverse(name), headers=BROWSER)
        assert response.status_code == 200
        assert "Content-Encoding" not in response.headers, name
        assert "Cookie" in response.headers["Vary"], name


def test_an_application_under_way_is_not_compressed() -> None:
    client = Client()
    client.post(reverse("join:consent"), {"agree": "on"})
    response = client.get(reverse("join:card"), headers=BROWSER)
    assert "data-tbs" in response.content.decode()
    assert "Content-Encoding" not in response.headers


def test_the_answer_that_opens_a_session_is_not_compressed() -> None:
    """A visitor without a cookie whom a page gives one: nothing of the fresh session is in a compressed body."""
    user = make.member()
    response = Client().post(
        reverse("account_login"), {"login": user.email, "password": "wrong"}, headers=BROWSER
    )
    has_session = "sessionid" in response.cookies
    assert ("Content-Encoding" in response.headers) is not has_session


def test_the_form_token_of_a_compressed_page_is_masked_anew() -> None:
    client = Client()
    pages = [gzip.decompress(client.get(reverse("join:consent"), headers=BROWSER).content).decode() for _ in range(2)]
    tokens = [re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0] for page in pages]
    assert tokens[0] != tokens[1]


def test_the_length_of_one_page_varies() -> None:
    """Django's padding: the same page seldom has the same length twice."""
    client = Client()
    lengths = {len(client.get(reverse("rules"), headers=BROWSER).content) for _ in range(12)}
    assert len(lengths) > 3


def test_exports_and_machines_are_left_alone() -> None:
    client = Client()
    for where in ("/healthz", "/metrics"):
        assert "Content-Encoding" not in client.get(where, headers=BROWSER).headers
