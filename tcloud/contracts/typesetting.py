"""From the facts of a contract to its PDF (core/typesetting.py compiles)."""

import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import segno
from pyhanko.pdf_utils.reader import PdfFileReader

from tcloud.contracts.rules import (
    ContractFacts,
    LineFacts,
    PartyFacts,
    RefundFacts,
    capital_numerals,
    fingerprint,
)
from tcloud.core.typesetting import compile_pdf, shown

TEMPLATES = Path(__file__).parent / "templates"
TEMPLATE_FILES = {"1.1": "contract_v1.typ"}


@dataclass(frozen=True, slots=True)
class Typeset:
    """A typeset contract."""

    content: bytes
    sha256: str
    pages: int


def typeset(facts: ContractFacts) -> Typeset:
    """Set the contract. Two equal values give the same bytes; no text of the facts is ever read as markup."""
    view = json.dumps(_view(facts), ensure_ascii=False)
    template = TEMPLATES / TEMPLATE_FILES[facts.template_version]
    content = compile_pdf(template, {"contract": view, "qr": _qr_code(facts.verify_url)}, facts.contract_date)
    return Typeset(content, fingerprint(content), _page_count(content))


def _page_count(content: bytes) -> int:
    return int(PdfFileReader(BytesIO(content)).root["/Pages"]["/Count"])


def _qr_code(url: str) -> str:
    buffer = BytesIO()
    segno.make(url, error="m").save(buffer, kind="svg", border=0, xmldecl=False)
    return buffer.getvalue().decode()


def _view(facts: ContractFacts) -> dict[str, Any]:
    """What the template prints: texts cleaned, numbers with separators, refunds in two columns."""
    day = facts.contract_date
    return {
        "order_number": facts.order_number,
        "template_version": facts.template_version,
        "rule_set": shown(facts.rule_set),
        "call_name": shown(facts.call_name),
        "contract_date": f"中華民國 {day.year - 1911} 年 {day.month} 月 {day.day} 日",
        "buyer": _party(facts.buyer),
        "seller": _party(facts.seller),
        "lines": [_line(line) for line in facts.lines],
        "price": f"{facts.price:,}",
        "price_in_words": capital_numerals(facts.price),
        "points": f"{facts.points:,}",
        "self_pay": f"{facts.self_pay:,}",
        "limits": {name: str(value) for name, value in facts.limits.model_dump().items()},
        "refunds": [_refunds(line, facts.refunds) for line in facts.lines],
        "verify_url": facts.verify_url,
    }


def _party(party: PartyFacts) -> dict[str, str]:
    return {
        "name": shown(party.name),
        "ubn": party.ubn,
        "representative": shown(party.representative) or "—",
        "address": shown(party.address) or "—",
    }


def _line(line: LineFacts) -> dict[str, str]:
    return {
        "number": str(line.number),
        "solution": shown(line.solution),
        "plan": shown(line.plan),
        "quantity": str(line.quantity),
        "term": str(line.term_months),
        "price": f"{line.price:,}",
        "points": f"{line.points:,}",
        "self_pay": f"{line.self_pay:,}",
    }


def _refunds(line: LineFacts, refunds: tuple[RefundFacts, ...]) -> dict[str, Any]:
    """One line's refund table; the months at the end that return nothing are one row."""
    own = sorted((row for row in refunds if row.line == line.number), key=lambda row: row.used_months)
    giving = [row for row in own if row.points or row.self_pay]
    cells = [
        (
            "服務開始前" if not row.used_months else f"第 {row.used_months} 個月",
            f"{row.points:,}",
            f"{row.self_pay:,}",
        )
        for row in giving
    ]
    if len(giving) < len(own):
        cells.append((f"第 {own[len(giving)].used_months} 個月起", "不予退還", "不予退還"))
    cells += [("", "", "")] * (len(cells) % 2)
    half = len(cells) // 2
    rows = [[*left, *right] for left, right in zip(cells[:half], cells[half:], strict=True)]
    return {"line": str(line.number), "solution": shown(line.solution), "rows": rows}
