"""Pages under the real server: the home page beside a view that does nothing, catalogue pages beside django-oscar's."""

import http.client
import time
from collections.abc import Callable
from functools import cache

from bench import shops
from bench.runner import Measured, held, in_turn, row
from bench.shops import Shop

REQUESTS = 50
REFERENCE = (
    "django-oscar 4.2.1 with the same solutions, texts, plans and prices, 20 a page; same Django, driver, granian (1 process, "
    "8 threads) and PostgreSQL server; its own templates, search index of Whoosh, no pictures (bench/oscar/settings.py)"
)


@cache
def product() -> Shop:
    """The product, started by the first row that needs it and kept until the last is measured."""
    return held.enter_context(shops.product())


@cache
def reference() -> Shop:
    """The reference shop, the same way."""
    return held.enter_context(shops.reference())


def _milliseconds(shop: Shop, page: str) -> Callable[[], float]:
    """A measurement: what one request for a page takes, the mean of so many, one after the other, signed out."""

    def measure() -> float:
        began = time.perf_counter()
        for _ in range(REQUESTS):
            _get(shop.port, shop.pages[page])
        return 1000 * (time.perf_counter() - began) / REQUESTS

    measure()  # warm: templates are compiled once
    return measure


def _get(port: int, path: str) -> None:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    link.request("GET", path)
    answer = link.getresponse()
    answer.read()
    link.close()
    if answer.status != 200:
        raise RuntimeError(f"{path} answers {answer.status}")


@row("web.home", unit="ms", reference="/healthz, a trivial view under the same server", goal="≤ 20")
def home() -> Measured:
    """The home page, one client, one request after the other, signed out."""
    return in_turn(_milliseconds(product(), "home"), _milliseconds(product(), "trivial"))


@row("web.solution", unit="ms", reference=REFERENCE, goal="≤ 0.5")
def solution() -> Measured:
    """The page of a solution with four plans, one client, one request after the other, signed out."""
    return in_turn(_milliseconds(product(), "solution"), _milliseconds(reference(), "solution"))


@row("web.solutions", unit="ms", reference=REFERENCE, goal="≤ 0.5")
def solutions() -> Measured:
    """The first page of the catalogue, twenty solutions, one client, one request after the other, signed out."""
    return in_turn(_milliseconds(product(), "solutions"), _milliseconds(reference(), "solutions"))
