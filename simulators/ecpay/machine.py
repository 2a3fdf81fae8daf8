"""What shops call from their servers: query, refund, card details, the day's report (sheet §6 and §7)."""

import csv
import io
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from simulators.clock import now
from simulators.ecpay.check_mac import check_mac_value, is_genuine
from simulators.ecpay.checkout import texts
from simulators.ecpay.config import Config, Merchant
from simulators.ecpay.settlement import TAIPEI, stamp
from simulators.ecpay.store import Store, Trade

TIMESTAMP_VALID = timedelta(minutes=3)
COLUMNS = (
    "訂單日期", "廠商訂單編號", "綠界訂單編號", "付款方式", "交易金額", "付款狀態", "付款日期", "退款金額",
)  # fmt: skip
AUTHORISED, PENDING, CAPTURED, ABANDONED = "已授權", "要關帳", "已關帳", "已取消"


def _form(values: dict[str, str]) -> Response:
    return Response(urlencode(values), media_type="text/html; charset=utf-8")


async def _verified(request: Request) -> tuple[Store, Merchant, dict[str, str]] | str:
    """The store, the shop and the fields of a genuine request, or the code of what is wrong."""
    config: Config = request.app.state.config
    fields = texts(await request.form())
    merchant = config.merchant(fields.get("MerchantID", ""))
    if merchant is None:
        return "10200001"
    if not is_genuine(fields, merchant.hash_key, merchant.hash_iv):
        return "10200073"
    return request.app.state.store, merchant, fields


async def query_trade_info(request: Request) -> Response:
    """`/Cashier/QueryTradeInfo/V5`: TradeStatus 0 unpaid, 1 paid, 10200095 failed, 10200047 unknown."""
    verified = await _verified(request)
    if isinstance(verified, str):
        return _form({"TradeStatus": verified})
    store, merchant, fields = verified
    sent = fields.get("TimeStamp", "")
    if not sent.isdigit() or abs(now() - datetime.fromtimestamp(int(sent), TAIPEI)) > TIMESTAMP_VALID:
        return _signed({"MerchantID": merchant.merchant_id, "TradeStatus": "10200074"}, merchant)
    trade = store.find(merchant.merchant_id, fields.get("MerchantTradeNo", ""))
    if trade is None:
        unknown = {"MerchantTradeNo": fields.get("MerchantTradeNo", ""), "TradeStatus": "10200047"}
        return _signed({"MerchantID": merchant.merchant_id} | unknown, merchant)
    return _signed(_trade_info(trade), merchant)


def _signed(values: dict[str, str], merchant: Merchant) -> Response:
    return _form(values | {"CheckMacValue": check_mac_value(values, merchant.hash_key, merchant.hash_iv)})


def _trade_info(trade: Trade) -> dict[str, str]:
    paid = trade.state == "paid"
    request = trade.request
    charge = round(trade.paid_amount * 0.0275)
    return {
        "MerchantID": trade.merchant_id,
        "MerchantTradeNo": trade.merchant_trade_no,
        "StoreID": request.get("StoreID", ""),
        "TradeNo": trade.trade_no,
        "TradeAmt": str(trade.paid_amount if paid else trade.amount),
        "PaymentDate": stamp(trade.paid()) if paid else "",
        "PaymentType": trade.payment_type if paid else "",
        "HandlingCharge": str(charge if paid else 0),
        "PaymentTypeChargeFee": str(charge if paid else 0),
        "TradeDate": stamp(trade.created()),
        "TradeStatus": {"paid": "1", "failed": "10200095"}.get(trade.state, "0"),
        "ItemName": request["ItemName"],
        **{f"CustomField{n}": request.get(f"CustomField{n}", "") for n in range(1, 5)},
    }


def capture_state(trade: Trade) -> str:
    """Where a card payment stands: captured by the nightly run unless DoAction said otherwise.

    The run collects what was authorised until 20:15 and settles it at the end of the day.
    """
    if trade.capture:
        return trade.capture
    paid = trade.paid().astimezone(TAIPEI)
    cut = paid.replace(hour=20, minute=15, second=0, microsecond=0)
    collected = cut if paid <= cut else cut + timedelta(days=1)
    settled = (collected + timedelta(days=1)).replace(hour=0, minute=0)
    return CAPTURED if now() >= settled else PENDING if now() >= collected else AUTHORISED


def refunded(trade: Trade) -> int:
    """NT$ already refunded."""
    return sum(action["amount"] for action in trade.actions if action["action"] == "R")


