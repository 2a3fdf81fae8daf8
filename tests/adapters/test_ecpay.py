"""The ECPay adapter against the simulator, over real HTTP.

TCLOUD_TEST_ECPAY_STAGE=1 runs the `stage` tests against the gateway's own public test environment as well.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest

from simulators.clock import now
from simulators.ecpay.config import TEST_MERCHANT
from tcloud.adapters.ecpay.check_mac import signed
from tcloud.adapters.ecpay.client import EcpayClient
from tcloud.adapters.ecpay.gateway import EcpayGateway
from tcloud.core.ids import random_code
from tcloud.core.money import Twd
from tcloud.payments.gateway import CheckoutRequest, GatewayAnswer, Merchant, NotGenuine, Unknown
from tcloud.payments.rules import Outcome, new_trade_no
from tcloud.payments.states import Method
from tests.adapters.ecpay_server import Payer, Shop, shop, simulator, wait_for

MERCHANT = Merchant(
    TEST_MERCHANT.merchant_id, {"hash_key": TEST_MERCHANT.hash_key, "hash_iv": TEST_MERCHANT.hash_iv}
)
KEYS = (TEST_MERCHANT.hash_key, TEST_MERCHANT.hash_iv)
STAGE = "https://payment-stage.ecpay.com.tw"
stage = pytest.mark.skipif(
    "TCLOUD_TEST_ECPAY_STAGE" not in os.environ, reason="asks the real test environment"
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with simulator(tmp_path_factory.mktemp("ecpay")) as address:
        yield address


@pytest.fixture
def base(running: str) -> str:
    """The simulator without any trouble set."""
    control(running, reset=True)
    return running


@pytest.fixture
def vendor() -> Iterator[Shop]:
    with shop() as notes:
        yield notes


@pytest.fixture
def payer(base: str) -> Iterator[Payer]:
    browser = Payer(base)
    yield browser
    browser.close()


def request_for(notes: Shop, **changes: object) -> CheckoutRequest:
    at = now()
    standard = CheckoutRequest(
        trade_no=new_trade_no(at, random_code), order_number="AA1236871914", amount_twd=Twd(30_000),
        method=Method.CREDIT, item_name="雲端進銷存 標準版／12 個月", notify_url=notes.url,
        return_url="http://localhost:9/webhooks/ecpay/return", back_url="http://localhost:9/member/orders/",
        english=False, now=at,
    )  # fmt: skip
    return replace(standard, **changes)  # type: ignore[arg-type]


def gateway_at(address: str) -> EcpayGateway:
    return EcpayGateway(EcpayClient(address))


def control(address: str, **wish: object) -> dict[str, list[dict[str, object]]]:
    reply = httpx.post(f"{address}/control", json=wish, trust_env=False)
    assert reply.status_code == 200, reply.text
    return reply.json()


def begin(payer: Payer, request: CheckoutRequest) -> str:
    form = gateway_at(payer.base).checkout(MERCHANT, request)
    return payer.open(form.action, dict(form.fields))


def ask(address: str, trade_no: str, at: datetime | None = None) -> GatewayAnswer | Unknown:
    return gateway_at(address).query(MERCHANT, trade_no, now=at or now())


def told(address: str, notes: Shop, number: int = 0) -> GatewayAnswer:
    wait_for(lambda: len(notes.received) > number)
    return gateway_at(address).parse_notification(MERCHANT, notes.received[number])


def test_paying_by_card(base: str, vendor: Shop, payer: Payer) -> None:
    request = request_for(vendor)
    page = begin(payer, request)
    assert "雲端進銷存 標準版／12 個月" in page
    assert "NT$ 30,000" in page
    assert "網路 ATM" not in page
    assert payer.pay_by_card().count("付款完成") == 2
    answer = told(base, vendor)
    assert (answer.outcome, answer.amount_twd, answer.simulated) == (Outcome.PAID, 30_000, False)
    assert answer.trade_no == request.trade_no
    assert answer.payment_type == "Credit_CreditCard"
    assert answer.payload["CustomField1"] == "AA1236871914"
    assert answer.payload["CheckMacValue"] == vendor.received[0]["CheckMacValue"]
    assert answer.paid_at is not None
    assert abs(answer.paid_at - now()) < timedelta(minutes=1)
    asked = ask(base, request.trade_no)
    assert isinstance(asked, GatewayAnswer)
    assert (asked.outcome, asked.gateway_trade_no) == (Outcome.PAID, answer.gateway_trade_no)
    assert (asked.amount_twd, asked.paid_at) == (30_000, answer.paid_at)


CARD_FIELDS = ("card6no", "card4no", "auth_code", "gwsr", "WebATMAccNo", "WebATMAccBank", "ATMAccNo")


def test_a_gateway_is_not_asked_for_card_numbers(vendor: Shop) -> None:
    form = gateway_at("http://127.0.0.1:9").checkout(MERCHANT, request_for(vendor))
    assert form.fields["NeedExtraPaidInfo"] == "N"


def test_nothing_of_a_card_is_kept_even_if_the_gateway_says_it() -> None:
    fields = {
        "MerchantID": MERCHANT.merchant_id, "MerchantTradeNo": "TC26112600000000ABCD", "RtnCode": "1", "TradeNo": "2611",
        "TradeAmt": "30000", "PaymentDate": "2026/11/26 10:00:00", "PaymentType": "Credit_CreditCard", "SimulatePaid": "0",
    } | dict.fromkeys(CARD_FIELDS, "222222")  # fmt: skip
    genuine = signed(fields, MERCHANT.secrets["hash_key"], MERCHANT.secrets["hash_iv"])
    answer = gateway_at("http://127.0.0.1:9").parse_notification(MERCHANT, genuine)
    assert answer.outcome is Outcome.PAID
    assert not set(CARD_FIELDS) & set(answer.payload)
    assert "222222" not in answer.payload.values()
    assert {"MerchantTradeNo", "TradeNo", "TradeAmt", "PaymentDate", "CheckMacValue"} <= set(answer.payload)


def test_the_browser_brings_the_same_fields_back(base: str, vendor: Shop, payer: Payer) -> None:
    begin(payer, request_for(vendor))
    page = payer.pay_by_card()
    assert 'action="http://localhost:9/webhooks/ecpay/return"' in page
    brought = {n: unescape(v) for n, v in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)}
    answer = gateway_at(base).parse_notification(MERCHANT, brought)
    assert answer == told(base, vendor)


def test_paying_by_web_atm(base: str, vendor: Shop, payer: Payer) -> None:
    page = begin(payer, request_for(vendor, method=Method.WEB_ATM))
    assert "信用卡" not in page
    assert "玉山銀行網路 ATM" in payer.send("bank", bank="ESUN")
    assert "付款完成" in payer.send("transfer", answer="confirm")
    answer = told(base, vendor)
    assert (answer.outcome, answer.payment_type) == (Outcome.PAID, "WebATM_ESUN")
    assert "WebATMAccNo" not in answer.payload


@pytest.mark.parametrize(("answer", "code"), [("short", "10200058"), ("cancel", "")])
def test_a_web_atm_transfer_that_does_not_happen(
    base: str, vendor: Shop, payer: Payer, answer: str, code: str
) -> None:
    request = request_for(vendor, method=Method.WEB_ATM)
    begin(payer, request)
    payer.send("bank", bank="ESUN")
    page = payer.send("transfer", answer=answer)
    if code:
        assert told(base, vendor).outcome is Outcome.FAILED
        assert vendor.received[0]["RtnCode"] == code
    else:
        assert "到銀行網頁轉帳" in page
        asked = ask(base, request.trade_no)
        assert isinstance(asked, GatewayAnswer)
        assert asked.outcome is Outcome.UNPAID


@pytest.mark.parametrize(
    ("card", "otps", "code"),
    [("4000000000000002", [], "10200058"), ("4311951111111111", ["9", "9", "9"], "10200043")],
)
def test_a_card_that_is_refused(
    base: str, vendor: Shop, payer: Payer, card: str, otps: list[str], code: str
) -> None:
    request = request_for(vendor)
    begin(payer, request)
    payer.send("card", card=card, expiry="12/39", cvv="222")
    for otp in otps:
        payer.send("otp", otp=otp, answer="confirm")
    assert "付款沒有成功" in payer.page
    answer = told(base, vendor)
    assert (answer.outcome, vendor.received[0]["RtnCode"]) == (Outcome.FAILED, code)
    asked = ask(base, request.trade_no)
    assert isinstance(asked, GatewayAnswer)
    assert asked.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "wrong", [{"card": "12"}, {"card": "x" * 16}, {"expiry": "01/20"}, {"expiry": "13/39"}, {"cvv": "1"}]
)
def test_a_mistyped_card_is_asked_again(vendor: Shop, payer: Payer, wrong: dict[str, str]) -> None:
    begin(payer, request_for(vendor))
    page = payer.send("card", **({"card": "4311952222222222", "expiry": "12/39", "cvv": "222"} | wrong))
    assert 'role="alert"' in page
    assert payer.pay_by_card().count("付款完成") == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"TotalAmount": "1"}, "10200073"),
        ({"CheckMacValue": ""}, "10200052"),
        ({"MerchantID": "9999999"}, "10200001"),
    ],
)
def test_a_form_that_is_not_ours_is_refused(
    base: str, vendor: Shop, payer: Payer, change: dict[str, str], code: str
) -> None:
    form = gateway_at(base).checkout(MERCHANT, request_for(vendor))
    assert f'data-code="{code}"' in payer.open(form.action, dict(form.fields) | change)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"MerchantTradeNo": "TC-1"}, "10200051"),
        ({"MerchantTradeNo": "T" * 21}, "10200053"),
        ({"TotalAmount": "0"}, "10200051"),
        ({"TotalAmount": "10.5"}, "10200051"),
        ({"MerchantTradeDate": "2026-01-01"}, "10200054"),
        ({"ItemName": "Python 課程"}, "10400011"),
        ({"TradeDesc": "<b>"}, "10200051"),
        ({"ReturnURL": "ftp://x"}, "10200051"),
        ({"ChoosePayment": "Gold"}, "10200051"),
        ({"ReturnURL": ""}, "10200052"),
    ],
)
def test_the_simulator_minds_the_sheets_rules(
    base: str, vendor: Shop, payer: Payer, change: dict[str, str], code: str
) -> None:
    form = gateway_at(base).checkout(MERCHANT, request_for(vendor))
    assert f'data-code="{code}"' in payer.open(form.action, signed(dict(form.fields) | change, *KEYS))


def test_a_trade_number_is_used_up_for_ever(tmp_path: Path, vendor: Shop) -> None:
    request = request_for(vendor)
    for attempt in range(2):
        with simulator(tmp_path) as address:
            payer = Payer(address)
            page = begin(payer, request)
            assert ('data-code="10200047"' in page) is (attempt == 1)
            payer.close()


def test_names_of_software_pass_the_firewall(base: str, vendor: Shop, payer: Payer) -> None:
    assert "Ｐｙｔｈｏｎ" in begin(payer, request_for(vendor, item_name="Python <curl> & cmd"))


def test_an_english_payer_gets_an_english_page(base: str, vendor: Shop) -> None:
    form = gateway_at(base).checkout(MERCHANT, request_for(vendor, english=True))
    assert form.fields["Language"] == "ENG"
    assert "Language" not in gateway_at(base).checkout(MERCHANT, request_for(vendor)).fields
    assert form.origin == base


def test_a_time_that_cannot_be_read_does_not_hide_the_money(base: str) -> None:
    fields = {"MerchantID": "3002607", "RtnCode": "1", "TradeAmt": "30000", "PaymentDate": "yesterday"}
    answer = gateway_at(base).parse_notification(MERCHANT, signed(fields, *KEYS))
    assert (answer.outcome, answer.paid_at) == (Outcome.PAID, None)


def test_a_callback_comes_again_until_it_is_answered(base: str, vendor: Shop, payer: Payer) -> None:
    vendor.answers = ["0|later", "<html>", "1|OK\n"]
    begin(payer, request_for(vendor))
    payer.pay_by_card()
    wait_for(lambda: len(vendor.received) == 4)
    assert all(received == vendor.received[0] for received in vendor.received)
    wait_for(lambda: control(base)["trades"][0]["callbacks"][0]["done"])  # type: ignore[index]
    assert len(vendor.received) == 4


def test_a_restart_loses_nothing(tmp_path: Path, vendor: Shop) -> None:
    request = request_for(vendor)
    vendor.answers = ["down"]
    with simulator(tmp_path, resend_after=(1.0,)) as address:
        payer = Payer(address)
        begin(payer, request)
        payer.pay_by_card()
        wait_for(lambda: vendor.received)
        payer.close()
    with simulator(tmp_path, resend_after=(1.0,)) as address:
        wait_for(lambda: len(vendor.received) == 2)
        asked = ask(address, request.trade_no)
        assert isinstance(asked, GatewayAnswer)
        assert asked.outcome is Outcome.PAID


def test_duplicate_callbacks(base: str, vendor: Shop, payer: Payer) -> None:
    control(base, trouble={"duplicate": 2})
    begin(payer, request_for(vendor))
    payer.pay_by_card()
    wait_for(lambda: len(vendor.received) == 3)
    assert told(base, vendor, 0) == told(base, vendor, 1) == told(base, vendor, 2)


def test_a_lost_callback_leaves_the_query(base: str, vendor: Shop, payer: Payer) -> None:
    control(base, trouble={"lost": True, "no_return": True})
    request = request_for(vendor)
    begin(payer, request)
    assert "<form" not in payer.pay_by_card()
    asked = ask(base, request.trade_no)
    assert isinstance(asked, GatewayAnswer)
    assert asked.outcome is Outcome.PAID
    assert vendor.received == []
    control(base, resend=request.trade_no)
    assert told(base, vendor).gateway_trade_no == asked.gateway_trade_no


def test_a_late_callback(base: str, vendor: Shop, payer: Payer) -> None:
    control(base, trouble={"late": 3600})
    begin(payer, request_for(vendor))
    payer.pay_by_card()
    assert control(base)["trades"][0]["callbacks"] == [
        {"url": vendor.url, "tries": 0, "done": False, "reply": ""}
    ]


def test_a_wrong_amount(base: str, vendor: Shop, payer: Payer) -> None:
    control(base, trouble={"wrong_amount": -1})
    request = request_for(vendor)
    begin(payer, request)
    payer.pay_by_card()
    assert told(base, vendor).amount_twd == 29_999
    asked = ask(base, request.trade_no)
    assert isinstance(asked, GatewayAnswer)
    assert asked.amount_twd == 29_999


def test_a_pretended_payment(base: str, vendor: Shop, payer: Payer) -> None:
    control(base, trouble={"simulated": True})
    request = request_for(vendor)
    begin(payer, request)
    payer.pay_by_card()
    answer = told(base, vendor)
    assert (answer.outcome, answer.simulated) == (Outcome.PAID, True)
    asked = ask(base, request.trade_no)
    assert isinstance(asked, GatewayAnswer)
    assert asked.outcome is Outcome.UNPAID


def test_a_forged_callback_proves_nothing(base: str, vendor: Shop, payer: Payer) -> None:
    control(base, trouble={"forged": True, "lost": True})
    begin(payer, request_for(vendor))
    payer.pay_by_card()
    with pytest.raises(NotGenuine):
        told(base, vendor)


def test_another_shops_genuine_message_is_not_ours(base: str) -> None:
    body = signed({"MerchantID": "3002608", "RtnCode": "1", "TradeAmt": "30000"}, *KEYS)
    with pytest.raises(NotGenuine):
        gateway_at(base).parse_notification(MERCHANT, body)


@pytest.mark.parametrize("code", ["2", "10100073", "10300066"])
def test_codes_that_are_no_final_word(base: str, code: str) -> None:
    body = signed({"MerchantID": "3002607", "RtnCode": code, "TradeAmt": "30000"}, *KEYS)
    assert gateway_at(base).parse_notification(MERCHANT, body).outcome is Outcome.UNPAID


@pytest.mark.parametrize("code", ["", "0", "01", "1 ", "10200058"])
def test_only_the_text_1_is_success(base: str, code: str) -> None:
    body = signed({"MerchantID": "3002607", "RtnCode": code, "TradeAmt": "30000"}, *KEYS)
    assert gateway_at(base).parse_notification(MERCHANT, body).outcome is Outcome.FAILED


@pytest.mark.parametrize("amount", ["30000.0", "-30000", "３００００", "1e4", ""])
def test_an_amount_that_is_no_whole_number_proves_nothing(base: str, amount: str) -> None:
    body = signed({"MerchantID": "3002607", "RtnCode": "1", "TradeAmt": amount}, *KEYS)
    with pytest.raises(NotGenuine):
        gateway_at(base).parse_notification(MERCHANT, body)


def test_a_slow_or_refused_payment_and_trouble_that_stays(base: str, vendor: Shop, payer: Payer) -> None:
    control(base, trouble={"slow": 1, "refuse": True}, scope="always")
    for number in range(2):
        begin(payer, request_for(vendor))
        payer.pay_by_card()
        assert told(base, vendor, number).outcome is Outcome.FAILED
    control(base, reset=True)
    begin(payer, request_for(vendor))
    payer.pay_by_card()
    assert told(base, vendor, 2).outcome is Outcome.PAID


def test_a_question_about_an_unknown_trade_is_answered_unpaid(base: str) -> None:
    asked = ask(base, "TC260101AAAAAAAAAAAA")
    assert isinstance(asked, GatewayAnswer)
    assert asked.outcome is Outcome.UNPAID


def test_a_question_older_than_three_minutes_gets_no_answer(base: str, vendor: Shop, payer: Payer) -> None:
    request = request_for(vendor)
    begin(payer, request)
    assert isinstance(ask(base, request.trade_no, now() - timedelta(seconds=181)), Unknown)
    assert isinstance(ask(base, request.trade_no, now() - timedelta(seconds=170)), GatewayAnswer)


def test_a_gateway_under_maintenance_or_down_is_unknown(base: str) -> None:
    control(base, maintenance=True)
    assert isinstance(ask(base, "TC260101AAAAAAAAAAAA"), Unknown)
    assert httpx.get(f"{base}/checkout/x", trust_env=False).status_code == 503
    assert httpx.get(f"{base}/", trust_env=False).status_code == 200
    assert isinstance(ask("http://127.0.0.1:9", "TC260101AAAAAAAAAAAA"), Unknown)


def test_a_gateway_that_is_asked_too_fast_is_left_alone_for_half_an_hour() -> None:
    client = EcpayClient("http://127.0.0.1", httpx.MockTransport(lambda _: httpx.Response(403)))
    answer = EcpayGateway(client).query(MERCHANT, "TC260101AAAAAAAAAAAA", now=now())
    assert answer == Unknown("asked too fast", timedelta(minutes=30))


@pytest.mark.parametrize(
    "fields",
    [
        {"MerchantTradeNo": "TC260101BBBBBBBBBBBB", "TradeStatus": "1", "TradeAmt": "30000"},
        {"MerchantTradeNo": "TC260101AAAAAAAAAAAA", "TradeStatus": "77", "TradeAmt": "30000"},
        {"MerchantTradeNo": "TC260101AAAAAAAAAAAA", "TradeStatus": "1", "TradeAmt": "x"},
    ],
)
def test_a_reply_about_something_else_is_unknown(fields: dict[str, str]) -> None:
    body = "&".join(f"{k}={v}" for k, v in signed({"MerchantID": "3002607", **fields}, *KEYS).items())
    client = EcpayClient("http://127.0.0.1", httpx.MockTransport(lambda _: httpx.Response(200, text=body)))
    assert isinstance(EcpayGateway(client).query(MERCHANT, "TC260101AAAAAAAAAAAA", now=now()), Unknown)


def test_a_reply_in_bare_text_is_read_too() -> None:
    fields = {
        "MerchantID": "3002607", "MerchantTradeNo": "TC260101AAAAAAAAAAAA", "TradeStatus": "1", "TradeAmt": "30000",
        "ItemName": "A+B 100%", "PaymentDate": "2026/01/01 00:30:00", "TradeNo": "26010100300012345678",
    }  # fmt: skip
    body = "&".join(f"{k}={v}" for k, v in signed(fields, *KEYS).items())
    client = EcpayClient("http://127.0.0.1", httpx.MockTransport(lambda _: httpx.Response(200, text=body)))
    answer = EcpayGateway(client).query(MERCHANT, "TC260101AAAAAAAAAAAA", now=now())
    assert isinstance(answer, GatewayAnswer)
    assert answer.paid_at == datetime.fromisoformat("2026-01-01T00:30:00+08:00")


def machine_call(base: str, path: str, **fields: str) -> httpx.Response:
    body = signed({"MerchantID": "3002607", **fields}, *KEYS)
    return httpx.post(base + path, data=body, trust_env=False)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The demonstration's clock file."""
    monkeypatch.setenv("TCLOUD_DATA", str(tmp_path))
    return tmp_path / "clock"


