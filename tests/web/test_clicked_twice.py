"""Who clicks twice is told once, and as if it had been once."""

import pytest
from django.urls import reverse

from simulators.certificate_authority.pki import Authority
from tcloud.identity.models import User
from tcloud.members.services import advancing, confirming
from tcloud.notifications.models import OutboxMessage
from tests import make, orders
from tests.authority import NOW, Outside, authority, outside
from tests.web.test_refusals import World

__all__ = ["authority", "outside"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcloud.web.access.domain_now", lambda: NOW)
    monkeypatch.setattr("tcloud.web.public.join.machine_now", lambda: NOW)


def test_the_code_of_the_mail_sent_twice_opens_one_account(
    authority: Authority, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirming.secrets, "randbelow", lambda _most: 123_456)

    make.call()
    applicant = World(authority).joining(mailed=True)
    code, home = reverse("join:email"), reverse("member:home")
    first = applicant.post(code, {"code": "123456"})
    again = applicant.post(code, {"code": "123456"})
    assert (first.status_code, first.headers["Location"]) == (302, home)
    assert (again.status_code, again.headers["Location"]) == (302, home)
    assert User.objects.filter(email="tea@example.com").count() == 1


def test_two_clicks_on_the_code_at_once_lead_to_the_same_place(
    authority: Authority, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other click was first: between our look and our turn the account came into being."""

    make.call()
    applicant = World(authority).joining(mailed=True)

    def too_late(**_: object) -> None:
        raise advancing.StepNotOpen

    monkeypatch.setattr(confirming, "verify_email", too_late)
    answer = applicant.post(reverse("join:email"), {"code": "123456"})
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("member:home"))


@pytest.mark.parametrize(("side", "steps", "name", "data", "message"), [
    ("seller", ("submitted",), "vendor:order-accept", {}, "order_accepted"),
    ("seller", ("submitted",), "vendor:order-decline", {"reason": "缺貨"}, "order_refused"),
    ("seller", ("submitted", "accepted", "paid"), "vendor:order-start", {"handover": "開通帳號"}, "service_started"),
    ("buyer", ("submitted", "accepted", "paid", "in_service"), "member:order-approve", {}, "delivery_approved"),
    ("buyer", ("submitted",), "member:order-withdraw", {}, "order_withdrawn"),
])  # fmt: skip
def test_a_button_pressed_three_times_sends_one_mail(
    authority: Authority, outside: Outside, side: str, steps: tuple[str, ...], name: str, data: dict[str, str], message: str
) -> None:
    outside.now = NOW

    orders.market()
    client, number = getattr(World(authority), side)(*steps)
    answers = [client.post(reverse(name, args=[number]), data, follow=True) for _time in range(3)]
    assert {answer.redirect_chain[-1][0] for answer in answers} == {reverse(f"{'vendor' if side == 'seller' else 'member'}:order", args=[number])}
    assert all("不能做了" not in answer.content.decode() for answer in answers)
    assert OutboxMessage.objects.filter(name=message).count() == 1
