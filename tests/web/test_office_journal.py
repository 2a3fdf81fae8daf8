"""The auditor's journal: found, read by period, told at an instant, taken away; the other roles of the office are refused."""

import csv
from datetime import timedelta
from io import BytesIO, StringIO
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from tcloud.identity.roles import OFFICE_ROLES, Role
from tcloud.ledger import chart
from tcloud.ledger.chart import Place
from tcloud.ledger.services.posting import Move, open_accounts, post
from tests import make
from tests.web.test_office_messages import client_of, office

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = reverse("office:journal")
SOURCE, WALLET = Place("points/test/source", may_go_negative=True), chart.vendor_points("12345675")
FORMULA = "=HYPERLINK(1)"


@pytest.fixture
def auditor() -> Client:
    with transaction.atomic():
        open_accounts([SOURCE, WALLET])
        for day in range(60):
            moves = [Move(SOURCE, WALLET, 1_000 + day)]
            post(key=f"test:{day:02d}", moves=moves, memo=FORMULA, now=make.NOW + timedelta(days=day))
    return client_of(office(Role.AUDITOR))


def of_account(name: str = "office:journal", **period: object) -> str:
    return f"{reverse(name)}?{urlencode({'account': WALLET.code, **period})}"


def days(first: int, last: int) -> dict[str, str]:
    at = make.NOW.astimezone(make.NOW.tzinfo)
    return {"since": f"{at + timedelta(days=first):%Y-%m-%d}", "until": f"{at + timedelta(days=last):%Y-%m-%d}"}


def total(first: int, last: int) -> int:
    return sum(1_000 + day for day in range(first, last + 1))


def test_an_account_is_found_by_the_number_in_its_code(auditor: Client) -> None:
    text = auditor.get(PAGE, {"q": "12345675"}).content.decode()

    assert WALLET.code in text
    assert SOURCE.code not in text
    assert f"{total(0, 59):,}" in text


def test_a_statement_tells_opening_and_closing_balance_and_goes_on_over_pages(auditor: Client) -> None:
    context = auditor.get(of_account(**days(2, 4))).context
    assert (context["opening"], context["closing"]) == (total(0, 1), total(0, 4))
    assert [row.entry_key for row in context["rows"]] == ["test:02", "test:03", "test:04"]

    second = auditor.get(of_account(page=2)).context
    assert [row.entry_key for row in second["rows"]] == [f"test:{day}" for day in range(50, 60)]
    assert (second["next"], second["rows"][-1].balance) == (None, total(0, 59))


def test_the_balance_at_an_instant(auditor: Client) -> None:
    instant = make.NOW + timedelta(days=10)
    for moved, expected in ((-1, total(0, 9)), (0, total(0, 10))):
        at = (instant + timedelta(seconds=moved)).isoformat()
        assert auditor.get(of_account(at=at)).context["balance_at"] == expected


def test_files_say_the_same_and_run_nothing(auditor: Client) -> None:
    answer = auditor.get(of_account("office:journal-statement-csv", **days(2, 4)))
    read = list(csv.reader(StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert [(row[1], row[2], row[5]) for row in read[1:]] == [
        (f"test:0{day}", f"'{FORMULA}", str(total(0, day))) for day in (2, 3, 4)
    ]

    answer = auditor.get(of_account("office:journal-statement-xlsx", **days(2, 4)))
    sheet = load_workbook(BytesIO(b"".join(answer))).active
    assert [row[5].value for row in sheet.iter_rows(min_row=2)] == [total(0, day) for day in (2, 3, 4)]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s", "n"}

    whole = b"".join(auditor.get(reverse("office:journal-all-csv"))).decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(whole)))
    assert [(row["entry"], row["source"], row["destination"], row["amount"]) for row in rows] == [
        (f"test:{day:02d}", SOURCE.code, WALLET.code, str(1_000 + day)) for day in range(60)
    ]


@pytest.mark.parametrize("address", ["?account=points/nowhere", "?account=%00", "?since=x&account=points/nowhere", "?until=9999-12-31"])
def test_what_is_not_there_is_no_error(auditor: Client, address: str) -> None:
    assert auditor.get(PAGE + address).status_code == 200
    answer = auditor.get(reverse("office:journal-statement-csv") + address)
    assert answer.status_code == (404 if "account=" in address else 302)


@pytest.mark.parametrize("role", [role for role in OFFICE_ROLES if role is not Role.AUDITOR])
def test_other_roles_of_the_office_are_refused(role: Role) -> None:
    assert client_of(office(role)).get(PAGE).status_code == 403
