"""ECPay behind the payments port."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.utils.translation import gettext

from tcloud.adapters.ecpay.check_mac import is_genuine, signed
from tcloud.adapters.ecpay.client import EcpayClient, GatewayDown, spellings
from tcloud.adapters.ecpay.wording import item_text
from tcloud.core.money import Twd
from tcloud.payments.gateway import (
    CheckoutForm,
    CheckoutRequest,
    GatewayAnswer,
    Merchant,
    NotGenuine,
    Unknown,
)
from tcloud.payments.rules import MethodLimit, Outcome
from tcloud.payments.states import Method

log = structlog.get_logger()
TAIPEI = ZoneInfo("Asia/Taipei")
TIME_FORMAT = "%Y/%m/%d %H:%M:%S"
CHOOSE_PAYMENT = {Method.CREDIT: "Credit", Method.WEB_ATM: "WebATM"}
# "1" is the only success. These are no final word: a number was issued, or the result is pending.
NOT_FINAL_CODES = {"2", "10100073", "10300066"}
# TradeStatus of a query: the payer never arrived there (10200047), or has not paid yet (0).
STATUS_OUTCOMES = {
    "1": Outcome.PAID, "0": Outcome.UNPAID, "10200047": Outcome.UNPAID, "10200095": Outcome.FAILED,
}  # fmt: skip

# What is kept of a message: what proves it (with its check value) and what a report is reconciled by. A fact is never
# erased, so nothing of the payer's card or account may get into it, whatever a gateway adds.
KEPT = (
    "MerchantID", "MerchantTradeNo", "StoreID", "RtnCode", "RtnMsg", "TradeNo", "TradeAmt", "TradeStatus", "TradeDate",
    "PaymentDate", "PaymentType", "PaymentTypeChargeFee", "HandlingCharge", "SimulatePaid", "CustomField1",
    "CheckMacValue",
)  # fmt: skip


class EcpayGateway:
    """The all-in-one checkout V5."""

    name = "ecpay"

    def __init__(self, client: EcpayClient | None = None) -> None:
        self._client = client or EcpayClient(settings.ECPAY_URL)

    def label(self) -> str:
        """The name people read."""
        return gettext("綠界科技 ECPay")

    def methods(self) -> Mapping[Method, MethodLimit]:
        """Web ATM needs a card reader; its limit is in no published page, so it is configuration."""
        return {
            Method.CREDIT: MethodLimit(),
            Method.WEB_ATM: MethodLimit(most_twd=settings.ECPAY_WEBATM_LIMIT, needs_computer=True),
        }

    def checkout(self, merchant: Merchant, request: CheckoutRequest) -> CheckoutForm:
        """The AioCheckOut form (sheet §3); the order's number travels in CustomField1."""
        item = item_text(request.item_name) or request.order_number
        fields = {
            "MerchantID": merchant.merchant_id,
            "MerchantTradeNo": request.trade_no,
            "MerchantTradeDate": request.now.astimezone(TAIPEI).strftime(TIME_FORMAT),
            "PaymentType": "aio",
            "TotalAmount": str(request.amount_twd),
            "TradeDesc": f"雲市集訂單 {request.order_number} 自付款",
            "ItemName": item,
            "ReturnURL": request.notify_url,
            "OrderResultURL": request.return_url,
            "ClientBackURL": request.back_url,
            "ChoosePayment": CHOOSE_PAYMENT[request.method],
            "NeedExtraPaidInfo": "N",  # card and account numbers are none of our business
            "EncryptType": "1",
            "CustomField1": request.order_number,
        }
        if request.english:
            fields["Language"] = "ENG"
        return CheckoutForm(self._client.address("/Cashier/AioCheckOut/V5"), signed(fields, *_keys(merchant)))

    def trade_no_of(self, fields: Mapping[str, str]) -> str:
        """The attempt a message claims to be about."""
        return fields.get("MerchantTradeNo", "")

    def parse_notification(self, merchant: Merchant, fields: Mapping[str, str]) -> GatewayAnswer:
        """A callback or browser return (sheet §4): check value first, then the shop, then what it says."""
        if not is_genuine(fields, *_keys(merchant)):
            raise NotGenuine("CheckMacValue")
        if fields.get("MerchantID") != merchant.merchant_id:
            raise NotGenuine("MerchantID")
        code = fields.get("RtnCode", "")
        outcome = (
            Outcome.PAID if code == "1" else Outcome.UNPAID if code in NOT_FINAL_CODES else Outcome.FAILED
        )
        return _answer(fields, outcome)

    def query(self, merchant: Merchant, trade_no: str, *, now: datetime) -> GatewayAnswer | Unknown:
        """QueryTradeInfo (sheet §6). `now` becomes the time stamp; it is valid for three minutes."""
        asked = {
            "MerchantID": merchant.merchant_id,
            "MerchantTradeNo": trade_no,
            "TimeStamp": str(int(now.timestamp())),
        }
        try:
            reply = self._client.post("/Cashier/QueryTradeInfo/V5", signed(asked, *_keys(merchant)))
        except GatewayDown as down:
            return Unknown(str(down), down.pause)
        fields = next((read for read in spellings(reply) if is_genuine(read, *_keys(merchant))), None)
        if fields is None or (fields.get("MerchantID"), fields.get("MerchantTradeNo")) != (
            merchant.merchant_id,
            trade_no,
        ):
            log.warning("ecpay_query_not_genuine", trade_no=trade_no)
            return Unknown("the reply proves nothing")
        outcome = STATUS_OUTCOMES.get(fields.get("TradeStatus", ""))
        if outcome is None:
            log.warning("ecpay_status_unknown", trade_no=trade_no, status=fields.get("TradeStatus"))
            return Unknown(f"TradeStatus {fields.get('TradeStatus')}")
        try:
            return _answer(fields, outcome)
        except NotGenuine as error:
            return Unknown(str(error))


def _keys(merchant: Merchant) -> tuple[str, str]:
    return merchant.secrets["hash_key"], merchant.secrets["hash_iv"]


def _answer(fields: Mapping[str, str], outcome: Outcome) -> GatewayAnswer:
    amount = fields.get("TradeAmt", "0")
    if not (amount.isascii() and amount.isdigit()):
        raise NotGenuine("TradeAmt")
    return GatewayAnswer(
        trade_no=fields.get("MerchantTradeNo", ""),
        gateway_trade_no=fields.get("TradeNo", ""),
        outcome=outcome,
        amount_twd=Twd(int(amount)),
        paid_at=_instant(fields.get("PaymentDate", "")) if outcome is Outcome.PAID else None,
        payment_type=fields.get("PaymentType", ""),
        simulated=fields.get("SimulatePaid", "0") == "1",
        payload={name: fields[name] for name in KEPT if name in fields},
    )


def _instant(text: str) -> datetime | None:
    """The gateway's own time, which is Taipei's; None when it cannot be read."""
    try:
        return datetime.strptime(text, TIME_FORMAT).replace(tzinfo=TAIPEI)
    except ValueError:
        return None
