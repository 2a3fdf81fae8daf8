"""`make run`: the whole product and the outside world beside it, on one machine, with one table of what runs where."""

import json
import os
import shutil
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tcloud.cli.postgres import DURABLE, PostgresFailed, forget, running_cluster, server_pid, start
from tcloud.cli.preparing import is_prepared
from tcloud.cli.processes import Busy, Daemon, Failed, Process, Supervisor, check_ports, port_of, stop_leftovers

console = Console()

PORTS = {
    "web": ("TCLOUD_WEB_PORT", 8000),
    "events": ("TCLOUD_EVENTS_PORT", 8001),
    "card_reader": ("TCLOUD_CARD_READER_PORT", 61161),
    "certificate_authority": ("TCLOUD_CA_PORT", 8010),
    "ecpay": ("TCLOUD_ECPAY_PORT", 8020),
    "registry": ("TCLOUD_REGISTRY_PORT", 8030),
    "mailbox": ("TCLOUD_MAILBOX_PORT", 8040),
}
SMTP = ("TCLOUD_SMTP_PORT", 8025)
DATABASE = "postgres"
LEAST_WIDTH = 116
"""Columns the tables need; a narrower terminal (or none, in a log) gets them all the same."""
SIMULATORS = ("certificate_authority", "card_reader", "ecpay", "registry", "mailbox")
WHAT = {
    "web": "網站 the product",
    "events": "事件串流 event stream",
    "worker": "背景工作 jobs and deadlines",
    "card_reader": "虛擬讀卡機 card reader",
    "certificate_authority": "憑證管理中心 CA, OCSP, time stamps",
    "ecpay": "綠界模擬器 ECPay",
    "registry": "公司登記 company registry",
    "mailbox": "示範信箱 mailbox",
}


def _port(name: str) -> int:
    return port_of(*PORTS[name])


def _processes() -> list[Process]:
    python = sys.executable
    found = [
        Process(name, [python, "-m", f"simulators.{name}"], f"http://127.0.0.1:{_port(name)}/healthz", PORTS[name][0], _port(name))
        for name in SIMULATORS
    ]
    command = [python, "-m", "tcloud.cli.main"]
    web = f"http://127.0.0.1:{_port('web')}/healthz"
    events = f"http://127.0.0.1:{_port('events')}/healthz"
    return [
        *found,
        Process("web", [*command, "serve"], web, PORTS["web"][0], _port("web")),
        Process("events", [*command, "events"], events, PORTS["events"][0], _port("events")),
        Process("worker", [*command, "worker"]),
    ]


def run(data: Path) -> int:
    """Start everything and stay until Ctrl-C; returns the exit code."""
    began = time.monotonic()
    data.mkdir(parents=True, exist_ok=True)
    os.environ |= {"TCLOUD_DATA": str(data), "TCLOUD_PROFILE": os.environ.get("TCLOUD_PROFILE", "demo")}
    stop_leftovers(data / "run", (DATABASE,))
    try:
        processes = _processes()
        check_ports(processes, SMTP)  # before the database: a refusal must not have made or started anything
        with running_cluster(data) as cluster, Supervisor(data) as supervisor:
            os.environ["DATABASE_URL"] = cluster.url
            supervisor.adopt(Daemon(DATABASE, partial(server_pid, cluster), partial(start, cluster, DURABLE)))
            simulators = [process for process in processes if process.name in SIMULATORS]
            supervisor.start(simulators)
            _prepare(data)
            supervisor.start([process for process in processes if process not in simulators])
            supervisor.wait_until_healthy(processes)
            _print_table(data, time.monotonic() - began)
            return supervisor.watch()
    except (Busy, Failed, PostgresFailed) as problem:
        console.print(str(problem), style="red", soft_wrap=True, highlight=False)
    except KeyboardInterrupt:
        console.print("Stopped.")
    return 1


def _prepare(data: Path) -> None:
    """Migrations, static files and data in a process of its own: this one stays small. Nothing where nothing changed."""
    if is_prepared(data):
        return
    if not (data / "seed.stamp").exists():
        console.print("First start: making the database and the demonstration's data, less than a minute …")
    log = data / "log" / "prepare.log"
    command = [sys.executable, "-m", "tcloud.cli.main", "prepare", "--seed"]
    with log.open("wb") as file:
        made = subprocess.run(command, check=False, stdout=file, stderr=subprocess.STDOUT)  # noqa: S603  (our own command)
    if made.returncode != 0:
        console.print(log.read_text(errors="replace")[-4000:], markup=False, highlight=False)
        raise Failed(f"The database could not be prepared; its message stands above and in {log}.")


def _print_table(data: Path, seconds: float) -> None:
    table = Table(title="雲市集 what runs where", title_justify="left")
    for heading in ("", "address", "move it with"):
        table.add_column(heading, no_wrap=True)
    for name, what in WHAT.items():
        if name in PORTS:
            host = "localhost" if name in ("web", "events", "card_reader") else "127.0.0.1"
            table.add_row(what, f"http://{host}:{_port(name)}", PORTS[name][0])
        else:
            table.add_row(what, "–", "")
    table.add_row("示範信箱收信 its SMTP", f"127.0.0.1:{os.environ.get(*SMTP)}", SMTP[0])
    wide = Console(width=max(console.width, LEAST_WIDTH))
    wide.print(table)
    web = f"http://localhost:{_port('web')}"
    _print_people(data, wide, web)
    lines = (
        f"先試這個 Try first: {web} → 我要申請. The card in the reader is 晨光烘焙有限公司, PIN 123456;",
        f"  its mail arrives at http://127.0.0.1:{_port('mailbox')}",
        f"Ready after {seconds:.1f} s. Logs: {data}/log. Ctrl-C stops everything.",
    )
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)


def _print_people(data: Path, wide: Console, web: str) -> None:
    """Who can sign in; `tcloud prepare` noted it beside the data, so that no framework is loaded here."""
    file = data / "people.json"
    if not file.exists():
        return
    people = json.loads(file.read_text())
    table = Table(title=f"示範人物 who can sign in (password {people['password']})", title_justify="left")
    for heading in ("", "role", "e-mail", "note"):
        table.add_column(heading, no_wrap=True)
    for person in people["people"]:
        table.add_row(person["who"], person["role"], person["email"], person["note"])
    wide.print(table)
    console.print(f"Vendors and office staff also need a code of six digits: {web}/demo/people/", soft_wrap=True, highlight=False)


def reset(data: Path) -> None:
    """Stop what a former run left behind and remove its data; keeps nothing."""
    if not data.exists():
        return
    stop_leftovers(data / "run", (DATABASE,))
    forget(data)
    shutil.rmtree(data, ignore_errors=True)
