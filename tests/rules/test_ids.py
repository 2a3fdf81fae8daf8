"""Numbers people type, amounts on papers, dates of the register."""

from datetime import UTC, date, datetime

import pytest
from django.utils.translation import override

from tcloud.core import wording
from tcloud.core.ids import is_order_number, order_number
from tcloud.core.money import Twd, tax_included
from tcloud.core.roc_dates import parse_roc

NUMBER = order_number("CE", 260_000_123)


def test_an_order_number_has_two_letters_and_ten_digits() -> None:
    assert len(NUMBER) == 12
    assert is_order_number(NUMBER)


def test_every_single_wrong_digit_is_found() -> None:
    for place in range(2, 12):
        for digit in "0123456789":
            wrong = NUMBER[:place] + digit + NUMBER[place + 1 :]
            assert is_order_number(wrong) is (wrong == NUMBER)


def test_swapped_neighbours_are_found() -> None:
    for sequence in range(260_000_000, 260_000_200):
        number = order_number("CE", sequence)
        for place in range(2, 11):
            swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
            if swapped != number and {number[place], number[place + 1]} != {"0", "9"}:  # the one pair Luhn cannot tell
                assert not is_order_number(swapped)


@pytest.mark.parametrize("text", ["", "CE123", "ce2600001238", "CE26000O1238", "12" + NUMBER[2:], NUMBER + "0"])
def test_what_is_no_order_number(text: str) -> None:
    assert not is_order_number(text)


@pytest.mark.parametrize(
    ("total", "sales", "tax"),
    [(60_000, 57_143, 2_857), (30_000, 28_571, 1_429), (70_000, 66_667, 3_333), (1_050, 1_000, 50), (1_000, 952, 48)],
)
def test_tax_is_taken_out_half_up(total: int, sales: int, tax: int) -> None:
    assert tax_included(Twd(total)) == (sales, tax)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0680718", date(1979, 7, 18)), ("680718", date(1979, 7, 18)), ("1060905", date(2017, 9, 5)), ("", None), ("0000000", None)],
)
def test_dates_of_the_register(text: str, expected: date | None) -> None:
    assert parse_roc(text) == expected


@pytest.mark.parametrize("text", ["1150229", "20260101", "11a0101"])
def test_days_that_do_not_exist_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_roc(text)


def test_a_limit_reads_as_the_end_of_its_last_day() -> None:
    until = datetime(2026, 5, 14, 16, tzinfo=UTC)
    with override("zh-hant"):
        assert wording.limit(until).replace("\u00a0", " ") == "5 月 14 日（四）24:00"
    with override("en"):
        assert wording.limit(until) == "Thu 14 May, 24:00"
    assert wording.amount(-12_000) == "−12,000"
