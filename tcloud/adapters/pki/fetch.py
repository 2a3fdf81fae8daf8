"""Fetching what a certificate points to, from the configured hosts and from nowhere else.

A certificate names the addresses of its OCSP service and CRL. Whoever could make us fetch an address of his choice
would have a way into our network, so the host and port must be listed (`TCLOUD_REVOCATION_HOSTS`).
"""

import logging
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from tcloud.adapters import outbound

logger = logging.getLogger("tcloud.revocation")

TIMEOUT = httpx.Timeout(6.0, connect=2.0)
LARGEST_ANSWER = 20 * 1024 * 1024


class FetchFailed(Exception):
    """No usable answer from this address."""


def fetch(url: str, *, body: bytes | None = None, content_type: str = "") -> bytes:
    """GET, or POST when there is a body; no redirects, no proxy from the environment. Raises FetchFailed."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.netloc not in settings.REVOCATION_HOSTS:
        logger.warning("revocation address not among the configured hosts: %s", parts.netloc)
        raise FetchFailed(url)
    try:
        with (
            outbound.client(TIMEOUT) as client,
            client.stream(
                "GET" if body is None else "POST",
                url,
                content=body,
                headers={"Content-Type": content_type} if body is not None else {},
            ) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise FetchFailed(url)
            return _read(response, url)
    except httpx.HTTPError as error:
        logger.warning("no answer from %s: %s", parts.netloc, type(error).__name__)
        raise FetchFailed(url) from error


def _read(response: httpx.Response, url: str) -> bytes:
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > LARGEST_ANSWER:
            raise FetchFailed(url)
    return bytes(content)
