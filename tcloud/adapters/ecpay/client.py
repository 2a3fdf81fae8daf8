"""Talking to ECPay's servers: form posts, with time limits."""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from tcloud.adapters import outbound

# The gateway asks for a client time-out of at least 30 seconds.
TIME_LIMIT = httpx.Timeout(30, connect=10)
TOO_FAST_PAUSE = timedelta(minutes=30)


class GatewayDown(Exception):
    """No usable answer; nothing is known. `pause` is how long the gateway wants to be left alone."""

    def __init__(self, reason: str, pause: timedelta | None = None) -> None:
        self.pause = pause
        super().__init__(reason)


class EcpayClient:
    """One base address, form posts to paths under it."""

    def __init__(self, base_url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._base_url = base_url.rstrip("/")
        self._transport = transport
        # A gateway on this machine is never behind the machine's outgoing proxy.
        self._trust_env = urlsplit(base_url).hostname not in ("127.0.0.1", "localhost", "::1")

    def address(self, path: str) -> str:
        """The full address of a path."""
        return self._base_url + path

    def post(self, path: str, fields: Mapping[str, str]) -> str:
        """Post a form and return the reply's text; raises GatewayDown."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            with outbound.client(TIME_LIMIT, trust_env=self._trust_env, transport=self._transport) as client:
                reply = client.post(self.address(path), content=urlencode(fields), headers=headers)
        except httpx.HTTPError as error:
            raise GatewayDown(type(error).__name__) from error
        if reply.status_code == httpx.codes.FORBIDDEN:
            raise GatewayDown("asked too fast", TOO_FAST_PAUSE)
        if reply.status_code != httpx.codes.OK:
            raise GatewayDown(f"HTTP {reply.status_code}")
        return reply.text


def spellings(reply: str) -> list[dict[str, str]]:
    """The two ways to read a reply: URL-encoded as documented, or bare as some services send it."""
    bare = dict(pair.partition("=")[::2] for pair in reply.split("&"))
    return [dict(parse_qsl(reply, keep_blank_values=True)), bare]
