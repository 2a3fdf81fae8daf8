"""Who asks, before anybody has signed in: the session's own secret and the network address."""

from ipaddress import ip_address

from django.conf import settings

from tcloud.web.access import PageRequest


def session_secret(request: PageRequest) -> str:
    """The session's own key, which a challenge is bound to; a fresh visitor gets one."""
    if not request.session.session_key:
        request.session.create()
    return request.session.session_key or ""


def client_ip(request: PageRequest) -> str | None:
    """The visitor's address, kept with a consent and counted where tries are limited; None where nobody can tell.

    Behind a proxy it is the last one the header names: our own proxy wrote that, everything before it anybody may have.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        address = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or address
    try:
        return str(ip_address(address))
    except ValueError:
        return None
