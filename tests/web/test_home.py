"""The home page promises what the open call's rules give, and nothing while no call is open."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from tcloud.programme.rules import Rules, Share
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcloud.web.access.domain_now", lambda: make.NOW)


def home() -> str:
    answer = Client().get(reverse("home"))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_share_and_the_points_are_those_of_the_call() -> None:
    make.call(rules=Rules(points_share=Share(numerator=4, denominator=5), points_per_company=20_000))
    text = home()
    assert "政府幫您出 5 分之 4。" in text
    assert "點數最多付 5 分之 4。60,000 元的方案，用 20,000 點，自付 40,000 元。" in text
    assert "一半" not in text
    assert "30,000" not in text


def test_the_guides_rules_are_said_as_a_half() -> None:
    make.call()
    assert "點數最多付一半。60,000 元的方案，用 30,000 點，自付 30,000 元。" in home()


@pytest.mark.parametrize("is_over", [True, False])
def test_without_an_open_call_nothing_is_promised(monkeypatch: pytest.MonkeyPatch, is_over: bool) -> None:
    if is_over:
        after = make.call().closes_until + timedelta(days=1)
        monkeypatch.setattr(
            "tcloud.web.access.domain_now", lambda: datetime(after.year, after.month, after.day, tzinfo=UTC)
        )
    text = home()
    assert "現在沒有開放申請的梯次" in text
    assert "比例和點數由各梯次的規則訂定" in text
    for promise in ("一半", "60,000", "每家公司最高"):
        assert promise not in text


@pytest.mark.parametrize("target", ["NaN", "home", "https://elsewhere.example/", "//elsewhere.example/", "\\elsewhere", "", "javascript:alert(1)"])
def test_choosing_a_language_leads_back_to_a_page_of_ours_or_home(client: Client, target: str) -> None:
    answer = client.post(reverse("set-language"), {"language": "en", "next": target})
    assert (answer.status_code, answer["Location"]) == (302, reverse("home"))
    back = reverse("solutions") + "?q=POS"
    assert client.post(reverse("set-language"), {"language": "en", "next": back})["Location"] == back
