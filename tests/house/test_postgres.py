"""The embedded database: found again, taken over after a kill, no rights loosened, nothing left in common folders."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tcloud.cli import postgres
from tcloud.cli.postgres import Cluster, forget, locate, running_cluster, start, stop, temporary_cluster


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose parent only its owner may enter."""
    home = tmp_path / "a home"
    home.mkdir(mode=0o700)
    data = home / "data"
    yield data
    forget(data)


def _value(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def _postmaster(cluster: Cluster) -> int:
    return int((cluster.data / "postmaster.pid").read_text().split()[0])


def test_data_stays_and_a_killed_server_is_no_obstacle(closed: Path) -> None:
    with running_cluster(closed) as running, psycopg.connect(running.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    cluster = locate(closed)
    start(cluster, postgres.DURABLE)
    os.kill(_postmaster(cluster), signal.SIGKILL)
    with running_cluster(closed) as running:
        assert _value(running.url, "SELECT number FROM kept") == 7
        assert _value(running.url, "SHOW fsync") == "on"
        assert _value(running.url, "SHOW listen_addresses") == ""
    assert not cluster.socket.exists()


def test_a_server_left_running_is_taken_over(closed: Path) -> None:
    cluster = locate(closed)
    start(cluster, postgres.DURABLE)
    pid = _postmaster(cluster)
    with running_cluster(closed) as running:
        assert _postmaster(cluster) == pid
        assert _value(running.url, "SELECT 1") == 1
    stop(cluster)
    assert not (cluster.data / "postmaster.pid").exists()


def test_a_pid_file_naming_somebody_else_is_stale(closed: Path) -> None:
    with running_cluster(closed):
        pass
    cluster = locate(closed)
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n{int(time.time())}\n")
    with running_cluster(closed) as running:
        assert _value(running.url, "SELECT 1") == 1


def test_no_folder_above_is_opened_and_everything_goes(closed: Path) -> None:
    before = [stat.S_IMODE(folder.stat().st_mode) for folder in closed.parents]
    with running_cluster(closed):
        cluster = locate(closed)
        assert stat.S_IMODE(cluster.data.stat().st_mode) == 0o700
        assert stat.S_IMODE(cluster.socket.stat().st_mode) == 0o700
        assert len(str(cluster.socket)) < postgres.SOCKET_PATH_LIMIT
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in closed.parents] == before
    if os.getuid() == 0:
        assert cluster.data.is_relative_to("/var/lib/tcloud")
        assert cluster.data.stat().st_uid == postgres.NOBODY
    forget(closed)
    assert not cluster.data.exists()
    assert not (postgres.VAR / (closed / "cluster-id").read_text()).exists()


def test_a_throwaway_server_of_a_killed_run_is_swept_away() -> None:
    program = "import time; from tcloud.cli.postgres import temporary_cluster as c\nwith c() as url: print(url, flush=True); time.sleep(60)"
    killed = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert killed.stdout is not None
    socket = Path(killed.stdout.readline().split("host=")[1].strip())
    killed.kill()
    killed.wait()
    killed.stdout.close()
    assert socket.exists()
    with temporary_cluster() as url:
        assert not socket.exists()
        assert _value(url, "SHOW fsync") == "off"
    assert not Path(url.split("host=")[1]).exists()
