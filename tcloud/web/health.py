"""What load balancers and monitoring ask."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from tcloud.web.access import machine


@machine
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@machine
def readyz(request: HttpRequest) -> HttpResponse:
    """The process answers and reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ready", content_type="text/plain")


@machine
def metrics(request: HttpRequest) -> HttpResponse:
    """Counters and timings for Prometheus; nothing personal."""
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
