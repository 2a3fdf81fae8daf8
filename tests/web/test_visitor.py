"""Whose address counts: the peer's, or behind N proxies the Nth from the right; never one that the visitor made up."""

import pytest
from axes.helpers import get_client_ip_address
from django.test import RequestFactory

from tcloud.web.accounts import AccountAdapter
from tcloud.web.visitor import client_ip

PEER = "10.0.0.2"


@pytest.mark.parametrize(
    ("proxies", "header", "expected"),
    [
        (0, None, PEER), (0, "6.6.6.6", PEER),
        (1, "203.0.113.9", "203.0.113.9"), (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"), (1, "6.6.6.6,,203.0.113.9,", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"), (2, "203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", PEER), (1, None, PEER), (1, "", PEER),
        (1, "203.0.113.9:5120", "203.0.113.9"), (1, "[2001:db8::7]:443", "2001:db8::7"), (1, "2001:db8::7", "2001:db8::7"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"), (1, "unknown", None), (1, "x" * 500, None),
    ],
)  # fmt: skip
def test_the_address_is_what_our_own_proxy_wrote(settings, rf: RequestFactory, proxies: int, header: str | None, expected: str | None) -> None:
    settings.PROXIES = proxies
    facts = {"REMOTE_ADDR": PEER} | ({} if header is None else {"HTTP_X_FORWARDED_FOR": header})
    request = rf.get("/", **facts)
    assert client_ip(request) == expected
    assert AccountAdapter().get_client_ip(request) == (expected or ""), "the account library's rate limits"
    assert get_client_ip_address(request) == expected, "the lock-out"

