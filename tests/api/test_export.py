"""The auditor's export: who reads it, page by page, and that it changes nothing."""

import pytest
from django.test import Client

from simulators.certificate_authority.pki import Authority
from tcloud.core.time import taipei_date
from tcloud.identity.models import User
from tcloud.identity.roles import OFFICE_ROLES, Permission, Role, may
from tcloud.ledger import chart
from tcloud.orders.services import delivering, paying
from tests import make
from tests import orders as build
from tests.authority import NOW, Outside, authority, outside
from tests.web.test_office_messages import client_of, office

__all__ = ["authority", "outside"]
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


def test_an_outsider_recomputes_what_must_always_hold_of_an_order(authority: Authority, outside: Outside) -> None:
    """PRODUCT.md §5.3 from the export alone: lines, points, cash, delivery and invoice of a paid order with late money."""
    outside.now = NOW
    build.market()
    make.company_with_points(now=NOW)
    order = build.accepted(build.submitted(build.draft(now=NOW), authority, NOW), NOW)
    first = build.attempt(order, NOW)
    build.says(first, now=NOW, gateway_no="first")
    build.says(first, now=NOW, gateway_no="twice")
    paying.apply_payment(number=order.number, now=NOW)
    order = build.in_service(build.fresh(order), NOW)
    delivering.register_invoice(
        number=order.number, vendor=order.vendor, actor=build.SELLS, invoice_number="AB12345678", issued_date=taipei_date(NOW),
        buyer_ubn=order.company_ubn, total_twd=60_000, now=NOW,
    )  # fmt: skip
    auditor = client_of(office(Role.AUDITOR))
    rows = {kind: auditor.get(f"/api/v1/{kind}", {"limit": 1000}).json()["rows"] for kind in ("orders", "journal")}
    told = rows["orders"][0]

    assert told["price_twd"] == sum(line["price_twd"] for line in told["lines"]) == told["invoice"]["total_twd"]
    assert told["points_used"] + told["self_pay_twd"] == told["price_twd"]
    assert told["delivery"]["started_by"] == build.SELLER
    assert told["delivery"]["approved_at"] is None
    facts = [fact for payment in told["payments"] for fact in payment["facts"]]
    assert [fact["gateway_trade_no"] for fact in facts] == ["first", "twice"]
    kept = sum(fact["amount_twd"] for fact in facts if fact["id"] == told["paid_fact_id"])
    due_back = sum(row["amount_twd"] for row in told["late_money"])
    assert {row["fact_id"] for row in told["late_money"]} == {facts[1]["id"]}
    moves = [move for entry in rows["journal"] for move in entry["transfers"]]

    def into(account: str) -> int:
        return sum(move["amount"] for move in moves if move["destination"] == account)

    def out_of(account: str) -> int:
        return sum(move["amount"] for move in moves if move["source"] == account)

    cash, late, hold = (str(place.code) for place in (chart.order_cash(order.number), chart.late_cash(order.number), chart.order_hold(order.number)))
    assert (into(cash), into(late)) == (kept, due_back) == (told["self_pay_twd"], 30_000)
    assert into(hold) == out_of(hold) == told["points_used"] == into(str(chart.vendor_points(order.vendor_ubn).code))
    assert told["events"][-1]["actor"] == str(build.SELLS)
    assert told["events"][-1]["actor_name"] == build.SELLER
