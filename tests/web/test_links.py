"""No page shows a link or a button that its reader may not use: every role walks from its own start.

Each internal link is followed, and must lead to a page; each form's address is looked up in the role table. Orders
stand in different states, so that every button of theirs is seen.
"""

import re
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import resolve

from simulators.certificate_authority.pki import Authority
from tcloud.identity.roles import COMPANY_ROLES, OFFICE_ROLES, VENDOR_ROLES
from tcloud.orders.models import Order
from tests import orders as build
from tests.authority import NOW, Outside, authority, outside
from tests.web.test_roles import OPEN, expected
from tests.world import Person, people

__all__ = ["authority", "outside"]
pytestmark = pytest.mark.django_db
START = {**dict.fromkeys(COMPANY_ROLES, "/member/"), **dict.fromkeys(VENDOR_ROLES, "/vendor/orders/"), **dict.fromkeys(OFFICE_ROLES, "/office/")}
LINK = re.compile(r'<a\b[^>]*\bhref="([^"]*)"')
FORM = re.compile(r'<form\b([^>]*)>')
MOST_PAGES, NEAR = 80, 12


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcloud.web.access.domain_now", lambda: NOW)


def addresses(text: str) -> list[str]:
    """Internal links of a page; one address a path, whatever the filters behind it say."""
    found = (urlsplit(unescape(link)) for link in LINK.findall(text))
    return sorted({part.path for part in found if not part.scheme and not part.netloc and part.path.startswith("/")})


def forbidden_forms(text: str, here: str, person: Person) -> list[str]:
    """Where a form of the page goes although its reader may not."""
    wrong = []
    for tag in FORM.findall(text):
        named = re.search(r'\baction="([^"]*)"', tag)
        where = urlsplit(unescape(named.group(1))).path if named and named.group(1) else here
        rule = resolve(where).func.access  # type: ignore[attr-defined]
        if expected(rule, person) != OPEN:
            wrong.append(f"{person.name}: {here} has a form for {where}")
    return wrong


def walk(person: Person, client: Client, start: list[str], most: int) -> list[str]:
    """What a person meets that is not for them, following every link from where they start."""
    todo, seen, wrong = list(start), set(start), []
    while todo and len(seen) < most:
        where = todo.pop(0)
        answer = client.get(where, follow=True)
        if answer.status_code != 200:
            wrong.append(f"{person.name}: {where} answers {answer.status_code}")
        if not answer.headers.get("Content-Type", "").startswith("text/html") or answer.streaming:
            continue
        text, here = answer.content.decode(), answer.request["PATH_INFO"]
        wrong += forbidden_forms(text, here, person)
        for link in addresses(text):
            if link not in seen and not link.startswith(("/static/", "/solutions/")):
                seen.add(link)
                todo.append(link)
    return wrong


@pytest.mark.parametrize("state", ["awaiting_vendor", "awaiting_payment", "confirmed", "in_service"])
def test_nobody_is_shown_what_is_not_theirs(authority: Authority, outside: Outside, state: str) -> None:
    outside.now = NOW
    everybody = [person for person in people(authority) if person.role is not None]
    order = Order.objects.select_related("company", "vendor", "call", "rule_set").get(number=everybody[0].own)
    for name, onwards in (("awaiting_payment", build.accepted), ("confirmed", build.paid), ("in_service", build.in_service)):
        if order.state != state:
            order = onwards(order, NOW)
            assert order.state == name
    wrong = []
    for person in everybody:
        orders_only = state != "awaiting_vendor"  # the other pages do not change with an order's state
        if orders_only and person.role in OFFICE_ROLES:
            continue
        own = f"/member/orders/{person.own}/" if person.role in COMPANY_ROLES else f"/vendor/orders/{person.own}/"
        start = [own] if orders_only else [START[person.role]]
        wrong += walk(person, person.client(), start, NEAR if orders_only else MOST_PAGES)
    assert not wrong, "\n".join(wrong)
