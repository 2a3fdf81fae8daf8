"""Planned maintenance: while its notice stands, every page is one that says until when, and nothing is taken in.

The notice is a file beside the data (`tcloud maintenance on`), so it holds while the database is away. Gateways get the
same 503 and call again later; what they tell is not lost.
"""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from tcloud.core.time import machine_now

RETRY_SECONDS = 120


class MaintenanceMiddleware:
    """Stands before sessions and languages: a page of maintenance needs neither."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.MAINTENANCE_FILE.exists():
            return unavailable(request, until=announced_end())
        return self.get_response(request)


def announced_end() -> datetime | None:
    """When the maintenance is announced to end; None if nobody said so, or the time has passed."""
    try:
        until = datetime.fromisoformat(settings.MAINTENANCE_FILE.read_text().strip())
    except (OSError, ValueError):
        return None
    return until if until > machine_now() else None


def unavailable(request: HttpRequest, *, until: datetime | None = None) -> HttpResponse:
    """503, in both languages, without database, session or menu: any of them may be what is away."""
    context = {"until": until, "phone": settings.SUPPORT_PHONE}
    page = render_to_string("errors/unavailable.html", context)  # no context of requests: that asks the database
    response = HttpResponse(page, status=HTTPStatus.SERVICE_UNAVAILABLE)
    left = int((until - machine_now()).total_seconds()) if until else RETRY_SECONDS
    response["Retry-After"] = str(max(left, 1))
    response["Cache-Control"] = "no-store"
    return response
