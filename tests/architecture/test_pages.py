"""What every template keeps: no inline style or script, no foreign host, no link that leads nowhere."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tcloud.demo.catalogue import VENDORS
from tcloud.demo.people import COMPANIES, FIRST_COMPANY, ON_THE_DESK

COMPANY_NAMES = [FIRST_COMPANY, *(company.name for company in (*COMPANIES, *ON_THE_DESK))]
ROOT = Path(__file__).parents[2]
WEB = ROOT / "tcloud" / "web"
TEMPLATES = sorted([*(WEB / "templates").rglob("*.html"), *(WEB / "components").rglob("*.html")])
LOADS = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "link": "href",
    "source": "src",
    "embed": "src",
    "object": "data",
}
LEAST_TEMPLATES = 60
SCRIPTS = sorted((WEB / "static" / "js").glob("*.js"))
SHEETS = sorted((WEB / "static" / "css").glob("*.css"))


class Reader(HTMLParser):
    """Collects what a template must not contain. Template tags are blanked before reading."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        where = f"line {self.getpos()[0]}: <{tag}>"
        if "style" in values or tag == "style":
            self.found.append(f"{where} inline style")
        self.found += [f"{where} {name}" for name in values if name.startswith("on")]
        if tag in LOADS and re.match(r"(https?:)?//", values.get(LOADS[tag], "")):
            self.found.append(f"{where} loads from a foreign host")
        if tag == "form" and "novalidate" not in values:
            self.found.append(f"{where} without novalidate: the browser would answer in its own words and language")
        if tag == "a" and "href" in values and values["href"].strip() in {"", "#"}:
            self.found.append(f"{where} leads nowhere")
        if values.get("href", "").lower().startswith("javascript:"):
            self.found.append(f"{where} script in an address")
        if tag == "script" and "src" not in values and values.get("type") != "application/json":
            self.found.append(f"{where} inline script")


def flaws(text: str) -> list[str]:
    """What a template contains against the rules; tags of the template language count as words."""
    text = re.sub(r"{% comment %}.*?{% endcomment %}", "", text, flags=re.S)
    reader = Reader()
    reader.feed(re.sub(r"{{.*?}}|{%.*?%}", "value", text, flags=re.S))
    return reader.found


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(WEB)))
def test_a_template_keeps_the_rules(template: Path) -> None:
    assert flaws(template.read_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        '<p style="color:red">', "<style>p{}</style>", "<button onclick='go()'>", "<script>go()</script>",
        '<script src="https://cdn.example/x.js"></script>', '<link href="//fonts.example/a.css">',
        '<a href="#">x</a>', '<a href="">x</a>', '<a href="javascript:go()">x</a>', "{% if a %}<b style='{{ b }}'>{% endif %}",
        '<form method="post">', '<form method="post" action="{% url "a" %}" class="{% if a > b %}c{% endif %}">',
    ],
)  # fmt: skip
def test_the_reader_sees_each_flaw(text: str) -> None:
    assert len(flaws(text)) == 1


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(WEB)))
def test_the_way_back_stands_above_the_messages(template: Path) -> None:
    """A breadcrumb belongs to the block `crumbs`, after which base.html puts what just happened."""
    text = template.read_text()
    main = text.partition("{% block main %}")[2]
    assert "tc-bc" not in main, "move the breadcrumb from block main to block crumbs"
    assert "join_crumbs" not in main, "move the breadcrumb from block main to block crumbs"


def test_the_templates_were_found() -> None:
    assert len(TEMPLATES) >= LEAST_TEMPLATES


@pytest.mark.parametrize("asset", [*SCRIPTS, *SHEETS], ids=lambda path: path.name)
def test_no_asset_reaches_a_foreign_host(asset: Path) -> None:
    text = re.sub(r"http://www\.w3\.org/\S+", "", asset.read_text())
    assert re.findall(r"https?://|@import|url\(\s*['\"]?//", text) == []


def test_scripts_build_no_code_from_text() -> None:
    for script in SCRIPTS:
        assert re.findall(r"\beval\(|new Function|document\.write|insertAdjacentHTML", script.read_text()) == [], (
            script.name
        )


def test_the_product_names_nobody_of_the_demonstration() -> None:
    """Its companies and vendors stand in the rooms demo and cli alone; samples elsewhere are neutral."""
    names = {*COMPANY_NAMES, *(profile.name for profile in VENDORS.values())}
    assert len(names) > len(VENDORS)
    rooms = [path for path in (ROOT / "tcloud").rglob("*") if path.suffix in {".py", ".html", ".js"}]
    product = [path for path in rooms if path.relative_to(ROOT / "tcloud").parts[0] not in {"demo", "cli"}]
    assert [(path.name, name) for path in product for name in names if name in path.read_text()] == []
