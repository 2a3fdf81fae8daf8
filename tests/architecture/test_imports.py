"""The rooms import downwards only: the contracts of pyproject.toml hold."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_tests_stand_without_the_benches() -> None:
    """A bench may reach a state by the tests' builders; a test that needed a bench would prove a figure's code."""
    files = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    taught = [str(path.relative_to(ROOT)) for path in files if re.search(r"^\s*(from|import) bench\b", path.read_text(), re.M)]
    assert taught == []


def test_the_import_contracts_hold() -> None:
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    if command is None:
        pytest.skip("import-linter is missing: make check brings it")
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
