"""The trouble page for people, and the same switches as JSON for tests."""

from dataclasses import asdict
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from simulators.ecpay.checkout import finish, texts
from simulators.ecpay.config import TEST_MERCHANT, Config
from simulators.ecpay.pages import TEST_CARDS, page, part
from simulators.ecpay.settlement import (
    Trouble,
    bank_payment,
    card_payment,
    resend,
    set_trouble,
    stamp,
    trouble_now,
)
from simulators.ecpay.store import Store, Trade

_NUMBERS = {
    "slow": ("付款頁慢多少秒才有結果", 8),
    "late": ("付款通知晚多少秒才送出", 60),
    "duplicate": ("付款通知多送幾次", 2),
    "wrong_amount": ("扣款金額多幾元（負數是少扣）", -1),
}
_SWITCHES = {
    "refuse": "發卡銀行拒絕",
    "lost": "付款通知遺失，只能主動查詢",
    "no_return": "付款人的瀏覽器斷線，不會回到商店",
    "simulated": "後台「模擬付款」：SimulatePaid=1，沒有錢",
    "forged": "另外送一個檢查碼錯誤的假通知",
}
_STATES = {"open": "未付款", "otp": "3D 驗證中", "paid": "已付款", "failed": "失敗"}


async def index(request: Request) -> Response:
    """What goes wrong next, and the latest payments."""
    store: Store = request.app.state.store
    trouble = asdict(trouble_now(store))
    switches = store.switches()
    body = part(
        "trouble",
        numbers="".join(_number(name, trouble[name]) for name in _NUMBERS),
        switches="".join(_switch(name, checked=trouble[name]) for name in _SWITCHES),
        always=" checked" if switches.get("always") else "",
        maintenance=" checked" if switches.get("maintenance") else "",
        table=_table(store),
    )
    return HTMLResponse(page("狀況設定", body, wide=True))


def _number(name: str, value: int) -> str:
    label, example = _NUMBERS[name]
    attributes = f'id="{name}" name="{name}" type="number" value="{value or ""}" placeholder="{example}"'
    return f'<label for="{name}">{label}</label><input {attributes}>'


def _switch(name: str, *, checked: bool) -> str:
    box = f'<input type="checkbox" name="{name}"{" checked" if checked else ""}>'
    return f'<label class="tick">{box}{_SWITCHES[name]}</label>'


def _table(store: Store) -> str:
    rows = "".join(_row(store, trade) for trade in store.trades(limit=20))
    if not rows:
        return "<p>還沒有人付款。在雲市集把訂單送到付款，就會來到這裡。</p>"
    return part("table", rows=rows)


def _row(store: Store, trade: Trade) -> str:
    replies = [
        f"{row['tries']} 次：{escape(row['reply'][:40]) or '–'}" for row in store.callbacks(trade.token)
    ]
    number = escape(trade.merchant_trade_no)
    return part(
        "row",
        number=number,
        trade_no=trade.trade_no,
        amount=f"{trade.paid_amount or trade.amount:,}",
        state=_STATES[trade.state] + ("（模擬付款）" if trade.simulated else ""),
        at=stamp(trade.paid()),
        sent="<br>".join(replies) or "–",
        again=part("resend", token=trade.token, number=number) if trade.rtn_code else "–",
    )


async def choose(request: Request) -> Response:
    """The trouble page's form."""
    form = texts(await request.form())
    values: dict[str, Any] = {name: name in form for name in _SWITCHES}
    for name in _NUMBERS:
        text = form.get(name, "").strip()
        values[name] = int(text) if text.isascii() and text.removeprefix("-").isdigit() else 0
    store: Store = request.app.state.store
    set_trouble(store, Trouble.from_json(values), always="always" in form)
    store.turn({"maintenance": "maintenance" in form})
    return RedirectResponse("/", 303)


async def send_again(request: Request) -> Response:
    """The button beside a payment."""
    trade = request.app.state.store.trade(texts(await request.form()).get("token", ""))
    if trade is not None:
        resend(request.app.state.store, request.app.state.config, trade)
    return RedirectResponse("/", 303)


async def control(request: Request) -> Response:
    """GET: the gateway's truth. POST: trouble + scope (next|always), maintenance, pay, resend, reset.

    `pay` is {"MerchantTradeNo", "method": "credit"|"webatm", "RtnCode"?} and ends a payment without a
    browser, under the trouble that is set. `resend` is a MerchantTradeNo. `MerchantID` names another shop
    than the published one.
    """
    store: Store = request.app.state.store
    if request.method == "POST":
        try:
            problem = await _apply(request.app.state.config, store, await request.json())
        except (ValueError, TypeError, AttributeError) as error:
            problem = str(error)
        if problem:
            return JSONResponse({"error": problem}, 400)
    switches = store.switches()
    truth = {
        "trouble": asdict(trouble_now(store)),
        "scope": "always" if switches.get("always") else "next",
        "maintenance": bool(switches.get("maintenance")),
        "trades": [_truth(store, trade) for trade in store.trades()],
    }
    return JSONResponse(truth)


def _truth(store: Store, trade: Trade) -> dict[str, Any]:
    return {
        "MerchantID": trade.merchant_id,
        "MerchantTradeNo": trade.merchant_trade_no,
        "TradeNo": trade.trade_no,
        "TotalAmount": trade.amount,
        "TradeAmt": trade.paid_amount,
        "state": trade.state,
        "RtnCode": trade.rtn_code,
        "PaymentType": trade.payment_type,
        "PaymentDate": stamp(trade.paid()) if trade.rtn_code else "",
        "SimulatePaid": trade.simulated,
        "actions": trade.actions,
        "callbacks": store.callbacks(trade.token),
        "checkout": f"/checkout/{trade.token}",
    }


async def _apply(config: Config, store: Store, wish: dict[str, Any]) -> str:
    """Do what a control request asks; returns what is wrong with it, or nothing."""
    if wish.get("reset"):
        set_trouble(store, Trouble(), always=False)
        store.turn({"maintenance": False})
    if "trouble" in wish:
        set_trouble(store, Trouble.from_json(wish["trouble"]), always=wish.get("scope") == "always")
    if "maintenance" in wish:
        store.turn({"maintenance": bool(wish["maintenance"])})
    merchant_id = wish.get("MerchantID", TEST_MERCHANT.merchant_id)
    if "pay" in wish:
        return await _pay(config, store, merchant_id, wish["pay"])
    if "resend" in wish:
        trade = store.find(merchant_id, wish["resend"])
        if trade is None or not resend(store, config, trade):
            return "no finished trade of that number"
    return ""


async def _pay(config: Config, store: Store, merchant_id: str, pay: dict[str, Any]) -> str:
    trade = store.find(merchant_id, pay.get("MerchantTradeNo", ""))
    if trade is None or trade.state not in ("open", "otp"):
        return "no open trade of that number"
    by_bank = pay.get("method") == "webatm"
    payment = bank_payment("ESUN", "1234567890") if by_bank else card_payment(TEST_CARDS[0])
    await finish(store, config, trade, str(pay.get("RtnCode", "1")), payment)
    return ""
