"""`make run`: the whole product and the outside world beside it, on one machine, with one table of what runs where."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tcloud.cli.postgres import locate, running_cluster, stop
from tcloud.cli.processes import Busy, Failed, Process, Supervisor, stop_leftovers

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
    variable, default = PORTS[name]
    return int(os.environ.get(variable, default))


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
    stop_leftovers(data / "run")
    processes = _processes()
    try:
        with running_cluster(data) as url, Supervisor(data) as supervisor:
            os.environ["DATABASE_URL"] = url
            supervisor.check_ports(processes, SMTP)
            simulators = [process for process in processes if process.name in SIMULATORS]
            supervisor.start(simulators)
            _prepare()
            supervisor.start([process for process in processes if process not in simulators])
            supervisor.wait_until_healthy(processes)
            _print_table(time.monotonic() - began)
            return supervisor.watch()
    except Busy as busy:
        console.print(f"[red]{busy}[/red]")
    except Failed as failed:
        console.print(f"[red]{failed}[/red]")
    return 1


def _prepare() -> None:
    """Migrations, static files and data in a process of its own: this one stays small."""
    made = subprocess.run([sys.executable, "-m", "tcloud.cli.main", "prepare", "--seed"], check=False)
    if made.returncode != 0:
        raise Failed("The database could not be prepared; the message stands above.")


def _print_table(seconds: float) -> None:
    table = Table(title="雲市集", title_justify="left")
    table.add_column("")
    table.add_column("address")
    table.add_column("move it with")
    for name, what in WHAT.items():
        if name in PORTS:
            host = "localhost" if name in ("web", "card_reader") else "127.0.0.1"
            table.add_row(what, f"http://{host}:{_port(name)}", PORTS[name][0])
        else:
            table.add_row(what, "–", "")
    console.print(table)
    web = f"http://localhost:{_port('web')}"
    console.print(f"示範人物與驗證碼 Demo people and their codes: {web}/demo/people/")
    console.print(
        f"先試這個 Try first: {web} → 我要申請. The card in the reader is 晨光烘焙有限公司, PIN 123456;\n"
        f"  its mail is at http://127.0.0.1:{_port('mailbox')}. Vendor and office sign in with the people above."
    )
    console.print(f"Ready after {seconds:.1f} s. Logs: {os.environ['TCLOUD_DATA']}/log. Ctrl-C stops everything.")


def reset(data: Path) -> None:
    """Stop what a former run left behind and remove its data; keeps nothing."""
    if not data.exists():
        return
    stop_leftovers(data / "run")
    cluster = locate(data)
    stop(cluster)
    shutil.rmtree(cluster.data, ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)
