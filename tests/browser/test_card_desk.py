"""The shop owner's desk: self-test, joining and signing in by card on the running product, with every trouble in words.

One running demonstration under its own content policy; `test_card_step.py` looks at the step alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request

from simulators import people
from tests.browser.product import Product, running_product
from tests.browser.test_barriers import AXE, barriers
from tests.browser.walk import chromium, chromium_path

pytestmark = [pytest.mark.browser, pytest.mark.slow]
BAKERY = people.COMPANIES[0]
JOINED = next(one for one in people.COMPANIES if one.key == "coastline")
READY = "[data-card-certificates]:enabled"
ROWS = ("browser", "component", "reader", "card", "popup", "certificate")


@dataclass
class Desk:
    """A browser at the product, and the reader beside it."""

    product: Product
    context: BrowserContext
    page: Page
    requests: list[Request]

    def reader(self, trouble: str = "none", card: str = BAKERY.ubn) -> None:
        """Which card is in, and what goes wrong."""
        reader = self.product.simulator("CARD_READER")
        answer = httpx.post(f"{reader}/control", json={"trouble": trouble, "card": card, "unlock": True})
        assert answer.status_code == 200, answer.text

    def authority(self, **services: str) -> None:
        """How the certificate authority behaves."""
        assert httpx.post(f"{self.product.simulator('CA')}/control", json=services).status_code == 200

    def open(self, path: str) -> None:
        self.page.goto(self.product.web + path)

    def row(self, name: str) -> Locator:
        return self.page.locator(f'[data-card-test="{name}"]')

    def says(self, name: str) -> str:
        """What a row of the self-test shows."""
        return self.row(name).inner_text()

    def bad(self) -> set[str]:
        """The rows that failed."""
        return {name for name in ROWS if "tc-test-bad" in (self.row(name).get_attribute("class") or "")}

    def look(self) -> None:
        """Open the self-test and wait for what it finds by itself."""
        self.open("/card-check/")
        self.page.wait_for_selector(READY)

    def certificates(self) -> None:
        """Press the button, and wait until the small window is done."""
        self.page.click("[data-card-certificates]")
        self.page.wait_for_selector(READY, timeout=20_000)

    def join(self) -> None:
        """As far as the card."""
        self.open("/join/consent/")
        self.page.check("input[name=agree]")
        self.page.click("main form button.tc-btn")
        self.page.wait_for_url("**/join/card/")

    def sign(self, pin: str = BAKERY.pin) -> None:
        self.page.fill("[data-card-pin]", pin)
        self.page.click("[data-card-go]")

    def refusal(self) -> str:
        """What stands on top after the server has refused."""
        self.page.wait_for_selector("[data-errsum]", timeout=40_000)
        return self.page.inner_text("[data-errsum]")

    def ours(self) -> list[Request]:
        """What was sent to web."""
        return [request for request in self.requests if request.url.startswith(self.product.web)]


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    if chromium_path() is None:
        pytest.skip("Chromium is missing: apt-get install chromium, or CHROMIUM=/path")
    with running_product(tmp_path_factory.mktemp("product")) as running:
        yield running


@pytest.fixture(scope="module")
def browser(product: Product) -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


@pytest.fixture
def desk(product: Product, browser: Browser) -> Iterator[Desk]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-TW")
    requests: list[Request] = []
    context.on("request", lambda request: requests.append(request))  # noqa: PLW0108  # the driver marks its handlers, and a list's method takes no mark
    desk = Desk(product, context, context.new_page(), requests)
    desk.reader()
    desk.authority(ocsp="ok", crl="ok")
    yield desk
    context.close()


# The self-test ------------------------------------------------------------------------------------------------------


def test_a_good_desk_passes_and_tells_us_nothing(desk: Desk) -> None:
    desk.look()
    assert desk.bad() == set()
    assert desk.page.locator("[data-card-outcome=good]:visible").count() == 0  # the certificate is not known yet
    before = len(desk.ours())
    desk.certificates()
    assert desk.bad() == set()
    assert "2.3.2" in desk.says("component")
    assert f"{BAKERY.name}（{BAKERY.ubn}）" in desk.says("certificate")
    assert "都好了，這台電腦可以插卡" in desk.page.inner_text("main")
    assert desk.page.get_attribute("a[data-card-outcome=good]", "href") == "/join/"
    assert desk.ours()[before:] == []  # what was found stays in the browser
    asked = [request.post_data or "" for request in desk.requests if "pkcs11info" in request.url]
    assert asked
    assert not any("pin" in text.lower() for text in asked)


@pytest.mark.parametrize(
    ("trouble", "row", "words", "cure"),
    [
        ("component_missing", "component", "找不到元件", "moeaca.nat.gov.tw"),
        ("old_version", "component", "版本太舊", "安裝最新的"),
        ("no_reader", "reader", "沒有找到讀卡機", "換一個 USB 孔"),
        ("no_card", "card", "讀卡機裡沒有卡片", "晶片朝上"),
        ("person", "card", "這不是工商憑證", "MG 或 MT 開頭"),
        ("popup_blocked", "popup", "擋住了讀卡的小視窗", "一律允許這個網站"),
        ("expired", "certificate", "已經到期", "展期或換發"),
        ("not_yet_valid", "certificate", "還沒開始生效", "等到生效日"),
        ("encryption_only", "certificate", "卡片裡沒有簽章用的憑證", "開卡"),
        ("loopback_refused", "browser", "瀏覽器不准這個網站連到這台電腦", "區域網路存取"),
    ],
)
def test_each_trouble_has_its_cause_and_cure(desk: Desk, trouble: str, row: str, words: str, cure: str) -> None:
    desk.reader(trouble)
    desk.look()
    desk.certificates()
    assert row in desk.bad()
    assert words in desk.says(row)
    assert cure in desk.says(row)
    assert desk.page.locator("[data-card-outcome=good]:visible").count() == 0
    desk.reader()
    desk.page.click("[data-card-again]")
    desk.certificates()
    assert desk.bad() == set()


def test_two_readers_are_no_trouble_and_the_right_one_is_named(desk: Desk) -> None:
    desk.reader("two_readers")
    desk.look()
    desk.certificates()
    assert desk.bad() == set()
    assert "Generic Smart Card Reader 1" in desk.says("reader")


def test_another_card_is_not_judged_by_the_last_ones_certificate(desk: Desk) -> None:
    desk.look()
    desk.certificates()
    desk.reader(card=JOINED.ubn)
    desk.page.click("[data-card-again]")
    desk.page.wait_for_selector("[data-card-test=certificate].tc-test-off")
    desk.certificates()
    assert JOINED.name in desk.says("certificate")


def test_the_browsers_own_refusal_is_known_before_any_click(desk: Desk) -> None:
    """As newer Chromium answers when somebody has said no to local network access."""
    desk.reader("loopback_refused")
    desk.context.add_init_script(
        "navigator.permissions.query = async ({name}) => {"
        " if (name !== 'loopback-network') throw new TypeError(name); return {state: 'denied'}; }"
    )
    desk.look()
    assert desk.bad() == {"browser"}
    assert "檢測中" in desk.says("component")
    desk.certificates()
    assert desk.bad() == {"browser"}
    assert BAKERY.name in desk.says("certificate")  # the small window goes another way


def test_a_wrong_clock_is_found_before_it_spoils_a_signature(desk: Desk) -> None:
    desk.context.add_init_script("const real = Date.now; Date.now = () => real() + 20 * 60 * 1000;")
    desk.look()
    assert desk.bad() == {"browser"}
    assert "電腦的日期或時間不對" in desk.says("browser")


def test_a_browser_that_opens_no_window_at_all(desk: Desk) -> None:
    """What `window.open` gives where the browser's own setting forbids windows."""
    desk.context.add_init_script("window.open = () => null;")
    desk.look()
    desk.certificates()
    assert desk.bad() == {"popup"}
    assert "擋住了讀卡的小視窗" in desk.says("popup")


