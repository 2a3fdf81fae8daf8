"""The supervisor: busy ports are named, children go with it, a killed run leaves nothing."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tcloud.cli import demonstration
from tcloud.cli.postgres import PostgresFailed
from tcloud.cli.processes import (
    MARK,
    NAME,
    RESTARTS,
    Busy,
    Daemon,
    Failed,
    Process,
    Supervisor,
    _marked,
    check_ports,
    port_of,
    stop_leftovers,
)

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture(autouse=True)
def _keep_signals() -> None:
    """A supervisor takes SIGINT and others; they are given back after each test."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def _gone(pid: int, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_a_busy_port_is_named_with_what_moves_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Busy) as busy:
            check_ports([Process("registry", SLEEP, "", "TCLOUD_REGISTRY_PORT", port)])
    assert f"Port {port} is taken" in str(busy.value)
    assert "TCLOUD_REGISTRY_PORT=" in str(busy.value)


def test_a_busy_port_is_found_before_there_is_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[Path] = []

    def cluster(data: Path) -> None:
        started.append(data)
        raise PostgresFailed("no database is wanted here")

    monkeypatch.setattr(demonstration, "running_cluster", cluster)
    monkeypatch.setenv("TCLOUD_DATA", str(tmp_path))
    monkeypatch.setenv("TCLOUD_PROFILE", "demo")
    with ExitStack() as sockets:
        held = [sockets.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(8)]
        for (variable, _default), one in zip([*demonstration.PORTS.values(), demonstration.SMTP], held, strict=True):
            monkeypatch.setenv(variable, str(one.getsockname()[1]))
        assert demonstration.run(tmp_path / "data") == 1
    said = capsys.readouterr().out
    assert "is taken by another program" in said
    assert started == []
    assert list((tmp_path / "data").iterdir()) == []


def test_children_end_and_pid_files_go_with_the_supervisor(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.start([Process("one", SLEEP), Process("two", SLEEP)])
        pids = [int((tmp_path / "run" / f"{name}.pid").read_text().split()[0]) for name in ("one", "two")]
    assert all(_gone(pid) for pid in pids)
    assert list((tmp_path / "run").glob("*.pid")) == []


def test_a_child_that_keeps_ending_is_named_with_its_log(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.start([Process("short", [sys.executable, "-c", "print('why'); raise SystemExit(3)"])])
        with pytest.raises(Failed) as failed:
            supervisor.watch()
    assert "short ended with code 3, again and again" in str(failed.value)
    assert (tmp_path / "log" / "short.log").read_text().count("why") == 1 + RESTARTS


def test_a_killed_child_is_started_again_and_its_orphans_end(tmp_path: Path) -> None:
    """As `kill -9` of a server does it: its worker would keep the port."""
    server = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); time.sleep(60)"
    with Supervisor(tmp_path) as supervisor:
        supervisor.start([Process("server", [sys.executable, "-c", server])])
        first = supervisor.children["server"].pid
        marks = (f"{MARK}={tmp_path / 'run'}", f"{NAME}=server")
        while len(orphans := set(_marked(*marks)) - {first}) != 1:
            time.sleep(0.02)
        os.kill(first, signal.SIGKILL)
        supervisor.children["server"].wait()
        supervisor._start_again()
        second = supervisor.children["server"].pid
        assert second != first
        assert (tmp_path / "run" / "server.pid").read_text().startswith(f"{second} ")
        assert all(_gone(pid) for pid in orphans)
        while len(later := set(_marked(*marks)) - {second}) != 1:
            time.sleep(0.02)
    assert all(_gone(pid) for pid in {second, *later})


def test_a_server_that_does_not_listen_takes_its_workers_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcloud.cli.processes.STOP_SECONDS", 0.3)
    stubborn = f"import signal, subprocess; signal.signal(signal.SIGTERM, signal.SIG_IGN); subprocess.run({SLEEP!r})"
    mark = f"{MARK}={tmp_path / 'run'}"
    with Supervisor(tmp_path) as supervisor:
        supervisor.start([Process("server", [sys.executable, "-c", stubborn])])
        deadline = time.monotonic() + 30
        while len(both := set(_marked(mark))) != 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert all(_gone(pid) for pid in both)


def test_an_adopted_server_that_ended_is_started_again(tmp_path: Path) -> None:
    alive: list[int] = [os.getpid()]
    with Supervisor(tmp_path) as supervisor:
        supervisor.adopt(Daemon("database", lambda: alive[0] if alive else None, lambda: alive.append(os.getppid())))
        supervisor._start_again()
        assert (tmp_path / "run" / "database.pid").read_text().startswith(f"{os.getpid()} ")
        alive.clear()
        supervisor._start_again()
        assert (tmp_path / "run" / "database.pid").read_text().startswith(f"{os.getppid()} ")


def test_children_of_a_killed_supervisor_end(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from tcloud.cli.processes import Process, Supervisor\n"
        f"s = Supervisor(Path({str(tmp_path)!r})).__enter__(); s.start([Process('child', {SLEEP!r})]); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program])
    file = tmp_path / "run" / "child.pid"
    while not file.exists() or not file.read_text():
        assert parent.poll() is None
        time.sleep(0.02)
    child = int(file.read_text().split()[0])
    parent.kill()
    parent.wait()
    assert _gone(child)


def test_an_orphan_without_a_pid_file_is_found_by_its_mark(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    orphan = subprocess.Popen(SLEEP, env=os.environ | {MARK: str(run)})
    other = subprocess.Popen(SLEEP, env=os.environ | {MARK: str(tmp_path / "another")})
    try:
        stop_leftovers(run)
        assert _gone(orphan.pid)
        assert other.poll() is None
    finally:
        for process in (orphan, other):
            process.kill()
            process.wait()


def test_a_pid_that_another_process_got_since_is_left_alone(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    bystander = subprocess.Popen(SLEEP)
    try:
        (run / "web.pid").write_text(f"{bystander.pid} 1")  # the same number, another start
        stop_leftovers(run)
        assert bystander.poll() is None
        assert not (run / "web.pid").exists()
    finally:
        bystander.kill()
        bystander.wait()


@pytest.mark.parametrize("said", ["abc", "0", "70000", "-1", "", "８０８０"])
def test_a_port_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], said: str) -> None:
    monkeypatch.setenv("TCLOUD_WEB_PORT", said)
    with pytest.raises(Failed, match="TCLOUD_WEB_PORT: set a port"):
        port_of("TCLOUD_WEB_PORT", 8000)
    monkeypatch.setenv("TCLOUD_PROFILE", "demo")
    monkeypatch.setenv("TCLOUD_DATA", str(tmp_path))
    assert demonstration.run(tmp_path) == 1
    assert "TCLOUD_WEB_PORT" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
