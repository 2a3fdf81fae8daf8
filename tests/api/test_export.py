"""The auditor's export: who reads it, page by page, and that it changes nothing."""

import pytest
from django.test import Client

from tcloud.identity.models import User
from tcloud.identity.roles import OFFICE_ROLES, Permission, Role, may
from tests import make
from tests.web.test_office_messages import client_of, office

pytestmark = pytest.mark.django_db(transaction=True)
KINDS = ("orders", "journal", "accounts", "audit", "deadlines")


@pytest.mark.parametrize("role", OFFICE_ROLES)
@pytest.mark.parametrize("kind", KINDS)
def test_who_reads_is_the_role_table(role: Role, kind: str) -> None:
    answer = client_of(office(role)).get(f"/api/v1/{kind}")
    assert answer.status_code == (200 if may(role, Permission.JOURNAL_READ) else 401)


@pytest.mark.parametrize("kind", KINDS)
def test_everybody_else_is_refused_alike(kind: str) -> None:
    make.call()
    company: User = make.member()
    vendor = make.vendor_owner(make.vendor())
    answers = [
        Client().get(f"/api/v1/{kind}"), client_of(company).get(f"/api/v1/{kind}"), client_of(vendor).get(f"/api/v1/{kind}"),
        client_of(office(Role.AUDITOR), second_factor=False).get(f"/api/v1/{kind}"),
    ]  # fmt: skip
    assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}


def test_pages_follow_one_another_without_gap_or_double() -> None:
    make.call()
    make.member()
    auditor = client_of(office(Role.AUDITOR))
    whole = auditor.get("/api/v1/audit", {"limit": 1000}).json()["rows"]
    assert len(whole) >= 3
    seen, after = [], 0
    while after is not None:
        page = auditor.get("/api/v1/audit", {"after": after, "limit": 2}).json()
        assert len(page["rows"]) <= 2
        seen += page["rows"]
        after = page["next"]
    assert seen == whole


@pytest.mark.parametrize("limit", ["0", "-5", "1000000000000"])
def test_an_odd_limit_is_bounded(limit: str) -> None:
    make.call()
    answer = client_of(office(Role.AUDITOR)).get("/api/v1/accounts", {"limit": limit})
    assert answer.status_code == 200


@pytest.mark.parametrize("query", [{"limit": "many"}, {"after": "x"}, {"after": "9" * 40}])
def test_nonsense_is_named_not_a_fault(query: dict[str, str]) -> None:
    answer = client_of(office(Role.AUDITOR)).get("/api/v1/journal", query)
    assert answer.status_code == 422, answer.content


@pytest.mark.parametrize("kind", KINDS)
def test_it_only_reads(kind: str) -> None:
    auditor = client_of(office(Role.AUDITOR))
    for method in (auditor.post, auditor.put, auditor.delete):
        assert method(f"/api/v1/{kind}").status_code == 405
