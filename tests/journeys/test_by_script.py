"""The examiner's door and the auditor's export carry an outsider from visitor to a finished order, without a browser."""

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import httpx
import pytest

from tests.browser.product import Product, running_product
from tests.journeys.script import Script, hidden

pytestmark = pytest.mark.slow
EMAIL = "jiaying@sunrise.example"
UBN = "12345675"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running_product(tmp_path_factory.mktemp("examination"), "examination") as running:
        yield running


def join(company: Script, product: Product) -> None:
    company.post("/join/consent/", {"agree": "on"})
    assert company.use_card("/join/card/").url.path == "/join/declarations/"
    company.post("/join/declarations/", {"queries": "on", "eligibility": "on"})
    account = {"contact_name": "林佳穎", "email": EMAIL, "phone": "02-2555-0118", "password": "cloudy-bakery-88"}
    company.post("/join/account/", account)
    code = product.code_in(product.mail(EMAIL, "驗證碼"))
    assert company.post("/join/email/", {"code": code}).url.path == "/member/"


def assess(company: Script) -> None:
    forms = company.http.get("/examination/forms/").json()["forms"]
    fields = next(form["fields"] for form in forms if form["route"] == "member:assessment-part")
    answers = {field["name"]: field["choices"][1] for field in fields}
    number, page = 1, company.http.get("/member/assessment/1/")
    while page.url.path == f"/member/assessment/{number}/":
        page = company.post(page.url.path, answers)
        number += 1
    assert page.url.path == "/member/assessment/result/"


def draft(company: Script, price: str, points: int) -> str:
    """An order for a plan of the alley POS, its amounts confirmed and its contract made."""
    page = company.get("/solutions/alley-pos/")
    plan = re.search(rf'name="plan" value="(\d+)"[^>]*>(?:(?!name="plan").)*?{price}', page, re.S)
    assert plan
    key = hidden(page, "request_key")
    drafted = company.post("/solutions/alley-pos/", {"plan": plan.group(1), "request_key": key}, to="/member/orders/new/")
    number = re.search(r"CE\d{10}", drafted.url.path)
    assert number, drafted.url
    where = f"/member/orders/{number.group()}"
    company.post(f"{where}/check/", {"points": str(points)})
    return number.group()


def sign(company: Script, number: str) -> None:
    """Both clicks of the card."""
    where = f"/member/orders/{number}"
    assert company.use_card(f"{where}/sign/").url.path == f"{where}/sign/"
    assert company.use_card(f"{where}/sign/").url.path == f"{where}/sent/"


def leave(company: Script, product: Product, number: str) -> str:
    """Choose the card and arrive at the gateway; returns the trade's number."""
    page = company.post(f"/member/orders/{number}/pay/", {"method": "credit"}).text
    gateway = product.simulator("ECPAY")
    form = re.search(rf'<form\b[^>]*action="({gateway}[^"]+)"[^>]*>(.*?)</form>', page, re.S)
    assert form, page
    fields = {name: hidden(form.group(2), name) for name in re.findall(r'name="(\w+)"', form.group(2))}
    assert httpx.post(form.group(1), data=fields, follow_redirects=True).status_code == 200
    return fields["MerchantTradeNo"]


def gateway_says(product: Product, **what: object) -> dict[str, object]:
    """Tell the gateway's simulator what to do; the answer is its truth."""
    answer = httpx.post(f"{product.simulator('ECPAY')}/control", json=what)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def pay(company: Script, product: Product, number: str) -> None:
    """The payment page redirects to the gateway, where the payment ends without a browser."""
    gateway_says(product, pay={"MerchantTradeNo": leave(company, product, number), "method": "credit"})


