"""How long `make run` takes: from nothing, and again."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.runner import Measured, row
from tcloud.cli.postgres import forget
from tests.ports import as_variables, free_ports


def _start(data: Path, ports: dict[str, str], command: list[str] | None = None) -> float:
    """Seconds from the command to the first page; ends the demonstration again."""
    ours = {} if command else {"PYTHONPATH": str(Path.cwd())}
    command = command or [sys.executable, "-m", "tcloud.cli.main", "demo"]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TCLOUD_", "DATABASE_", "DJANGO_"))}
    variables = kept | ports | ours | {"TCLOUD_DATA": str(data)}
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{ports['TCLOUD_WEB_PORT']}/", timeout=2):
                    return time.perf_counter() - began
            except OSError:
                if process.poll() is not None or time.perf_counter() - began > 180:
                    raise RuntimeError("the demonstration did not start") from None
                time.sleep(0.05)
    finally:
        os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does: everybody in the terminal's group
        process.wait(30)


@contextmanager
def _folder() -> Iterator[Path]:
    """An empty data folder; its database goes with it, wherever that was put."""
    with tempfile.TemporaryDirectory(prefix="tcloud-bench-start-") as name:
        try:
            yield Path(name)
        finally:
            forget(Path(name))


@row("start.first", unit="s", goal="≤ 30")
def first() -> Measured:
    """An empty data folder, the environment already there: migrations, demonstration data, every process."""
    runs = []
    for _ in range(3):
        with _folder() as data:
            runs.append(_start(data, as_variables(free_ports())))
    return Measured(runs)


@row("start.second", unit="s", goal="≤ 10")
def second() -> Measured:
    """Everything there already: seconds from the command to the first page."""
    with _folder() as data:
        ports = as_variables(free_ports())
        _start(data, ports)
        return Measured([_start(data, ports) for _ in range(5)])


@row("start.clone", unit="s", goal="≤ 300")
def clone() -> Measured:
    """A clean clone of this commit: `make run` to the first page, uv's cache as this machine has it."""
    with _folder() as data, tempfile.TemporaryDirectory(prefix="tcloud-bench-clone-") as place:
        subprocess.run(["git", "clone", "--quiet", str(Path.cwd()), place], check=True)
        return Measured([_start(data, as_variables(free_ports()), ["make", "--silent", "-C", place, "run", f"PYTHON={sys.executable}"])])
