"""A small supervisor: starts processes, waits until they answer, ends them all; leaves nothing that blocks.

Our own instead of a library: it must name busy ports, keep pid files for outsiders, clear up after a killed run
and make children die with their parent, which none of the process runners at hand does together.
"""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

PR_SET_PDEATHSIG = 1
START_SECONDS = 180
HIGHEST_PORT = 65_535
STOP_SECONDS = 8
MARK = "TCLOUD_SUPERVISED_BY"
"""Children inherit this variable, so that even a server's orphaned workers are known as ours."""
NAME = "TCLOUD_PROCESS"
"""Which of the children they belong to."""
RESTARTS, WITHIN_SECONDS = 5, 60.0
"""A process that ends more often than this is not started again."""


class Busy(Exception):
    """A port is taken; the message names who needs it and how to move it."""


class Failed(Exception):
    """A process ended or did not answer; the message names its log."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process: its command, the address that tells it is ready, and the variable that moves its port."""

    name: str
    command: list[str]
    health: str = ""
    variable: str = ""
    port: int = 0


@dataclass(frozen=True, slots=True)
class Daemon:
    """A server that is no child of ours: how to find its pid (None: it is gone) and how to start it again."""

    name: str
    pid: Callable[[], int | None]
    start: Callable[[], None]


def _die_with_parent() -> None:
    """In the child: be ended when the supervisor goes away, however it goes."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def started_at(pid: int) -> str:
    """The kernel's start time of a process; empty if there is none. Tells a reused pid from the old one."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] == "Z" else fields[19]


def _marked(*marks: str) -> dict[int, str]:
    """Processes with all these entries in their environment, with their start times."""
    found: dict[int, str] = {}
    wanted = {mark.encode() for mark in marks}
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            pid = int(environment.parent.name)
            if wanted <= set(environment.read_bytes().split(b"\0")) and (start := started_at(pid)):
                found[pid] = start
    return found


