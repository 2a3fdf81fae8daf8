"""Who asks, before anybody has signed in: the session's own secret and the network address."""

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest

from tcloud.core.profile import is_loopback

if TYPE_CHECKING:
    from tcloud.web.access import PageRequest

WITH_PORT = re.compile(r"(?P<plain>[\d.]+):\d+|\[(?P<bracketed>[^\]]+)\](?::\d+)?")


def session_secret(request: "PageRequest") -> str:
    """The session's own key, which a challenge is bound to; a fresh visitor gets one."""
    if not request.session.session_key:
        request.session.create()
    return request.session.session_key or ""


def client_ip(request: HttpRequest) -> str | None:
    """The visitor's address, kept with a consent and counted where tries are limited; None where nobody can tell.

    Each of our proxies appends whom it spoke to, so behind N of them it is the Nth address from the right: everything
    before that anybody may have written. Fewer than N means that a proxy was gone round; then only the peer is known.
    """
    peer = str(request.META.get("REMOTE_ADDR") or "")
    if not settings.PROXIES:
        return _address(peer)
    hops = [hop for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    if len(hops) < settings.PROXIES:
        return _address(peer)
    return _address(hops[-settings.PROXIES])


def _address(text: str) -> str | None:
    """An address as it is stored: without the port some proxies add, and IPv4 as such even where a socket speaks IPv6."""
    text = text.strip()
    if (found := WITH_PORT.fullmatch(text)) is not None:
        text = found["bracketed"] or found["plain"]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def is_from_this_machine(request: HttpRequest) -> bool:
    """Whether the peer is this machine itself, and not a proxy here that speaks for somebody else."""
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not forwarded and is_loopback(str(request.META.get("REMOTE_ADDR") or ""))
