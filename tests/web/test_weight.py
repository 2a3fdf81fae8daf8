"""First view of the public pages: HTML with its style sheets and scripts, compressed as browsers get them."""

import gzip
import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

pytestmark = pytest.mark.django_db
STATIC = Path(__file__).parents[2] / "tcloud" / "web" / "static"
MOST_BYTES = 50_000
MOST_CSS = 20_000
MOST_SCRIPT = 18_000
PUBLIC = ["home", "join:start", "solutions", "rules", "sitemap", "contract-verify", "account_login", "accessibility"]


def weight(content: bytes) -> int:
    return len(gzip.compress(content, 6))


def linked(html: str) -> list[Path]:
    """Style sheets and scripts a page names; all of them are ours."""
    names = re.findall(r'<link rel="stylesheet" href="/static/([^"]+)"|<script[^>]* src="/static/([^"]+)"', html)
    return [STATIC / (sheet or script) for sheet, script in names]


@pytest.mark.parametrize("language", ["zh-hant", "en"])
@pytest.mark.parametrize("name", PUBLIC)
def test_a_first_view_is_light(client: Client, name: str, language: str) -> None:
    client.cookies["django_language"] = language
    with translation.override(language):  # and back afterwards: other tests read Chinese
        response = client.get(reverse(name))
    assert response.status_code == 200
    assets = linked(response.content.decode())
    assert {asset.suffix for asset in assets} == {".css", ".js"}
    sizes = {asset.name: weight(asset.read_bytes()) for asset in assets}
    assert weight(response.content) + sum(sizes.values()) <= MOST_BYTES, sizes
    assert sum(size for asset, size in sizes.items() if asset.endswith(".css")) <= MOST_CSS, sizes
    assert sum(size for asset, size in sizes.items() if asset.endswith(".js")) <= MOST_SCRIPT, sizes


def test_all_style_sheets_together_are_light() -> None:
    assert sum(weight(sheet.read_bytes()) for sheet in (STATIC / "css").glob("*.css")) <= MOST_CSS
