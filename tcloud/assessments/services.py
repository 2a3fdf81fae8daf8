"""Filling in the questionnaire: saved at every step, completed once, repeatable."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from tcloud.assessments.models import Assessment
from tcloud.assessments.queries import answered_topics, is_complete, latest_completed, lock_open
from tcloud.assessments.questions import QUESTIONS, VERSION, Topic, chosen, of_topic
from tcloud.assessments.rules import topic_score
from tcloud.audit.services import record
from tcloud.core.actors import PLATFORM
from tcloud.core.errors import Refused
from tcloud.core.jobs import Job, defer
from tcloud.core.transactions import operation, use_case


class AssessmentDone(Refused):
    """There is nothing open to change: the questionnaire was completed."""

    code = "assessment_done"
    message = _("自評表已經完成，答案不能再改。要重新填寫，請從結果頁開始新的一份。")


class AnswersMissing(Refused):
    """Some question of the topic has no answer."""

    code = "answers_missing"
    message = _("這一頁還有 %(count)s 題沒有回答。每一題選一個最接近的答案，就能往下。")


class TopicsMissing(Refused):
    """Not all seven topics are answered."""

    code = "topics_missing"
    message = _("還有 %(count)s 個主題沒有填完，不能送出。先前的答案都還在。")


@use_case
def save_topic(*, company_ubn: str, call_code: str, topic: Topic, answers: dict[str, str], now: datetime) -> Assessment:
    """Keep the answers of one topic; the first one opens the questionnaire.

    Unknown questions are ignored. Raises AnswersMissing (nothing is kept then; the form still shows what was
    chosen), AssessmentDone.
    """
    given = {
        question.key: option.key for question in of_topic(topic) if (option := chosen(question, answers)) is not None
    }
    missing = len(of_topic(topic)) - len(given)
    if missing:
        raise AnswersMissing(count=missing)
    assessment = lock_open(company_ubn, call_code)
    if assessment is None:
        if is_complete(company_ubn, call_code):
            raise AssessmentDone
        assessment = _open(company_ubn, call_code, now)
    assessment.answers = assessment.answers | given
    assessment.saved_at = now
    assessment.save(update_fields=["answers", "saved_at"])
    return assessment


@use_case
def start_again(*, company_ubn: str, call_code: str, now: datetime) -> Assessment:
    """Open a fresh questionnaire; earlier results stay on record. One that is open is simply continued."""
    return lock_open(company_ubn, call_code) or _open(company_ubn, call_code, now)


@operation
def _open(company_ubn: str, call_code: str, now: datetime) -> Assessment:
    assessment, _created = Assessment.objects.get_or_create(
        company_ubn=company_ubn, call_code=call_code, completed_at=None,
        defaults={"question_version": VERSION, "started_at": now, "saved_at": now},
    )  # fmt: skip
    return Assessment.objects.select_for_update().get(pk=assessment.pk)


@use_case
def complete(*, company_ubn: str, call_code: str, now: datetime) -> Assessment:
    """Score all seven topics and let the grant be issued; completing twice returns the first result.

    Raises TopicsMissing.
    """
    assessment = lock_open(company_ubn, call_code)
    if assessment is None:
        done = latest_completed(company_ubn, call_code)
        if done is None:
            raise TopicsMissing(count=len(Topic))
        return done
    missing = len(Topic) - len(answered_topics(assessment.answers))
    if missing:
        raise TopicsMissing(count=missing)
    assessment.scores = scores_of(assessment.answers)
    assessment.completed_at = now
    assessment.save(update_fields=["scores", "completed_at"])
    record(
        tag="assessments:assessment:completed", actor=PLATFORM, subject=company_ubn, now=now,
        details={"call": call_code, "version": assessment.question_version, "scores": assessment.scores},
    )  # fmt: skip
    defer(Job.ISSUE_GRANT, lock=f"grant:{company_ubn}", ubn=company_ubn, call=call_code)
    return assessment


def scores_of(answers: dict[str, str]) -> dict[str, int]:
    """Points of 100 per topic; every topic must be answered."""
    given: dict[str, list[int]] = {}
    for question in QUESTIONS:
        option = chosen(question, answers)
        if option is not None:
            given.setdefault(question.topic.value, []).append(option.score)
    return {topic.value: topic_score(given[topic.value]) for topic in Topic}