def _kill_all(pids: Iterable[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _leftovers(folder: Path, daemons: tuple[str, ...]) -> dict[int, str]:
    """Processes of a former run with their start times: by pid file, and by the mark that every child inherits."""
    found: dict[int, str] = {}
    for file in folder.glob("*.pid"):
        if file.stem in daemons:
            continue
        with contextlib.suppress(ValueError, OSError):
            written, start = file.read_text().split()
            if started_at(int(written)) == start:
                found[int(written)] = start
    found |= _marked(f"{MARK}={folder}")
    found.pop(os.getpid(), None)
    return found


def stop_leftovers(folder: Path, daemons: tuple[str, ...] = ()) -> None:
    """End processes that a killed run left behind, and remove their pid files; daemons are taken over instead."""
    if not folder.exists():
        return
    alive = _leftovers(folder, daemons)
    for pid in alive:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for pid, started in alive.items():
        while started_at(pid) == started and time.monotonic() < deadline:
            time.sleep(0.05)
        if started_at(pid) == started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    for file in folder.glob("*.pid"):
        file.unlink(missing_ok=True)


def port_of(variable: str, default: int) -> int:
    """A port from the environment. Raises Failed when it is none."""
    said = os.environ.get(variable, str(default))
    if not said.isascii() or not said.isdecimal() or not 1 <= int(said) <= HIGHEST_PORT:
        raise Failed(f"{variable}: set a port from 1 to {HIGHEST_PORT}, not “{said}”")
    return int(said)


def check_ports(processes: list[Process], *more: tuple[str, int]) -> None:
    """Refuse to start while a port is taken. Raises Busy, and Failed for a port that is none."""
    wanted = [(process.name, process.variable, process.port) for process in processes if process.port]
    wanted += [("mail", variable, port_of(variable, default)) for variable, default in more]
    for name, variable, port in wanted:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise Busy(
                    f"Port {port} is taken by another program, and {name} needs it. "
                    f"End that program, or move {name}: {variable}=<another port> make run"
                ) from error


class Supervisor:
    """Holds the running processes; leaving the block ends them."""

    def __init__(self, data: Path) -> None:
        self.run, self.log = data / "run", data / "log"
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.processes: dict[str, Process] = {}
        self.daemons: list[Daemon] = []
        self.restarts: list[tuple[str, float]] = []
        self.stopping = False

    def __enter__(self) -> Self:
        self.run.mkdir(parents=True, exist_ok=True)
        self.log.mkdir(parents=True, exist_ok=True)
        self._keep_pid("supervisor", os.getpid())
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.1, deadline - time.monotonic()))
            if child.poll() is None:
                child.kill()
                child.wait()
        _kill_all(_marked(f"{MARK}={self.run}"))  # workers of a server that had to be killed outlive it
        for file in self.run.glob("*.pid"):
            file.unlink(missing_ok=True)

    def _asked_to_stop(self, number: int, frame: FrameType | None) -> None:
        if self.stopping:
            return
        self.stopping = True
        raise KeyboardInterrupt

    def _keep_pid(self, name: str, pid: int) -> None:
        """Whole or not at all: outsiders read these files while processes come and go."""
        draft = self.run / f"{name}.pid.new"
        draft.write_text(f"{pid} {started_at(pid)}")
        draft.rename(self.run / f"{name}.pid")

    def start(self, processes: list[Process]) -> None:
        """Start processes side by side; their output goes to a log file each."""
        for process in processes:
            marked = os.environ | {MARK: str(self.run), NAME: process.name}
            log = (self.log / f"{process.name}.log").open("ab")
            with log:
                child = subprocess.Popen(  # noqa: S603  (our own commands)
                    process.command, env=marked, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                    preexec_fn=_die_with_parent,  # noqa: PLW1509
                )  # fmt: skip
            self.children[process.name], self.processes[process.name] = child, process
            self._keep_pid(process.name, child.pid)

    def adopt(self, daemon: Daemon) -> None:
        """Watch over a server that runs already and ends elsewhere."""
        self.daemons.append(daemon)
        pid = daemon.pid()
        if pid is not None:
            self._keep_pid(daemon.name, pid)

    def wait_until_healthy(self, processes: list[Process]) -> None:
        """Return when every process answers. Raises Failed when one ends or stays silent."""
        deadline = time.monotonic() + START_SECONDS
        for process in processes:
            while process.health and not _answers(process.health):
                self._check_alive()
                if time.monotonic() > deadline:
                    raise Failed(f"{process.name} does not answer; see {self.log / process.name}.log")
                time.sleep(0.05)

    def _check_alive(self) -> None:
        for name, child in self.children.items():
            if child.poll() is not None:
                raise Failed(f"{name} ended with code {child.returncode}; see {self.log / name}.log")

    def watch(self) -> int:
        """Stay until somebody stops us (0); a process that ends is started again, until that is no use (Failed)."""
        try:
            while True:
                self._start_again()
                time.sleep(0.3)
        except KeyboardInterrupt:
            return 0

    def _start_again(self) -> None:
        for daemon in self.daemons:
            if daemon.pid() is None:
                self._note_end(daemon.name, f"{daemon.name} ended")
                daemon.start()
                self._keep_pid(daemon.name, daemon.pid() or 0)
        for name, child in list(self.children.items()):
            if child.poll() is None:
                continue
            self._note_end(name, f"{name} ended with code {child.returncode}")
            _kill_all(_marked(f"{MARK}={self.run}", f"{NAME}={name}"))  # a server's workers keep its port
            self.start([self.processes[name]])

    def _note_end(self, name: str, what: str) -> None:
        """Say that something ended. Raises Failed when that happens too often for another start to help."""
        now = time.monotonic()
        self.restarts = [(who, at) for who, at in self.restarts if now - at < WITHIN_SECONDS]
        log = self.log / f"{name}.log"
        if sum(who == name for who, _at in self.restarts) >= RESTARTS:
            raise Failed(f"{what}, again and again; see {log}")
        self.restarts.append((name, now))
        print(f"{what}; starting it again. Its log: {log}", flush=True)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  (loopback addresses of our own)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
