"""Requests too large for anything we take are answered before a byte of them is read.

Django limits fields and holds files back on disk, but it reads all of a body to find them, signed in or not.
"""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

LARGEST_BODY = 20 * 1024 * 1024
"""Bytes. Every form says its own, smaller limit itself; up to here it can do so kindly, with the page around it."""


class BodyLimitMiddleware:
    """413 for what announces more than LARGEST_BODY; what announces nothing is read as empty by WSGI."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if not announced.isdecimal() or int(announced) > LARGEST_BODY:
            page = render_to_string("errors/too_large.html", {"megabytes": LARGEST_BODY // 1024**2})
            return HttpResponse(page, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return self.get_response(request)
