"""What a contract may say: sums, single lines, amounts in words, challenges."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from tcloud.contracts.rules import ContractFacts, capital_numerals, single_line, statement_of
from tcloud.identity.rules import Purpose, challenge_text
from tests.contracts import facts


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (1, "壹"), (10, "壹拾"), (105, "壹佰零伍"), (1_000, "壹仟"), (10_005, "壹萬零伍"), (25_001, "貳萬伍仟零壹"),
        (60_000, "陸萬"), (70_000, "柒萬"), (100_000, "壹拾萬"), (120_000, "壹拾貳萬"), (1_001_000, "壹佰萬壹仟"),
        (20_000_001, "貳仟萬零壹"), (100_001_000, "壹億零壹仟"), (10**15, "壹仟兆"),
    ],
)  # fmt: skip
def test_amounts_in_characters_that_cannot_be_altered(amount: int, words: str) -> None:
    assert capital_numerals(amount) == words


@pytest.mark.parametrize("amount", [0, -1, 10**16])
def test_amounts_out_of_range(amount: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        capital_numerals(amount)


@pytest.mark.parametrize(
    "change",
    [
        {"price": 60_001},
        {"points": 29_999},
        {"lines": ()},
        {"order_number": "TC1"},
        {"seller": facts().buyer},
        {"lines": (facts().lines[0].model_copy(update={"points": 29_999}),), "points": 29_999},
    ],
    ids=["price", "points", "no line", "number", "same party", "line"],
)
def test_facts_that_do_not_add_up(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ContractFacts.model_validate({**dict(facts()), **change})


def test_the_statement_names_document_amounts_and_payee() -> None:
    assert statement_of(facts(), "ab" * 32) == {
        "order": "TC2600000011", "document-sha256": "ab" * 32, "price-twd": "60000", "points": "30000",
        "self-pay-twd": "30000", "buyer-ubn": "12345675", "payee-ubn": "28246281", "payee": "稻浪軟體股份有限公司",
    }  # fmt: skip


def test_a_single_line_loses_what_cannot_be_printed() -> None:
    assert single_line("a\nb\t c\x00\u202ed") == "a b cd"


def challenge(**statement: str) -> bytes:
    return challenge_text(
        purpose=Purpose.SIGN_CONTRACT, origin="https://x.tw", subject="TC1", nonce="ab" * 32,
        issued_at=datetime(2026, 11, 24, 4, tzinfo=UTC), statement=statement,
    )  # fmt: skip


def test_a_challenge_reads_line_by_line_and_is_no_der_set() -> None:
    text = challenge(points="30000")
    assert text.decode().splitlines() == [
        "tcloud-challenge sign-contract", "origin: https://x.tw", "subject: TC1", f"nonce: {'ab' * 32}",
        "issued-at: 2026-11-24T04:00:00+00:00", "points: 30000",
    ]  # fmt: skip
    assert text[0] != 0x31


@pytest.mark.parametrize("statement", [{"payee": "x\npoints: 1"}, {"points: 1\nb": "2"}, {"a:b": "c"}, {"nonce": "00"}])
def test_no_fact_can_pass_for_another(statement: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"not a single|must not repeat"):
        challenge(**statement)
