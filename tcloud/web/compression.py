"""Pages for visitors are sent compressed; whoever has a session gets them plain (docs/adr/0009)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers


class VisitorCompressionMiddleware(GZipMiddleware):
    """Gzip for HTML that holds nothing of anybody.

    A compressed page that repeats what a stranger put into its address lets the stranger guess, by its length, what
    else is on it (BREACH). So a page is compressed only where no session came in and none goes out: it then holds no
    name, sum, order or signed address, and its form token is masked anew each time. Random padding comes from Django.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:  # type: ignore[override]
        """The response, compressed where that gives nothing away."""
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        patch_vary_headers(response, ("Accept-Encoding", "Cookie"))
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES or settings.SESSION_COOKIE_NAME in response.cookies
        if has_session or response.streaming:
            return response
        return super().process_response(request, response)  # type: ignore[return-value]
