"""The built wheel is the whole product: installed into an empty folder it comes up, answers, and ends cleanly. `make prove` only."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import PROCESSES, as_variables, free_ports

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not os.environ.get("TCLOUD_PROVE"), reason="minutes long: make prove")
PATIENCE_SECONDS = 420


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing in it but an environment into which the wheel was installed."""
    place = tmp_path_factory.mktemp("wheel")
    subprocess.run(["make", "wheel"], cwd=ROOT, check=True, timeout=PATIENCE_SECONDS)
    wheel = max((ROOT / "dist").glob("*.whl"), key=lambda file: file.stat().st_mtime)
    uv = shutil.which("uv") or str(next((ROOT / ".tools").glob("uv-*")))
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, place / "venv"], check=True, timeout=PATIENCE_SECONDS)
    install = [uv, "pip", "install", "--quiet", "--python", place / "venv/bin/python", wheel]
    subprocess.run(install, check=True, timeout=PATIENCE_SECONDS)
    return place


@pytest.fixture
def surroundings(installed: Path) -> Iterator[dict[str, str]]:
    """An environment that knows nothing of the repository; what `tcloud demo` left is removed afterwards."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TCLOUD_", "PYTHON", "DJANGO_"))}
    ports = as_variables(free_ports())
    moved = kept | ports
    yield moved
    subprocess.run([installed / "venv/bin/tcloud", "demo-reset"], cwd=installed, env=moved, check=True, timeout=60)


def get(port: str, path: str = "/") -> tuple[int, str]:
    """A page as it answers; (0, "") while nobody does."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=120) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""
    except OSError:
        return 0, ""


def started(place: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    """`tcloud demo`, up to the line that says it is ready."""
    demo = subprocess.Popen(
        [place / "venv/bin/tcloud", "demo"], cwd=place, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert demo.stdout is not None
    said: list[str] = []
    end = time.monotonic() + PATIENCE_SECONDS
    for line in demo.stdout:
        said.append(line)
        if line.startswith("Ready after"):
            return demo
        if time.monotonic() > end:
            demo.kill()
    raise AssertionError("".join(said))


def test_the_wheel_comes_up_in_an_empty_folder_twice_and_ends_cleanly(installed: Path, surroundings: dict[str, str]) -> None:
    for _start in ("first", "second"):
        demo = started(installed, surroundings)
        try:
            status, page = get(surroundings["TCLOUD_WEB_PORT"])
            assert (status, "雲市集" in page) == (200, True)
            for asset in re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', page):
                assert get(surroundings["TCLOUD_WEB_PORT"], asset)[0] == 200, asset
            assert get(surroundings["TCLOUD_WEB_PORT"], "/solutions/")[0] == 200
            assert all(get(surroundings[f"TCLOUD_{name}_PORT"], "/healthz")[0] == 200 for name in PROCESSES if name != "SMTP")
        finally:
            demo.send_signal(signal.SIGINT)
            demo.communicate(timeout=120)
        assert demo.returncode == 0
        assert get(surroundings["TCLOUD_WEB_PORT"]) == (0, "")
        assert not list((installed / ".tcloud" / "run").glob("*.pid"))


def test_a_busy_port_is_named_and_nothing_is_made(installed: Path, surroundings: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", int(surroundings["TCLOUD_ECPAY_PORT"]))):
        environment = surroundings | {"TCLOUD_DATA": str(tmp_path / "data")}
        done = subprocess.run([installed / "venv/bin/tcloud", "demo"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert f"Port {surroundings['TCLOUD_ECPAY_PORT']} is taken" in done.stdout
    assert "TCLOUD_ECPAY_PORT=" in done.stdout
    assert not (tmp_path / "data").exists() or list((tmp_path / "data").iterdir()) == []
