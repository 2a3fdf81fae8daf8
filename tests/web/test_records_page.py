"""我的資料: a company reads what it agreed to, word for word, and what the registers were asked about it; nobody else does."""

from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils.translation import override

from tcloud.identity.models import User
from tcloud.members.documents import DECLARATIONS, TERMS
from tcloud.members.models import Consent
from tcloud.registry.company_registry import Answer, CompanyFacts, Kind
from tcloud.registry.rules import Check, Limits, RegisteredFacts, Verdict, checks
from tcloud.registry.services import keep_answer
from tcloud.web.member.records import CHECKS
from tests import make

pytestmark = pytest.mark.django_db
RECORDS = "/member/records/"
FACTS = CompanyFacts(
    ubn=make.COMPANY.ubn, kind=Kind.COMPANY, name=make.COMPANY.name, status="核准設立", representative="葉雙喜", address="新北市",
    capital_twd=5_000_000,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcloud.web.access.domain_now", lambda: make.NOW)


@pytest.fixture
def owner() -> User:
    make.call()
    return make.member()


def page_of(user: User) -> str:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = client.get(RECORDS)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def asked(ubn: str, facts: CompanyFacts | None, verdicts: list[Check], days: int = 0) -> None:
    keep_answer(ubn=ubn, answer=Answer("gcis:test", facts, "{}"), results=verdicts, now=make.NOW + timedelta(days=days))


def test_every_text_agreed_to_is_there_word_for_word_with_version_and_time(owner: User) -> None:
    page = page_of(owner)
    for document in (TERMS, *DECLARATIONS):
        for paragraph in document.text().split("\n\n"):
            assert paragraph in page
        assert f"第 {document.version} 版" in page
    assert page.count('<article class="tc-card') == 1 + len(DECLARATIONS)
    assert "2026-04-20" in page
    assert make.COMPANY.address in page


def test_a_later_wording_changes_nothing_of_what_was_agreed_to(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    agreed = [str(paragraph) for paragraph in TERMS.paragraphs]
    monkeypatch.setattr(type(TERMS), "text", lambda _document: "新的條款\n\n內容不同")
    page = page_of(owner)
    assert all(paragraph in page for paragraph in agreed)
    assert "內容不同" not in page


def test_what_was_read_in_one_language_is_shown_in_it(owner: User) -> None:
    client = Client(headers={"accept-language": "en"})
    client.force_login(owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = unescape(client.get(RECORDS).content.decode())
    assert "My data" in page
    for language, shown in (("zh-hant", True), ("en", False)):
        with override(language):
            assert (TERMS.text().split("\n\n")[1] in page) is shown


def test_a_consent_of_which_only_the_hash_was_kept_says_so(owner: User) -> None:
    consent = Consent.objects.filter(document=TERMS.key).get()
    Consent.objects.bulk_create(
        [Consent(application=consent.application, document=TERMS.key, version=1, text_sha256="0" * 64, language="zh-hant", given_at=make.NOW)]
    )
    page = page_of(owner)
    assert page.count("只留下全文的指紋") == 1
    assert "第 1 版" in page


def test_queries_are_listed_with_what_came_of_them_and_only_ones_own(owner: User) -> None:
    assert "還沒有查詢過" in page_of(owner)
    asked(make.OTHER.ubn, None, [Check("registered", Verdict.FAIL)])
    assert "還沒有查詢過" in page_of(owner)
    asked(make.COMPANY.ubn, None, [Check("registered", Verdict.FAIL)])
    asked(make.COMPANY.ubn, FACTS, [Check("registered", Verdict.PASS), Check("small_or_medium", Verdict.UNKNOWN)], days=1)
    page = page_of(owner).split("查詢紀錄</h2>")[1]
    assert page.count("經濟部商工登記公開資料") == 2
    assert page.count("查無這個統一編號") == 1
    assert [page.count(f"{word}</span>") for word in ("不通過", "通過", "查不到")] == [1, 2, 1]  # the second holds the first
    assert page.index("2026-04-21") < page.index("2026-04-20")


def test_every_check_has_a_name_for_people() -> None:
    facts = RegisteredFacts(kind="company", status="核准設立", capital_twd=1, suspended_from=None, suspended_until=None)
    names = {check.name for check in checks(facts, today=make.NOW.date(), limits=Limits(capital_twd=1, employees=1))}
    assert names == set(CHECKS)
