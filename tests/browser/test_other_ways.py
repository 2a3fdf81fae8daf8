"""Two ways through the product that most people never take: without JavaScript, and without a mouse.

Both in Chromium against the running product. The card itself needs script (its component speaks to the page), so
without JavaScript the signature comes from elsewhere, as by another computer, and everything around it is walked.
"""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.product import Product, running_product
from tests.browser.walk import PASSWORD, chromium, chromium_path, second_factor
from tests.journeys.script import Script, join_by_script, sign

pytestmark = [pytest.mark.browser, pytest.mark.slow]
VENDOR = "owner@daolang.example"
PIN = "123456"
MOST_TABS = 80


@dataclass(frozen=True)
class Applicant:
    """Who joins, and with what."""

    email: str = "jiaying@sunrise.example"
    name: str = "林佳穎"
    phone: str = "02-2555-0118"
    password: str = "cloudy-bakery-88"


APPLICANT = Applicant()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if chromium_path() is None:
        pytest.skip("Chromium is missing: apt-get install chromium, or CHROMIUM=/path")
    with chromium() as launched:
        yield launched


@pytest.fixture
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product of its own for each way: the one visitor's card joins once."""
    with running_product(tmp_path_factory.mktemp("product"), "examination") as running:
        yield running


# Without JavaScript ------------------------------------------------------------------------------------------------


@dataclass
class Plain:
    """Somebody whose browser runs no script."""

    page: Page
    product: Product

    def open(self, path: str) -> None:
        self.page.goto(self.product.web + path)

    def press(self, text: str) -> None:
        """The button or link of the page with these words."""
        self.page.click(f"main :is(button, a):has-text('{text}') >> visible=true")
        self.page.wait_for_load_state()

    def heading(self) -> str:
        return self.page.inner_text("h1")

    def sign_in(self, email: str, password: str) -> None:
        self.open("/accounts/login/")
        self.page.fill("input[name=login]", email)
        self.page.fill("input[name=password]", password)
        self.press("登入")
        if self.page.locator("input[name=code]").count():
            self.page.fill("input[name=code]", second_factor(self.product, email))
            self.press("登入")

    def refused(self, field: str) -> None:
        """The page itself says what is missing, on top, and its link leads to the field."""
        link = self.page.locator(".tc-errsum a").first
        target = (link.get_attribute("href") or "").removeprefix("#")
        assert self.page.locator(f"[id='{target}']").get_attribute("name") == field
        link.click()
        assert self.page.url.endswith(f"#{target}")


def without_script(browser: Browser, product: Product) -> Plain:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900}, locale="zh-TW")
    page = context.new_page()
    page.set_default_timeout(20_000)
    return Plain(page, product)


