"""Calls to the outside world: every adapter opens its client here."""

import ssl
from functools import cache
from typing import Any

import httpx


@cache
def _tls() -> ssl.SSLContext:
    """Reading the certificate authorities takes longer than most calls, so a process reads them once."""
    return httpx.create_ssl_context(trust_env=False)


def client(timeout: httpx.Timeout | float, *, trust_env: bool = False, transport: httpx.BaseTransport | None = None) -> "httpx.Client":
    """A client for one call: no redirects, and a proxy of the environment only where `trust_env` says so."""
    options: dict[str, Any] = {"transport": transport} if transport is not None else {"verify": _tls()}
    return httpx.Client(timeout=timeout, follow_redirects=False, trust_env=trust_env, **options)
