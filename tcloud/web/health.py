"""What load balancers, containers and monitoring ask, answered before anything else looks at the request.

Probes come straight to the process, by its own address and in plain HTTP: they know neither our public name nor TLS.
"""

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from prometheus_client import CONTENT_TYPE_LATEST

from tcloud.core.time import now
from tcloud.web.access import machine, monitoring
from tcloud.web.metrics import exposition

PLAIN = "text/plain"


@machine
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type=PLAIN)


@machine
def readyz(request: HttpRequest) -> HttpResponse:
    """The process answers and reaches its database; 503 while it does not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("the database is away", status=503, content_type=PLAIN)
    return HttpResponse("ready", content_type=PLAIN)


@monitoring
def metrics(request: HttpRequest) -> HttpResponse:
    """Counters and gauges for Prometheus; nothing personal."""
    return HttpResponse(exposition(now()), content_type=CONTENT_TYPE_LATEST)


PROBES: dict[str, Callable[[HttpRequest], HttpResponseBase]] = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}


class ProbeMiddleware:
    """Answers probes whatever Host they name, without a redirect to https, in maintenance too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = PROBES.get(request.path)
        if probe is None:
            return self.get_response(request)
        try:
            response = probe(request)
        except Http404:
            response = HttpResponse("not found", status=404, content_type=PLAIN)
        response["Cache-Control"] = "no-store"
        return response
