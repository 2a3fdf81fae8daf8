"""The examiner's door exists in its own profile on this machine only; its list of forms misses none."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from tcloud.config.profile import problems_of_examination
from tcloud.demo.examination import form_routes, named_routes, urlpatterns
from tcloud.web.forms_of import FORMS

OF_MACHINES = ("api-v1:", "webhooks:", "healthz", "readyz", "metrics")
OF_ALLAUTH = ("account_", "mfa_")
"""Their forms are a library's; signing in and out stand in the list because scripts need them."""


@pytest.mark.django_db
def test_in_the_demonstration_the_door_does_not_exist(client: Client) -> None:
    addresses = [f"/{pattern.pattern}" for pattern in urlpatterns]
    assert len(addresses) == 5
    for address in addresses:
        assert client.get(address).status_code == client.post(address).status_code == 404


def test_a_view_reached_past_the_addresses_refuses_too(rf: RequestFactory) -> None:
    from django.http import Http404

    for pattern in urlpatterns:
        for request in (rf.get("/"), rf.post("/")):
            try:
                answer = pattern.callback(request)
            except Http404:
                continue
            assert answer.status_code == 405


def _named(patterns: list[Any], space: str = "") -> list[tuple[str, Callable[..., Any]]]:
    found: list[tuple[str, Callable[..., Any]]] = []
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found += _named(pattern.url_patterns, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        elif isinstance(pattern, URLPattern) and pattern.name:
            found.append((f"{space}{pattern.name}", pattern.callback))
    return found


def test_every_route_that_takes_a_form_is_listed(rf: RequestFactory) -> None:
    ours = {name: view for name, view in _named(get_resolver().url_patterns) if not name.startswith(OF_MACHINES + OF_ALLAUTH)}
    listed = {form["route"] for form in form_routes()}
    taking = {name for name, view in ours.items() if not _refuses_post(view, rf)}
    assert taking - listed == set()
    assert listed - taking == {name for name in listed if name.startswith(OF_ALLAUTH)}
    assert set(FORMS) <= {name for name, _address in named_routes(get_resolver().url_patterns)}


def _refuses_post(view: Callable[..., Any], rf: RequestFactory) -> bool:
    """Whether a view turns POST away by its method; one that does not goes on, and stumbles over the bare request."""
    try:
        return bool(view(rf.post("/")).status_code == 405)
    except Exception:
        return False


def _settings(**changes: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TCLOUD_")}
    variables = kept | {"TCLOUD_PROFILE": "examination", "TCLOUD_DATA": os.environ["TCLOUD_DATA"]} | changes
    command = [sys.executable, "-m", "tcloud.cli.main", "migrate"]
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TCLOUD_PUBLIC_URL", "https://www.example.gov.tw"), ("TCLOUD_ALLOWED_HOSTS", "localhost,www.example.gov.tw"),
        ("TCLOUD_ECPAY_URL", "https://payment.ecpay.com.tw"), ("TCLOUD_SMTP_HOST", "smtp.example.gov.tw"),
        ("TCLOUD_TSA_URL", "http://tsa.example/"), ("TCLOUD_ALLOWED_HOSTS", "*"),
        ("DATABASE_URL", "postgres://tcloud@db.example.gov.tw/tcloud"),
    ],
)  # fmt: skip
def test_beside_anything_of_production_no_process_starts(name: str, value: str) -> None:
    done = _settings(**{name: value})
    assert done.returncode == 2
    assert name in done.stderr
    assert "is not this machine" in done.stderr


def test_every_address_on_this_machine_passes() -> None:
    """The positive control of the test above, without starting anything."""
    from django.conf import settings

    names = (
        "PUBLIC_URL", "EVENTS_URL", "CALLBACK_URL", "ECPAY_URL", "COMPANY_REGISTRY_URL", "TSA_URL", "EMAIL_HOST",
        "REVOCATION_HOSTS", "DATABASE",
    )  # fmt: skip
    ours = {name: getattr(settings, name) for name in names} | {"ALLOWED_HOSTS": ["localhost", "[::1]"]}
    assert problems_of_examination(ours, {}) == []
