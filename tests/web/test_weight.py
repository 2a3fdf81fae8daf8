"""First view of the public pages as it goes over the wire: the answers a browser gets for HTML, style sheets, scripts.

The middleware compresses the page, the collected files were compressed beforehand; both are asked as Chromium asks.
"""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.http import FileResponse
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tcloud.config import settings as configured
from tcloud.demo.catalogue import LISTINGS
from tcloud.demo.seed import seed_catalogue, seed_vendors
from tests import make

pytestmark = pytest.mark.django_db
BROWSER = {"accept-encoding": "gzip, deflate, br, zstd"}
MOST_BYTES = 50_000
MOST_HTML = 12_000
MOST_CSS = 20_000
MOST_SCRIPT = 18_000
DEMO_PAGES = ["home", "solutions", "solution"]
PUBLIC = ["home", "join:start", "solutions", "rules", "sitemap", "contract-verify", "account_login", "accessibility"]


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder for the collected files."""
    return tmp_path_factory.mktemp("static")


@pytest.fixture
def visitor(collected: Path, settings: Any) -> Client:
    """A browser that was never here, before the files as they are served in production."""
    settings.STATIC_ROOT = collected
    settings.STORAGES = configured.STORAGES
    if not any(collected.iterdir()):
        call_command("collectstatic", interactive=False, verbosity=0)
    return Client(headers=BROWSER)


def wire(client: Client, address: str) -> tuple[int, str]:
    """Bytes of the body that travel, and what it says of its encoding."""
    response = client.get(address)
    assert response.status_code == 200, address
    body = b"".join(response.streaming_content) if isinstance(response, FileResponse) else response.content  # type: ignore[arg-type]
    return len(body), response.headers.get("Content-Encoding", "plain")


def linked(client: Client, address: str) -> list[str]:
    """Style sheets and scripts a page names; all of them are ours."""
    html = client.get(address, headers={"accept-encoding": "identity"}).content.decode()
    names = re.findall(r'<link rel="stylesheet" href="(/static/[^"]+)"|<script[^>]* src="(/static/[^"]+)"', html)
    return [sheet or script for sheet, script in names]


@pytest.mark.parametrize("language", ["zh-hant", "en"])
@pytest.mark.parametrize("name", PUBLIC)
def test_a_first_view_is_light(visitor: Client, name: str, language: str) -> None:
    visitor.cookies["django_language"] = language
    with translation.override(language):  # and back afterwards: other tests read Chinese
        address = reverse(name)
        page, encoding = wire(visitor, address)
        assets = linked(visitor, address)
    assert encoding == "gzip"
    assert {Path(asset).suffix for asset in assets} == {".css", ".js"}
    sizes = {}
    for asset in assets:
        sizes[asset], encoding = wire(visitor, asset)
        assert encoding in {"gzip", "br", "zstd"} or sizes[asset] < 1_000, f"{asset} is sent {encoding}"
    assert page + sum(sizes.values()) <= MOST_BYTES, sizes | {"page": page}
    assert page <= MOST_HTML
    assert sum(size for asset, size in sizes.items() if asset.endswith(".css")) <= MOST_CSS, sizes
    assert sum(size for asset, size in sizes.items() if asset.endswith(".js")) <= MOST_SCRIPT, sizes


@pytest.mark.parametrize("name", DEMO_PAGES)
def test_pages_full_of_solutions_are_light_too(visitor: Client, name: str) -> None:
    make.call()
    seed_vendors(make.NOW)
    seed_catalogue(make.NOW)
    address = reverse(name, args=[LISTINGS[0].slug] if name == "solution" else [])
    page, encoding = wire(visitor, address)
    assert encoding == "gzip"
    assert len(visitor.get(address, headers={"accept-encoding": "identity"}).content) > 5_000
    assert page + sum(wire(visitor, asset)[0] for asset in linked(visitor, address)) <= MOST_BYTES


def test_all_style_sheets_together_are_light(visitor: Client, collected: Path) -> None:
    sheets = [f"/static/css/{path.name}" for path in (collected / "css").glob("*.*.css")]
    assert len(sheets) >= 3
    assert sum(wire(visitor, sheet)[0] for sheet in sheets) <= MOST_CSS
