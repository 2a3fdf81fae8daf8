"""The whole product with its simulators, started by its own command on free ports, for tests in a browser."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tcloud.cli.postgres import forget
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
    """Start everything as `make run` does, and end it as Ctrl-C does."""
    ports = free_ports()
    data = folder / "data"
    log = (folder / "demo.log").open("wb")
    variables = environment(data, ports, profile)
    process = subprocess.Popen(
        [sys.executable, "-m", "tcloud.cli.main", "demo"], env=variables, stdout=log, stderr=log, cwd=folder
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while "Ready after" not in (text := (folder / "demo.log").read_text()):
            assert process.poll() is None, f"the demonstration ended:\n{text}"
            assert time.monotonic() < deadline, f"the demonstration did not start:\n{text}"
            time.sleep(0.2)
        yield Product(data, ports)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        log.close()
        forget(data)
