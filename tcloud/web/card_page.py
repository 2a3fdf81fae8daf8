"""What a page needs that talks to the card reader on the visitor's own computer."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpResponseBase

View = Callable[..., HttpResponseBase]


def card_page(view: View) -> View:
    """Let the page keep its popup and look at the reader's picture; decorates any view, outermost.

    Django's usual opener policy would cut the popup off from the page (`window.opener` is null), and the
    content policy would block the picture from which `card_probe.js` reads what is plugged in.
    """

    @wraps(view)
    def with_reader(*args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(*args, **kwargs)
        response["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
        response._csp_update = {"img-src": [settings.CARD_READER_ORIGIN]}  # type: ignore[attr-defined]  # django-csp's hook
        return response

    return with_reader