def test_by_keyboard_alone_and_without_barriers_when_all_is_wrong(desk: Desk) -> None:
    if not AXE.exists():
        pytest.skip("axe is missing: make test brings it by package-lock.json")
    desk.reader("expired")
    desk.look()
    for _ in range(40):
        desk.page.keyboard.press("Tab")
        if desk.page.evaluate("document.activeElement.hasAttribute('data-card-certificates')"):
            break
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_selector("[data-card-test=certificate].tc-test-bad", timeout=15_000)
    found = barriers(desk.page, "/card-check/ expired")
    for trouble in ("component_missing", "person"):
        desk.reader(trouble)
        desk.look()
        found += barriers(desk.page, f"/card-check/ {trouble}")
    assert found == []


def test_without_javascript_the_page_says_so(product: Product, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900}, locale="zh-TW")
    page = context.new_page()
    page.goto(f"{product.web}/card-check/")
    assert "檢測要用到瀏覽器的 JavaScript" in page.inner_text("main noscript >> visible=true")
    context.close()


# The phone ----------------------------------------------------------------------------------------------------------


def test_a_phone_is_told_at_once_and_hands_over_to_a_computer(product: Product, browser: Browser, desk: Desk) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-TW")
    phone = Desk(product, context, context.new_page(), [])
    phone.join()
    assert "這一步要用接讀卡機的電腦" in phone.page.inner_text("main")
    assert not phone.page.is_visible("[data-card-go]")
    phone.page.fill("#link-email", "baker@phone.example")
    phone.page.click("text=寄連結到我的信箱")
    assert "連結已經寄出" in phone.page.inner_text("main")
    mail = product.mail("baker@phone.example", "到電腦上接著做")
    link = re.search(r"http://localhost:\d+/join/resume/\S+", mail["text"])
    assert link
    desk.page.goto(link.group())
    desk.page.click("text=從這裡接著做")
    desk.page.wait_for_url("**/join/card/")
    desk.sign()
    desk.page.wait_for_url("**/join/declarations/")
    context.close()


