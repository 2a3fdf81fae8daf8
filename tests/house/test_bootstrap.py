"""The bootstrap before anything is installed: which index, which uv, what is done again and what is not."""

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from tools import bootstrap


@pytest.fixture(autouse=True)
def _nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL", "PIP_CONFIG_FILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(bootstrap, "TOOLS", tmp_path / "tools")
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / "venv")


def test_the_index_is_the_one_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert bootstrap.index_url() == "https://pypi.org/simple"
    settings = tmp_path / "pip.conf"
    settings.write_text("[global]\nindex-url = http://mirror.example/simple/\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    assert bootstrap.index_url() == "http://mirror.example/simple/"
    monkeypatch.setenv("PIP_INDEX_URL", "http://pip.example/")
    assert bootstrap.index_url() == "http://pip.example/"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://uv.example/")
    assert bootstrap.index_url() == "http://uv.example/"


@pytest.mark.parametrize(
    "body",
    [
        '{"files": [{"filename": "other.whl", "url": "no"}, {"filename": "uv.whl", "url": "../../files/uv.whl"}]}',
        '<html><a href="no">other.whl</a><a href="../../files/uv.whl">uv.whl</a></html>',
    ],
)
def test_both_forms_of_an_index_are_read(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://mirror.example/simple/")
    monkeypatch.setattr(bootstrap, "fetch", lambda url, accept="": body.encode())
    assert bootstrap.wheel_address("uv.whl") == "http://mirror.example/files/uv.whl"


def _wheel() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as wheel:
        wheel.writestr("uv-1.data/scripts/uv", "#!/bin/sh\necho uv 9.9.9\n")
    return content.getvalue()


def _pin(monkeypatch: pytest.MonkeyPatch, digest: str) -> None:
    names = dict.fromkeys(bootstrap.UV_WHEELS, ("uv.whl", digest))
    monkeypatch.setattr(bootstrap, "UV_WHEELS", names)
    monkeypatch.setattr(bootstrap, "wheel_address", lambda name: f"http://mirror.example/{name}")
    monkeypatch.setattr(bootstrap, "fetch", lambda url, accept="": _wheel())
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)


def test_uv_is_brought_by_its_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    _pin(monkeypatch, hashlib.sha256(_wheel()).hexdigest())
    uv = bootstrap.find_uv()
    assert bootstrap.uv_version(uv) == (9, 9)
    monkeypatch.setattr(bootstrap, "fetch", lambda url, accept="": pytest.fail("it is there already"))
    assert bootstrap.find_uv() == uv


def test_another_hash_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _pin(monkeypatch, "0" * 64)
    with pytest.raises(SystemExit):
        bootstrap.find_uv()
    assert "another SHA-256" in capsys.readouterr().err
    assert not bootstrap.TOOLS.exists()


def test_an_old_uv_on_the_path_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _pin(monkeypatch, hashlib.sha256(_wheel()).hexdigest())
    old = tmp_path / "uv"
    old.write_text("#!/bin/sh\necho uv 0.1.45\n")
    old.chmod(0o755)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: str(old))
    assert bootstrap.find_uv() != str(old)


def test_an_environment_that_fits_the_lock_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    bootstrap.VENV.mkdir()
    monkeypatch.setattr(bootstrap, "find_uv", lambda: "uv")
    monkeypatch.setattr(bootstrap, "install", lambda uv, groups: asked.append(groups) or True)
    bootstrap.environment("dev")
    bootstrap.environment("dev")
    bootstrap.environment("run")  # what `dev` has is enough
    assert asked == [["--group", "dev"]]


def test_an_unreachable_index_says_what_to_do(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bootstrap.fetch("http://127.0.0.1:1/simple/uv/")
    assert "Set PIP_INDEX_URL" in capsys.readouterr().err
