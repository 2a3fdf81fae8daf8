"""What a contract says, as typed values. Pure: no database, no clock, no Django."""

from datetime import date
from hashlib import sha256
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tcloud.core.printable import single_line

TEMPLATE_VERSION = "1.1"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PartyFacts(_Frozen):
    """Buyer (買受人) or seller (出賣人), as the register names it."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    ubn: Annotated[str, Field(pattern=r"^[0-9]{8}$")]
    representative: Annotated[str, Field(max_length=60)] = ""
    address: Annotated[str, Field(max_length=200)] = ""


class LineFacts(_Frozen):
    """One plan; amounts in points and NT$, tax included."""

    number: Annotated[int, Field(ge=1)]
    solution: str
    plan: str
    quantity: Annotated[int, Field(ge=1)]
    term_months: Annotated[int, Field(ge=1)]
    price: Annotated[int, Field(ge=1)]
    points: Annotated[int, Field(ge=0)]
    self_pay: Annotated[int, Field(ge=0)]


class RefundFacts(_Frozen):
    """What a change of mind in the given month of one line returns; computed by orders, printed here."""

    line: Annotated[int, Field(ge=1)]
    used_months: Annotated[int, Field(ge=0)]
    points: Annotated[int, Field(ge=0)]
    self_pay: Annotated[int, Field(ge=0)]


class LimitFacts(_Frozen):
    """The call's limits as the order's rule set has them, each in the unit its clause names."""

    vendor_answers_working_days: Annotated[int, Field(ge=1)]
    self_pay_days: Annotated[int, Field(ge=1)]
    service_start_days: Annotated[int, Field(ge=1)]
    invoice_days: Annotated[int, Field(ge=1)]
    approval_days: Annotated[int, Field(ge=1)]
    cancellation_answer_days: Annotated[int, Field(ge=1)]


class ContractFacts(_Frozen):
    """Everything a contract is made from. Two equal values give the same file, byte for byte."""

    order_number: Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{10}$")]
    contract_date: date
    call_name: str
    buyer: PartyFacts
    seller: PartyFacts
    lines: Annotated[tuple[LineFacts, ...], Field(min_length=1)]
    price: Annotated[int, Field(ge=1)]
    points: Annotated[int, Field(ge=1)]
    self_pay: Annotated[int, Field(ge=0)]
    refunds: tuple[RefundFacts, ...]
    limits: LimitFacts
    rule_set: str
    """Which version of the call's rules, for the reader."""
    verify_url: str
    """Absolute address of the verification page for this order, with the code that only this document carries."""
    template_version: str = TEMPLATE_VERSION

    @model_validator(mode="after")
    def _adds_up(self) -> "ContractFacts":
        if self.buyer.ubn == self.seller.ubn:
            raise ValueError("buyer and seller are the same company")
        sums = [sum(getattr(line, name) for line in self.lines) for name in ("price", "points", "self_pay")]
        if sums != [self.price, self.points, self.self_pay]:
            raise ValueError("the lines do not add up to the order")
        if any(line.price != line.points + line.self_pay for line in self.lines):
            raise ValueError("a line's points and cash are not its price")
        return self


def statement_of(facts: ContractFacts, original_sha256: str) -> dict[str, str]:
    """The facts a signing challenge carries: document, amounts, payee (DESIGN.md §2.9)."""
    return {
        "order": facts.order_number,
        "document-sha256": original_sha256,
        "price-twd": str(facts.price),
        "points": str(facts.points),
        "self-pay-twd": str(facts.self_pay),
        "buyer-ubn": facts.buyer.ubn,
        "payee-ubn": facts.seller.ubn,
        "payee": single_line(facts.seller.name),
    }


def fingerprint(content: bytes) -> str:
    """SHA-256, hexadecimal."""
    return sha256(content).hexdigest()


_CAPITALS = "零壹貳參肆伍陸柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "萬", "億", "兆")


def capital_numerals(amount: int) -> str:
    """An amount in the characters that cannot be altered: 60,000 → 陸萬; 25,001 → 貳萬伍仟零壹.

    Positive and below 10¹⁶; ValueError otherwise.
    """
    if not 0 < amount < 10**16:
        raise ValueError("amount out of range")
    words = ""
    gap = False
    for power in range(15, -1, -1):
        group, place = divmod(power, 4)
        digit = amount // 10**power % 10
        if digit:
            words += ("零" if gap and words else "") + _CAPITALS[digit] + _PLACES[place]
        gap = not digit
        if place == 0 and amount // 10**power % 10_000:
            words += _GROUPS[group]
            gap = False
    return words
