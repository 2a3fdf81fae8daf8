"""axe finds no barrier (WCAG 2.2 AA) on any page anybody reaches, in both languages.

`make test` has axe read each page once, by turns in Chinese on a desk-top and in English on a phone; `make prove` both.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.product import Product, running_product
from tests.browser.walk import PEOPLE, START, chromium, chromium_path, pages_of, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
"""Every rule of WCAG 2.2 AA runs; of what passes axe need not gather every place, which halves its time."""
DESK_TOP, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
BOTH_WAYS = bool(os.environ.get("TCLOUD_PROVE"))
LEAST_PAGES = {"visitor": 12, "company": 8, "vendor": 3, "office": 2}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    if chromium_path() is None:
        pytest.skip("Chromium is missing: apt-get install chromium, or CHROMIUM=/path")
    if not AXE.exists():
        pytest.skip("axe is missing: make test brings it by package-lock.json")
    with running_product(tmp_path_factory.mktemp("product")) as running:
        yield running


@pytest.fixture(scope="module")
def browser(product: Product) -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


def barriers(page: Page, path: str) -> list[str]:
    """What axe finds on the page shown, with where."""
    page.evaluate(AXE.read_text())
    result = page.evaluate("rules => axe.run(document, rules)", RULES)
    found = []
    for violation in result["violations"]:
        places = "; ".join(str(node["target"][-1]) for node in violation["nodes"][:3])
        found.append(f"{path}: {violation['id']} ({len(violation['nodes'])}×) {places}")
    return found


SHORT_LINKS_ON_TWO_LINES = """() => [...document.querySelectorAll("main p > a")]
  .filter((link) => link.innerText.length <= 8 && link.getClientRects().length > 1 && link.offsetWidth > 0)
  .map((link) => link.innerText)"""


def broken_links(page: Page, path: str) -> list[str]:
    """Short links that break inside their words."""
    return [f"{path}: {text} breaks over two lines" for text in page.evaluate(SHORT_LINKS_ON_TWO_LINES)]


def sideways(page: Page, path: str) -> list[str]:
    """Pages wider than the phone that shows them: only tables and menus scroll, each in its own box."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [f"{path}: {wide} px wide"] if wide > PHONE["width"] else []


def unread_in_english(page: Page, product: Product, who: str) -> list[str]:
    """The first page before anything was read: its menu is the longest, in English on a phone."""
    english = {"name": "django_language", "value": "en", "url": product.web}
    page.context.add_cookies([english])  # type: ignore[list-item]  # a dict is what its typed form is
    page.set_viewport_size(PHONE)
    page.goto(product.web + START[who])
    found = sideways(page, f"{START[who]} (English, phone, unread)")
    page.context.add_cookies([{**english, "value": "zh-hant"}])  # type: ignore[list-item]
    page.set_viewport_size(DESK_TOP)
    return found


@pytest.mark.parametrize("who", PEOPLE)
def test_no_page_has_a_barrier(product: Product, browser: Browser, who: str) -> None:
    """Chinese on a desk-top, then the same pages in English on a phone; one sign-in, as a code serves only once."""
    context = browser.new_context(viewport=DESK_TOP, locale="zh-TW")
    page = context.new_page()
    sign_in(page, product, who)
    found, seen = unread_in_english(page, product, who), []
    for path in pages_of(page, product, who):
        seen.append(path)
        if BOTH_WAYS or len(seen) % 2:
            found += barriers(page, path)
        found += broken_links(page, path)
        page.set_viewport_size(PHONE)
        found += broken_links(page, f"{path} (phone)") + sideways(page, f"{path} (phone)")
        page.set_viewport_size(DESK_TOP)
    context.add_cookies([{"name": "django_language", "value": "en", "url": product.web}])
    page.set_viewport_size(PHONE)
    for place, path in enumerate(seen):
        page.goto(product.web + path)
        if BOTH_WAYS or place % 2:
            found += barriers(page, f"{path} (English, phone)")
        found += sideways(page, f"{path} (English, phone)")
    context.close()
    assert found == []
    assert len(seen) >= LEAST_PAGES[who], seen
