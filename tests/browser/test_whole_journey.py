"""A visitor becomes a company with points, buys, signs by card, pays at the gateway, is served, and finishes.

Everything is the running product: virtual reader's popup, certificate authority, gateway's pages, mailbox, worker,
event stream, clock. Nothing is reached from inside; balances and states are read from the pages.
"""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import KeyUsageConstraints, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from tests.browser.product import Product, running_product
from tests.browser.walk import FLAGS, chromium_path, second_factor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CHROMIUM = chromium_path()
PIN = "123456"
EMAIL = "jiaying@sunrise.example"
VENDOR = "owner@daolang.example"
OFFICE = "admin@office.example"
PAGES_AT_MOST = 14
CARD_CLICKS_AT_MOST = 4


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running_product(tmp_path_factory.mktemp("product")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is missing: apt-get install chromium, or CHROMIUM=/path")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


class Person:
    """Somebody at a desk-top browser; counts pages and card clicks, and notes console errors and sent bodies."""

    def __init__(self, browser: Browser, product: Product) -> None:
        self.product = product
        self.context: BrowserContext = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-TW")
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.pages: list[str] = []
        self.errors: list[str] = []
        self.bodies: list[str] = []
        self.card_clicks = 0
        self.page.on("load", self._loaded)
        self.page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)
        self.page.on("request", self._sent)

    def _loaded(self, page: Page) -> None:
        address = page.url.split("?")[0]
        if not self.pages or self.pages[-1] != address:
            self.pages.append(address)

    def _sent(self, request: Request) -> None:
        if request.url.startswith(self.product.web):
            self.bodies.append(f"{request.url} {request.post_data or ''}")

    def open(self, path: str) -> None:
        self.page.goto(self.product.web + path)

    def sign_in(self, email: str) -> None:
        """With the second factor of this moment, from the demonstration's page."""
        self.open("/accounts/login/")
        self.page.fill("input[name=login]", email)
        self.page.fill("input[name=password]", "demo-only-2026")
        self.page.click("main form button.tc-btn")
        self.page.fill("input[name=code]", second_factor(self.product, email))
        self.page.click("main form button.tc-btn")

    def use_card(self) -> None:
        """PIN and click; the popup of the reader comes and goes by itself."""
        self.page.wait_for_selector("[data-card-go]:not([disabled])")
        self.page.fill("[data-card-pin]", PIN)
        self.page.click("[data-card-go]")
        self.card_clicks += 1

    def points(self) -> int:
        """The balance the points page shows."""
        self.open("/member/points/")
        return int(re.sub(r"\D", "", self.page.inner_text(".tc-wallet .tc-huge")))

    def moves(self) -> list[tuple[str, str]]:
        """Movements of the points page, newest first: what and how much."""
        rows = self.page.query_selector_all(".tc-ledger tbody tr")
        return [
            (row.query_selector("th").inner_text().split("\n")[0], row.query_selector(".tc-amt").inner_text())  # type: ignore[union-attr]
            for row in rows
        ]


def join(person: Person, product: Product) -> None:
    person.open("/")
    person.pages.clear()
    person.page.click(".tc-hero a.tc-btn")
    person.page.click(".tc-task a.tc-btn")
    person.page.check("input[name=agree]")
    person.page.click("text=同意並繼續")
    person.use_card()
    person.page.wait_for_url("**/join/declarations/")
    assert "晨光烘焙有限公司（統一編號 12345675）" in person.page.inner_text("main")
    person.page.check("input[name=queries]")
    person.page.check("input[name=eligibility]")
    person.page.click("text=授權並繼續")
    for name, value in (
        ("contact_name", "林佳穎"), ("email", EMAIL), ("phone", "02-2555-0118"), ("password", "cloudy-bakery-88"),
    ):  # fmt: skip
        person.page.fill(f"input[name={name}]", value)
    person.page.click("text=存好，寄驗證碼")
    code = product.code_in(product.mail(EMAIL, "驗證碼"))
    person.page.fill("input[name=code]", code)
    person.page.click("text=啟用帳號")
    person.page.wait_for_url("**/member/")