def elsewhere(do: object, *arguments: object) -> object:
    """Run something that must not share the browser's thread."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(do, *arguments).result()  # type: ignore[arg-type]


def joined(product: Product) -> None:
    with closing(Script(product)) as company:
        join_by_script(company, product, APPLICANT.email, APPLICANT.password)


def signed(product: Product, number: str) -> None:
    with closing(Script(product)) as company:
        company.sign_in(APPLICANT.email)
        sign(company, number)


def answer_everything(company: Plain) -> None:
    """The questionnaire; its first page is sent empty once, and says what is missing."""
    company.open("/member/")
    company.page.click(".tc-task a.tc-btn")
    company.press("存檔，往下一頁")
    assert company.page.locator(".tc-errsum a").count() == company.page.locator("main fieldset.tc-choice").count()
    while not company.page.url.endswith("/result/"):
        for group in company.page.query_selector_all("main fieldset.tc-choice"):
            group.query_selector_all("label")[1].click()
        company.page.click("main form button.tc-btn")
        company.page.wait_for_load_state()


def draft_for_24_000(company: Plain) -> str:
    """From the search box to the contract; 10,000 points instead of 12,000."""
    company.open("/solutions/")
    company.page.fill("main input[type=search]", "巷口點餐")
    company.page.press("main input[type=search]", "Enter")
    company.page.wait_for_load_state()
    company.page.click("main a[href='/solutions/alley-pos/']")
    company.page.click("label.tc-plan:has-text('24,000')")
    company.press("選這個方案")
    assert company.heading() == "確認訂單與金額"
    company.page.fill("input[name=points]", "99999999")
    company.press("重新計算")
    company.refused("points")
    assert company.page.input_value("input[name=points]") == "99999999"
    company.page.fill("input[name=points]", "10000")
    company.press("重新計算")
    assert "10,000 點＋14,000 元自付款" in company.page.inner_text("main .tc-sum")
    company.press("看契約並簽署")
    number = re.search(r"CE\d{10}", company.page.url)
    assert number, company.page.url
    assert "JavaScript" in company.page.inner_text("main noscript, main .tc-note-bad")
    return number.group()


def pay(company: Plain, number: str) -> None:
    company.open(f"/member/orders/{number}/")
    company.press("去付款")
    company.press("下一步，前往金流頁面")
    company.refused("method")
    company.page.click("label.tc-plan:has-text('信用卡')")
    company.press("下一步，前往金流頁面")
    facts = company.page.inner_text("main .tc-sum")
    assert all(fact in facts for fact in (number, "晨光烘焙有限公司", "10,000 點", "14,000"))
    assert "24:00 前付款" in company.page.inner_text("main .tc-pagehead")
    company.page.click("main form button.tc-btn")
    company.page.click("text=用信用卡付款")
    company.page.fill("input[name=otp]", "1234")
    company.page.click("text=確認付款")
    company.page.click("text=返回商店")
    company.page.wait_for_url(f"{company.product.web}/member/orders/{number}/**")


def reload_until(person: Plain, path: str, text: str, seconds: float = 40) -> None:
    """Without script a page is looked at again by hand."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        person.open(path)
        if text in person.page.inner_text("main"):
            return
        time.sleep(0.5)
    raise AssertionError(f"{text} expected at {path}: {person.page.inner_text('main')}")


def test_every_step_works_without_javascript(browser: Browser, product: Product) -> None:
    elsewhere(joined, product)
    company, vendor = without_script(browser, product), without_script(browser, product)
    company.sign_in(APPLICANT.email, APPLICANT.password)
    assert company.page.url == f"{product.web}/member/"
    answer_everything(company)
    reload_until(company, "/member/points/", "30,000")
    number = draft_for_24_000(company)
    elsewhere(signed, product, number)

    vendor.sign_in(VENDOR, PASSWORD)
    vendor.open(f"/vendor/orders/{number}/")
    vendor.page.click("summary:has-text('不接這張訂單')")
    vendor.press("回覆不接單")
    vendor.refused("reason")
    vendor.page.click("main button.tc-btn:text-is('簽署契約並接單')")
    assert "已簽署並接單" in vendor.page.inner_text(".tc-flash")

    pay(company, number)
    reload_until(company, f"/member/orders/{number}/", "訂單確認")
    reload_until(company, "/member/points/", "20,000")
    vendor.open(f"/vendor/orders/{number}/")
    vendor.press("登記已聯繫")
    vendor.page.fill("textarea[name=handover]", "開通 3 個帳號")
    vendor.press("登記服務開始")
    reload_until(company, f"/member/orders/{number}/", "服務中")
    company.page.context.close()
    vendor.page.context.close()


# Without a mouse ---------------------------------------------------------------------------------------------------

