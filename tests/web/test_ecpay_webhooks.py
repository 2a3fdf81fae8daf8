"""ECPay's callback and the browser's return, as forms arriving from outside."""

from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import reverse

from tcloud.adapters.ecpay.check_mac import signed
from tcloud.core.money import Twd
from tcloud.payments import services
from tcloud.payments.models import GatewayFact, PaymentAttempt
from tcloud.payments.states import AttemptState, FactKind, Method, Source
from tcloud.web.leaving import leave_for_gateway

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 4, 1, 4, 0, tzinfo=UTC)
KEYS = ("pwFHCqoQZGmho4w6", "EkRm7iFT261dpevs")
ORDER = "AA1236871914"


@pytest.fixture
def attempt() -> PaymentAttempt:
    services.save_merchant_account(
        vendor_ubn="28468172", gateway="ecpay", merchant_id="3002607",
        secrets={"hash_key": KEYS[0], "hash_iv": KEYS[1]}, methods=[Method.CREDIT], actor="seed", now=NOW,
    )  # fmt: skip
    with transaction.atomic():
        return services.start_attempt(
            order_number=ORDER, vendor_ubn="28468172", amount_twd=Twd(30_000), method=Method.CREDIT, now=NOW
        )


def body(attempt: PaymentAttempt, **changes: str) -> dict[str, str]:
    fields = {
        "MerchantID": "3002607", "MerchantTradeNo": attempt.trade_no, "StoreID": "", "RtnCode": "1",
        "RtnMsg": "交易成功", "TradeNo": "26040112000012345678", "TradeAmt": "30000",
        "PaymentDate": "2026/04/01 12:03:00", "PaymentType": "Credit_CreditCard", "PaymentTypeChargeFee": "825",
        "TradeDate": "2026/04/01 12:00:00", "SimulatePaid": "0", "CustomField1": ORDER, "CustomField2": "",
        "CustomField3": "", "CustomField4": "", "gwsr": "11944770",
    }  # fmt: skip
    return signed(fields | changes, *KEYS)


def notify(fields: dict[str, str]) -> bytes:
    """As the gateway's server does it: no cookie, no token, no referrer."""
    response = Client(enforce_csrf_checks=True).post("/webhooks/ecpay/notify", fields)
    assert response.status_code == 200
    assert response.cookies == {}
    return response.content


def test_a_genuine_callback_is_stored_and_answered_to_the_letter(attempt: PaymentAttempt) -> None:
    assert notify(body(attempt)) == b"1|OK"
    fact = GatewayFact.objects.get()
    assert (fact.kind, fact.source, fact.amount_twd) == (FactKind.PAID, Source.CALLBACK, 30_000)
    assert fact.paid_at == datetime(2026, 4, 1, 4, 3, tzinfo=UTC)
    assert fact.payload["TradeNo"] == fact.gateway_trade_no
    assert "gwsr" not in fact.payload  # only what proves and reconciles it is kept
    assert notify(body(attempt)) == b"1|OK"
    assert GatewayFact.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"TradeAmt": "29999"}, FactKind.MISMATCHED),
        ({"SimulatePaid": "1"}, FactKind.SIMULATED),
        ({"RtnCode": "10200058"}, FactKind.FAILED),
    ],
)
def test_what_is_no_payment_is_stored_as_what_it_is(
    attempt: PaymentAttempt, changes: dict[str, str], kind: FactKind
) -> None:
    assert notify(body(attempt, **changes)) == b"1|OK"
    assert GatewayFact.objects.get().kind == kind
    attempt.refresh_from_db()
    assert attempt.state != AttemptState.PAID


@pytest.mark.parametrize(
    "forgery",
    [
        {"CheckMacValue": "0" * 64},
        {"CheckMacValue": ""},
        {"CheckMacValue": "鑰"},
        {"TradeAmt": "1"},
        {"RtnCode": "01"},
        {"Extra": "1"},
        {"MerchantID": "3002608"},
        {"MerchantTradeNo": "TC260401XXXXXXXXXXXX"},
        {"MerchantTradeNo": "\x00" * 20},
        {"MerchantTradeNo": "' OR 1=1 --"},
        {"MerchantTradeNo": ""},
    ],
)
def test_a_forged_callback_changes_nothing(attempt: PaymentAttempt, forgery: dict[str, str]) -> None:
    answer = notify(body(attempt) | forgery)
    assert answer.startswith(b"0|")
    assert not GatewayFact.objects.exists()
    attempt.refresh_from_db()
    assert attempt.state == AttemptState.STARTED


def test_a_message_signed_for_another_shop_changes_nothing(attempt: PaymentAttempt) -> None:
    foreign = signed(body(attempt) | {"MerchantID": "3002608"}, *KEYS)
    assert notify(foreign).startswith(b"0|")
    assert not GatewayFact.objects.exists()


def test_nothing_is_acknowledged_that_was_not_stored(
    attempt: PaymentAttempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        raise OSError("the database is away")

    monkeypatch.setattr(services, "record_fact", broken)
    server = Client(raise_request_exception=False)
    response = server.post("/webhooks/ecpay/notify", body(attempt))
    assert response.status_code == 500
    assert b"1|OK" not in response.content


def test_only_post_notifies(attempt: PaymentAttempt) -> None:
    assert Client().get("/webhooks/ecpay/notify").status_code == 405


def test_the_browser_comes_back_across_sites_and_is_sent_to_its_order(attempt: PaymentAttempt) -> None:
    browser = Client(enforce_csrf_checks=True, headers={"origin": "http://127.0.0.1:8020"})
    response = browser.post("/webhooks/ecpay/return", body(attempt))
    assert response.status_code == 303
    assert response["Location"] == reverse("member:order", args=[ORDER])
    assert response.cookies == {}
    assert "no-store" in response["Cache-Control"]
    assert GatewayFact.objects.get().source == Source.RETURN
    assert notify(body(attempt)) == b"1|OK"
    assert GatewayFact.objects.count() == 1


def test_a_return_without_proof_learns_no_order_number(attempt: PaymentAttempt) -> None:
    response = Client().post("/webhooks/ecpay/return", body(attempt) | {"TradeAmt": "1"})
    assert response.status_code == 303
    assert ORDER not in response["Location"]
    assert not GatewayFact.objects.exists()
    assert Client().get("/webhooks/ecpay/return").status_code == 303


def test_the_last_page_before_the_gateway_may_post_there_and_nowhere_else(attempt: PaymentAttempt) -> None:
    request = RequestFactory().get("/")
    request.user = request.session = None  # type: ignore[assignment]
    response = leave_for_gateway(request, trade_no=attempt.trade_no, item_name="雲端進銷存 標準版")
    page = response.content.decode()
    assert 'name="MerchantTradeNo" value="' + attempt.trade_no in page
    assert 'name="CustomField1" value="' + ORDER in page
    leaving = page.split('method="post" action="http://127.0.0.1')[1].split("</form>")[0]
    assert "csrfmiddlewaretoken" not in leaving
    assert "30,000" in page
    assert response._csp_update["form-action"][0].startswith("http://127.0.0.1:")  # type: ignore[attr-defined]
    assert response["Cache-Control"] == "no-store"
    assert KEYS[0] not in page
