"""From facts to a PDF: Typst, one compiler for the process, fonts from a package, the same bytes every time."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cache
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any, Final

import pylopdf_fonts_zh_tw
import segno
import typst
from fontTools.ttLib import TTFont
from pyhanko.pdf_utils.reader import PdfFileReader

from tcloud.contracts.rules import (
    ContractFacts,
    LineFacts,
    PartyFacts,
    RefundFacts,
    capital_numerals,
    fingerprint,
    single_line,
)

TEMPLATES = Path(__file__).parent / "templates"
TEMPLATE_FILES = {"1.0": "contract_v1.typ"}
FONTS = (pylopdf_fonts_zh_tw.sans_path(), pylopdf_fonts_zh_tw.serif_path())
PDF_STANDARD: Final = "a-2a"
"""Typst refuses to write a file that breaks this profile; no outside validator has confirmed it."""

_typesetting = Lock()


@dataclass(frozen=True, slots=True)
class Typeset:
    """A typeset contract."""

    content: bytes
    sha256: str
    pages: int


def typeset(facts: ContractFacts) -> Typeset:
    """Set the contract. Two equal values give the same bytes; no text of the facts is ever read as markup."""
    view = json.dumps(_view(facts), ensure_ascii=False)
    day = datetime.combine(facts.contract_date, time(0), UTC)
    with _typesetting:
        content = _compiler(TEMPLATE_FILES[facts.template_version]).compile(
            format="pdf",
            sys_inputs={"contract": view, "qr": _qr_code(facts.verify_url)},
            pdf_standards=[PDF_STANDARD],
            timestamp=int(day.timestamp()),
        )
    assert isinstance(content, bytes)
    return Typeset(content, fingerprint(content), _page_count(content))


def _page_count(content: bytes) -> int:
    return int(PdfFileReader(BytesIO(content)).root["/Pages"]["/Count"])


@cache
def _compiler(template: str) -> typst.Compiler:
    """Reading the fonts takes most of the time, so the compiler is made once for each template."""
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS[0].parent)]
    )
    return typst.Compiler(
        input=str(TEMPLATES / template), root=str(TEMPLATES), font_paths=fonts, ignore_system_fonts=True
    )


def _qr_code(url: str) -> str:
    buffer = BytesIO()
    segno.make(url, error="m").save(buffer, kind="svg", border=0, xmldecl=False)
    return buffer.getvalue().decode()


@cache
def _drawable() -> frozenset[int]:
    """Code points at least one of our fonts can draw."""
    points: set[int] = set()
    for path in FONTS:
        with TTFont(path, lazy=True) as font:
            points |= set(font.getBestCmap())
    return frozenset(points)


def shown(text: str) -> str:
    """A text as the contract prints it; a character no font has becomes its code point, and stops nothing."""
    return "".join(
        character if ord(character) in _drawable() else f"□〔U+{ord(character):04X}〕"
        for character in single_line(text)
    )


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