def test_refunds_by_state(clock: Path, base: str, vendor: Shop, payer: Payer) -> None:
    request = request_for(vendor)
    form = gateway_at(base).checkout(MERCHANT, request)
    # Another shop may ask for the details that we leave alone; one of them names the authorisation.
    fields = {name: value for name, value in dict(form.fields).items() if name != "CheckMacValue"} | {"NeedExtraPaidInfo": "Y"}
    payer.open(form.action, signed(fields, *KEYS))
    payer.pay_by_card()
    paid = told(base, vendor)
    authorisation = vendor.received[0]["gwsr"]

    def act(action: str, amount: int) -> str:
        reply = machine_call(
            base, "/CreditDetail/DoAction", MerchantTradeNo=request.trade_no, TradeNo=paid.gateway_trade_no,
            Action=action, TotalAmount=str(amount),
        )  # fmt: skip
        assert reply.headers["content-type"].startswith("text/html")
        return dict(pair.split("=") for pair in reply.text.split("&"))["RtnCode"]

    def state() -> dict[str, object]:
        reply = machine_call(
            base, "/CreditDetail/QueryTrade/V2", CreditRefundId=authorisation, CreditAmount="30000"
        )
        return reply.json()["RtnValue"]

    # Authorised or already collected by tonight's run, depending on the hour this test runs at: force it.
    if state()["status"] == "要關帳":
        assert act("E", 30_000) == "1"
    assert state()["status"] == "已授權"
    assert act("R", 10_000) != "1"
    assert act("C", 30_000) == "1"
    assert state()["status"] == "要關帳"
    assert act("N", 30_000) != "1"
    assert act("E", 30_000) == "1"
    assert act("N", 29_999) != "1"
    assert act("N", 30_000) == "1"
    assert state()["status"] == "已取消"
    assert act("C", 30_000) != "1"