def assess(person: Person) -> None:
    """Answer every question with its second choice, page after page."""
    person.page.click(".tc-task a.tc-btn")
    while not person.page.url.endswith("/result/"):
        groups = person.page.query_selector_all("main fieldset.tc-choice")
        for group in groups:
            group.query_selector_all("input[type=radio]")[1].check()
        person.page.click("main :is(form button.tc-btn, a.tc-btn) >> nth=0")
        person.page.wait_for_load_state()


def wait_for_points(person: Person, product: Product) -> None:
    mail = product.mail(EMAIL, "點數已入帳")
    assert "30,000 點" in mail["text"]


def order_for_60_000(person: Person) -> str:
    person.open("/solutions/alley-pos/")
    person.page.click("label.tc-plan:has-text('60,000')")
    person.page.click("text=選這個方案")
    facts = person.page.inner_text("main .tc-sum")
    number = re.search(r"CE\d{10}", facts)
    assert number
    assert "30,000 點＋30,000 元自付款" in facts
    person.page.click("aside button:has-text('看契約並簽署')")
    person.use_card()
    person.page.wait_for_selector("text=第 1 次插卡完成")
    person.use_card()
    person.page.wait_for_url("**/sent/")
    return number.group()


def pay_at_the_gateway(person: Person, number: str) -> None:
    person.open(f"/member/orders/{number}/")
    person.page.click("main a.tc-btn:has-text('去付款')")
    person.page.check("input[value=credit]")
    person.page.click("text=下一步，前往金流頁面")
    person.page.click("main button.tc-btn")
    person.page.click("text=用信用卡付款")
    person.page.fill("input[name=otp]", "1234")
    person.page.click("text=確認付款")
    person.page.wait_for_load_state()
    if "/member/" not in person.page.url:
        person.page.click("button, a.button, input[type=submit]")
    person.page.wait_for_url(f"**/member/orders/{number}/**")


def titles(person: Person, number: str) -> list[str]:
    person.open(f"/member/orders/{number}/")
    return [item.inner_text() for item in person.page.query_selector_all("main section .tc-event:not(.tc-event-next) b")]


def wait_for_headline(person: Person, number: str, text: str, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        person.open(f"/member/orders/{number}/")
        if text in person.page.inner_text("h1"):
            return
        time.sleep(0.5)
    raise AssertionError(f"{text} expected, the page says {person.page.inner_text('h1')}")


@pytest.fixture(scope="module")
def said_by_poppler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the journey leaves poppler's word on its contract for the next test."""
    return tmp_path_factory.mktemp("contract") / "pdfsig.txt"


def test_from_visitor_to_finished(browser: Browser, product: Product, said_by_poppler: Path) -> None:
    company, vendor, office = (Person(browser, product) for _ in range(3))

    join(company, product)
    assess(company)
    wait_for_points(company, product)
    number = order_for_60_000(company)
    walked = [page for page in company.pages if page.startswith(product.web) and not page.endswith("/sent/")]
    assert company.card_clicks == 3 <= CARD_CLICKS_AT_MOST
    assert len(walked) <= PAGES_AT_MOST, walked
    assert not [body for body in company.bodies if PIN in body], "the PIN must reach nobody but the component"
    assert company.points() == 0
    assert company.moves() == [("訂單送出，保留點數", "−30,000"), ("核發點數", "+30,000")]

    company.open(f"/member/orders/{number}/")
    vendor.sign_in(VENDOR)
    vendor.open(f"/vendor/orders/{number}/")
    vendor.page.click("button:has-text('接單')")
    company.page.wait_for_selector("main a.tc-btn:has-text('去付款')")  # the open page heard of it by itself
    assert "請付自付款" in product.mail(EMAIL, "已接單")["text"]

    pay_at_the_gateway(company, number)
    wait_for_headline(company, number, "訂單確認")
    assert "30,000 點已扣抵" in product.mail(EMAIL, "付款完成")["text"]

    vendor.open(f"/vendor/orders/{number}/")
    vendor.page.click("text=登記已聯繫")
    vendor.page.wait_for_selector("text=已登記首次聯繫")
    vendor.page.fill("textarea[name=handover]", "開通 3 個帳號，教學 1 小時")
    vendor.page.click("button:has-text('登記服務開始')")
    vendor.page.wait_for_selector("text=期程從今天起算")
    vendor.page.fill("input[name=invoice_number]", "AB12345678")
    vendor.page.click("button:has-text('登錄發票')")
    vendor.page.wait_for_selector("text=發票已登錄")
    wait_for_headline(company, number, "服務中")
    assert titles(company, number) == [
        "確認金額，契約產生", "簽署送出，保留 30,000 點", "廠商接單", "自付款已收到，30,000 點扣抵", "廠商已聯繫",
        "服務開始", "廠商開發票 AB12345678", "您驗收",
    ]  # fmt: skip
    check_contract(company, product, number, said_by_poppler)

    office.sign_in(OFFICE)
    office.open("/demo/clock/")
    office.page.fill("input[name=days]", "367")
    office.page.click("button:has-text('時間往前')")
    office.page.wait_for_selector(".tc-note-ok")
    wait_for_headline(company, number, "完成")
    assert titles(company, number)[-2:] == ["驗收完成", "服務期滿，訂單完成"]  # each on its own day, the later one last
    assert company.errors == []
    check_the_books(product)


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="pdfsig is missing: apt-get install poppler-utils")
def test_poppler_calls_the_contract_valid(said_by_poppler: Path) -> None:
    """Asked on the journey before, at the contract's own time: poppler shares no code with what signed it."""
    assert said_by_poppler.exists(), "the journey has to come this far first"
    said = said_by_poppler.read_text()
    assert "Signature is Valid." in said, said
    assert "Certificate is Trusted." in said, said


