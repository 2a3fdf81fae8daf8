"""The whole product with its simulators, started by its own command on free ports, for tests in a browser."""

import atexit
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx

from tcloud.cli.postgres import forget, locate
from tests.ports import as_variables, free_ports

ROOT = Path(__file__).parents[2]
START_SECONDS = 300
"""A machine that does other things besides may take its time; how fast a start is, `make bench ONLY=start` tells."""


@dataclass(frozen=True)
class Product:
    """A running demonstration."""

    data: Path
    ports: dict[str, int]

    @property
    def web(self) -> str:
        return f"http://localhost:{self.ports['WEB']}"

    def simulator(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def mails(self, address: str) -> list[dict[str, str]]:
        """Mails to an address, newest first."""
        answer = httpx.get(f"{self.simulator('MAILBOX')}/api/messages", params={"to": address})
        return list(answer.json())

    def mail(self, address: str, subject: str, seconds: float = 30) -> dict[str, str]:
        """The newest mail to an address whose subject holds a text; waits for it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for mail in self.mails(address):
                if subject in mail["subject"]:
                    return mail
            time.sleep(0.2)
        raise AssertionError(f"no mail «{subject}» to {address}: {[mail['subject'] for mail in self.mails(address)]}")

    def code_in(self, mail: dict[str, str]) -> str:
        """The six digits in a mail."""
        found = re.search(r"\b\d{6}\b", mail["text"])
        assert found, mail["text"]
        return found.group()


def environment(data: Path, ports: dict[str, int], profile: str = "demo") -> dict[str, str]:
    """What moves every port and folder of a demonstration."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TCLOUD_", "DJANGO_", "DATABASE_"))}
    return kept | as_variables(ports) | {"TCLOUD_DATA": str(data), "PYTHONPATH": str(ROOT), "TCLOUD_PROFILE": profile}


@contextmanager
def running_product(folder: Path, profile: str = "demo") -> Iterator[Product]:
    """Start everything as `make run` does, on a copy of data that was prepared once, and end it as Ctrl-C does."""
    original, data = _prepared(), folder / "data"
    _copy(original.data, data)
    try:
        with _started(data, original.ports, profile):
            yield Product(data, original.ports)
    finally:
        forget(data)


@cache
def _prepared() -> Product:
    """What a first start makes, once for all tests of this process; its ports stand in every certificate and stay."""
    folder = Path(tempfile.mkdtemp(prefix="tcloud-tests-product-"))
    data, ports = folder / "data", free_ports()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with _started(data, ports, "demo"):
        pass
    atexit.register(forget, data)
    return Product(data, ports)


def _copy(original: Path, data: Path) -> None:
    """A data folder of its own, its database beside or in it, wherever this user's databases live."""
    subprocess.run(["cp", "-a", original, data], check=True)
    (data / "cluster-id").unlink()
    there, here = locate(original).data, locate(data).data
    if not here.exists():
        subprocess.run(["cp", "-a", there, here], check=True)


@contextmanager
def _started(data: Path, ports: dict[str, int], profile: str) -> Iterator[None]:
    file = data.with_name("demo.log")
    log = file.open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "tcloud.cli.main", "demo"], env=environment(data, ports, profile), stdout=log, stderr=log,
        cwd=data.parent,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + START_SECONDS
        while "Ready after" not in (text := file.read_text()):
            assert process.poll() is None, f"the demonstration ended:\n{text}"
            assert time.monotonic() < deadline, f"the demonstration did not start:\n{text}"
            time.sleep(0.2)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        log.close()
