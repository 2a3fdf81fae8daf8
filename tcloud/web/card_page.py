"""What a page needs that talks to the card reader on the visitor's own computer."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from tcloud.identity.company_certificate import SignatureInvalid

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


def card_answer(request: HttpRequest) -> bytes:
    """The signature a card page posts, decoded; raises SignatureInvalid."""
    try:
        return b64decode(request.POST.get("signature", ""), validate=True)
    except (NotBase64, ValueError) as error:
        raise SignatureInvalid from error