FOCUS = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const box = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  const x = Math.min(Math.max(box.x + box.width / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max(box.y + box.height / 2, 0), innerHeight - 1);
  const top = document.elementFromPoint(x, y);
  return {
    what: element.outerHTML.slice(0, 120),
    text: element.innerText || "",
    ring: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none",
    inside: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    uncovered: Boolean(top) && (top === element || element.contains(top) || top.contains(element)),
  };
}"""


@dataclass
class Keys:
    """Somebody with a keyboard alone: nothing here points, fills or clicks."""

    page: Page

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def enter(self) -> None:
        """Enter on what has the focus, and the next page."""
        with self.page.expect_navigation():
            self.press("Enter")

    def seen(self) -> None:
        """What has the focus shows it: a ring, inside the window, covered by nothing."""
        self.page.wait_for_timeout(150)  # the skip link slides in
        focus = self.page.evaluate(FOCUS)
        assert focus, "nothing has the focus"
        assert focus["ring"], f"no ring: {focus}"
        assert focus["inside"], f"outside the window: {focus}"
        assert focus["uncovered"], f"covered: {focus}"

    def at(self, selector: str) -> bool:
        return bool(self.page.evaluate("selector => document.activeElement?.matches(selector) || false", selector))

    def to(self, selector: str, key: str = "Tab") -> None:
        """Go on with Tab (or back with Shift+Tab) to an element; the focus can be seen at every stop."""
        assert self.page.locator(selector).count(), f"{selector} is not on {self.page.url}"
        for _stop in range(MOST_TABS):
            self.press(key)
            self.seen()
            if self.at(selector):
                return
        raise AssertionError(f"{key} does not reach {selector} on {self.page.url}")

    def skip(self) -> None:
        """The first stop of every page is the skip link, and it leads past the menu."""
        self.press("Tab")
        assert self.at("a.tc-skip"), self.page.evaluate(FOCUS)
        self.seen()
        self.press("Enter")
        assert self.at("main#main")
        self.press("Tab")
        assert self.page.evaluate("() => document.querySelector('main').contains(document.activeElement)")


def consent(person: Keys) -> None:
    """Sent without the tick first: the summary has the focus, its link leads to the box."""
    person.skip()
    person.to(".tc-legal")
    before = person.page.evaluate("() => document.querySelector('.tc-legal').scrollTop")
    person.press("PageDown")
    person.page.wait_for_function("was => document.querySelector('.tc-legal').scrollTop > was", arg=before)
    person.to("main form button.tc-btn")
    person.enter()
    assert person.at(".tc-errsum")
    person.to(".tc-errsum a")
    person.press("Enter")
    assert person.at("input[name=agree]")
    person.seen()
    person.press("Space")
    assert person.page.is_checked("input[name=agree]")
    person.to("main form button.tc-btn")
    person.enter()


def card(person: Keys) -> None:
    person.page.wait_for_selector("[data-card-go]:not([disabled])")
    person.skip()
    person.to("[data-card-pin]")
    person.type(PIN)
    person.to("[data-card-go]")
    person.press("Enter")
    person.page.wait_for_url("**/join/declarations/")


def declarations(person: Keys) -> None:
    """Past the second box to the button, and back again with Shift+Tab."""
    person.skip()
    person.to("input[name=queries]")
    person.press("Space")
    person.to("main form button.tc-btn")
    person.to("input[name=eligibility]", "Shift+Tab")
    person.press("Space")
    person.to("main form button.tc-btn")
    person.enter()


def account(person: Keys) -> None:
    """A wrong address first: the summary says so, and what was typed is still there."""
    person.skip()
    for name, value in (
        ("contact_name", APPLICANT.name), ("email", "jiaying"), ("phone", APPLICANT.phone), ("password", APPLICANT.password),
    ):  # fmt: skip
        person.to(f"input[name={name}]")
        person.type(value)
    person.enter()
    assert person.at(".tc-errsum")
    person.to(".tc-errsum a")
    person.press("Enter")
    assert person.at("input[name=email]")
    person.seen()
    person.press("Control+a")
    person.type(APPLICANT.email)
    assert person.page.input_value("input[name=contact_name]") == APPLICANT.name
    person.to("input[name=password]")
    person.type(APPLICANT.password)
    person.to("main form button.tc-btn")
    person.enter()


def test_joining_by_keyboard_alone(browser: Browser, product: Product) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-TW").new_page()
    page.set_default_timeout(20_000)
    person = Keys(page)
    page.goto(product.web)
    person.skip()
    person.to(".tc-hero a.tc-btn")
    person.enter()
    person.skip()
    person.to(".tc-task a.tc-btn")
    person.enter()
    consent(person)
    card(person)
    declarations(person)
    account(person)
    person.skip()
    person.to("input[name=code]")
    person.type(product.code_in(product.mail(APPLICANT.email, "驗證碼")))
    person.enter()
    page.wait_for_url("**/member/")
    person.skip()
    person.to(".tc-task a.tc-btn")
    person.enter()
    assert "/assessment/" in page.url
    page.context.close()
