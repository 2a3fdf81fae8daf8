"""What the checkout refuses, in the order the original complains.

Source: reference sheet payments-ecpay.md §3 and §8.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from simulators.ecpay.check_mac import is_genuine
from simulators.ecpay.config import Merchant

METHODS = (
    "Credit", "WebATM", "ATM", "CVS", "BARCODE", "ApplePay", "TWQR", "BNPL", "WeiXin", "DigitalPayment",
)  # fmt: skip
LENGTHS = {
    "MerchantID": 10, "MerchantTradeNo": 20, "MerchantTradeDate": 20, "PaymentType": 20, "TradeDesc": 200,
    "ItemName": 400, "ReturnURL": 200, "ChoosePayment": 20, "IgnorePayment": 100, "OrderResultURL": 200,
    "ClientBackURL": 200, "CustomField1": 50, "CustomField2": 50, "CustomField3": 50, "CustomField4": 50,
    "StoreID": 10, "ItemURL": 200, "Remark": 100, "ChooseSubPayment": 20, "PlatformID": 10,
}  # fmt: skip
REQUIRED = (
    "MerchantTradeNo", "MerchantTradeDate", "PaymentType", "TotalAmount", "TradeDesc", "ItemName",
    "ReturnURL", "ChoosePayment", "EncryptType", "CheckMacValue",
)  # fmt: skip
_COMMANDS = "echo|curl|wget|python|cmd|bash|powershell|perl|eval|exec|system|select|union|drop"
_FIREWALL = re.compile(rf"\b({_COMMANDS})\b", re.IGNORECASE)


class CheckoutError(Exception):
    """The order is not established; the payer sees the code and the message."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{code} {message}")


def validate(fields: Mapping[str, str], merchant: Merchant | None) -> None:
    """Raise CheckoutError for the first thing wrong with an AioCheckOut form; uniqueness is the store's."""
    for name in ("ItemName", "TradeDesc"):
        if _FIREWALL.search(fields.get(name, "")):
            raise CheckoutError("10400011", f"WAF: {name}")
    if merchant is None:
        raise CheckoutError("10200001", "MerchantID Error")
    for name in REQUIRED:
        if not fields.get(name):
            raise CheckoutError("10200052", f"{name} Is Null")
    for name, most in LENGTHS.items():
        if len(fields.get(name, "")) > most:
            raise CheckoutError("10200053", f"{name} Length Error ({most})")
    _validate_values(fields)
    if not is_genuine(fields, merchant.hash_key, merchant.hash_iv):
        raise CheckoutError("10200073", "CheckMacValue Error")


def _validate_values(fields: Mapping[str, str]) -> None:
    amount, url = fields["TotalAmount"], fields["ReturnURL"]
    try:
        datetime.strptime(fields["MerchantTradeDate"], "%Y/%m/%d %H:%M:%S")  # noqa: DTZ007 - only its shape
    except ValueError:
        raise CheckoutError("10200054", "MerchantTradeDate Error") from None
    checks = {
        "MerchantTradeNo": re.fullmatch(r"[A-Za-z0-9]+", fields["MerchantTradeNo"]),
        "PaymentType": fields["PaymentType"] == "aio",
        "EncryptType": fields["EncryptType"] == "1",
        "TotalAmount": amount.isascii() and amount.isdigit() and int(amount) >= 1,
        "ChoosePayment": fields["ChoosePayment"] in (*METHODS, "ALL"),
        "ReturnURL": url.startswith(("http://", "https://")) and not set(";|`") & set(url),
        "TradeDesc": not set("<>") & set(fields["TradeDesc"]),
        "ItemName": not set("<>") & set(fields["ItemName"]),
        "NeedExtraPaidInfo": fields.get("NeedExtraPaidInfo", "N") in ("Y", "N"),
    }
    for name, fine in checks.items():
        if not fine:
            raise CheckoutError("10200051", f"{name} Error")


def methods_of(fields: Mapping[str, str]) -> tuple[str, ...]:
    """Which of the simulated methods the page offers, as ChoosePayment and IgnorePayment say."""
    chosen = fields["ChoosePayment"]
    hidden = fields.get("IgnorePayment", "").split("#")
    return tuple(m for m in ("Credit", "WebATM") if chosen == m or (chosen == "ALL" and m not in hidden))
