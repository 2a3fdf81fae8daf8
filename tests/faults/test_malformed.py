"""Malformed requests over all routes and roles: a clear answer each time, never a fault of ours (QUALITY.md, R8).

A thousand in `make test`, always the same ones; 200,000 fresh ones in `make prove`. TCLOUD_REQUESTS names another
number, TCLOUD_SEED another run. The seed is printed with what went wrong.
"""

import os
import random
import re
from typing import Any

import pytest
from django.test import Client

from simulators.certificate_authority.pki import Authority
from tcloud.web.forms_of import FORMS
from tests.architecture.test_urls import EVERY
from tests.authority import Outside, authority, outside
from tests.world import MISSING, people, undone

__all__ = ["authority", "outside"]
pytestmark = pytest.mark.django_db
PROVE = bool(os.environ.get("TCLOUD_PROVE"))
REQUESTS = int(os.environ.get("TCLOUD_REQUESTS") or (200_000 if PROVE else 1_000))
SEED = int(os.environ.get("TCLOUD_SEED") or (random.SystemRandom().randrange(10**9) if PROVE else 8))
METHODS = ("GET", "POST", "POST", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
VALUES: tuple[Any, ...] = (
    "", " ", "0", "-1", "1", "1.5", "NaN", "1e308", "9" * 19, "9" * 400, "\x00", "a\x00b", "\ud7ff", "𠮷野家", "👩‍👩‍👧", "\u202eabc",
    "ＡＢ１２３", "' OR 1=1 --", "<script>alert(1)</script>", "{{ 7*7 }}", "%s%n%(a)s", "../../etc/passwd", "=cmd|' /C calc'!A0",
    "2026-02-30", "0000-00-00", "99999-01-01", "true", "null", "[]", '{"a":', "x" * 10_000, "\r\nSet-Cookie: a=b", "on",
    "12345675", MISSING, "owner@people.example", "a" * 300 + "@example.com", "AB12345678", "QUJD", "====",
)
TYPES = (
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/json", "text/plain",
    "application/x-www-form-urlencoded; charset=utf-16", "application/x-www-form-urlencoded; charset=none", "",
)  # fmt: skip
HEADERS: dict[str, tuple[str, ...]] = {
    "HTTP_ACCEPT_LANGUAGE": ("zh-TW", "en", "x" * 500, "*;q=nan", "\x00"),
    "HTTP_REFERER": ("", "http://testserver/member/", "javascript:alert(1)", "http://[", "http://testserver/\r\nX: y"),
    "HTTP_COOKIE": ("sessionid=" + "A" * 300, "django_language=../../x", "size=<b>; contrast=\x00", ";;;=", "messages=%00"),
    "HTTP_HX_REQUEST": ("true", "\x00"),
    "HTTP_X_FORWARDED_FOR": ("1.2.3.4", "::1", "x" * 200),
    "HTTP_RANGE": ("bytes=0-0", "bytes=-1", "lines=1"),
    "HTTP_IF_MODIFIED_SINCE": ("yesterday", "Thu, 01 Jan 1970 00:00:00 GMT"),
}
FIELDS = [
    *sorted({name for forms in FORMS.values() for form in forms for name in form.base_fields}),
    "q", "page", "category", "sort", "after", "limit", "next", "MerchantID", "MerchantTradeNo", "RtnCode", "TradeAmt", "CheckMacValue",
]  # fmt: skip


def path_of(pattern: str, dice: random.Random, numbers: list[str]) -> str:
    """A route with its gaps filled, now and then with what no converter expects."""
    values = [*numbers, "1", "3", "alley-pos", "-1", "9" * 30, "%00", "%ff", "%F0%9F%98%80", "..", "a b", "x" * 500]
    filled = re.sub("<[^>]+>", lambda _gap: dice.choice(values), pattern)
    return "/" + filled + dice.choice(["", "", "", "", "?", "/", "//", "%00", ";a=b"])


def body_of(dice: random.Random) -> tuple[bytes, str]:
    """A body and its type, which may not fit each other."""
    kind = dice.randrange(4)
    if kind == 0:
        return dice.randbytes(dice.randrange(200)), dice.choice(TYPES)
    pairs = [f"{dice.choice(FIELDS)}={dice.choice(VALUES)}" for _ in range(dice.randrange(8))]
    text = "&".join(pairs)
    if kind == 1:
        parts = "".join(f'--x\r\nContent-Disposition: form-data; name="{pair.partition("=")[0]}"; filename="a.pdf"\r\n\r\n%PDF-\r\n' for pair in pairs)
        return f"{parts}--x--".encode("utf-8", "surrogatepass"), "multipart/form-data; boundary=x"
    return text.encode("utf-8", "surrogatepass"), "application/x-www-form-urlencoded" if kind == 2 else dice.choice(TYPES)


def send(client: Client, dice: random.Random, where: str) -> tuple[int, str]:
    """One request; returns the answer's status and how to see it again."""
    method, (body, kind) = dice.choice(METHODS), body_of(dice)
    query = {dice.choice(FIELDS): dice.choice(VALUES) for _ in range(dice.randrange(3))}
    headers = {name: dice.choice(HEADERS[name]) for name in dice.sample(sorted(HEADERS), dice.randrange(3))}
    kept = {key: morsel.value for key, morsel in client.cookies.items()}
    with undone():
        answer = client.generic(method, where, body, kind, query_params=query, **headers)  # type: ignore[arg-type]
        status = answer.status_code
        text = b"".join(answer) if answer.streaming else answer.content
    client.cookies.load(kept)
    shown = f"{method} {where} {query} {headers} {kind} {body[:200]!r}"
    return (599 if b"Traceback" in text else status), shown


def test_nothing_malformed_is_a_fault_of_ours(authority: Authority, outside: Outside) -> None:
    dice = random.Random(SEED)
    world = people(authority)
    numbers = [world[0].own, world[0].others, MISSING]
    clients = [(person.name, person.client()) for person in world]
    routes = [where for where, _view in EVERY]
    statuses: dict[int, int] = {}
    for turn in range(REQUESTS):
        name, client = dice.choice(clients)
        status, shown = send(client, dice, path_of(routes[turn % len(routes)], dice, numbers))
        statuses[status] = statuses.get(status, 0) + 1
        assert status < 500, f"seed {SEED}, request {turn}, {name}: {status} {shown}"
    assert statuses[200] > REQUESTS // 50, statuses
    assert statuses[404] > REQUESTS // 50, statuses
