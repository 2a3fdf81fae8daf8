"""Typst for every room: one compiler a template for the process, fonts from a package, the same bytes every time.

A template reads its facts as JSON from `sys.inputs`; texts are values there, never markup.
"""

from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Final

import pylopdf_fonts_zh_tw
import typst
from fontTools.ttLib import TTFont

from tcloud.core.printable import single_line

FONTS = (pylopdf_fonts_zh_tw.sans_path(), pylopdf_fonts_zh_tw.serif_path())
PDF_STANDARD: Final = "a-2a"
"""Typst refuses to write a file that breaks this profile; no outside validator has confirmed it."""

_typesetting = Lock()


def compile_pdf(template: Path, inputs: dict[str, str], day: date) -> bytes:
    """A template with its inputs as PDF; `day` is the document's date, so equal inputs give equal bytes."""
    with _typesetting:
        content = _compiler(template).compile(
            format="pdf", sys_inputs=inputs, pdf_standards=[PDF_STANDARD],
            timestamp=int(datetime.combine(day, time(0), UTC).timestamp()),
        )  # fmt: skip
    assert isinstance(content, bytes)
    return content


@cache
def _compiler(template: Path) -> typst.Compiler:
    """Reading the fonts takes most of the time, so the compiler is made once for each template."""
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS[0].parent)]
    )
    return typst.Compiler(
        input=str(template), root=str(template.parent), font_paths=fonts, ignore_system_fonts=True
    )


@cache
def _drawable() -> frozenset[int]:
    """Code points at least one of our fonts can draw."""
    points: set[int] = set()
    for path in FONTS:
        with TTFont(path, lazy=True) as font:
            points |= set(font.getBestCmap())
    return frozenset(points)


def shown(text: str) -> str:
    """A text as a document prints it; a character no font has becomes its code point, and stops nothing."""
    return "".join(
        character if ord(character) in _drawable() else f"□〔U+{ord(character):04X}〕"
        for character in single_line(text)
    )
