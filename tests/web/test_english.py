"""Who reads English meets no Chinese but proper names: every page of every role, and an order's pages in each state.

What is marked as Chinese (`lang="zh-Hant"`) may be Chinese: the switch to the other language, a letter shown as it is
sent, a Chinese text that somebody typed. Full-width punctuation gives away a sentence glued together in code.
"""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from simulators.certificate_authority.pki import Authority
from tcloud.catalog.models import Solution
from tcloud.identity.models import User
from tcloud.members.models import Company
from tcloud.orders.models import Order, OrderLine
from tcloud.orders.services import answering
from tcloud.vendors.models import Vendor
from tests import make
from tests import orders as build
from tests.architecture.test_urls import ALL
from tests.authority import NOW, Outside, authority, outside
from tests.web.test_roles import FILLED
from tests.world import Person, people, pieces_of_addresses

__all__ = ["authority", "outside"]
pytestmark = pytest.mark.django_db
CHINESE = re.compile(r"[^\n]*[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef][^\n]*")
SPOKEN = {"title", "alt", "placeholder", "aria-label", "aria-description", "content", "data-label"}
"""Attributes that a person reads or hears."""
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
TYPED = ("開通帳號", "晨光烘焙有限公司")
"""What a vendor typed, and the company of the sample messages."""
LEAST_PAGES = 200


class Reader(HTMLParser):
    """Collects what a page says outside the parts that are marked as Chinese."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        language = values.get("lang", "").lower()
        chinese = language.startswith("zh") if language else bool(self.open and self.open[-1][1])
        if not chinese:
            self.said += [text for name, text in values.items() if name in SPOKEN]
            self.said += [values.get("value", "")] if values.get("type") in {"submit", "button"} else []
        if tag not in VOID:
            self.open.append((tag, chinese))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not (self.open and (self.open[-1][1] or self.open[-1][0] in {"script", "style", "textarea"})):
            self.said.append(data)


def chinese_in(page: str, names: list[str]) -> list[str]:
    """What a page says in Chinese, without names."""
    reader = Reader()
    reader.feed(page)
    text = "\n".join(reader.said)
    for name in names:
        text = text.replace(name, "")
    return [line.strip() for line in CHINESE.findall(text)]


def proper_names() -> list[str]:
    """Names of the world that have no English, the longest first: one may be part of another."""
    found = {
        *Company.objects.values_list("name", flat=True), *Company.objects.values_list("representative", flat=True),
        *Company.objects.values_list("address", flat=True), *User.objects.values_list("name", flat=True),
        *Vendor.objects.values_list("name", flat=True), *Vendor.objects.values_list("short_name", flat=True),
        *Solution.objects.values_list("name", flat=True), *TYPED,
        *(f"{line.solution_name}・{line.plan_name}" for line in OrderLine.objects.all()),
    }  # fmt: skip
    return sorted(found - {""}, key=len, reverse=True)


def translate_what_vendors_wrote() -> None:
    """Listings can say everything in English; then nothing of them is left in Chinese."""
    Solution.objects.update(tagline_en="Orders, till and invoices on one tablet.")


def in_english(user: User | None) -> Client:
    client = Person("", None, user, "", "").client() if user else Client()
    client.cookies["django_language"] = "en"
    return client


def reached(state: str, authority: Authority) -> Order:
    """An order in a state, by the steps people take."""
    build.market()
    make.company_with_points(make.COMPANY, NOW)
    order = build.draft(now=NOW)
    if state == "draft":
        return order
    order = build.submitted(order, authority, NOW)
    if state == "refused":
        return answering.refuse_order(number=order.number, vendor=order.vendor, actor=build.SELLER, reason="no time", now=NOW)
    for name, step in (("accepted", build.accepted), ("paid", build.paid), ("in_service", build.in_service)):
        if state != "submitted":
            order = step(order, NOW)
        if state == name:
            break
    return order


def places(person: Person, pieces: dict[str, str]) -> list[str]:
    """Every address with this person's own order in it."""
    found = []
    for where, view in ALL:
        if view.access == "demo":  # type: ignore[attr-defined]
            continue
        place = where
        for pattern, value in (FILLED | pieces | {"<order:number>": person.own}).items():
            place = place.replace(pattern, value)
        found.append(f"/{place}")
    return found


def test_every_page_for_everybody_in_english(authority: Authority, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcloud.web.access.domain_now", lambda: NOW)
    everybody, pieces = people(authority), pieces_of_addresses()
    translate_what_vendors_wrote()
    names = proper_names()
    pages, found = 0, set()
    for person in everybody:
        client = in_english(person.user)
        for where in places(person, pieces):
            answer = client.get(where)
            if not answer.headers.get("Content-Type", "").startswith("text/html") or answer.streaming:
                continue
            pages += 1
            found |= {(where, person.name, said) for said in chinese_in(answer.content.decode(), names)}
    assert sorted(found) == []
    assert pages >= LEAST_PAGES


@pytest.mark.parametrize("state", ["draft", "submitted", "accepted", "refused", "paid", "in_service"])
def test_an_order_in_english_in_each_state(
    state: str, authority: Authority, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tcloud.web.access.domain_now", lambda: NOW)
    order = reached(state, authority)
    translate_what_vendors_wrote()
    names = proper_names()
    buyer, seller = User.objects.get(email__contains="tea"), User.objects.get(name=build.SELLER)
    found = set()
    for user, desk in ((buyer, "member"), (seller, "vendor")):
        for where, _view in ALL:
            if (where.startswith(f"{desk}/") and "<order:number>" in where) or where == f"{desk}/":
                place = "/" + where.replace("<order:number>", order.number)
                answer = in_english(user).get(place)
                if answer.headers.get("Content-Type", "").startswith("text/html"):
                    found |= {(place, said) for said in chinese_in(answer.content.decode(), names)}
    assert sorted(found) == []
