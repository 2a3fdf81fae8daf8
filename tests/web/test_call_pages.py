"""The office opens a call, changes rules by two people, and keeps the calendar; the public reads every version."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tcloud.core.time import taipei_date
from tcloud.identity.models import User
from tcloud.identity.roles import Role
from tcloud.identity.services import give_office_role, open_account
from tcloud.members.models import Application
from tcloud.programme.models import CalendarVersion, Call, RuleDraft, RuleSet
from tcloud.programme.rule_texts import NOT_ONLINE_YET, TITLES
from tcloud.programme.rules import Rules
from tcloud.programme.services import opening
from tcloud.web.office.rule_form import RulesForm, initial_of
from tcloud.web.public.forms import ConsentForm
from tests import make
from tests.rules.test_calendar_table import file, rows
from tests.web.test_office_messages import client_of, office

pytestmark = pytest.mark.django_db


def open_office(email: str) -> User:
    user = open_account(email=email, name="錢守信", password=make.PASSWORD, now=make.NOW)
    give_office_role(user_id=user.pk, role=Role.ADMINISTRATOR, actor="test", now=make.NOW)
    return user


@pytest.fixture
def author() -> Client:
    return client_of(office(Role.ADMINISTRATOR))


@pytest.fixture
def reviewer() -> Client:
    return client_of(office(Role.REVIEWER))


def at(name: str, *args: object) -> str:
    return reverse(f"office:{name}", args=args or ["115-1"])


def typed(**changed: object) -> dict[str, object]:
    """What the editor's form posts for the guide's rules, with some fields typed differently."""
    values = {key: value for key, value in initial_of(Rules(), "縮短等待", None).items() if value not in (None, False)}
    return {key: value for key, value in (values | changed).items() if value is not None}


def test_what_the_form_shows_is_what_the_rules_are() -> None:
    form = RulesForm(typed())

    assert form.is_valid(), form.errors
    assert form.rules == Rules()
    assert {name.split("__")[0] for name in form.fields} == {*Rules.model_fields, "reason", "effective_date"}


def test_rules_go_from_draft_to_published_by_two_people(author: Client, reviewer: Client) -> None:
    make.call()
    author.post(at("draft-start"))
    saved = author.post(at("draft-edit"), typed(vendor_answers__count=3))
    assert saved.headers["Location"] == at("draft")
    page = author.get(at("draft")).content.decode()
    assert "廠商回覆接單" in page
    assert "3 個工作天" in page
    author.post(at("draft-send"))
    assert author.post(at("draft-review")).status_code == 302
    assert RuleDraft.objects.get().state == "in_review"  # not by its author
    reviewer.post(at("draft-review"))
    assert "5 個工作天" in reviewer.get(at("draft-publish")).content.decode()
    reviewer.post(at("draft-publish"))

    version = RuleSet.objects.get(version=2)
    assert version.rules.vendor_answers.count == 3
    assert "縮短等待" in author.get(at("call-rules")).content.decode()
    now = Client().get(reverse("rules")).content.decode()
    assert "3 個工作天" in now
    before = Client().get(reverse("rules"), {"call": "115-1", "version": "1"}).content.decode()
    assert "5 個工作天" in before
    assert "以前的版本" in before


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("use__count", "99", "這項規則最長 36 個月。"),
        ("self_pay__count", "", "請填這一項。"),
        ("self_pay__count", "two", "請填整數。"),
        ("points_share__numerator", "2", "點數不能付全部的價錢"),
        ("warnings_days_before", "3, 14", "由大到小"),
        ("warnings_days_before", "soon", "這個值看不懂"),
        ("activation__count", "4", "啟用期限比使用期限長"),
        ("effective_date", "2026-02-30", "日期格式是"),
        ("chat__opens", "19:00", "開始時間要早於結束時間。"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    field: str, value: str, words: str, author: Client
) -> None:
    make.call()
    author.post(at("draft-start"))

    answer = author.post(at("draft-edit"), typed(**{field: value, "points_per_company": "12345"}))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert 'value="12345"' in page
    assert "data-errsum" in page
    assert RuleDraft.objects.get().rules == Rules()


def test_a_returned_draft_says_why(author: Client, reviewer: Client) -> None:
    make.call()
    author.post(at("draft-start"))
    author.post(at("draft-edit"), typed(self_pay__count=3))
    author.post(at("draft-send"))
    assert "請寫下退回的理由" in reviewer.post(at("draft-return"), {"why": ""}, follow=True).content.decode()
    reviewer.post(at("draft-return"), {"why": "三天太久"})

    assert RuleDraft.objects.get().state == "draft"
    assert "三天太久" in author.get(at("draft")).content.decode()


def test_the_public_rules_say_which_steps_are_not_online_yet() -> None:
    make.call()
    page = Client().get(reverse("rules")).content.decode()
    assert page.count("還不能線上辦</span>") == len(NOT_ONLINE_YET)
    assert TITLES.keys() > NOT_ONLINE_YET
    vendor_answers = page.split('id="rule-vendor_answers"')[1].split("</dt>")[0]
    assert "還不能線上辦" not in vendor_answers


def test_a_new_call_waits_for_its_first_rules(author: Client, reviewer: Client) -> None:
    make.shelves()
    today = taipei_date(timezone.now())
    facts = {
        "code": "116-1", "name": "116 年度第 1 梯次", "name_en": "2027, first call", "budget_points": "600000",
        "opens_date": today.isoformat(), "last_date": (today + timedelta(days=90)).isoformat(), "categories": ["security"],
    }  # fmt: skip
    assert "代號只能用" in author.post(reverse("office:call-new"), facts | {"code": "116 1"}).content.decode()
    answer = author.post(reverse("office:call-new"), facts)

    assert answer.headers["Location"] == at("draft-edit", "116-1")
    call = Call.objects.get()
    assert (call.categories, call.closes_until) == (["security"], today + timedelta(days=91))
    assert "現在沒有開放申請的梯次" in Client().get(reverse("rules")).content.decode()
    author.post(at("draft-edit", "116-1"), typed())
    author.post(at("draft-send", "116-1"))
    reviewer.post(at("draft-review", "116-1"))
    reviewer.post(at("draft-publish", "116-1"))
    page = Client().get(reverse("rules")).content.decode()
    assert "116 年度第 1 梯次" in page
    assert "資訊安全" in page


def test_a_taken_code_is_said_at_its_field(author: Client) -> None:
    make.call()
    today = taipei_date(timezone.now())
    facts = {
        "code": "115-1", "name": "二", "name_en": "two", "budget_points": "1", "opens_date": today.isoformat(),
        "last_date": today.isoformat(),
    }  # fmt: skip

    page = author.post(reverse("office:call-new"), facts).content.decode()

    assert "代號 115-1 已經有梯次在用" in page


def test_a_table_is_looked_at_before_it_counts(author: Client) -> None:
    year = taipei_date(timezone.now()).year
    content = file(rows(year), "cp950")
    looked = author.post(reverse("office:calendar-look"), {"table": SimpleUploadedFile("t.csv", content)})
    assert not CalendarVersion.objects.exists()
    form = looked.context["form"]
    author.post(reverse("office:calendar-take"), {key: form[key].value() for key in ("name", "content")})

    assert CalendarVersion.objects.get().year == year
    assert "t.csv" in author.get(reverse("office:calendar")).content.decode()
    again = author.post(reverse("office:calendar-look"), {"table": SimpleUploadedFile("t.csv", content)})
    assert "就是現在使用的版本" in again.content.decode()


@pytest.mark.parametrize("content", ["", "###", "QUJD"])
def test_what_was_carried_along_is_read_again(content: str, author: Client) -> None:
    page = author.post(reverse("office:calendar-take"), {"name": "x", "content": content}, follow=True)

    assert "不能匯入" in page.content.decode()
    assert not CalendarVersion.objects.exists()


def test_a_bad_file_names_its_lines(author: Client) -> None:
    bad = SimpleUploadedFile("t.csv", file(["20260101,五,2,"]))

    page = author.post(reverse("office:calendar-look"), {"table": bad}).content.decode()

    assert "第 2 行：20260101 是星期四" in page


def test_the_offices_word_needs_a_reason(author: Client) -> None:
    where = reverse("office:calendar-say")
    assert "請寫下理由" in author.post(where, {"day": "2026-07-10", "says": "off", "reason": ""}).content.decode()
    author.post(where, {"day": "2026-07-10", "says": "off", "reason": "颱風"})

    assert "颱風" in author.get(reverse("office:calendar")).content.decode()


def test_without_a_table_the_office_is_warned(author: Client) -> None:
    make.call()

    assert "還沒有匯入" in author.get(reverse("office:calls")).content.decode()
    assert "還沒有匯入" in author.get(reverse("office:calendar")).content.decode()


@pytest.mark.parametrize("query", [{"call": "none"}, {"call": "115-1", "version": "9"}])
def test_rules_that_never_were_are_a_missing_page(query: dict[str, str]) -> None:
    make.call()

    assert Client().get(reverse("rules"), query).status_code == 404


def test_who_joins_chooses_among_the_open_calls() -> None:
    make.call()
    assert "現在有幾個梯次開放" not in Client().get(reverse("join:start")).content.decode()
    opening.open_call(
        code="115-2", name="115 年度第 2 梯次", name_en="2026, second call", budget_points=600_000,
        opens_date=date(2026, 2, 1), closes_until=make.FAR_AWAY, rules=Rules(), now=make.NOW,
    )  # fmt: skip
    Call.objects.update(closes_until=date(2100, 1, 1))  # pages ask the machine's clock
    client = Client()
    page = client.get(reverse("join:start")).content.decode()
    assert "現在有幾個梯次開放" in page
    assert "現在有幾個梯次開放" in client.get(reverse("join:start"), {"call": "115-1"}).content.decode()
    form = dict.fromkeys(ConsentForm.base_fields, "on")
    client.post(reverse("join:consent"), form)

    assert Application.objects.get().call.code == "115-1"


def _drafted(author: Client) -> None:
    make.call()
    author.post(at("draft-start"))
    author.post(at("draft-edit"), typed(self_pay__count=3))


def test_the_author_takes_back_and_gives_up(author: Client) -> None:
    _drafted(author)
    author.post(at("draft-send"))
    author.post(at("draft-take-back"))
    assert RuleDraft.objects.get().state == "draft"
    answer = author.post(at("draft-discard"))

    assert answer.headers["Location"] == at("call-rules")
    assert RuleDraft.objects.get().state == "discarded"


@pytest.mark.parametrize("name", ["draft", "draft-edit", "draft-publish"])
def test_without_a_draft_its_pages_lead_back(name: str, author: Client) -> None:
    make.call()

    page = author.get(at(name), follow=True)

    assert page.redirect_chain[0][0] == at("call-rules")
    assert "現在沒有草案" in page.content.decode()


def test_a_step_without_a_draft_leads_back(author: Client) -> None:
    make.call()

    assert author.post(at("draft-send")).headers["Location"] == at("call-rules")


def test_only_one_draft_and_only_its_author_edits(author: Client) -> None:
    _drafted(author)
    other = client_of(open_office("second@office.example"))

    assert "一次只能有一份" in other.post(at("draft-start"), follow=True).content.decode()
    assert "只有撰寫的人" in other.get(at("draft-edit"), follow=True).content.decode()


def test_what_is_not_reviewed_is_not_published(author: Client, reviewer: Client) -> None:
    _drafted(author)

    page = reviewer.post(at("draft-publish"), follow=True).content.decode()

    assert "不能做這一步" in page
    assert RuleSet.objects.count() == 1


def test_a_file_and_a_real_reason_are_needed(author: Client) -> None:
    assert "請選檔案" in author.post(reverse("office:calendar-look")).content.decode()
    facts = {"day": "2026-07-10", "says": "off", "reason": "　"}
    assert "請寫下" in author.post(reverse("office:calendar-say"), facts, follow=True).content.decode()
    assert not CalendarVersion.objects.exists()


def test_a_call_that_never_was_is_a_missing_page(author: Client) -> None:
    make.call()

    for name, more in (("call-rules", ()), ("draft", ()), ("rule-version", (1,))):
        assert author.get(at(name, "none", *more)).status_code == 404
    assert author.get(at("rule-version", "115-1", 9)).status_code == 404
