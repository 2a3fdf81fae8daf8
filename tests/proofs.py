"""`make prove` may be stopped and started again: what was proved of this very code is not proved a second time.

Loaded by `-p tests.proofs`. A proof counts for the commit and the uncommitted changes it ran on.
"""

import hashlib
import os
import re
import subprocess
from pathlib import Path

import pytest

PROVED = Path(__file__).parents[1] / "bench" / "out" / "proved.txt"


def _version() -> str:
    """Names the code: its commit and what differs from it."""
    parts = [subprocess.run(["git", *words], capture_output=True, check=False).stdout for words in (["rev-parse", "HEAD"], ["diff", "HEAD"])]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


if "PYTEST_XDIST_WORKER" not in os.environ:
    # Workers must collect the same tests, so all of them go by what stood here at the start.
    version = _version()
    lines = PROVED.read_text().splitlines() if PROVED.exists() else []
    os.environ["TCLOUD_PROVED_VERSION"] = version
    PROVED.parent.mkdir(parents=True, exist_ok=True)
    snapshot = PROVED.with_suffix(".start")
    snapshot.write_text("\n".join(line.split(" ", 1)[1] for line in lines if line.startswith(version + " ")))
    PROVED.write_text("".join(f"{line}\n" for line in lines if line.startswith(version + " ")))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is proved already."""
    proved = set(PROVED.with_suffix(".start").read_text().splitlines())
    done = [item for item in items if item.nodeid in proved]
    config.hook.pytest_deselected(items=done)
    items[:] = [item for item in items if item.nodeid not in proved]


def _name(report: pytest.TestReport) -> str:
    """The test's own name: pytest-xdist appends the group that keeps a file together (tests/conftest.py)."""
    return re.sub(r"@(product|tests/[\w/]+\.py)$", "", report.nodeid)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note each success as it comes; with several workers only their controller writes."""
    if report.when == "teardown" and report.passed and "PYTEST_XDIST_WORKER" not in os.environ and _name(report) in _called:
        with PROVED.open("a") as file:
            file.write(f"{os.environ['TCLOUD_PROVED_VERSION']} {_name(report)}\n")
    if report.when == "call" and report.passed:
        _called.add(_name(report))


_called: set[str] = set()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Nothing left to prove is a success."""
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and PROVED.with_suffix(".start").read_text():
        session.exitstatus = pytest.ExitCode.OK
