"""The public page that says who signed a contract."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse

from simulators.certificate_authority.pki import Authority, Card
from tcloud.contracts import services
from tcloud.contracts.queries import contract_of, latest_document
from tcloud.contracts.rules import fingerprint
from tcloud.contracts.states import Party
from tcloud.contracts.typesetting import typeset
from tcloud.identity.models import User
from tcloud.jobs.contracts import archive
from tcloud.orders.models import Order
from tests import make, orders
from tests.authority import COMPANY_UBN, NOW, Outside, authority, card, outside
from tests.contracts import ORDER, facts
from tests.domain.test_contracts import draft, signed_by
from tests.world import BACKEND

__all__ = ["authority", "card", "outside"]

pytestmark = pytest.mark.django_db


def check(client: Client, content: bytes | None, status: int = 200) -> str:
    data: dict[str, Any] = {}
    if content is not None:
        data["document"] = SimpleUploadedFile("contract.pdf", content, content_type="application/pdf")
    response = client.post(reverse("contract-verify"), data)
    assert response.status_code == status
    return response.content.decode()


def test_anybody_reads_who_signed_and_when(client: Client, card: Card, outside: Outside) -> None:
    draft()
    signed = signed_by(card)
    page = check(client, signed.content)
    for part in ("這份契約完整，簽章有效", "晨光烘焙有限公司", COMPANY_UBN, "沒有改動", "有效，沒有被廢止"):
        assert part in page
    assert "位元完全相同" in page  # good, but not stored yet
    with transaction.atomic():
        services.store_signature(order_number=ORDER, party=Party.COMPANY, signed=signed, now=signed.signed_at)
    assert f"契約編號 {ORDER}" in check(client, signed.content)


def test_the_page_shows_no_facts_of_the_order(client: Client, card: Card, outside: Outside) -> None:
    draft()
    page = check(client, signed_by(card).content)
    assert "60,000" not in page
    assert "稻浪軟體" not in page


def test_a_changed_file_is_called_changed(client: Client, card: Card, outside: Outside) -> None:
    draft()
    content = signed_by(card).content
    page = check(client, content[:20_000] + bytes([content[20_000] ^ 1]) + content[20_001:])
    assert "這份檔案在簽署後被改過" in page
    assert "有改動，或簽章損壞" in page


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (b"", "這個檔案讀不出來"),
        (b"<svg onload=alert(1)>", "這個檔案讀不出來"),
        (b"%PDF-1.7\n%%EOF", "這個檔案讀不出來"),
        (typeset(facts()).content, "這份檔案沒有簽章"),
    ],
    ids=["empty", "other", "broken", "unsigned"],
)
def test_other_files_get_a_plain_answer(client: Client, authority: object, content: bytes, answer: str) -> None:
    assert answer in check(client, content)


def test_no_file_is_an_error_at_the_field(client: Client) -> None:
    page = check(client, None, status=422)
    assert "請先選擇要查驗的 PDF 檔案" in page
    assert 'aria-invalid="true"' in page


def test_the_qr_code_leads_here_with_its_number(client: Client) -> None:
    page = client.get(reverse("contract-verify"), {"order": ORDER}).content.decode()
    assert f"請上傳契約 {ORDER} 的 PDF" in page
    assert "<script>" not in client.get(reverse("contract-verify"), {"order": "<script>"}).content.decode()


def test_an_unsigned_draft_is_known_to_us_but_not_called_signed(client: Client, authority: object) -> None:
    contract = draft()
    content = typeset(facts()).content
    assert fingerprint(content) == contract.original_sha256
    assert "這份檔案沒有簽章" in check(client, content)


# Two sides, and everybody else -------------------------------------------------------------------------------


@pytest.fixture
def taken(authority: Authority, outside: Outside) -> Order:
    """An order both sides have signed, its contract archived."""
    orders.market()
    make.company_with_points(now=NOW)
    order = orders.accepted(orders.submitted(orders.draft(now=NOW), authority, NOW), NOW)
    archive(NOW)
    return order


def look(person: User | None, number: str) -> str:
    client = Client()
    if person is not None:
        client.force_login(person, backend=BACKEND)
    return check(client, latest_document(number))


def test_both_signatures_and_the_archive_are_named(taken: Order) -> None:
    page = look(None, taken.number)
    for part in ("雙溪茶業有限公司", "稻浪軟體股份有限公司", "長期保存時間戳記", f"契約編號 {taken.number}", "長期保存本"):
        assert part in page, part
    assert "60,000" not in page


def test_only_the_two_sides_see_the_amounts(taken: Order) -> None:
    buyer = taken.company.memberships.get().user
    seller = User.objects.get(email=f"owner@{make.VENDOR_UBN}.example")
    stranger = make.member(make.OTHER, in_call=taken.call, now=NOW)
    for person in (buyer, seller):
        assert "60,000" in look(person, taken.number)
    for person in (stranger, None):
        assert "60,000" not in look(person, taken.number)


def test_the_printed_code_shows_who_signed_and_a_guess_shows_nothing(taken: Order) -> None:
    printed = contract_of(taken.number).facts["verify_url"]
    client = Client()
    page = client.get(printed).content.decode()
    for part in (taken.number, "雙溪茶業有限公司", "稻浪軟體股份有限公司", "雙方已簽署"):
        assert part in page, part
    assert "60,000" not in page
    for guess in (printed[:-1] + "x", printed.partition("&")[0], printed.partition("&")[0] + "&code="):
        page = client.get(guess).content.decode()
        assert "雙溪茶業" not in page
        assert "稻浪軟體" not in page


def test_a_code_outlives_a_new_secret_key(taken: Order, settings: Any) -> None:
    """What is printed stays true: the code stands in the contract's frozen facts."""
    settings.SECRET_KEY = "another" * 8
    assert "雙方已簽署" in Client().get(contract_of(taken.number).facts["verify_url"]).content.decode()
