"""The questionnaire by test client: topic by topic, resumable, with a result; and who may not."""

import pytest
from django.test import Client
from django.urls import reverse

from tcloud.assessments.models import Assessment
from tcloud.assessments.questions import Topic, of_topic
from tcloud.identity.models import User
from tcloud.identity.roles import Role
from tcloud.identity.services import open_account
from tcloud.members.models import Membership
from tcloud.web.member.assessment import PARTS
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


def send_part(client: Client, number: int, place: int = 1) -> str:
    given: dict[str, str] = {}
    for topic in PARTS[number - 1]:
        given |= answers(topic, place)
    response = client.post(part(number), given)
    assert response.status_code == 302
    return str(response.headers["Location"])


def part(number: int) -> str:
    return reverse("member:assessment-part", args=[number])


def fill(client: Client, place: int = 1) -> None:
    sent = [send_part(client, number, place) for number in (1, 2, 3)]
    assert sent[-1] == reverse("member:assessment-result")


def test_page_follows_page_to_the_result(owner: Client) -> None:
    assert owner.get(reverse("member:assessment")).headers["Location"] == part(1)
    assert sum(len(topics) for topics in PARTS) == len(Topic)
    assert "先說說現在怎麼做事" in owner.get(part(1)).content.decode()
    assert send_part(owner, 1) == part(2)
    assert send_part(owner, 2) == part(3)
    assert "存檔，看結果" in owner.get(part(3)).content.decode()
    assert send_part(owner, 3) == reverse("member:assessment-result")
    result = owner.get(reverse("member:assessment-result")).content.decode()
    assert "先理順帳和存貨，再把班表和進度排清楚" in result
    assert "守門備份" in result
    assert "資訊安全 33 分。您答「想到才複製到外接硬碟」與「各有帳號，密碼寫在便條上」" in result
    assert result.count('<circle class="tc-c1"') == 7
    assert "最高內部營運 33 分，最低內部營運 33 分" in result
    assert "點數快到了" in result


def test_who_comes_back_finds_the_next_topic_and_the_answers(owner: Client) -> None:
    send_part(owner, 2, 2)
    page = owner.get(reverse("member:assessment")).content.decode()
    assert "接著填「內部營運」" in page
    assert page.count("已填") == 2
    again = owner.get(part(2)).content.decode()
    assert 'value="once" checked' in again
    assert again.count(" checked") == 4
    assert send_part(owner, 3) == part(1)


def test_an_unanswered_question_is_named_and_what_was_chosen_stays(owner: Client) -> None:
    complete_topic = answers(Topic.COLLABORATION)
    response = owner.post(part(2), complete_topic | {"backup": "none"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "還有 1 題沒有回答" in page
    assert 'href="#accounts-0"' in page
    assert 'value="none" checked' in page
    assert set(Assessment.objects.get().answers) == set(complete_topic)  # the other topic of the page is kept


def test_a_finished_one_is_completed_once_and_leads_to_its_result_until_it_is_begun_again(owner: Client) -> None:
    fill(owner)
    result = reverse("member:assessment-result")
    assert owner.get(reverse("member:assessment")).headers["Location"] == result
    assert owner.get(part(3)).headers["Location"] == result
    assert owner.post(part(3), answers(Topic.SALES)).headers["Location"] == result  # the last page sent twice
    assert Assessment.objects.filter(completed_at__isnull=False).count() == 1
    owner.post(reverse("member:assessment-again"))
    assert owner.get(reverse("member:assessment")).headers["Location"] == part(1)
    assert owner.get(result).status_code == 200
    assert Assessment.objects.count() == 2


def test_without_a_result_there_is_only_the_form(owner: Client) -> None:
    assert owner.get(reverse("member:assessment-result")).headers["Location"] == reverse("member:assessment")
    assert owner.get(part(4)).status_code == 404
    assert owner.get(part(0)).status_code == 404


def test_nobody_sees_another_companys_answers(owner: Client) -> None:
    fill(owner)
    other = signed_in(make.member(make.OTHER))
    assert other.get(reverse("member:assessment-result")).headers["Location"] == reverse("member:assessment")
    page = other.get(part(2)).content.decode()
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
    assert bookkeeper.post(part(3), answers(Topic.SALES)).status_code == 403
    assert list(Assessment.objects.values()) == before


def test_a_vendor_is_no_company() -> None:
    seller = signed_in(make.vendor_owner(make.vendor()))
    response = seller.get(reverse("member:assessment"))
    assert response.status_code == 302
    assert response.headers["Location"] == reverse("join:start")


@pytest.mark.parametrize("name", ["assessment-again"])
def test_what_changes_something_wants_a_post(owner: Client, name: str) -> None:
    assert owner.get(reverse(f"member:{name}")).status_code == 405
