"""Every address has a named rule of who may open it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

RULES = {"public", "machine", "monitoring", "demo", "examination", "signed_in"}
ROLES = {"company", "vendor", "office"}
LEAST_ADDRESSES = 60


def addresses(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every pattern below a resolver with its view, included ones and namespaces too."""
    for pattern in resolver.url_patterns:
        where = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, where)
        else:
            assert isinstance(pattern, URLPattern)
            yield where, pattern.callback


API = "api/v1/"
"""The API asks at each operation instead of each address; see `test_every_operation_of_the_api_asks_who_reads`."""
EVERY = list(addresses(get_resolver()))
ALL = [(where, view) for where, view in EVERY if not where.startswith(API)]


@pytest.mark.parametrize(("where", "view"), ALL, ids=[where or "/" for where, _view in ALL])
def test_an_address_names_its_rule(where: str, view: Callable[..., Any]) -> None:
    rule = getattr(view, "access", None)
    assert rule is not None, f"/{where}: {view} has no access rule"
    kind, _colon, permission = rule.partition(":")
    assert rule in RULES or (kind in ROLES and permission), rule


def test_addresses_do_not_repeat() -> None:
    places = [where for where, _view in EVERY]
    assert len(places) == len(set(places))
    assert len(places) >= LEAST_ADDRESSES


def test_what_begins_with_a_desk_belongs_to_it() -> None:
    """Nothing below /member/, /vendor/ or /office/ is open by mistake."""
    desks = {"member/": "company:", "vendor/": "vendor:", "office/": "office:"}
    for where, view in ALL:
        for prefix, rule in desks.items():
            if where.startswith(prefix):
                assert view.access.startswith(rule), f"/{where} is {view.access}"  # type: ignore[attr-defined]


def test_every_operation_of_the_api_asks_who_reads() -> None:
    from tcloud.api.v1 import api

    operations = [
        operation
        for _prefix, router in api._routers
        for path in router.path_operations.values()
        for operation in path.operations
    ]
    open_ones = [operation.path for operation in operations if not operation.auth_callbacks]
    assert operations
    assert open_ones == []
    described = {API, f"{API}openapi.json"}  # what the API looks like, and its root that answers 404
    assert len({where for where, _view in EVERY if where.startswith(API)} - described) == len(
        {operation.path for operation in operations}
    )
