"""The end of a payment: what the gateway notes, and what it tells the shop."""

import secrets
import time
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from simulators.clock import now
from simulators.ecpay.check_mac import check_mac_value
from simulators.ecpay.config import Config, Merchant
from simulators.ecpay.store import Store, Trade

TAIPEI = ZoneInfo("Asia/Taipei")
MESSAGES = {
    "1": "交易成功",
    "10200043": "3D 驗證失敗",
    "10200058": "授權失敗",
    "10200115": "授權逾時",
    "10300066": "交易付款結果待確認中，請勿出貨",
}
BANKS = {
    "BOT": ("004", "臺灣銀行"),
    "FIRST": ("007", "第一銀行"),
    "CATHAY": ("013", "國泰世華銀行"),
    "ESUN": ("808", "玉山銀行"),
    "TAISHIN": ("812", "台新銀行"),
    "CHINATRUST": ("822", "中國信託"),
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong with a payment, chosen on the trouble page."""

    slow: int = 0  # seconds the payer waits for the answer
    refuse: bool = False  # the bank says no
    duplicate: int = 0  # further copies of the callback
    late: int = 0  # seconds until the callback leaves
    lost: bool = False  # no callback at all
    no_return: bool = False  # the payer never comes back to the shop
    wrong_amount: int = 0  # charged so many NT$ more (or, negative, less)
    simulated: bool = False  # the console's pretended payment: SimulatePaid=1, no money
    forged: bool = False  # besides, a callback with a wrong check value

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Trouble":
        """Only known names; a wrong name or kind of value raises ValueError."""
        known = {field.name: type(field.default) for field in fields(cls)}
        for name, value in values.items():
            if name not in known or isinstance(value, bool) is not (known[name] is bool):
                raise ValueError(f"unknown trouble or wrong kind of value: {name}")
        return cls(**values)


def trouble_now(store: Store) -> Trouble:
    """The trouble that is set, without using it up."""
    return Trouble.from_json(store.switches().get("trouble", {}))


def take_trouble(store: Store) -> Trouble:
    """The trouble for a payment that is ending; one meant for the next payment only is used up by it."""
    trouble = trouble_now(store)
    if not store.switches().get("always"):
        store.turn({"trouble": {}})
    return trouble


def set_trouble(store: Store, trouble: Trouble, *, always: bool) -> None:
    """Choose what goes wrong with the next payment, or with all from now on."""
    store.turn({"trouble": asdict(trouble), "always": always})


def stamp(instant: datetime) -> str:
    """Taipei time as all the gateway's messages write it."""
    return instant.astimezone(TAIPEI).strftime("%Y/%m/%d %H:%M:%S")


def new_trade_no() -> str:
    """The gateway's own number: the day and time, and digits nobody can guess."""
    return now().astimezone(TAIPEI).strftime("%y%m%d%H%M%S") + f"{secrets.randbelow(10**8):08d}"


def settle(
    store: Store, config: Config, trade: Trade, *, rtn_code: str, trouble: Trouble, payment: dict[str, str]
) -> Trade | None:
    """End a payment; `payment` holds PaymentType and the extra fields. None when it had ended already."""
    paid = rtn_code == "1" and not trouble.simulated
    amount = max(1, trade.amount + trouble.wrong_amount)
    extra = dict(payment)
    payment_type = extra.pop("PaymentType")
    if "gwsr" in extra:
        extra |= {"amount": str(amount), "process_date": stamp(now())}
    result = {
        "state": "paid" if paid else "open" if trouble.simulated else "failed",
        "payment_type": payment_type,
        "paid_amount": amount,
        "paid_at": now().isoformat(),
        "rtn_code": rtn_code,
        "rtn_msg": MESSAGES.get(rtn_code, "交易失敗"),
        "simulated": trouble.simulated,
        "no_return": trouble.no_return,
        "extra": extra if rtn_code == "1" else {},
    }
    ended = store.change(trade.token, result, only_if=("open", "otp"))
    if ended is not None:
        _queue_callbacks(store, config, ended, trouble)
    return ended


def _queue_callbacks(store: Store, config: Config, trade: Trade, trouble: Trouble) -> None:
    merchant = config.merchant(trade.merchant_id)
    if merchant is None:
        return
    body = result_fields(trade, merchant)
    url = trade.request["ReturnURL"]
    due = time.time() + trouble.late
    if trouble.forged:
        store.add_callback(trade.token, url, body | {"CheckMacValue": "0" * 64}, time.time())
    for _ in range(0 if trouble.lost else 1 + trouble.duplicate):
        store.add_callback(trade.token, url, body, due)


def resend(store: Store, config: Config, trade: Trade) -> bool:
    """Send the result again, as the console's button does; False when there is no result yet."""
    if not trade.rtn_code:
        return False
    _queue_callbacks(store, config, trade, Trouble())
    return True


def result_fields(trade: Trade, merchant: Merchant) -> dict[str, str]:
    """The fields of ReturnURL and OrderResultURL, with their check value (sheet §4 and §5)."""
    request = trade.request
    body = {
        "MerchantID": trade.merchant_id,
        "MerchantTradeNo": trade.merchant_trade_no,
        "StoreID": request.get("StoreID", ""),
        "RtnCode": trade.rtn_code,
        "RtnMsg": trade.rtn_msg,
        "TradeNo": trade.trade_no,
        "TradeAmt": str(trade.paid_amount),
        "PaymentDate": stamp(trade.paid()),
        "PaymentType": trade.payment_type,
        "PaymentTypeChargeFee": str(round(trade.paid_amount * 0.0275)),
        "TradeDate": stamp(trade.created()),
        "SimulatePaid": "1" if trade.simulated else "0",
        **{f"CustomField{n}": request.get(f"CustomField{n}", "") for n in range(1, 5)},
    }
    if request.get("NeedExtraPaidInfo") == "Y":
        body |= trade.extra
    return body | {"CheckMacValue": check_mac_value(body, merchant.hash_key, merchant.hash_iv)}


def card_payment(number: str) -> dict[str, str]:
    """The extra fields of an authorised card payment."""
    return {
        "PaymentType": "Credit_CreditCard", "gwsr": f"{secrets.randbelow(10**8):08d}",
        "auth_code": f"{secrets.randbelow(10**6):06d}", "stage": "0", "stast": "0", "staed": "0", "eci": "5",
        "card4no": number[-4:], "card6no": number[:6], "red_dan": "0", "red_de_amt": "0", "red_ok_amt": "0",
        "red_yet": "0",
    }  # fmt: skip


def bank_payment(bank: str, account: str) -> dict[str, str]:
    """The extra fields of a Web ATM transfer."""
    code, name = BANKS[bank]
    return {
        "PaymentType": f"WebATM_{bank}", "WebATMAccBank": code, "WebATMAccNo": account[-5:],
        "WebATMBankName": name,
    }  # fmt: skip
