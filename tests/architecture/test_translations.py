"""No untranslated string: what a template says stands in the catalogue, and everything there has its English."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.test_pages import TEMPLATES

ROOT = Path(__file__).parents[2]
HAN = re.compile(r"[\u4e00-\u9fff]")
TRANSLATED = re.compile(r"{%-?\s*blocktrans(?:late)?\b.*?{%-?\s*endblocktrans(?:late)?\s*-?%}|{%.*?%}|{{.*?}}|{#.*?#}", re.S)
IN_BOTH_LANGUAGES = {"too_large.html", "500.html", "unavailable.html", "bare.html"}
"""Pages that must work without a session, and so without a reader's language: they say everything twice."""
NAMES_ITSELF = "%}中文{%"
"""A language's own name is never translated."""


def bare_text(source: str) -> str:
    """What a template says outside the catalogue."""
    return TRANSLATED.sub("", source.replace(NAMES_ITSELF, "%}{%"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_says_nothing_outside_the_catalogue(template: Path) -> None:
    said = HAN.findall(bare_text(template.read_text(encoding="utf-8")))
    if template.name in IN_BOTH_LANGUAGES:
        assert said
    else:
        assert said == []


@pytest.mark.parametrize(
    ("source", "leaks"),
    [
        ("<p>漏掉了</p>", True), ('<p title="漏">x</p>', True), ("{% translate '好' %}", False),
        ("{% blocktranslate %}好{{ a }}{% endblocktranslate %}", False), ("{% if a %}好{% endif %}", True),
    ],
)  # fmt: skip
def test_the_reader_sees_a_leak(source: str, *, leaks: bool) -> None:
    assert bool(HAN.search(bare_text(source))) is leaks


def test_every_string_has_its_english() -> None:
    done = subprocess.run([sys.executable, "tools/messages.py", "check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
