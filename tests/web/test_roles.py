"""Every route × method × role × {own, other's, missing}: exactly what the role table says (QUALITY.md, R9).

A route is walked because it is in the URL table and judged by the rule its view names, so a new one is in this test
from its first day. Other people's orders and orders that never were look the same.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponseBase
from django.test import Client

from simulators.certificate_authority.pki import Authority
from tcloud.identity.roles import COMPANY_ROLES, OFFICE_ROLES, VENDOR_ROLES, Permission, may
from tests.architecture.test_urls import ALL
from tests.authority import Outside, authority, outside
from tests.world import MISSING, Person, people, pieces_of_addresses, undone

__all__ = ["authority", "outside"]
pytestmark = pytest.mark.django_db
FILLED = {"<int:number>": "1", "<slug:slug>": "alley-pos", "<slug:call>": "115-1", "<int:version>": "1", "<int:year>": "2026", "<reset_user:uidb36>": "1", "<reset_key:key>": "k", "<token:token>": "k"}
DESKS = {"company": COMPANY_ROLES, "vendor": VENDOR_ROLES, "office": OFFICE_ROLES}
OPEN, LOGIN, JOIN, FORBIDDEN, NOT_THERE = "open", "login", "join", "forbidden", "not there"
LEAST_REQUESTS = 2_000


def expected(rule: str, person: Person) -> str:
    """What the table says of a person at a rule, before any object is looked at."""
    kind, _colon, permission = rule.partition(":")
    if kind in {"public", "machine", "monitoring", "demo"}:
        return OPEN
    if person.role is None:
        return LOGIN
    if kind == "signed_in":
        return OPEN
    if person.role not in DESKS[kind]:
        return JOIN if kind == "company" else NOT_THERE
    return OPEN if may(person.role, Permission(permission)) else FORBIDDEN


def met(answer: HttpResponseBase) -> str:
    """How an answer reads in the same words."""
    place = answer.headers.get("Location", "")
    if answer.status_code == 302 and place.startswith("/accounts/login/"):
        return LOGIN
    if answer.status_code == 302 and place == "/join/":
        return JOIN
    return {403: FORBIDDEN, 404: NOT_THERE}.get(answer.status_code, OPEN)


def look(answer: HttpResponseBase, number: str) -> str:
    """What a person sees, without the token of the form and the address that was asked for."""
    text = answer.content.decode() if hasattr(answer, "content") else ""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text).replace(number, "N")


def ask(client: Client, method: str, where: str) -> HttpResponseBase:
    with undone():
        return getattr(client, method)(where)


def judge(
    view: Callable[..., Any], where: str, person: Person, client: Client, pieces: dict[str, str]
) -> tuple[int, list[str]]:
    """Ask with both methods for every object; returns how many requests, and what was not as the table says."""
    wrong: list[str] = []
    asked = 0
    rule = view.access  # type: ignore[attr-defined]
    objects = [person.own, person.others, MISSING] if "<order:number>" in where else [""]
    for pattern, value in (FILLED | pieces).items():
        where = where.replace(pattern, value)
    for method in ("get", "post"):
        answers = {number: ask(client, method, "/" + where.replace("<order:number>", number)) for number in objects}
        asked += len(answers)
        if any(answer.status_code == 405 for answer in answers.values()):
            continue
        for number, answer in answers.items():
            wanted = expected(rule, person)
            if wanted == OPEN and number not in ("", person.own):
                wanted = NOT_THERE
            begins_anew = rule == "public" and met(answer) == JOIN  # a page of joining, without an application
            if (met(answer) != wanted and not begins_anew) or answer.status_code >= 500:
                wrong.append(f"{person.name} {method} /{where} {number}: {answer.status_code}, {wanted} expected")
        if len(objects) > 1 and look(answers[person.others], person.others) != look(answers[MISSING], MISSING):
            wrong.append(f"{person.name} {method} /{where}: other's and missing differ")
    return asked, wrong


def test_every_route_for_everybody(authority: Authority, outside: Outside) -> None:
    wrong: list[str] = []
    asked = 0
    everybody, pieces = people(authority), pieces_of_addresses()
    for person in everybody:
        client = person.client()
        for where, view in ALL:
            if view.access == "demo" or where.startswith("accounts/"):  # type: ignore[attr-defined]
                continue
            count, found = judge(view, where, person, client, pieces)
            asked += count
            wrong += found
    assert not wrong, "\n".join(wrong)
    assert asked >= LEAST_REQUESTS


def test_the_account_pages_are_for_whom_they_say(authority: Authority, outside: Outside) -> None:
    for person in people(authority):
        client = person.client()
        for where, view in ALL:
            if where.startswith("accounts/") and view.access == "signed_in":  # type: ignore[attr-defined]
                answer = ask(client, "get", f"/{where}")
                assert (met(answer) == LOGIN) is (person.role is None), f"{person.name} /{where}: {answer.status_code}"
                assert answer.status_code < 500
