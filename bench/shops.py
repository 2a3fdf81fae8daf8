"""Two web servers over one PostgreSQL server: the product's, and a django-oscar shop with the same catalogue.

Each has a database of its own and is served by granian in one process with eight threads. The reference shop's
environment is made from `bench/oscar/requirements.txt` (pinned, with hashes) when a row first needs it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.urls import reverse

from tcloud.catalog.queries import PAGE_SIZE
from tools.bootstrap import find_uv, index_url, stamp_of

REFERENCE = Path(__file__).parent / "oscar"
VENV = REFERENCE / ".venv"
ROOT = Path(__file__).parents[1]
WORKERS, THREADS = 1, 8
START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Shop:
    """A running shop: its port, and the addresses of its pages by name."""

    port: int
    pages: dict[str, str]


@contextmanager
def _database(name: str) -> Iterator[str]:
    """An empty database on the bench's server; its address."""
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as link:
        link.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        link.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as link:
            link.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def served(command: list[str], variables: dict[str, str], ready: str) -> Iterator[None]:
    """A web server, from its first answer until the block ends."""
    server = subprocess.Popen(command, env=variables, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(ready):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command} does not serve {ready}")
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait(20)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10):
            return True
    except OSError:
        return False


def _expect(url: str, mark: str) -> None:
    """Both lists show twenty solutions, or the rows would compare nothing. Raises RuntimeError."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        shown = answer.read().decode().count(mark)
    if shown != PAGE_SIZE:
        raise RuntimeError(f"{url} shows {shown} solutions")


@contextmanager
def product() -> Iterator[Shop]:
    """The product's web process over the demonstration's data."""
    port = 18_231
    with tempfile.TemporaryDirectory(prefix="tcloud-bench-web-") as data, _database("bench_product") as url:
        mine = {"TCLOUD_DATA": data, "TCLOUD_PROFILE": "demo", "TCLOUD_WEB_PORT": str(port), "DATABASE_URL": url}
        variables, command = os.environ | mine, [sys.executable, "-m", "tcloud.cli.main"]
        subprocess.run([*command, "prepare", "--seed"], env=variables, check=True, capture_output=True)
        serve = [*command, "serve", "--port", str(port), "--workers", str(WORKERS), "--threads", str(THREADS)]
        with served(serve, variables, f"http://127.0.0.1:{port}/healthz"):
            first = _catalogue()["solutions"][0]
            _expect(f"http://127.0.0.1:{port}{reverse('solutions')}", 'class="tc-hit"')
            yield Shop(port, {
                "home": reverse("home"), "solutions": reverse("solutions"), "solution": reverse("solution", args=[first["slug"]]),
                "trivial": reverse("healthz"),
            })  # fmt: skip


@contextmanager
def reference() -> Iterator[Shop]:
    """django-oscar's web process over the same catalogue."""
    port = 18_232
    python = _environment()
    with tempfile.TemporaryDirectory(prefix="tcloud-bench-index-") as index, _database("bench_oscar") as url:
        variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": url, "OSCAR_INDEX": index}
        filled = subprocess.run(
            [python, "-m", "bench.oscar.fill"], env=variables, cwd=ROOT, input=json.dumps(_catalogue()), text=True,
            check=True, stdout=subprocess.PIPE,
        )  # fmt: skip
        pages: dict[str, str] = json.loads(filled.stdout)
        serve = [
            str(python), "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", str(WORKERS),
            "--blocking-threads", str(THREADS), "--no-ws", "--no-access-log", "bench.oscar.wsgi:application",
        ]  # fmt: skip
        with served(serve, variables, f"http://127.0.0.1:{port}{pages['solutions']}"):
            _expect(f"http://127.0.0.1:{port}{pages['solutions']}", 'class="product_pod"')
            yield Shop(port, pages)


def _environment() -> Path:
    """The reference's Python, with exactly the pinned packages."""
    python, stamp, wanted = VENV / "bin" / "python", VENV / "bench.stamp", REFERENCE / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != stamp_of(wanted):
        uv = find_uv()
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, VENV], check=True)
        sync = [uv, "pip", "sync", "--quiet", "--require-hashes", "--default-index", index_url()]
        subprocess.run([*sync, "--python", python, wanted], check=True)
        stamp.write_text(stamp_of(wanted))
    return python


def _catalogue() -> dict[str, list[dict[str, object]]]:
    """What the demonstration sells: names, texts, shelves and prices."""
    from tcloud.demo.catalogue import CATEGORIES, LISTINGS

    return {
        "categories": [{"slug": row.slug, "name": row.name, "parent": row.parent} for row in CATEGORIES],
        "solutions": [
            {
                "slug": entry.slug, "vendor": entry.vendor, "category": entry.category, "name": entry.listing.name,
                "text": "\n".join([entry.listing.tagline, *entry.listing.highlights, entry.listing.description]),
                "plans": [{"name": plan.name, "price": plan.price_twd} for plan in entry.plans],
            }
            for entry in LISTINGS
        ],
    }  # fmt: skip
