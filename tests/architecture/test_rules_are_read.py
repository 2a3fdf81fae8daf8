"""Every rule of a call has something that follows from it, or the office is told that nothing does yet."""

import re
from functools import cache
from pathlib import Path

import pytest

from tcloud.programme.rules import NOT_OPEN_YET, Rules

ROOT = Path(__file__).parents[2] / "tcloud"
WORDS_ALONE = ("programme/rules.py", "programme/wording.py", "programme/rule_texts.py", "web/office/rule_form.py")
"""They show every rule, so a rule that stands there and nowhere else does nothing."""


@cache
def code() -> str:
    files = (path for path in ROOT.rglob("*.py") if "migrations" not in path.parts)
    return "\n".join(path.read_text() for path in files if not str(path).endswith(WORDS_ALONE))


def is_read(name: str) -> bool:
    """As an attribute of rules, or named for the limit that it sets."""
    ways = (rf"\b(rules|values)\.{name}\b", rf'\brule="{name}"', rf'DeadlineKind\.\w+, "{name}"')
    return any(re.search(way, code()) for way in ways)


@pytest.mark.parametrize("name", Rules.model_fields)
def test_a_rule_is_effective_or_said_not_to_be(name: str) -> None:
    assert is_read(name) is (name not in NOT_OPEN_YET)


def test_nothing_else_is_said_not_to_be_open() -> None:
    assert set(Rules.model_fields) >= NOT_OPEN_YET
