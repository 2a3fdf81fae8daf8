"""Trade numbers, open and closed methods, what a report amounts to, when to ask again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tcloud.adapters.ecpay.wording import item_text
from tcloud.core.ids import random_code
from tcloud.payments.rules import (
    Bar,
    Device,
    Expected,
    MethodLimit,
    Outcome,
    bar,
    classify,
    device_of,
    is_trade_no,
    new_trade_no,
    pause_before_ask,
)
from tcloud.payments.states import EVENT_OF_FACT, TRANSITIONS, AttemptEvent, AttemptState, FactKind

NOW = datetime(2026, 3, 31, 17, 0, tzinfo=UTC)  # 1 April, 01:00 in Taipei


def test_trade_numbers_are_twenty_letters_and_digits_with_the_taipei_day() -> None:
    number = new_trade_no(NOW, random_code)
    assert len(number) == 20
    assert number.startswith("TC260401")
    assert is_trade_no(number)
    assert len({new_trade_no(NOW, random_code) for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "text", ["", "A" * 19, "A" * 21, "TC260401" + "é" * 12, "TC260401'; DROP--x", "\x00" * 20]
)
def test_other_texts_are_no_trade_numbers(text: str) -> None:
    assert not is_trade_no(text)


@pytest.mark.parametrize(
    ("offered", "amount", "device", "expected"),
    [
        (True, 49_999, Device.COMPUTER, None),
        (True, 50_000, Device.COMPUTER, Bar.ABOVE_LIMIT),
        (True, 49_999, Device.PHONE, Bar.NEEDS_COMPUTER),
        (False, 1, Device.COMPUTER, Bar.NOT_OFFERED),
    ],
)
def test_a_method_is_closed_for_a_reason(
    offered: bool, amount: int, device: Device, expected: Bar | None
) -> None:
    limit = MethodLimit(most_twd=49_999, needs_computer=True)
    assert bar(limit, offered=offered, amount_twd=amount, device=device) == expected


def test_no_known_limit_closes_nothing() -> None:
    assert bar(MethodLimit(), offered=True, amount_twd=10**9, device=Device.PHONE) is None


def test_devices() -> None:
    assert device_of("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Mobile/15E148") is Device.PHONE
    assert device_of("Mozilla/5.0 (Linux; Android 16)") is Device.PHONE
    assert device_of("Mozilla/5.0 (Windows NT 10.0; Win64; x64)") is Device.COMPUTER
    assert device_of("") is Device.COMPUTER


@pytest.mark.parametrize(
    ("outcome", "amount", "simulated", "counts", "expected"),
    [
        (Outcome.PAID, 30_000, False, False, FactKind.PAID),
        (Outcome.PAID, 29_999, False, False, FactKind.MISMATCHED),
        (Outcome.PAID, 30_001, False, False, FactKind.MISMATCHED),
        (Outcome.PAID, 30_000, True, False, FactKind.SIMULATED),
        (Outcome.PAID, 30_000, True, True, FactKind.PAID),
        (Outcome.PAID, 1, True, False, FactKind.SIMULATED),
        (Outcome.FAILED, 30_000, False, False, FactKind.FAILED),
        (Outcome.UNPAID, 30_000, False, False, None),
    ],
)
def test_what_a_report_amounts_to(
    outcome: Outcome, amount: int, simulated: bool, counts: bool, expected: FactKind | None
) -> None:
    expected_attempt = Expected(30_000, simulated_counts=counts)
    assert classify(outcome, amount_twd=amount, simulated=simulated, expected=expected_attempt) == expected


def test_questions_come_ever_more_slowly_but_never_stop() -> None:
    pauses = [pause_before_ask(asked) for asked in range(12)]
    assert pauses[:4] == [timedelta(minutes=minutes) for minutes in (10, 20, 40, 80)]
    assert pauses[-1] == timedelta(hours=6)
    assert pauses == sorted(pauses)


def test_word_of_money_is_never_overruled() -> None:
    assert all(state is not AttemptState.PAID for state, _event in TRANSITIONS)
    for state in AttemptState:
        if state is not AttemptState.PAID:
            assert TRANSITIONS[state, AttemptEvent.PAID] is AttemptState.PAID
    assert FactKind.SIMULATED not in EVENT_OF_FACT


def test_names_of_software_pass_the_gateways_firewall() -> None:
    assert item_text("Python 課程／12 個月 <b>&'\"#") == "Ｐｙｔｈｏｎ 課程／12 個月 b"
    assert item_text("雲端進銷存 A 方案") == "雲端進銷存 A 方案"
    assert len(item_text("雲" * 500)) == 200
    assert item_text("<>") == ""


def test_the_gateways_simulator_lets_every_demo_listing_through() -> None:
    from simulators.ecpay.validation import _FIREWALL

    for word in ("echo", "curl", "wget", "python", "cmd", "bash", "eval", "exec", "system", "select", "union"):
        assert not _FIREWALL.search(item_text(f"{word} 雲端 {word.title()}Cloud"))


def test_no_keys_in_the_source() -> None:
    """The published test shop lives in the simulator and in tests, never in the product."""
    product = Path(__file__).parents[2] / "tcloud"
    for source in product.rglob("*.py"):
        assert "pwFHCqoQZGmho4w6" not in source.read_text(encoding="utf-8") or "demo" in source.parts, source
