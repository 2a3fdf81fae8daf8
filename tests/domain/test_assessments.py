"""The questionnaire: saved topic by topic, completed once, repeatable; the grant is asked for in the same breath."""

import pytest
from django.db import IntegrityError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from tcloud.assessments.advice import ADVICE, advice_for, headline, summary
from tcloud.assessments.models import Assessment
from tcloud.assessments.queries import (
    answered_topics,
    is_complete,
    latest_completed,
    open_assessment,
    recommend,
)
from tcloud.assessments.questions import BY_KEY, INTRODUCTIONS, QUESTIONS, Topic, of_topic
from tcloud.assessments.rules import Level
from tcloud.assessments.services import (
    AnswersMissing,
    AssessmentDone,
    TopicsMissing,
    complete,
    save_topic,
    start_again,
)
from tcloud.catalog.features import Feature
from tests import make

UBN, CALL = "24468011", "115-1"
LOWEST = {question.key: question.options[0].key for question in QUESTIONS}
HIGHEST = {question.key: question.options[-1].key for question in QUESTIONS}


def save(topic: Topic, answers: dict[str, str], now: object = make.NOW) -> Assessment:
    return save_topic(company_ubn=UBN, call_code=CALL, topic=topic, answers=answers, now=now)


def fill(answers: dict[str, str]) -> Assessment:
    for topic in Topic:
        save(topic, answers)
    return complete(company_ubn=UBN, call_code=CALL, now=make.NOW)


def grants_asked_for() -> int:
    return ProcrastinateJob.objects.filter(task_name="tcloud.issue_grant", args__ubn=UBN).count()


def test_the_question_set_is_whole() -> None:
    assert len(BY_KEY) == len(QUESTIONS) == 14
    assert set(INTRODUCTIONS) == set(Topic)
    assert set(ADVICE) == {(topic, level) for topic in Topic for level in Level}
    for topic in Topic:
        assert len(of_topic(topic)) == 2
    for question in QUESTIONS:
        assert [option.score for option in question.options] == [0, 1, 2, 3]
        assert len({option.key for option in question.options}) == 4
        assert all(need in Feature.values for option in question.options for need in option.needs)
        assert all(option.needs for option in question.options[:3])


@pytest.mark.django_db
def test_every_topic_is_kept_at_once_and_can_be_changed_until_it_is_sent() -> None:
    save(Topic.SALES, LOWEST)
    kept = open_assessment(UBN, CALL)
    assert kept is not None
    assert answered_topics(kept.answers) == [Topic.SALES]
    assert kept.answers == {key: LOWEST[key] for key in ("channels", "checkout")}
    save(Topic.SALES, HIGHEST, make.NOW.replace(day=21))
    kept.refresh_from_db()
    assert kept.answers["channels"] == HIGHEST["channels"]
    assert (kept.started_at, kept.saved_at.day) == (make.NOW, 21)
    assert Assessment.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("answers", [{}, {"backup": "none"}, {"backup": "none", "accounts": "no such option"}])
def test_a_topic_with_an_unanswered_question_changes_nothing(answers: dict[str, str]) -> None:
    with pytest.raises(AnswersMissing):
        save(Topic.SECURITY, answers)
    assert not Assessment.objects.exists()


@pytest.mark.django_db
def test_answers_to_other_topics_are_ignored() -> None:
    save(Topic.SECURITY, LOWEST | {"unknown": "x"})
    kept = open_assessment(UBN, CALL)
    assert kept is not None
    assert set(kept.answers) == {"backup", "accounts"}


@pytest.mark.django_db
def test_six_topics_are_not_enough() -> None:
    for topic in list(Topic)[:6]:
        save(topic, LOWEST)
    with pytest.raises(TopicsMissing, match="1"):
        complete(company_ubn=UBN, call_code=CALL, now=make.NOW)
    assert not is_complete(UBN, CALL)
    assert grants_asked_for() == 0
    with pytest.raises(TopicsMissing, match="7"):
        complete(company_ubn="52831044", call_code=CALL, now=make.NOW)


@pytest.mark.django_db
def test_completing_scores_every_topic_and_asks_for_the_grant_once() -> None:
    done = fill(LOWEST | {"backup": "tested", "accounts": "own"})
    assert done.scores == {topic.value: 83 if topic is Topic.SECURITY else 0 for topic in Topic}
    assert done.completed_at == make.NOW
    assert is_complete(UBN, CALL)
    assert grants_asked_for() == 1
    again = complete(company_ubn=UBN, call_code=CALL, now=make.NOW.replace(day=25))
    assert (again.pk, again.completed_at) == (done.pk, make.NOW)
    assert grants_asked_for() == 1


@pytest.mark.django_db
def test_a_completed_one_is_closed_and_a_repeated_one_leaves_it_on_record() -> None:
    first = fill(LOWEST)
    with pytest.raises(AssessmentDone):
        save(Topic.SALES, HIGHEST)
    start_again(company_ubn=UBN, call_code=CALL, now=make.NOW)
    start_again(company_ubn=UBN, call_code=CALL, now=make.NOW)
    second = fill(HIGHEST)
    assert Assessment.objects.count() == 2
    first.refresh_from_db()
    assert set(first.scores.values()) == {0}
    assert latest_completed(UBN, CALL) == second


@pytest.mark.django_db
def test_the_database_keeps_one_open_per_company_and_call() -> None:
    save(Topic.SALES, LOWEST)
    values = {"company_ubn": UBN, "call_code": CALL, "question_version": 1}
    with pytest.raises(IntegrityError), transaction.atomic():
        Assessment.objects.create(**values, started_at=make.NOW, saved_at=make.NOW)
    Assessment.objects.create(**(values | {"call_code": "116-1"}), started_at=make.NOW, saved_at=make.NOW)


@pytest.mark.django_db
def test_each_recommendation_names_the_score_and_the_answers_it_meets() -> None:
    make.shelves()
    make.vendor()
    make.solution("guard", "守門備份", category="security", features=("backup", "own_accounts", "two_step"))
    make.solution("till", "巷口點餐 POS", features=("checkout", "online_shop"))
    make.solution("none", "什麼都沒有")
    done = fill(HIGHEST | {"backup": "none", "accounts": "shared", "channels": "counter"})
    found = recommend(done)
    assert [(entry.solution.slug, entry.topic) for entry in found] == [
        ("guard", Topic.SECURITY),
        ("till", Topic.SALES),
    ]
    assert found[0].reason == "資訊安全 0 分。您答「沒有定期備份」與「多人共用一組密碼」，這個方案兩項都處理。"
    assert found[1].reason == "銷售與通路 50 分。您答「只有店面或電話，手寫單據」，這個方案處理這一項。"


@pytest.mark.django_db
def test_nothing_is_recommended_to_somebody_who_needs_nothing() -> None:
    make.shelves()
    make.vendor()
    make.solution(features=tuple(Feature.values))
    assert recommend(fill(HIGHEST)) == []


def test_the_headline_says_where_to_begin() -> None:
    scores = dict.fromkeys((topic.value for topic in Topic), 100)
    assert headline(scores) == "七個主題都上軌道了"
    assert headline(scores | {"security": 0}) == "只差一件：補資訊安全"
    assert headline({"marketing": 10, "sales": 10, "security": 0}) == "先補資訊安全，再打通銷售通路"
    assert "「銷售與通路」" in summary({"sales": 0, "security": 100})
    assert advice_for(Topic.SECURITY, 0).startswith("先做兩件")
