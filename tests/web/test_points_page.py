"""我的點數 by test client: the rules of its own version, few queries, files, and each state."""

import subprocess
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from tcloud.identity.services import open_account
from tcloud.points.history import history
from tcloud.points.models import Grant
from tcloud.points.queries import wallet_of
from tcloud.points.rules import Cause
from tcloud.points.services.freezing import freeze_grant
from tcloud.points.services.holding import capture, hold, refund, release_hold
from tcloud.programme.models import Call
from tcloud.programme.rules import Limit, Rules, Unit
from tests import make

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
MONTHS = Limit(count=2, unit=Unit.MONTHS)


@pytest.fixture
def owner(monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr("tcloud.web.access.domain_now", lambda: make.NOW)
    make.call(rules=Rules(activation=MONTHS, warnings_days_before=(9, 2)))
    client = Client()
    client.force_login(make.company_with_points(), backend=BACKEND)
    return client


def text(client: Client, query: str = "") -> str:
    answer = client.get(f"/member/points/{query}")
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ")


def to_and_fro(times: int) -> None:
    call = Call.objects.get()
    for number in range(times):
        order, at = f"CE26{number:08d}", make.NOW + timedelta(days=number, hours=1)
        hold(ubn=make.COMPANY.ubn, call=call, order_number=order, points=10, now=at)
        release_hold(ubn=make.COMPANY.ubn, call=call, order_number=order, points=10, cause=Cause.COMPANY, now=at)


def test_the_rules_are_those_the_points_were_issued_under(owner: Client) -> None:
    seen = text(owner)
    assert "2 個月" in seen
    assert "9、2 天前" in seen
    assert "14、7、3、1" not in seen
    assert "/rules/?call=115-1&amp;version=1#rule-activation" in seen
    assert 'id="rule-activation"' in owner.get("/rules/?call=115-1&version=1").content.decode()


def test_more_movements_ask_no_more_queries_and_are_paged(owner: Client) -> None:
    text(owner)
    counts = []
    for times in (1, 24):
        with transaction.atomic():
            to_and_fro(times)
        with CaptureQueriesContext(connection) as few:
            seen = text(owner)
        counts.append(len(few))
    assert counts[0] == counts[1] <= 30
    assert seen.count("CE26") <= 2 * 20
    assert "核發點數" in text(owner, "?page=3")


def test_a_period_leaves_out_what_was_before_and_after(owner: Client) -> None:
    to_and_fro(3)
    seen = text(owner, "?since=2026-04-21&until=2026-04-21")
    assert ("CE2600000001" in seen, "CE2600000000" in seen, "CE2600000002" in seen) == (True, False, False)
    assert "這段時間沒有異動" in text(owner, "?since=2027-01-01")
    assert "核發點數" in text(owner, "?since=nonsense")


def test_both_files_hold_every_movement_with_the_balance(owner: Client) -> None:
    to_and_fro(1)
    lines = owner.get("/member/points.csv").content.decode().splitlines()
    assert [line.split(",")[-2:] for line in lines[1:]] == [["30000", "30000"], ["-10", "29990"], ["10", "30000"]]
    file = b"".join(owner.get("/member/points.xlsx").streaming_content)  # type: ignore[attr-defined]
    sheet = load_workbook(BytesIO(file)).active
    assert sheet is not None
    assert [row[3:] for row in sheet.iter_rows(min_row=2, values_only=True)] == [(30000, 30000), (-10, 29990), (10, 30000)]


@pytest.mark.django_db(transaction=True)
def test_a_frozen_grant_says_why_what_still_works_and_whom_to_call(owner: Client) -> None:
    staff = open_account(email="one@office.example", name="one", password=make.PASSWORD, now=make.NOW)
    freeze_grant(grant_id=Grant.objects.get().pk, by=staff, reason="查核中", now=make.NOW)
    seen = text(owner)
    assert "理由：查核中" in seen
    assert "已送出的訂單照常進行" in seen
    assert "可以買到" not in seen


def test_a_payment_and_a_late_refund_are_shown_beside_the_balance_they_leave(owner: Client) -> None:
    call, at = Call.objects.get(), make.NOW + timedelta(hours=1)
    with transaction.atomic():
        hold(ubn=make.COMPANY.ubn, call=call, order_number="CE2600000018", points=12_000, now=at)
        capture(order_number="CE2600000018", vendor_ubn=make.VENDOR_UBN, points=12_000, now=at)
    late = Grant.objects.get().use_until + timedelta(days=1)
    before = wallet_of(make.COMPANY.ubn, call)
    with transaction.atomic():
        refund(
            ubn=make.COMPANY.ubn, call=call, order_number="CE2600000018", vendor_ubn=make.VENDOR_UBN, case="1", points=5_000,
            opened_at=late, never_started=False, now=late,
        )  # fmt: skip
    after = wallet_of(make.COMPANY.ubn, call)
    assert before is not None
    assert after is not None
    assert (before.spent, before.returned, after.spent, after.returned) == (12_000, 0, 7_000, 5_000)
    seen = text(owner)
    assert "付款完成，扣抵 12,000 點" in seen
    assert "退訂，使用期限已過，5,000 點收回" in seen
    events, count = history(Grant.objects.get())
    assert count == 4
    assert [(one.change, one.balance) for one in events] == [(0, 18_000), (0, 18_000), (-12_000, 18_000), (30_000, 30_000)]


@pytest.mark.parametrize("query", ["?since=0001-01-01", "?until=9999-12-31", "?page=x", "?page=99"])
def test_an_address_that_makes_no_sense_still_shows_the_points(owner: Client, query: str) -> None:
    assert "核發點數" in text(owner, query)


def pdf_text(content: bytes, directory: Path) -> str:
    file = directory / "statement.pdf"
    file.write_bytes(content)
    return subprocess.run(["pdftotext", "-layout", file, "-"], check=True, capture_output=True, text=True).stdout


def balances(read: str, *words: str) -> list[str]:
    """The last figure of each line that starts with one of the words."""
    lines = [line.split() for line in read.splitlines() if line.strip().startswith(words)]
    return [line[-1] for line in lines if line[-1].replace(",", "").isdecimal()]


def test_the_yearly_statement_has_both_balances_every_movement_and_both_calendars(owner: Client, tmp_path: Path) -> None:
    to_and_fro(30)
    assert "/member/points/2026.pdf" in text(owner)
    answer = owner.get("/member/points/2026.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content == owner.get("/member/points/2026.pdf").content, "equal facts give equal bytes"
    read = pdf_text(answer.content, tmp_path)
    assert "115 年度（西元 2026 年）點數對帳單" in read
    assert make.COMPANY.name in read
    assert make.COMPANY.ubn in read
    assert read.count("訂單送出，保留點數") == read.count("訂單沒有成立，退回點數") == 30
    assert "第 2 頁，共 " in read
    assert balances(read, "期初餘額", "期末餘額") == ["0", "30,000"]


def test_a_year_without_points_has_no_statement(owner: Client) -> None:
    assert [owner.get(f"/member/points/{year}.pdf").status_code for year in (2025, 2027, 99999999999)] == [404] * 3


def test_the_next_years_statement_opens_with_what_was_left(owner: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcloud.web.access.domain_now", lambda: make.NOW.replace(year=2027))
    owner.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    read = pdf_text(owner.get("/member/points/2027.pdf").content, tmp_path)
    assert balances(read, "Opening balance", "Closing balance") == ["30,000", "30,000"]
    assert "2027 (ROC year 116)" in read