def _refusal(trade: Trade, action: str, amount: int) -> str | None:
    """Why an action is impossible in the payment's state (sheet §7), or None."""
    if trade.state != "paid" or "gwsr" not in trade.extra:
        return "非信用卡已付款交易"
    state, whole = capture_state(trade), trade.paid_amount
    left = whole - refunded(trade)
    allowed = {
        "C": state == AUTHORISED and amount == whole,
        "R": (state == CAPTURED or (state == PENDING and amount < whole)) and 0 < amount <= left,
        "E": state == PENDING and amount == whole == left,
        "N": state == AUTHORISED and amount == whole,
    }
    return None if allowed.get(action) else f"目前狀態「{state}」不能執行 {action} {amount}"


async def do_action(request: Request) -> Response:
    """`/CreditDetail/DoAction`: capture C, refund R, cancel the capture E, abandon N."""
    verified = await _verified(request)
    if isinstance(verified, str):
        return _form({"RtnCode": verified, "RtnMsg": "CheckMacValue Error"})
    store, merchant, fields = verified
    echo = {name: fields.get(name, "") for name in ("MerchantID", "MerchantTradeNo", "TradeNo")}
    trade = store.find(merchant.merchant_id, echo["MerchantTradeNo"])
    if trade is None or trade.trade_no != echo["TradeNo"]:
        return _form(echo | {"RtnCode": "10200047", "RtnMsg": "查無交易"})
    action, amount = fields.get("Action", ""), fields.get("TotalAmount", "")
    refusal = _refusal(trade, action, int(amount) if amount.isascii() and amount.isdigit() else 0)
    if refusal is not None:
        return _form(echo | {"RtnCode": "10200051", "RtnMsg": refusal})
    after = {"C": PENDING, "E": AUTHORISED, "N": ABANDONED, "R": trade.capture}[action]
    done = {"action": action, "amount": int(amount), "stamp": stamp(now())}
    store.change(trade.token, {"capture": after, "actions": [*trade.actions, done]}, only_if=("paid",))
    return _form(echo | {"RtnCode": "1", "RtnMsg": "OK"})


async def query_credit(request: Request) -> Response:
    """`/CreditDetail/QueryTrade/V2`: a card payment's state and what was captured and refunded."""
    verified = await _verified(request)
    if isinstance(verified, str):
        return JSONResponse({"RtnMsg": "CheckMacValue Error", "RtnValue": None})
    store, merchant, fields = verified
    gwsr = fields.get("CreditRefundId")
    trade = next((t for t in store.trades(merchant.merchant_id) if t.extra.get("gwsr") == gwsr), None)
    if trade is None or str(trade.paid_amount) != fields.get("CreditAmount"):
        return JSONResponse({"RtnMsg": "error_nodata", "RtnValue": None})
    state = capture_state(trade)
    closed = [{"status": state, "amount": trade.paid_amount}] if state in (PENDING, CAPTURED) else []
    refunds = [
        {"status": "已退刷", "amount": -action["amount"], "datetime": action["stamp"]}
        for action in trade.actions
        if action["action"] == "R"
    ]
    value = {
        "TradeID": trade.extra["gwsr"], "amount": trade.paid_amount, "authtime": stamp(trade.paid()),
        "clsamt": trade.paid_amount - refunded(trade) if closed else 0, "status": state,
        "close_data": closed + refunds,
    }  # fmt: skip
    return JSONResponse({"RtnMsg": "", "RtnValue": value})


async def trade_no_aio(request: Request) -> Response:
    """`/PaymentMedia/TradeNoAio`: the payments of some days as CSV (DateType 2 and 4: paid, 6: ordered)."""
    verified = await _verified(request)
    if isinstance(verified, str):
        return PlainTextResponse("CheckMacValue Error")
    store, merchant, fields = verified
    try:
        first, last = (date.fromisoformat(fields.get(name, "")) for name in ("BeginDate", "EndDate"))
    except ValueError:
        return PlainTextResponse("BeginDate Error")
    by_order = fields.get("DateType") == "6"
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for trade in reversed(store.trades(merchant.merchant_id)):
        day = (trade.created() if by_order else trade.paid()).astimezone(TAIPEI).date()
        paid = trade.state == "paid"
        if first <= day <= last and (paid or by_order):
            writer.writerow([
                stamp(trade.created()), trade.merchant_trade_no, trade.trade_no, trade.payment_type,
                trade.paid_amount if paid else trade.amount, "已付款" if paid else "未付款",
                stamp(trade.paid()) if paid else "", refunded(trade),
            ])  # fmt: skip
    return Response(out.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8")
