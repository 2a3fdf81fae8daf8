"""The check digit of a 統一編號 (reference/einvoice.md §7)."""

import pytest

from tcloud.core.ubn import is_valid_ubn


@pytest.mark.parametrize(
    "ubn", ["00501503", "22099131", "04595257", "10458575", "10458574", "12345675", "24549210", "20828393"]
)
def test_published_numbers_pass(ubn: str) -> None:
    assert is_valid_ubn(ubn)


@pytest.mark.parametrize(
    "text",
    ["00000000", "12345677", "24549211", "1234567", "123456755", "１２３４５６７５", "1234567 ", "abcdefgh", ""],
)
def test_everything_else_fails(text: str) -> None:
    assert not is_valid_ubn(text)


def test_one_in_five_passes_and_a_seventh_seven_passes_twice() -> None:
    numbers = [f"{number:08d}" for number in range(20_000_000, 20_010_000)]
    plain = [is_valid_ubn(ubn) for ubn in numbers if ubn[6] != "7"]
    sevens = [is_valid_ubn(ubn) for ubn in numbers if ubn[6] == "7"]
    assert (sum(plain), len(plain)) == (1_800, 9_000)
    assert (sum(sevens), len(sevens)) == (400, 1_000)
