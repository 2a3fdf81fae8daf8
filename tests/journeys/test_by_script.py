"""The examiner's door and the auditor's export carry an outsider from visitor to a finished order, without a browser."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import httpx
import pytest

from tests.browser.product import Product, running_product
from tests.journeys.script import Script, assess_by_script, draft, join_by_script, pay, sign, state_of

pytestmark = pytest.mark.slow
EMAIL = "jiaying@sunrise.example"
UBN = "12345675"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running_product(tmp_path_factory.mktemp("examination"), "examination") as running:
        yield running


def test_from_visitor_to_finished_by_script(product: Product) -> None:
    with ExitStack() as people:
        company, vendor, auditor = (people.enter_context(closing(Script(product))) for _ in range(3))
        walk(product, company, vendor, auditor)


def walk(product: Product, company: Script, vendor: Script, auditor: Script) -> None:
    vendor.sign_in("owner@daolang.example")
    auditor.sign_in("auditor@office.example")

    join_by_script(company, product, EMAIL)
    assess_by_script(company)
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
