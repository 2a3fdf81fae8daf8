"""What /metrics says. Requests are counted in each worker process and summed (tcloud.cli.serving); everything else is read
from the database at each scrape, so whichever process or machine is asked, the answer is whole."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from time import perf_counter

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from tcloud.core import jobs
from tcloud.ledger.queries import last_entry_number
from tcloud.notifications.queries import mails_by_state
from tcloud.orders.queries import open_by_state
from tcloud.programme.queries import oldest_due, overdue_duties

METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
REQUESTS = Counter("tcloud_requests", "Requests answered.", ["route", "method", "status"])
SECONDS = Histogram(
    "tcloud_request_seconds", "From the first byte read to the answer made.", ["route"],
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)  # fmt: skip


class CountingMiddleware:
    """Counts every request by the name of its route: never by its address, which visitors choose."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = perf_counter()
        response = self.get_response(request)
        route, method = _route(request), request.method if request.method in METHODS else "other"
        REQUESTS.labels(route, method, response.status_code).inc()
        SECONDS.labels(route).observe(perf_counter() - began)
        return response


def _route(request: HttpRequest) -> str:
    match = request.resolver_match
    if match is not None:
        return match.view_name or "unnamed"
    static = request.path.startswith(f"/{settings.STATIC_URL.strip('/')}/")
    return "static" if static else "none"


class FromTheDatabase(Collector):
    """Gauges of the business at an instant of the programme's time."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        try:
            found = list(self._gauges())
        except DatabaseError:
            found = []
        yield from found
        yield GaugeMetricFamily("tcloud_database_up", "1 while the database answers.", value=float(bool(found)))

    def _gauges(self) -> Iterator[Metric]:
        yield _by("tcloud_jobs", "Jobs by status; failed ones wait for somebody to look.", "status", jobs.counts())
        yield _by("tcloud_mails", "Mails of the outbox that were not sent, by state.", "state", mails_by_state())
        yield _by("tcloud_open_orders", "Orders that have not ended, by state.", "state", open_by_state())
        due = oldest_due(self.now)
        late = (self.now - due).total_seconds() if due else 0.0
        yield GaugeMetricFamily("tcloud_oldest_due_deadline_seconds", "How long the oldest limit that acts by itself has waited.", value=late)
        yield _by("tcloud_overdue_duties", "Limits that somebody has not kept, by kind.", "kind", overdue_duties(self.now))
        yield GaugeMetricFamily("tcloud_ledger_last_entry", "Number of the journal's newest entry.", value=last_entry_number())


def _by(name: str, text: str, label: str, counts: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, number in counts.items():
        family.add_metric([value], number)
    return family


def exposition(now: datetime) -> bytes:
    """The whole answer in Prometheus' text format."""
    requests: CollectorRegistry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        requests = CollectorRegistry()
        MultiProcessCollector(requests)  # type: ignore[no-untyped-call]
    business = CollectorRegistry()
    business.register(FromTheDatabase(now))
    return generate_latest(requests) + generate_latest(business)