def test_refunds_after_the_capture(clock: Path, base: str, vendor: Shop, payer: Payer) -> None:
    request = request_for(vendor)
    begin(payer, request)
    payer.pay_by_card()
    paid = told(base, vendor)
    clock.write_text(str(3 * 86_400))
    replies = [
        machine_call(
            base, "/CreditDetail/DoAction", MerchantTradeNo=request.trade_no, TradeNo=paid.gateway_trade_no,
            Action="R", TotalAmount=str(amount),
        ).text
        for amount in (17_500, 12_501, 12_500, 1)
    ]  # fmt: skip
    assert ["RtnCode=1&" in reply for reply in replies] == [True, False, True, False]
    report = machine_call(
        base, "/PaymentMedia/TradeNoAio", DateType="2", BeginDate="2000-01-01", EndDate="2999-01-01",
        MediaFormated="0", CharSet="2",
    )  # fmt: skip
    lines = report.content.decode("utf-8-sig").splitlines()
    (row,) = (line for line in lines if request.trade_no in line)
    assert f"{request.trade_no},{paid.gateway_trade_no},Credit_CreditCard,30000,已付款" in row
    assert row.endswith(",30000")


def test_web_atm_has_no_refund_call(base: str, vendor: Shop, payer: Payer) -> None:
    request = request_for(vendor, method=Method.WEB_ATM)
    begin(payer, request)
    control(base, pay={"MerchantTradeNo": request.trade_no, "method": "webatm"})
    paid = told(base, vendor)
    reply = machine_call(
        base, "/CreditDetail/DoAction", MerchantTradeNo=request.trade_no, TradeNo=paid.gateway_trade_no,
        Action="R", TotalAmount="30000",
    )  # fmt: skip
    assert "RtnCode=1&" not in reply.text


def test_the_trouble_page_shows_and_sets(base: str, vendor: Shop, payer: Payer) -> None:
    begin(payer, request_for(vendor))
    payer.pay_by_card()
    browser = payer.browser
    page = browser.post(f"{base}/trouble", data={"late": "60", "lost": "on", "wrong_amount": "-5"}).text
    assert 'value="60"' in page
    assert 'name="lost" checked' in page
    assert "再送" in page
    reply = httpx.post(f"{base}/control", json={"trouble": {"nonsense": 1}}, trust_env=False)
    assert reply.status_code == 400


@stage
@pytest.mark.enable_socket
def test_stage_answers_a_question() -> None:
    answer = ask(STAGE, new_trade_no(now(), random_code))
    assert isinstance(answer, GatewayAnswer)
    assert answer.outcome is Outcome.UNPAID
