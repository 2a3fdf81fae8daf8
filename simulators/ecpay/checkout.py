"""What the payer's browser sees: the checkout form, the card with its 3-D step, the Web ATM, the way back."""

import asyncio
import re
import secrets

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from simulators.clock import now
from simulators.ecpay import pages
from simulators.ecpay.config import Config, Merchant
from simulators.ecpay.settlement import (
    BANKS,
    TAIPEI,
    bank_payment,
    card_payment,
    new_trade_no,
    result_fields,
    settle,
    take_trouble,
    trouble_now,
)
from simulators.ecpay.store import DuplicateTradeError, Store, Trade
from simulators.ecpay.validation import CheckoutError, methods_of, validate

OTP = "1234"
OTP_TRIES = 3


def texts(form: FormData) -> dict[str, str]:
    """A form's text fields; files have no place here."""
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}


async def aio_check_out(request: Request) -> Response:
    """`/Cashier/AioCheckOut/V5`: establish the order and show its page, or say what is wrong."""
    store: Store = request.app.state.store
    config: Config = request.app.state.config
    fields = texts(await request.form())
    merchant = config.merchant(fields.get("MerchantID", ""))
    trade = None
    try:
        validate(fields, merchant)
        trade = Trade(
            token=secrets.token_urlsafe(24),
            merchant_id=fields["MerchantID"],
            merchant_trade_no=fields["MerchantTradeNo"],
            trade_no=new_trade_no(),
            amount=int(fields["TotalAmount"]),
            created_at=now().isoformat(),
            request=fields,
        )
        store.add_trade(trade)
    except CheckoutError as error:
        return HTMLResponse(pages.refused(error.code, error.message))
    except DuplicateTradeError:
        return HTMLResponse(pages.refused("10200047", "MerchantTradeNo Is Duplicate"))
    return RedirectResponse(f"/checkout/{trade.token}", 303)


def _known(request: Request) -> tuple[Store, Config, Trade, Merchant] | None:
    store: Store = request.app.state.store
    config: Config = request.app.state.config
    trade = store.trade(request.path_params["token"])
    merchant = config.merchant(trade.merchant_id) if trade else None
    return (store, config, trade, merchant) if trade and merchant else None


def _show(trade: Trade, merchant: Merchant, problem: str = "") -> HTMLResponse:
    if trade.state == "otp":
        return HTMLResponse(pages.otp(trade, merchant, problem))
    if trade.rtn_code:
        return HTMLResponse(pages.result(trade, merchant, result_fields(trade, merchant)))
    if trade.method == "WebATM":
        return HTMLResponse(pages.bank(trade, merchant))
    return HTMLResponse(pages.checkout(trade, merchant, methods_of(trade.request), problem))


async def show(request: Request) -> Response:
    """The page of an order, wherever it stands."""
    if (known := _known(request)) is None:
        return HTMLResponse(pages.refused("10200047", "找不到這筆交易"), 404)
    _store, _config, trade, merchant = known
    return _show(trade, merchant)


def _on(trade: Trade) -> RedirectResponse:
    return RedirectResponse(f"/checkout/{trade.token}", 303)


def _card_problem(number: str, expiry: str, cvv: str) -> str:
    if not re.fullmatch(r"[0-9]{16}", number):
        return "卡號是 16 位數字，請再看一次卡片。"
    month = re.fullmatch(r"(0[1-9]|1[0-2])/?([0-9]{2})", expiry)
    today = now().astimezone(TAIPEI)
    if not month or (2000 + int(month[2]), int(month[1])) < (today.year, today.month):
        return "有效期限不對或已過期，請照卡片輸入月／年，例如 12/39。"
    return "" if re.fullmatch(r"[0-9]{3}", cvv) else "末三碼是卡片背面的三位數字。"


async def card(request: Request) -> Response:
    """Card number given: on to the 3-D step; an unknown card is declined there and then."""
    if (known := _known(request)) is None:
        return await show(request)
    store, config, trade, merchant = known
    if "Credit" not in methods_of(trade.request) or trade.state != "open" or trade.rtn_code:
        return _on(trade)
    form = texts(await request.form())
    number = re.sub(r"[\s-]", "", form.get("card", ""))
    if problem := _card_problem(number, form.get("expiry", ""), form.get("cvv", "")):
        return _show(trade, merchant, problem)
    if number not in pages.TEST_CARDS:
        payment = {"PaymentType": "Credit_CreditCard"}
        settle(store, config, trade, rtn_code="10200058", trouble=take_trouble(store), payment=payment)
    else:
        waiting = {"state": "otp", "method": "Credit", "extra": {"card": number}}
        store.change(trade.token, waiting, only_if=("open",))
    return _on(trade)


async def otp(request: Request) -> Response:
    """The 3-D answer: right → authorised; cancelled or wrong three times → 3-D failure."""
    if (known := _known(request)) is None:
        return await show(request)
    store, config, trade, merchant = known
    if trade.state != "otp":
        return _on(trade)
    form = texts(await request.form())
    cancelled = form.get("answer") == "cancel"
    if not cancelled and form.get("otp", "").strip() != OTP and trade.otp_tries + 1 < OTP_TRIES:
        trade = store.change(trade.token, {"otp_tries": trade.otp_tries + 1}, only_if=("otp",)) or trade
        return _show(trade, merchant, f"驗證碼不對，還可以試 {OTP_TRIES - trade.otp_tries} 次。")
    proved = not cancelled and form.get("otp", "").strip() == OTP
    number = trade.extra["card"]
    await finish(store, config, trade, "1" if proved else "10200043", card_payment(number))
    return _on(trade)


async def bank(request: Request) -> Response:
    """A bank was chosen for the Web ATM."""
    if (known := _known(request)) is None:
        return await show(request)
    store, _config, trade, merchant = known
    chosen = texts(await request.form()).get("bank", "")
    if "WebATM" not in methods_of(trade.request) or trade.state != "open" or trade.rtn_code:
        return _on(trade)
    if chosen not in BANKS:
        return _show(trade, merchant, "請選晶片金融卡的銀行。")
    store.change(trade.token, {"method": "WebATM", "extra": {"bank": chosen}}, only_if=("open",))
    return _on(trade)


async def transfer(request: Request) -> Response:
    """The bank's page: transferred, not enough money, or back to the choice of methods."""
    if (known := _known(request)) is None:
        return await show(request)
    store, config, trade, _merchant = known
    answer = texts(await request.form()).get("answer", "")
    if trade.state != "open" or trade.method != "WebATM":
        return _on(trade)
    if answer == "cancel":
        store.change(trade.token, {"method": "", "extra": {}}, only_if=("open",))
    else:
        payment = bank_payment(trade.extra["bank"], "1234567890")
        await finish(store, config, trade, "1" if answer == "confirm" else "10200058", payment)
    return _on(trade)


async def finish(store: Store, config: Config, trade: Trade, rtn_code: str, payment: dict[str, str]) -> None:
    """End a payment under whatever trouble is set."""
    if slow := trouble_now(store).slow:
        await asyncio.sleep(slow)
    trouble = take_trouble(store)
    if trouble.refuse and rtn_code == "1":
        rtn_code = "10200058"
    settle(store, config, trade, rtn_code=rtn_code, trouble=trouble, payment=payment)
