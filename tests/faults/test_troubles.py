"""What goes wrong on the way of an order, on the running product: nothing is lost or doubled."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import httpx
import pytest

from tests.browser.product import Product, running_product
from tests.journeys.script import Script, draft, gateway_says, leave, sign, state_of


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running_product(tmp_path_factory.mktemp("examination"), "examination") as running:
        yield running


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


def pid_of(product: Product, name: str) -> int:
    """As its file says."""
    return int((product.data / "run" / f"{name}.pid").read_text().split()[0])


def kill(product: Product, name: str) -> int:
    """As a power cut does it; returns who was killed."""
    pid = pid_of(product, name)
    os.kill(pid, signal.SIGKILL)
    return pid


def wait_for_web(product: Product, killed: int, seconds: float = 60) -> None:
    """Until a new one answers; the killed one's orphans may still do so for a moment."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if pid_of(product, "web") != killed and httpx.get(f"{product.web}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError("the web did not come back")


def test_what_goes_wrong_on_the_way_loses_and_doubles_nothing(product: Product) -> None:
    """Another company's card, two tabs at the gateway, late, doubled and forged callbacks; killed database, web and worker."""
    with ExitStack() as people:
        company, vendor, auditor = (people.enter_context(closing(Script(product))) for _ in range(3))
        company.sign_in("owner@twin-brooks.example")
        vendor.sign_in("owner@daolang.example")
        auditor.sign_in("auditor@office.example")
        number = draft(company, "24,000", 12_000)

        choose_card(product, "52831044")
        refused = company.use_card(f"/member/orders/{number}/sign/")
        assert refused.status_code >= 400
        assert "這張卡片是統一編號 52831044 的，這裡要用 24468011 的卡片" in refused.text
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
        kill(product, "postgres")
        kill(product, "worker")
        wait_for_web(product, kill(product, "web"))
        state_of(auditor, number, "confirmed", 100)
        time.sleep(3)  # the copies of the callbacks
        assert held_and_captured(auditor, number) == (0, [12_000])
        state_of(auditor, number, "confirmed", 1)
