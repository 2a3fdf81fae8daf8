"""The mailbox takes mail by SMTP as a mail server would, and shows it without ever running it."""

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.core.mail import EmailMultiAlternatives, get_connection

from simulators.mailbox import store
from simulators.mailbox.app import create_app
from tests.adapters.served import served


@pytest.fixture
def smtp_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, smtp_port: int) -> Iterator[httpx.Client]:
    monkeypatch.setenv("TCLOUD_DATA", str(tmp_path / "not there yet"))
    with (
        served(create_app(smtp_port=smtp_port)) as address,
        httpx.Client(base_url=address, trust_env=False) as client,
    ):
        yield client


def send(port: int, *to: str, subject: str = "審核通過", html: str = "<html><head></head><p>恭喜</p></html>") -> None:
    backend = "django.core.mail.backends.smtp.EmailBackend"
    with get_connection(backend, host="127.0.0.1", port=port, username="", password="", use_tls=False) as link:
        headers = {"Message-ID": "<1@tcloud.example>"}
        mail = EmailMultiAlternatives(subject, "審核通過，可以領點數了", to=list(to), headers=headers, connection=link)
        mail.attach_alternative(html, "text/html")
        mail.send()


def test_a_mail_arrives_as_it_was_written(browser: httpx.Client, smtp_port: int) -> None:
    assert browser.get("/api/messages").json() == []
    assert "還沒有信" in browser.get("/").text
    send(smtp_port, "Owner@Tea.example")
    (mail,) = browser.get("/api/messages", params={"to": "owner@tea.example"}).json()
    assert (mail["to"], mail["subject"], mail["message_id"]) == ("Owner@Tea.example", "審核通過", "<1@tcloud.example>")
    assert mail["text"].strip() == "審核通過，可以領點數了"
    assert "<p>恭喜</p>" in mail["html"]
    assert mail["arrived_at"].endswith("+00:00")


def test_each_recipient_has_its_own_newest_first(browser: httpx.Client, smtp_port: int) -> None:
    send(smtp_port, "a@x.example", "b@x.example", subject="first")
    send(smtp_port, "b@x.example", subject="second")
    subjects = [mail["subject"] for mail in browser.get("/api/messages?to=b@x.example").json()]
    assert subjects == ["second", "first"]
    assert [mail["subject"] for mail in browser.get("/api/messages?to=b@x.example&limit=1").json()] == ["second"]
    assert browser.get("/api/messages?limit=many").status_code == 422
    page = browser.get("/?to=a@x.example").text
    assert ">first</a>" in page
    assert ">second</a>" not in page
    assert "b@x.example (2)" in page


def test_a_hostile_mail_is_shown_and_not_run(browser: httpx.Client, smtp_port: int) -> None:
    send(smtp_port, "a@x.example", subject="<script>alert(1)</script>", html="<script>alert(2)</script>")
    number = browser.get("/api/messages").json()[0]["number"]
    for address in ("/", f"/mails/{number}"):
        assert "<script" not in browser.get(address).text
    sealed = browser.get(f"/mails/{number}/html")
    policy = sealed.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "allow-scripts" not in policy
    assert browser.get(f"/mails/{number + 1}").status_code == 404
    assert browser.get(f"/mails/{number + 1}/html").status_code == 404


def test_old_mail_makes_room(browser: httpx.Client, smtp_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "KEPT", 3)
    for number in range(5):
        store.keep([f"{number}@x.example"], b"Subject: x\r\n\r\nx")
    assert [mail["to"] for mail in browser.get("/api/messages").json()] == ["4@x.example", "3@x.example", "2@x.example"]


def test_bytes_that_are_no_mail_break_nothing(browser: httpx.Client) -> None:
    store.keep(["a@x.example"], b"\xff\xfe\x00 no mail \x80")
    assert browser.get("/").status_code == 200
    assert browser.get("/api/messages").status_code == 200
    assert browser.get("/mails/1").status_code == 200
    assert browser.get("/healthz").text == "ok"
