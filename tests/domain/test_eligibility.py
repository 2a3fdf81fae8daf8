"""From the register's answer to a decision: approved, refused with its rule, left for a person, or asked again."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import pytest
from django.db import connection

from tcloud.core.time import machine_now
from tcloud.demo.seed import card_of
from tcloud.jobs import calendar, eligibility
from tcloud.members.documents import DECLARATIONS, TERMS
from tcloud.members.models import Application, Company
from tcloud.members.services import agreeing, confirming, proving
from tcloud.members.states import ApplicationState
from tcloud.notifications.models import OutboxMessage
from tcloud.programme.models import Deadline
from tcloud.programme.rules import DeadlineKind
from tcloud.programme.services.keeping_calendar import say_day
from tcloud.registry.company_registry import Answer, CompanyFacts, Kind, RegistryUnavailable
from tcloud.registry.models import RegistryAnswer
from tcloud.web.journey import steps_for
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)

SOUND = CompanyFacts(
    ubn=make.COMPANY.ubn, kind=Kind.COMPANY, name=make.COMPANY.name, status="核准設立", representative="葉雙喜",
    address="新北市雙溪區中正路 27 號 2 樓", capital_twd=5_000_000,
)  # fmt: skip


@dataclass
class Register:
    """Says what the test wants; counts how often it was asked."""

    facts: CompanyFacts | None = SOUND
    up: bool = True
    asked: int = 0

    def look_up(self, ubn: str) -> Answer:
        self.asked += 1
        assert not connection.in_atomic_block, "no network inside a transaction"
        if not self.up:
            raise RegistryUnavailable("系統忙碌中")
        return Answer("gcis:test", self.facts, "{}")


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    stand_in = Register()
    monkeypatch.setattr(eligibility, "company_registry", lambda: stand_in)
    return stand_in


@pytest.fixture
def application() -> Application:
    """An application whose e-mail is verified and whose review begins."""
    call = make.call()
    row, _secret = agreeing.start_application(call=call, terms=TERMS, language="zh-hant", ip=None, now=make.NOW, machine_now=make.NOW)
    proving.record_card(application_id=row.pk, identity=card_of(make.COMPANY, make.NOW), now=make.NOW)
    agreeing.declare(application_id=row.pk, documents=list(DECLARATIONS), ip=None, now=make.NOW)
    account = confirming.AccountForm(
        email=make.COMPANY.email, contact_name="葉小溪", phone="02-5550-0201", password=make.PASSWORD
    )
    confirming.give_account(application_id=row.pk, account=account, now=make.NOW, machine_now=machine_now())
    code = OutboxMessage.objects.latest("id").context["code"]
    confirming.verify_email(application_id=row.pk, code=code, now=make.NOW, machine_now=machine_now())
    row.refresh_from_db()
    assert row.state == ApplicationState.IN_REVIEW
    return row


def last_mail() -> tuple[str, dict[str, str]]:
    row = OutboxMessage.objects.latest("id")
    return row.name, row.context


def test_every_check_passes_and_nobody_needs_to_look(register: Register, application: Application) -> None:
    eligibility.check(application.pk)
    application.refresh_from_db()
    assert application.state == ApplicationState.APPROVED
    assert last_mail()[0] == "application_approved"
    assert Company.objects.get().address == "新北市雙溪區中正路 27 號 2 樓"
    kept = RegistryAnswer.objects.get()
    assert (kept.ubn, kept.source, kept.found) == (make.COMPANY.ubn, "gcis:test", True)
    assert kept.checks == {"registered": "pass", "not_a_branch": "pass", "small_or_medium": "pass", "not_subsidised": "pass"}


def test_the_target_of_the_review_is_kept_when_the_application_is_sent_and_settled_by_the_decision(
    register: Register, application: Application
) -> None:
    target = Deadline.objects.get(kind=DeadlineKind.REVIEW)
    assert (target.subject, target.detail, target.rule) == (make.COMPANY.ubn, "115-1", "review_target")
    assert (target.due_at, target.done_at) == (datetime(2026, 4, 27, 16, tzinfo=UTC), None)  # five working days
    company = Company.objects.get()
    assert "4\xa0月\xa027\xa0日" in steps_for(company, make.NOW)[0].text

    say_day(day=date(2026, 4, 24), is_workday=False, reason="颱風停止上班", by="test", now=make.NOW)
    calendar.follow(make.NOW)
    assert "4\xa0月\xa028\xa0日" in steps_for(company, make.NOW)[0].text, "it follows the calendar as every open limit does"

    eligibility.check(application.pk)
    assert Deadline.objects.get(kind=DeadlineKind.REVIEW).done_at is not None
    assert "審核通過" in steps_for(company, make.NOW)[0].text


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda facts: None, "登記有效"),
        (lambda facts: replace(facts, status="解散"), "登記有效"),
        (lambda facts: replace(facts, kind=Kind.BRANCH, address="", representative=""), "分公司不能申請"),
    ],
)
def test_a_refusal_names_its_rule(
    register: Register, application: Application, change: Callable[[CompanyFacts], CompanyFacts | None], rule: str
) -> None:
    register.facts = change(SOUND)
    Company.objects.update(address="原來的地址")
    eligibility.check(application.pk)
    application.refresh_from_db()
    assert application.state == ApplicationState.REFUSED
    assert rule in application.decision_reason
    assert last_mail() == ("application_refused", {"reason": application.decision_reason})
    told = register.facts is not None and register.facts.address
    assert Company.objects.get().address == (told or "原來的地址")


@pytest.mark.parametrize("capital", [None, 100_000_001])
def test_unknown_is_neither_a_pass_nor_a_refusal(
    register: Register, application: Application, capital: int | None
) -> None:
    register.facts = replace(SOUND, capital_twd=capital)
    mails = OutboxMessage.objects.count()
    eligibility.check(application.pk)
    application.refresh_from_db()
    assert application.state == ApplicationState.IN_REVIEW
    assert OutboxMessage.objects.count() == mails
    assert RegistryAnswer.objects.get().checks["small_or_medium"] == "unknown"


def test_a_register_that_is_down_changes_nothing_and_is_asked_again(
    register: Register, application: Application
) -> None:
    register.up = False
    for _ in range(2):
        with pytest.raises(RegistryUnavailable):
            eligibility.check(application.pk)
    application.refresh_from_db()
    assert application.state == ApplicationState.IN_REVIEW
    assert RegistryAnswer.objects.count() == 0
    register.up = True
    eligibility.check(application.pk)
    application.refresh_from_db()
    assert application.state == ApplicationState.APPROVED


def test_checking_twice_decides_once(register: Register, application: Application) -> None:
    eligibility.check(application.pk)
    register.facts = None
    mails = OutboxMessage.objects.count()
    eligibility.check(application.pk)
    application.refresh_from_db()
    assert application.state == ApplicationState.APPROVED
    assert OutboxMessage.objects.count() == mails