def check_contract(person: Person, product: Product, number: str, said_by_poppler: Path) -> None:
    """pyHanko calls the contract's signature and certificate valid; poppler, where it is there, is asked as well."""
    answer = person.context.request.get(f"{product.web}/member/orders/{number}/contract.pdf")
    contract = said_by_poppler.with_name("contract.pdf")
    contract.write_bytes(answer.body())
    with ThreadPoolExecutor(1) as elsewhere:  # the browser's own event loop runs in this thread
        assert elsewhere.submit(trusted_by_pyhanko, contract, product.data / "ca").result()
    if shutil.which("pdfsig"):
        said_by_poppler.write_text(poppler_on(contract, product.data / "ca" / "root.crt"))


def poppler_on(contract: Path, root: Path) -> str:
    """What pdfsig says of a contract when it trusts a root; it asks the authority's OCSP service itself."""
    database, der = contract.with_name("nss"), contract.with_name("root.der")
    database.mkdir()
    der.write_bytes(load_cert_from_pemder(str(root)).dump())
    subprocess.run([sys.executable, "-m", "tests.nss", str(database), str(der)], check=True)
    return subprocess.run(["pdfsig", "-nssdir", str(database), str(contract)], capture_output=True, text=True, check=False).stdout


def trusted_by_pyhanko(contract: Path, authority: Path) -> bool:
    """Whether pyHanko calls the contract's first signature intact, valid and trusted."""
    with contract.open("rb") as file:
        context = ValidationContext(
            trust_roots=[load_cert_from_pemder(str(authority / "root.crt"))],
            other_certs=[load_cert_from_pemder(str(path)) for path in authority.glob("moeaca*.crt")],
            allow_fetching=True,
            # The authority dates its list when it is asked, which a busy machine may do seconds after this line.
            time_tolerance=timedelta(minutes=1),
        )
        usage = KeyUsageConstraints(key_usage={"digital_signature"})
        signature = PdfFileReader(file).embedded_signatures[0]
        return bool(validate_pdf_signature(signature, context, key_usage_settings=usage).bottom_line)


def check_the_books(product: Product) -> None:
    """The journal and the log of the running product recompute."""
    from tcloud.cli.postgres import locate
    from tests.browser.product import environment

    variables = environment(product.data, product.ports) | {"DATABASE_URL": locate(product.data).url}
    for room in ("ledger", "audit"):
        command = [sys.executable, "-m", "tcloud.cli.main", room, "verify"]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
