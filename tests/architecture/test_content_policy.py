"""The content policy as real pages send it: DESIGN.md §4's exceptions, each on the pages it is for, and nothing else."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from simulators.certificate_authority.pki import Authority
from tcloud.orders.models import Order
from tests.architecture.test_urls import ALL
from tests.authority import NOW as CARD_NOW
from tests.authority import Outside, authority, outside
from tests.orders import accepted
from tests.web.test_roles import DESKS, FILLED
from tests.world import Person, people, pieces_of_addresses, undone

__all__ = ["authority", "outside"]
pytestmark = pytest.mark.django_db
Policy = dict[str, set[str]]
LEAST_PAGES = 50
EVERYWHERE: Policy = {
    "default-src": {"'none'"}, "script-src": {"'self'"}, "style-src": {"'self'"}, "img-src": {"'self'", "data:"},
    "font-src": {"'self'"}, "connect-src": {"'self'", settings.EVENTS_URL}, "form-action": {"'self'"}, "base-uri": {"'none'"},
    "frame-ancestors": {"'none'"}, "object-src": {"'none'"}, "manifest-src": {"'self'"},
}  # fmt: skip


def policy(answer: HttpResponseBase) -> Policy:
    """A header as directives with their sources."""
    parts = [part.split() for part in answer.headers.get("Content-Security-Policy", "").split(";") if part.strip()]
    assert len({part[0] for part in parts}) == len(parts), "a directive twice: browsers read the first only"
    return {part[0]: set(part[1:]) for part in parts}


def with_reader(answer: HttpResponseBase) -> Policy:
    """What this page may do: one that loads the card's scripts may also look at the reader's picture."""
    text = answer.content.decode() if hasattr(answer, "content") else ""
    if re.search(r'<script[^>]* src="/static/js/card', text) is None:
        return EVERYWHERE
    return EVERYWHERE | {"img-src": EVERYWHERE["img-src"] | {settings.CARD_READER_ORIGIN}}


def opened(view: Callable[..., Any], where: str, clients: dict[str, tuple[Person, Client]], pieces: dict[str, str]) -> HttpResponseBase | None:
    """The page as the first person sees it who may open it."""
    for pattern, value in (FILLED | pieces).items():
        where = where.replace(pattern, value)
    desk = DESKS.get(view.access.partition(":")[0], ())  # type: ignore[attr-defined]
    for person, client in sorted(clients.values(), key=lambda one: one[0].role not in desk):
        with undone():
            answer = client.get("/" + where.replace("<order:number>", person.own))
        if answer.status_code == 200:
            return answer
    return None


def test_every_page_sends_exactly_the_policy(authority: Authority, outside: Outside) -> None:
    world = people(authority)
    pieces = pieces_of_addresses()
    clients = {person.name: (person, person.client()) for person in world}
    seen: dict[str, Policy] = {}
    for where, view in ALL:
        answer = opened(view, where, clients, pieces)
        if answer is None or not answer.headers["Content-Type"].startswith("text/html"):
            continue
        seen[where] = policy(answer)
        assert seen[where] == with_reader(answer), f"/{where}"
    assert len(seen) >= LEAST_PAGES
    assert {where.split("/")[0] for where in seen} >= {"", "join", "solutions", "accounts", "member", "vendor", "office", "demo"}
    assert any(settings.CARD_READER_ORIGIN in sources["img-src"] for sources in seen.values())
    form_actions = set().union(*(sources["form-action"] for sources in seen.values()))
    assert form_actions == {"'self'"}


def test_only_the_page_that_leaves_for_a_gateway_may_post_there(authority: Authority, outside: Outside) -> None:
    owner = next(person for person in people(authority) if person.name == "owner")
    accepted(Order.objects.get(number=owner.own), CARD_NOW)
    client, address = owner.client(), reverse("member:order-pay", args=[owner.own])
    assert policy(client.get(address)) == EVERYWHERE
    leaving = client.post(address, {"method": "credit"})
    assert leaving.status_code == 200
    assert policy(leaving) == EVERYWHERE | {"form-action": {"'self'", settings.ECPAY_URL}}


@pytest.mark.parametrize(("method", "where", "status"), [("get", "/nowhere/", 404), ("post", "/accounts/login/", 403), ("get", "/member/", 302)])
def test_an_error_is_no_way_round_it(method: str, where: str, status: int) -> None:
    answer = getattr(Client(enforce_csrf_checks=True), method)(where)
    assert answer.status_code == status
    assert policy(answer) == EVERYWHERE


def test_nor_is_our_own_fault_or_maintenance(settings, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("tcloud.web.context.menu", broken)
    fault = Client(raise_request_exception=False).get("/")
    settings.MAINTENANCE_FILE = tmp_path / "maintenance"
    settings.MAINTENANCE_FILE.write_text("")
    closed = Client().get("/")
    assert (fault.status_code, closed.status_code) == (500, 503)
    assert policy(fault) == policy(closed) == EVERYWHERE
