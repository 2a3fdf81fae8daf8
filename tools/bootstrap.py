#!/usr/bin/env python3
"""Brings a checkout to life with nothing but Python's standard library: uv, the locked environment, built assets.

    python3 tools/bootstrap.py run      what `make run` needs
    python3 tools/bootstrap.py dev      what `make test` and `make check` need besides

Works without pip and venv, as root or not. A second call finds nothing to do and returns at once.
"""

import configparser
import hashlib
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
UV_VERSION = "0.13.9"
LEAST_PYTHON = (3, 11)
# The wheel's file name on the index and its SHA-256, by machine and C library.
UV_WHEELS = {
    ("x86_64", "glibc"): (
        "uv-0.13.9-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    ),
    ("x86_64", "musl"): (
        "uv-0.13.9-py3-none-musllinux_1_1_x86_64.whl",
        "2c45530751517d6c3bbc69a19473f6effe47cce047bede01ffd8af7ea7b36b25",
    ),
    ("aarch64", "glibc"): (
        "uv-0.13.9-py3-none-manylinux_2_28_aarch64.whl",
        "ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375",
    ),
    ("aarch64", "musl"): (
        "uv-0.13.9-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
        "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
    ),
}


def fail(message: str) -> None:
    """Say what is wrong and what to do, and end."""
    print(f"bootstrap: {message}", file=sys.stderr)
    raise SystemExit(1)


def index_url() -> str:
    """The package index that pip or uv is configured to use; PyPI otherwise."""
    for variable in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        if os.environ.get(variable):
            return os.environ[variable]
    files = ["/etc/pip.conf", "~/.config/pip/pip.conf", "~/.pip/pip.conf", os.environ.get("PIP_CONFIG_FILE", "")]
    for name in files:
        config = configparser.ConfigParser()
        try:
            config.read(Path(name).expanduser())
        except (configparser.Error, OSError):
            continue
        if config.has_option("global", "index-url"):
            return config.get("global", "index-url")
    return "https://pypi.org/simple"


def fetch(url: str, accept: str = "*/*") -> bytes:
    """Read an address; fails with a message that says what to do."""
    parts = urllib.parse.urlsplit(url)
    plain = urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rsplit("@", 1)[-1]))
    request = urllib.request.Request(plain, headers={"Accept": accept, "User-Agent": "tcloud-bootstrap"})
    if parts.username:
        import base64

        login = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        request.add_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return bytes(answer.read())
    except (urllib.error.URLError, OSError) as error:
        fail(f"cannot read {plain}: {error}\nSet PIP_INDEX_URL to a package index this machine reaches, or install uv.")
        raise AssertionError from error  # fail() never returns


def wheel_address(name: str) -> str:
    """Where the index keeps a file of uv's; both the JSON and the HTML form of an index are read."""
    base = index_url().rstrip("/") + "/uv/"
    body = fetch(base, "application/vnd.pypi.simple.v1+json, text/html;q=0.5").decode()
    if body.lstrip().startswith("{"):
        links = [item["url"] for item in json.loads(body)["files"] if item["filename"] == name]
    else:
        links = [part.split('"')[1] for part in body.split("<a ")[1:] if f">{name}<" in part]
    if not links:
        fail(f"the index has no {name}. Install uv {UV_VERSION} yourself and run this again.")
    return urllib.parse.urljoin(base, str(links[0]))


def find_uv() -> str:
    """A usable uv: on the PATH, or brought by hash into .tools/."""
    on_path = shutil.which("uv")
    if on_path:
        return on_path
    uv = TOOLS / f"uv-{UV_VERSION}"
    if uv.exists():
        return str(uv)
    library = "musl" if not platform.libc_ver()[0] else "glibc"
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine(), platform.machine())
    if (machine, library) not in UV_WHEELS:
        fail(f"no uv is pinned for {machine} with {library}. Install uv {UV_VERSION} yourself and run this again.")
    name, digest = UV_WHEELS[(machine, library)]
    print(f"Bringing uv {UV_VERSION} …", flush=True)
    content = fetch(wheel_address(name))
    if hashlib.sha256(content).hexdigest() != digest:
        fail(f"{name} from the index has another SHA-256 than the pinned one; not using it.")
    TOOLS.mkdir(exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(content)) as wheel:
        inside = next(entry for entry in wheel.namelist() if entry.endswith("/scripts/uv"))
        draft = uv.with_suffix(".new")
        draft.write_bytes(wheel.read(inside))
    draft.chmod(0o755)
    draft.rename(uv)
    return str(uv)


def stamp_of(*files: Path, extra: str = "") -> str:
    """A fingerprint of files' contents."""
    digest = hashlib.sha256(extra.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def environment(kind: str) -> None:
    """The locked environment in .venv; `dev` has the tools of test and check as well."""
    wanted = stamp_of(ROOT / "pyproject.toml", ROOT / "uv.lock", extra=str(ROOT))
    done = {level: VENV / f"bootstrap-{level}.stamp" for level in ("run", "dev")}
    fresh = [level for level, file in done.items() if file.exists() and file.read_text() == wanted]
    if kind in fresh or "dev" in fresh:
        return
    uv = find_uv()
    groups = ["--group", "dev"] if kind == "dev" else ["--no-default-groups", "--group", "build"]
    command = [uv, "sync", "--frozen", "--quiet", "--python", sys.executable, *groups]
    print("Preparing the environment …", flush=True)
    done_by_uv = subprocess.run(command, cwd=ROOT, env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(VENV)}, check=False)
    if done_by_uv.returncode != 0:
        fail("uv could not prepare the environment; its message stands above.")
    done[kind].write_text(wanted)


def translations() -> None:
    """Compile the catalogues that changed; pure Python, no gettext."""
    python = VENV / "bin" / "python"
    source = ROOT / "tcloud" / "locale" / "en" / "LC_MESSAGES" / "django.po"
    target = source.with_suffix(".mo")
    if not source.exists() or (target.exists() and target.stat().st_mtime >= source.stat().st_mtime):
        return
    done = subprocess.run([python, ROOT / "tools" / "messages.py", "compile"], cwd=ROOT, check=False)
    if done.returncode != 0:
        fail("the translations could not be compiled; the message stands above.")


def main() -> None:
    """Do what is not done yet."""
    if sys.version_info < LEAST_PYTHON:
        fail(f"Python {'.'.join(map(str, LEAST_PYTHON))} or newer is needed; this is {platform.python_version()}.")
    kind = sys.argv[1] if len(sys.argv) > 1 else "run"
    if kind not in ("run", "dev"):
        fail("usage: tools/bootstrap.py run|dev")
    environment(kind)
    translations()


if __name__ == "__main__":
    main()
