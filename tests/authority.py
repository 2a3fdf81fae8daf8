"""The demonstration's certificate authority inside a test: real keys and answers, no socket, and it can be bad.

`authority` is made once a session in the data folder, where the settings expect it; `outside` answers every HTTP
request the adapters make, can be told to fail or lie, and counts what was asked.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from django.conf import settings

from simulators.certificate_authority import revocation, timestamps
from simulators.certificate_authority.names import IssuerKey
from simulators.certificate_authority.pki import Authority, Card
from simulators.certificate_authority.revocation import Lie

NOW = datetime.now(UTC).replace(microsecond=0)
COMPANY_UBN = "12345675"
VENDOR_UBN = "28246281"


@dataclass
class Outside:
    """What the network says. `lies` and `down` name services: ocsp, crl, tsa."""

    authority: Authority
    now: datetime = NOW
    lies: dict[str, Lie] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    replaced: dict[str, Callable[[bytes], bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """One request, by its path."""
        service = request.url.path.split("/")[1]
        self.asked.append(f"{request.url.host}:{request.url.port}{request.url.path}")
        if service in self.down:
            raise httpx.ConnectError("down", request=request)
        if service in self.replaced:
            return httpx.Response(200, content=self.replaced[service](request.content))
        return httpx.Response(200, content=self._content(service, request))

    def _content(self, service: str, request: httpx.Request) -> bytes:
        lie = self.lies.get(service)
        if service == "ocsp":
            return revocation.ocsp_answer(self.authority, request.content, now=self.now, lie=lie)
        if service == "tsa":
            return timestamps.stamp(self.authority, request.content, now=self.now, lie=lie)
        issuer, part = request.url.path.removeprefix("/crl/").removesuffix(".crl").rsplit("-", 1)
        number = None if part == "complete" else int(part)
        return revocation.crl(self.authority, IssuerKey(issuer), now=self.now, partition=number, lie=lie)


@pytest.fixture(scope="session")
def authority() -> Authority:
    """The authority of the demonstration, in the folder the settings name."""
    return Authority.open(Path(settings.DATA) / "ca", settings.CA_URL)


@pytest.fixture
def outside(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    """The network of one test; revocations made in it are taken back."""
    net = Outside(authority)
    monkeypatch.setattr(httpx, "Client", partial(httpx.Client, transport=httpx.MockTransport(net.answer)))
    before = set(authority.revocations())
    yield net
    for serial in set(authority.revocations()) - before:
        authority.unrevoke(serial)


@pytest.fixture(scope="session")
def card(authority: Authority) -> Card:
    """The first demo company's card."""
    return authority.card(COMPANY_UBN)


def der(card: Card) -> list[bytes]:
    """A card's certificate and its issuers."""
    return [item.public_bytes(serialization.Encoding.DER) for item in (card.certificate, *card.chain)]
