"""The questionnaire by test client: topic by topic, resumable, with a result; and who may not."""

from itertools import pairwise

import pytest
from django.test import Client
from django.urls import reverse

from tcloud.assessments.models import Assessment
from tcloud.assessments.questions import QUESTIONS, Topic, of_topic
from tcloud.identity.models import User
from tcloud.identity.roles import Role
from tcloud.identity.services import open_account
from tcloud.members.models import Membership
from tests import make

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def _market(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcloud.web.access.domain_now", lambda: make.NOW)
    make.call()
    make.shelves()
    make.vendor()
    make.solution("guard", "守門備份", category="security", features=("backup", "own_accounts", "two_step"))


@pytest.fixture
def owner() -> Client:
    return signed_in(make.member())


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def answers(topic: Topic, place: int = 1) -> dict[str, str]:
    return {question.key: question.options[place].key for question in of_topic(topic)}


def send_topic(client: Client, topic: Topic, place: int = 1) -> str:
    response = client.post(reverse("member:assessment-topic", args=[topic.value]), answers(topic, place))
    assert response.status_code == 302
    return str(response.headers["Location"])


def fill(client: Client, place: int = 1) -> None:
    for topic in Topic:
        send_topic(client, topic, place)
    response = client.post(reverse("member:assessment-send"))
    assert response.headers["Location"] == reverse("member:assessment-result")


def test_topic_follows_topic_to_the_check_page_and_the_result(owner: Client) -> None:
    start = owner.get(reverse("member:assessment")).content.decode()
    assert "開始填寫" in start
    topics = list(Topic)
    for topic, following in pairwise(topics):
        assert send_topic(owner, topic) == reverse("member:assessment-topic", args=[following.value])
    assert send_topic(owner, topics[-1]) == reverse("member:assessment")
    check = owner.get(reverse("member:assessment")).content.decode()
    assert "送出自評表，看結果" in check
    assert all(str(question.text) in check for question in QUESTIONS)
    owner.post(reverse("member:assessment-send"))
    result = owner.get(reverse("member:assessment-result")).content.decode()
    assert "先理順帳和存貨，再把班表和進度排清楚" in result
    assert "守門備份" in result
    assert "資訊安全 33 分。您答「想到才複製到外接硬碟」與「各有帳號，密碼寫在便條上」" in result
    assert result.count('<circle class="tc-c1"') == 7
    assert "最高內部營運 33 分，最低內部營運 33 分" in result
    assert "點數快到了" in result


def test_who_comes_back_finds_the_next_topic_and_the_answers(owner: Client) -> None:
    send_topic(owner, Topic.OPERATIONS)
    send_topic(owner, Topic.SECURITY, 2)
    page = owner.get(reverse("member:assessment")).content.decode()
    assert "接著填「生產排程」" in page
    assert page.count("已填") == 2
    again = owner.get(reverse("member:assessment-topic", args=["security"])).content.decode()
    assert 'value="once" checked' in again
    assert again.count(" checked") == 2
    assert send_topic(owner, Topic.MARKETING) == reverse("member:assessment-topic", args=["scheduling"])


def test_an_unanswered_question_is_named_and_what_was_chosen_stays(owner: Client) -> None:
    response = owner.post(reverse("member:assessment-topic", args=["security"]), {"backup": "none"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "還有 1 題沒有回答" in page
    assert 'href="#accounts-0"' in page
    assert 'value="none" checked' in page
    assert not Assessment.objects.exists()


def test_sending_too_early_changes_nothing_and_sending_twice_is_once(owner: Client) -> None:
    send_topic(owner, Topic.SALES)
    response = owner.post(reverse("member:assessment-send"))
    assert response.status_code == 409
    assert "還有 6 個主題沒有填完" in response.content.decode()
    assert Assessment.objects.get().completed_at is None
    fill(owner)
    owner.post(reverse("member:assessment-send"))
    assert Assessment.objects.filter(completed_at__isnull=False).count() == 1


def test_a_finished_one_leads_to_its_result_until_it_is_begun_again(owner: Client) -> None:
    fill(owner)
    result = reverse("member:assessment-result")
    assert owner.get(reverse("member:assessment")).headers["Location"] == result
    assert owner.get(reverse("member:assessment-topic", args=["sales"])).headers["Location"] == result
    owner.post(reverse("member:assessment-again"))
    assert "開始填寫" in owner.get(reverse("member:assessment")).content.decode()
    assert owner.get(result).status_code == 200
    assert Assessment.objects.count() == 2


def test_without_a_result_there_is_only_the_form(owner: Client) -> None:
    assert owner.get(reverse("member:assessment-result")).headers["Location"] == reverse("member:assessment")
    assert owner.get(reverse("member:assessment-topic", args=["no-such-topic"])).status_code == 404


def test_nobody_sees_another_companys_answers(owner: Client) -> None:
    fill(owner)
    other = signed_in(make.member(make.OTHER))
    assert other.get(reverse("member:assessment-result")).headers["Location"] == reverse("member:assessment")
    page = other.get(reverse("member:assessment-topic", args=["security"])).content.decode()
    assert " checked" not in page


@pytest.mark.parametrize("name", ["assessment", "assessment-result"])
def test_a_visitor_signs_in_first(client: Client, name: str) -> None:
    response = client.get(reverse(f"member:{name}"))
    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("account_login"))


def test_a_bookkeeper_reads_the_result_and_fills_in_nothing(owner: Client) -> None:
    fill(owner)
    user = open_account(email="books@tea.example", name="簿小姐", password=make.PASSWORD, now=make.NOW)
    Membership.objects.create(company=make.company(), user=user, role=Role.BOOKKEEPER, created_at=make.NOW)
    bookkeeper = signed_in(user)
    assert bookkeeper.get(reverse("member:assessment-result")).status_code == 200
    before = list(Assessment.objects.values())
    assert bookkeeper.get(reverse("member:assessment")).status_code == 403
    assert bookkeeper.post(reverse("member:assessment-again")).status_code == 403
    topic = reverse("member:assessment-topic", args=["sales"])
    assert bookkeeper.post(topic, answers(Topic.SALES)).status_code == 403
    assert list(Assessment.objects.values()) == before


def test_a_vendor_is_no_company() -> None:
    seller = signed_in(make.vendor_owner(make.vendor()))
    response = seller.get(reverse("member:assessment"))
    assert response.status_code == 302
    assert response.headers["Location"] == reverse("join:start")


@pytest.mark.parametrize("name", ["assessment-send", "assessment-again"])
def test_what_changes_something_wants_a_post(owner: Client, name: str) -> None:
    assert owner.get(reverse(f"member:{name}")).status_code == 405
