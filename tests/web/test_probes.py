"""Probes answer whatever Host they name; counters are whole, and only whom the operator names reads them."""

import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.test import Client

from tcloud.core.jobs import Job, defer
from tcloud.notifications.queries import mails_by_state
from tcloud.orders.models import Order
from tcloud.orders.queries import open_by_state
from tcloud.points.models import Grant
from tcloud.programme.rules import DeadlineKind
from tcloud.programme.services import set_deadline
from tcloud.web import metrics
from tests import make
from tests.orders import draft, market

AT_THE_PROCESS = {"HTTP_HOST": "10.1.2.3:8000"}


@pytest.fixture
def production(settings) -> None:
    """As it is behind TLS, with one name of its own."""
    settings.ALLOWED_HOSTS = ["www.cloud.gov.tw"]
    settings.SECURE_SSL_REDIRECT = True


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "answer"), [("/healthz", "ok"), ("/readyz", "ready")])
@pytest.mark.parametrize("host", ["127.0.0.1:8000", "10.1.2.3", "stranger.example"])
def test_a_probe_is_answered_for_any_host_without_a_redirect(production: None, address: str, answer: str, host: str) -> None:
    found = Client(HTTP_HOST=host).get(address)
    assert (found.status_code, found.content.decode()) == (200, answer)


@pytest.mark.django_db
def test_a_page_is_still_for_our_own_name_and_https_only(production: None) -> None:
    """The positive control: what probes may, pages may not."""
    assert Client(HTTP_HOST="127.0.0.1:8000").get("/sitemap/").status_code == 400
    assert Client(HTTP_HOST="www.cloud.gov.tw").get("/sitemap/").status_code == 301


def test_without_a_database_the_process_lives_and_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", away)
    assert Client().get("/healthz").status_code == 200
    assert Client().get("/readyz").status_code == 503
    told = Client().get("/metrics")
    assert told.status_code == 200
    assert "tcloud_database_up 0.0" in told.content.decode()


def said(name: str, **labels: str) -> float:
    """A value of the metrics as a scrape reads it; 0 for what was not named."""
    wanted = {f'{key}="{value}"' for key, value in labels.items()}
    for line in Client(**AT_THE_PROCESS).get("/metrics").content.decode().splitlines():
        found = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
        if found and found[1] == name and wanted == set(filter(None, (found[2] or "").split(","))):
            return float(found[3])
    return 0.0


@pytest.mark.django_db
def test_requests_are_counted_by_route_and_status_never_by_address() -> None:
    before = said("tcloud_requests_total", route="sitemap", method="GET", status="200")
    Client().get("/sitemap/?secret=1")
    assert said("tcloud_requests_total", route="sitemap", method="GET", status="200") == before + 1
    Client().get("/nowhere/secret/")
    Client().generic("MADEUP", "/sitemap/")
    text = Client().get("/metrics").content.decode()
    assert "secret" not in text
    assert "MADEUP" not in text
    assert said("tcloud_request_seconds_count", route="sitemap") >= before + 1
    assert "healthz" not in text, "probes come every second and would drown the rest"


@pytest.mark.django_db
def test_the_business_is_read_from_the_database(settings) -> None:
    market()
    owner = make.company_with_points(make.COMPANY, make.NOW)
    draft(owner=owner, now=make.NOW)
    assert said("tcloud_open_orders", state="draft") == Order.objects.count() == open_by_state()["draft"] == 1
    assert said("tcloud_open_orders", state="in_service") == 0
    assert said("tcloud_ledger_last_entry") > 0
    assert said("tcloud_mails", state="queued") == mails_by_state()["queued"] > 0
    waiting = said("tcloud_jobs", status="todo")
    defer(Job.SEAL_AUDIT)
    assert said("tcloud_jobs", status="todo") == waiting + 1
    assert said("tcloud_database_up") == 1
    grant = Grant.objects.select_related("rule_set").get()
    late = grant.activate_until - timedelta(days=14) + timedelta(hours=1)  # the first warning's own instant, an hour ago
    duty = set_deadline(kind=DeadlineKind.INVOICE, subject="x", rule="invoice", rule_set=grant.rule_set, event_at=make.NOW)
    assert duty.due_at < late
    text = metrics.exposition(late).decode()
    assert "tcloud_oldest_due_deadline_seconds 3600.0" in text, "the vendor's duty is not the sweeper's"
    assert 'tcloud_overdue_duties{kind="invoice"} 1.0' in text
    assert 'tcloud_overdue_duties{kind="service_start"} 0.0' in text


TOKEN = "a-long-token-of-the-operator"


@pytest.mark.parametrize(
    ("token", "facts", "status"),
    [
        ("", {}, 200), ("", {"REMOTE_ADDR": "10.0.0.5"}, 404), ("", {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, 404),
        (TOKEN, {}, 404), (TOKEN, {"HTTP_AUTHORIZATION": "Bearer wrong"}, 404), (TOKEN, {"HTTP_AUTHORIZATION": "Bearer "}, 404),
        (TOKEN, {"REMOTE_ADDR": "10.0.0.5", "HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}, 200),
    ],
)  # fmt: skip
@pytest.mark.django_db
def test_only_whom_the_operator_names_reads_them(settings, token: str, facts: dict[str, str], status: int) -> None:
    settings.METRICS_TOKEN = token
    answer = Client(**facts).get("/metrics")
    assert answer.status_code == status
    assert (b"tcloud_" in answer.content) is (status == 200)


COUNT = "from tcloud.web.metrics import REQUESTS; REQUESTS.labels('home', 'GET', 200).inc(3)"
SUM = "from tcloud.core.time import now; from tcloud.web.metrics import exposition; print(exposition(now()).decode())"


def test_several_workers_are_summed(tmp_path: Path) -> None:
    """Two processes count, a third is asked."""
    setup = "import django; django.setup(); "
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "tcloud.config.settings"}
    for program in (COUNT, COUNT):
        subprocess.run([sys.executable, "-c", setup + program], env=environment, check=True, timeout=120)
    told = subprocess.run([sys.executable, "-c", setup + SUM], env=environment, check=True, timeout=120, capture_output=True, text=True).stdout
    assert 'tcloud_requests_total{method="GET",route="home",status="200"} 6.0' in told


def test_the_folder_of_counters_lives_as_long_as_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    from tcloud.cli.serving import VARIABLE, counted_together

    monkeypatch.delenv(VARIABLE, raising=False)
    with counted_together():
        folder = Path(os.environ[VARIABLE])
        assert folder.is_dir()
    assert not folder.exists()
    assert VARIABLE not in os.environ