def state_of(auditor: Script, number: str, wanted: str, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = next(row for row in auditor.export("orders") if row["number"] == number)
        if found["state"] == wanted:
            return
        time.sleep(0.5)
    raise AssertionError(f"{wanted} expected, the order is {found['state']}")


def test_from_visitor_to_finished_by_script(product: Product) -> None:
    with ExitStack() as people:
        company, vendor, auditor = (people.enter_context(closing(Script(product))) for _ in range(3))
        walk(product, company, vendor, auditor)


def walk(product: Product, company: Script, vendor: Script, auditor: Script) -> None:
    vendor.sign_in("owner@daolang.example")
    auditor.sign_in("auditor@office.example")

    join(company, product)
    assess(company)
    assert "30,000 點" in product.mail(EMAIL, "點數已入帳")["text"]
    number = draft(company, "60,000", 30_000)
    sign(company, number)
    state_of(auditor, number, "awaiting_vendor")
    desk = f"/vendor/orders/{number}/"
    vendor.post(desk, {}, to=f"{desk}accept/")
    state_of(auditor, number, "awaiting_payment")
    pay(company, product, number)
    state_of(auditor, number, "confirmed")
    vendor.post(desk, {"handover": "開通 3 個帳號"}, to=f"{desk}start/")
    state_of(auditor, number, "in_service")

    moved = company.http.post("/examination/clock/", json={"advance_seconds": 367 * 86_400})
    assert moved.status_code == 200
    state_of(auditor, number, "finished")
    check_the_export(auditor, number)


def check_the_export(auditor: Script, number: str) -> None:
    """What an outsider can recompute: accounts equal the journal, and the order's points ended with the vendor."""
    accounts = {row["code"]: row for row in auditor.export("accounts")}
    received: dict[str, int] = dict.fromkeys(accounts, 0)
    sent = dict(received)
    for entry in auditor.export("journal"):
        for transfer in entry["transfers"]:
            assert transfer["amount"] > 0
            received[transfer["destination"]] += transfer["amount"]
            sent[transfer["source"]] += transfer["amount"]
    assert received == {code: row["received"] for code, row in accounts.items()}
    assert sent == {code: row["sent"] for code, row in accounts.items()}
    wallet = next(row for code, row in accounts.items() if code.startswith("points/") and UBN in code)
    assert (wallet["received"], wallet["balance"]) == (30_000, 0)
    audit = auditor.export("audit")
    assert len({row["id"] for row in audit}) == len(audit) > 0
    assert any(row["subject"] == number for row in audit)
    assert any(row["subject"] == number and row["done_at"] for row in auditor.export("deadlines"))


def test_what_the_door_tells(product: Product) -> None:
    state = httpx.get(f"{product.web}/examination/state/").json()
    assert state["profile"] == "examination"
    assert set(state["pids"]) >= {"web", "worker", "events"}
    people = httpx.get(f"{product.web}/examination/people/").json()["people"]
    assert len(people) >= 15
    described = httpx.get(state["openapi"]).json()
    assert set(described["paths"]) == {f"/api/v1/{what}" for what in ("orders", "journal", "accounts", "audit", "deadlines")}
    assert all(httpx.get(address).status_code < 500 for name, address in state["addresses"].items() if address.startswith("http"))


@pytest.mark.parametrize(
    "body", [{}, {"advance_seconds": "soon"}, {"advance_seconds": -1}, {"at": "yesterday"}, {"at": "2020-01-01T00:00:00+08:00"}]
)
def test_the_clock_refuses_nonsense(product: Product, body: dict[str, object]) -> None:
    answer = httpx.post(f"{product.web}/examination/clock/", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]


def held_and_captured(auditor: Script, number: str) -> tuple[int, list[int]]:
    """What still lies on the order's account, and what left it towards a vendor."""
    hold = next(row for row in auditor.export("accounts") if number in row["code"])
    out = [
        transfer["amount"]
        for entry in auditor.export("journal")
        for transfer in entry["transfers"]
        if transfer["source"] == hold["code"] and "/vendor/" in transfer["destination"]
    ]
    return hold["balance"], out


def choose_card(product: Product, card: str) -> None:
    answer = httpx.post(f"{product.simulator('CARD_READER')}/control", json={"card": card})
    assert answer.status_code == 200, answer.text


def kill(product: Product, name: str) -> None:
    """As a power cut does it."""
    pid = httpx.get(f"{product.web}/examination/state/").json()["pids"][name].split()[0]
    os.kill(int(pid), signal.SIGKILL)


def wait_for_web(product: Product, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{product.web}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError("the web did not come back")


def test_what_goes_wrong_on_the_way_loses_and_doubles_nothing(product: Product) -> None:
    """Another company's card, two tabs at the gateway, late, doubled and forged callbacks, killed web and worker."""
    with ExitStack() as people:
        company, vendor, auditor = (people.enter_context(closing(Script(product))) for _ in range(3))
        company.sign_in("owner@twin-brooks.example")
        vendor.sign_in("owner@daolang.example")
        auditor.sign_in("auditor@office.example")
        number = draft(company, "24,000", 12_000)

        choose_card(product, "52831044")
        refused = company.use_card(f"/member/orders/{number}/sign/")
        assert refused.status_code >= 400
        assert "tc-note-bad" in refused.text
        state_of(auditor, number, "awaiting_signature", 1)
        choose_card(product, "24468011")
        sign(company, number)
        vendor.post(f"/vendor/orders/{number}/", {}, to=f"/vendor/orders/{number}/accept/")
        again = vendor.post("/vendor/orders/?state=all", {}, to=f"/vendor/orders/{number}/accept/")  # the second click
        assert again.status_code == 200
        state_of(auditor, number, "awaiting_payment")

        gateway_says(product, trouble={"late": 2, "duplicate": 2, "forged": True}, scope="always")
        trades = [leave(company, product, number) for _tab in range(2)]
        for trade in dict.fromkeys(trades):
            gateway_says(product, pay={"MerchantTradeNo": trade, "method": "credit"})
        kill(product, "worker")
        kill(product, "web")
        wait_for_web(product)
        state_of(auditor, number, "confirmed", 100)
        time.sleep(3)  # the copies of the callbacks
        assert held_and_captured(auditor, number) == (0, [12_000])
        state_of(auditor, number, "confirmed", 1)
