"""How long `make run` takes: from nothing, and again."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from bench.runner import Measured, row

PORTS = ("WEB", "EVENTS", "CARD_READER", "CA", "ECPAY", "REGISTRY", "MAILBOX", "SMTP")


def _free_ports() -> dict[str, str]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in PORTS]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return {f"TCLOUD_{name}_PORT": str(probe.getsockname()[1]) for name, probe in zip(PORTS, probes, strict=True)}


def _start(data: Path, ports: dict[str, str]) -> float:
    """Seconds from the command to the first page; ends the demonstration again."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TCLOUD_", "DATABASE_", "DJANGO_"))}
    variables = kept | ports | {"TCLOUD_DATA": str(data), "PYTHONPATH": str(Path.cwd())}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "tcloud.cli.main", "demo"], env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
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
        process.send_signal(signal.SIGINT)
        process.wait(30)


_data = Path(tempfile.mkdtemp(prefix="tcloud-bench-start-"))


@row("start.first", unit="s", goal="≤ 300 with the environment, ≤ 30 for the data")
def first() -> Measured:
    """An empty data folder, the environment already there."""
    return Measured([_start(_data, _free_ports())])


@row("start.second", unit="s", goal="≤ 10")
def second() -> Measured:
    """Everything there already."""
    ports = _free_ports()
    _start(_data, ports)
    return Measured([_start(_data, ports) for _ in range(3)])
