"""No class of the style sheets is unused: what no page says is not sent to everybody."""

import re
from pathlib import Path

WEB = Path(__file__).parents[2] / "tcloud"
SHEETS = sorted((WEB / "web" / "static" / "css").glob("*.css"))
SPEAKERS = [
    *(WEB / "web" / "templates").rglob("*.html"), *(WEB / "web" / "components").rglob("*.html"),
    *(WEB / "web" / "static" / "js").glob("*.js"), *(WEB / "web").rglob("*.py"), *(WEB / "demo").rglob("*.py"), *(WEB / "demo").rglob("*.html"),
]  # fmt: skip
LEAST_CLASSES = 150
ENDS = re.compile(r"[a-zA-Z][\w-]*-(?=\{[{%]|\{\w)|(?<=[\"' ])[a-zA-Z][\w-]*-(?=[\"'] ?\+)")
"""The beginning of a class whose end a template or a program fills in: tc-lamp--{{ state }}."""


def classes() -> set[str]:
    """Every class that a style sheet has a rule for."""
    found: set[str] = set()
    for sheet in SHEETS:
        text = re.sub(r"/\*.*?\*/|url\([^)]*\)|\"[^\"]*\"", "", sheet.read_text(), flags=re.S)
        selectors = re.findall(r"(?:^|[{};])\s*([^{};@]+)\{", text)
        found |= {name for selector in selectors for name in re.findall(r"\.([a-zA-Z][\w-]*)", selector)}
    return found


def unused(names: set[str]) -> list[str]:
    """Those that neither stand anywhere as a word nor begin as something that is filled in."""
    text = "\n".join(path.read_text() for path in SPEAKERS)
    words = set(re.findall(r"[a-zA-Z][\w-]*", text))
    beginnings = tuple(set(ENDS.findall(text)))
    return sorted(name for name in names if name not in words and not name.startswith(beginnings))


def test_every_class_is_used() -> None:
    names = classes()
    assert len(names) >= LEAST_CLASSES
    assert unused(names) == []


def test_the_check_sees_an_unused_one() -> None:
    assert unused({"tc-nobody-says-this", "tc-btn"}) == ["tc-nobody-says-this"]
