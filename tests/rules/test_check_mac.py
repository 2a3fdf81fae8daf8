"""CheckMacValue against the published vectors, and both implementations against each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.ecpay.check_mac import check_mac_value as gateways_value
from simulators.ecpay.check_mac import is_genuine as gateway_accepts
from tcloud.adapters.ecpay.check_mac import check_mac_value, is_genuine, signed

KEY, IV = "pwFHCqoQZGmho4w6", "EkRm7iFT261dpevs"
OFFICIAL = {
    "MerchantID": "3002607", "MerchantTradeNo": "ecpay20230312153023", "MerchantTradeDate": "2023/03/12 15:30:23",
    "PaymentType": "aio", "TotalAmount": "30000", "TradeDesc": "促銷方案", "ItemName": "Apple iphone 15",
    "ReturnURL": "https://www.ecpay.com.tw/receive.php", "ChoosePayment": "ALL", "EncryptType": "1",
}  # fmt: skip
VECTORS = {
    "official": (OFFICIAL, "6C51C9E6888DE861FD62FB1DD17029FC742634498FD813DC43D4243B5685B840"),
    "order": (
        {
            "MerchantID": "3002607", "MerchantTradeNo": "Test1234567890", "MerchantTradeDate": "2025/01/01 12:00:00",
            "PaymentType": "aio", "TotalAmount": "100", "TradeDesc": "測試", "ItemName": "測試商品",
            "ReturnURL": "https://example.com/notify", "ChoosePayment": "ALL", "EncryptType": "1",
        },
        "291CBA324D31FB5A4BBBFDF2CFE5D32598524753AFD4959C3BF590C5B2F57FB2",
    ),
    "apostrophe": (
        {"MerchantID": "3002607", "ItemName": "Tom's Shop", "TotalAmount": "100"},
        "CF0A3D4901D99459D8641516EC57210700E8A5C9AB26B1D021301E9CB93EF78D",
    ),
    "tilde": (
        {"MerchantID": "3002607", "ItemName": "Test~Product", "TotalAmount": "200"},
        "CEEAE01D2F9A8E74D4AC0DCE7735B046D73F35A5EC99558A31A2EE03159DA1C9",
    ),
    "spaces": (
        {"MerchantID": "3002607", "ItemName": "My Test Product", "TotalAmount": "300"},
        "7712A5E6EDC3B57086063C88568084C66CE882A21D40E74DE5ACA3B478C6F316",
    ),
    "callback": (
        {
            "MerchantID": "3002607", "MerchantTradeNo": "Test1234567890", "RtnCode": "1", "RtnMsg": "Succeeded",
            "TradeNo": "2301011234567890", "TradeAmt": "100", "PaymentDate": "2025/01/01 12:05:00",
            "PaymentType": "Credit_CreditCard", "TradeDate": "2025/01/01 12:00:00", "SimulatePaid": "0",
        },
        "2AB536D86AFF8E1086744D59175040A32538C96B1C28C4135B551BD728E913B8",
    ),
    "web atm": (
        OFFICIAL | {"ChoosePayment": "WebATM"},
        "01DE73B12A76D480A05A662427585B676135A133710D1A03C37C7B418302CFE8",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VECTORS)
def test_published_vectors(name: str) -> None:
    fields, expected = VECTORS[name]
    assert check_mac_value(fields, KEY, IV) == expected
    assert gateways_value(fields, KEY, IV) == expected


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,15}", fullmatch=True), st.text(max_size=40), max_size=12
    )
)
def test_both_sides_agree_on_any_form(fields: dict[str, str]) -> None:
    # Two keys that differ by case only have no defined order; the gateway has no such fields.
    fields = {name.lower(): value for name, value in fields.items()}
    form = signed(fields, KEY, IV)
    assert gateway_accepts(form, KEY, IV)
    assert is_genuine(form, KEY, IV)


def test_empty_fields_take_part_and_missing_ones_do_not() -> None:
    fields = {"MerchantID": "3002607", "StoreID": ""}
    assert check_mac_value(fields, KEY, IV) != check_mac_value({"MerchantID": "3002607"}, KEY, IV)


def test_any_changed_added_or_dropped_field_is_noticed() -> None:
    form = signed(VECTORS["callback"][0], KEY, IV)
    assert is_genuine(form, KEY, IV)
    for name in form:
        assert not is_genuine({k: v for k, v in form.items() if k != name}, KEY, IV)
        assert not is_genuine(form | {name: form[name] + "1"}, KEY, IV)
    assert not is_genuine(form | {"Extra": ""}, KEY, IV)
    assert not is_genuine(form, KEY, "0" * 16)
    assert not is_genuine(form | {"CheckMacValue": "é" * 64}, KEY, IV)


def test_a_value_that_arrives_still_encoded_is_decoded_before_hashing() -> None:
    sent = signed({"MerchantID": "3002607", "CustomField1": "A&B<C"}, KEY, IV)
    assert is_genuine(sent | {"CustomField1": "A%26B%3CC"}, KEY, IV)
    assert not is_genuine(sent | {"CustomField1": "A%26B%3CD"}, KEY, IV)
