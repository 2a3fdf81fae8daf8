"""The home page under the real server, beside a view that does nothing under the same server."""

import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.runner import Measured, in_turn, row

REQUESTS = 200


@contextmanager
def serving() -> Iterator[int]:
    """The product's web process over seeded data."""
    port = 18_231
    data = Path(tempfile.mkdtemp(prefix="tcloud-bench-"))
    variables = os.environ | {"TCLOUD_DATA": str(data), "TCLOUD_PROFILE": "demo", "TCLOUD_WEB_PORT": str(port)}
    command = [sys.executable, "-m", "tcloud.cli.main"]
    subprocess.run([*command, "prepare", "--seed"], env=variables, check=True, capture_output=True)
    server = subprocess.Popen([*command, "serve", "--port", str(port)], env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                _get(port, "/healthz")
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def _get(port: int, path: str) -> None:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    link.request("GET", path)
    answer = link.getresponse()
    answer.read()
    link.close()
    if answer.status != 200:
        raise RuntimeError(f"{path} answers {answer.status}")


def _milliseconds(port: int, path: str) -> float:
    began = time.perf_counter()
    for _ in range(REQUESTS):
        _get(port, path)
    return 1000 * (time.perf_counter() - began) / REQUESTS


@row("web.home", unit="ms", reference="/healthz, a trivial view under the same server")
def home() -> Measured:
    """One client, one request after the other, signed out."""
    with serving() as port:
        _milliseconds(port, "/")  # warm: templates are compiled once
        return in_turn(lambda: _milliseconds(port, "/"), lambda: _milliseconds(port, "/healthz"))