# Joining and signing in ---------------------------------------------------------------------------------------------


def test_the_pin_is_in_no_request_to_web(desk: Desk) -> None:
    """Not in an address, a body, a header or a cookie; it went to the reader alone."""
    desk.join()
    desk.sign()
    desk.page.wait_for_url("**/join/declarations/")
    sent = [
        f"{request.method} {request.url} {request.post_data or ''} {request.all_headers()}" for request in desk.ours()
    ]
    assert any("signature=" in text for text in sent)
    assert [text for text in sent if BAKERY.pin in text] == []
    to_reader = [request for request in desk.requests if request.url.endswith("/sign")]
    assert [BAKERY.pin in (request.post_data or "") for request in to_reader] == [True]
    kept = desk.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert BAKERY.pin not in kept


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("revoked", "已被廢止"), ("expired_unchecked", "到期，不能再用來簽章"), ("forged", "不是由經濟部工商憑證管理中心發行"),
    ],
)  # fmt: skip
def test_what_only_the_server_can_know_stands_on_top_with_what_to_do(desk: Desk, trouble: str, words: str) -> None:
    desk.join()
    desk.reader(trouble)
    desk.sign()
    assert words in desk.refusal()
    desk.reader()
    desk.sign()
    desk.page.wait_for_url("**/join/declarations/")


@pytest.mark.parametrize("how", ["down", "stale", "wrong_signature"])
def test_an_authority_that_fails_or_lies_is_no_fault_of_the_card(desk: Desk, how: str) -> None:
    desk.join()
    desk.authority(ocsp=how, crl=how)
    desk.sign()
    assert "憑證管理中心現在沒有回應" in desk.refusal()
    desk.authority(ocsp=how, crl="ok")
    desk.sign()
    desk.page.wait_for_url("**/join/declarations/")


def test_signing_in_by_card(desk: Desk) -> None:
    desk.reader(card=JOINED.ubn)
    desk.open("/member/points/")
    desk.page.click("text=用工商憑證登入")
    desk.sign("654321" if JOINED.pin != "654321" else "123456")
    desk.page.wait_for_selector("[data-card-error]:not([hidden])")
    assert "PIN 碼不對" in desk.page.inner_text("[data-card-error]")
    desk.sign(JOINED.pin)
    desk.page.wait_for_url(f"{desk.product.web}/member/points/")
    assert JOINED.name in desk.page.inner_text("header")
    assert [request for request in desk.ours() if JOINED.pin in (request.post_data or "") + request.url] == []


def test_signing_in_by_a_card_without_an_account(desk: Desk) -> None:
    desk.reader("secondary", JOINED.ubn)
    desk.open("/accounts/card/")
    desk.sign(JOINED.pin)
    assert "這是附卡" in desk.refusal()
