"""Who walks the running product in a browser, and every page they can reach by following links."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.product import Product

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PASSWORD = "demo-only-2026"
PEOPLE = {"visitor": "", "company": "owner@coastline.example", "vendor": "owner@on-time.example", "office": "admin@office.example"}
START = {"visitor": "/sitemap/", "company": "/member/", "vendor": "/vendor/orders/", "office": "/office/"}
NOWHERE = "/nowhere/"
"""No link leads here: its error page is looked at as well."""
MORE = {"visitor": ["/", "/accounts/password/reset/", NOWHERE], "office": ["/demo/clock/"]}
FILES = re.compile(r"\.(csv|pdf|xlsx|ico|txt)$")
NO_PAGES = ("/accounts/logout/", "/metrics", "/static/", "/language/")


def chromium_path() -> str | None:
    """CHROMIUM, or Debian's; None where there is no browser."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser
        browser.close()


def second_factor(product: Product, email: str) -> str:
    """The six digits of this moment, from the demonstration's page of people."""
    people = httpx.get(f"{product.web}/demo/people/").text
    row = next(row for row in re.findall(r"<tr>.*?</tr>", people, re.S) if email in row)
    found = re.search(r"\b\d{6}\b", re.sub(r"<[^>]+>", " ", row))
    assert found, row
    return found.group()


def sign_in(page: Page, product: Product, who: str) -> None:
    """Sign somebody of PEOPLE in, with the second factor of this moment where one is asked for."""
    if not PEOPLE[who]:
        return
    page.goto(f"{product.web}/accounts/login/")
    page.fill("input[name=login]", PEOPLE[who])
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button.tc-btn")
    page.wait_for_url(lambda url: not url.endswith("/accounts/login/"))
    if page.locator("input[name=code]").count():
        page.fill("input[name=code]", second_factor(product, PEOPLE[who]))
        page.click("main form button.tc-btn")
        page.wait_for_url(lambda url: "/accounts/" not in url)


def kind_of(path: str) -> str:
    """Two orders show one page: numbers and the names of solutions do not count."""
    path = re.sub(r"^/solutions/[^/]+/$", "/solutions/*/", path)
    return re.sub(r"/[^/]*\d[^/]*/", "/*/", path)


def pages_of(page: Page, product: Product, who: str) -> Iterator[str]:
    """Every kind of page this person reaches from the first one; the browser shows each as it is given."""
    waiting = [START[who], *MORE.get(who, [])]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop(0)
        if (kind := kind_of(path)) in seen:
            continue
        seen.add(kind)
        answer = page.goto(product.web + path)
        assert answer is not None
        assert answer.status == (404 if path == NOWHERE else 200), f"{who} follows a link to {path}: {answer.status}"
        links = page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
        yield path
        for link in links:
            parts = urlsplit(str(link))
            inside = f"{parts.scheme}://{parts.netloc}" == product.web
            if inside and not FILES.search(parts.path) and not parts.path.startswith(NO_PAGES):
                waiting.append(parts.path)
