"""Reading questionnaires and what they recommend."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tcloud.assessments.models import Assessment
from tcloud.assessments.questions import BY_KEY, QUESTIONS, Topic, chosen, of_topic
from tcloud.assessments.rules import Choice, Need, choose, need_weight, weakest_first
from tcloud.catalog.models import Solution
from tcloud.catalog.queries import all_listed

RECOMMENDATIONS = 3


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A solution and the reason for it, as one sentence a shop owner understands."""

    solution: Solution
    topic: Topic
    reason: str


def is_complete(ubn: str, call_code: str) -> bool:
    """Whether the company has completed the questionnaire in this call at least once."""
    return _of(ubn, call_code).filter(completed_at__isnull=False).exists()


def open_assessment(ubn: str, call_code: str) -> Assessment | None:
    """The questionnaire under way."""
    return _of(ubn, call_code).filter(completed_at=None).first()


def latest_completed(ubn: str, call_code: str) -> Assessment | None:
    """The newest result."""
    return _of(ubn, call_code).filter(completed_at__isnull=False).order_by("-id").first()


def lock_open(ubn: str, call_code: str) -> Assessment | None:
    """The questionnaire under way, locked until the transaction ends."""
    return _of(ubn, call_code).filter(completed_at=None).select_for_update().first()


def answered_topics(answers: dict[str, str]) -> list[Topic]:
    """Topics in which every question has an answer, in order."""
    return [topic for topic in Topic if all(chosen(question, answers) for question in of_topic(topic))]


def recommend(assessment: Assessment, limit: int = RECOMMENDATIONS) -> list[Recommendation]:
    """Solutions for a completed questionnaire, each with its reason. Two database queries."""
    scores: dict[str, int] = assessment.scores or {}
    solutions = {solution.slug: solution for solution in all_listed()}
    features = {slug: frozenset(solution.features) for slug, solution in solutions.items()}
    turn = f"{assessment.company_ubn}:{assessment.call_code}:{assessment.pk}"
    topics = weakest_first({topic: scores[topic] for topic in Topic.values if topic in scores})
    picked = choose(_needs(assessment.answers, scores), features, topics=topics, limit=limit, turn=turn)
    return [
        Recommendation(solutions[choice.key], Topic(choice.topic), _reason(choice, assessment, scores))
        for choice in picked
    ]


def _needs(answers: dict[str, str], scores: dict[str, int]) -> list[Need]:
    needs = []
    for question in QUESTIONS:
        option = chosen(question, answers)
        if option is None:
            continue
        weight = need_weight(answer=option.score, score=scores.get(question.topic, 0))
        needs += [Need(question.key, question.topic, str(feature), weight) for feature in option.needs if weight]
    return needs


def _reason(choice: Choice, assessment: Assessment, scores: dict[str, int]) -> str:
    said = [
        str(option.text) for key in choice.questions if (option := chosen(BY_KEY[key], assessment.answers)) is not None
    ]
    facts = {"topic": Topic(choice.topic).label, "score": scores[choice.topic]}
    if len(said) == 1:
        return _("%(topic)s %(score)s 分。您答「%(answer)s」，這個方案處理這一項。") % (facts | {"answer": said[0]})
    return _("%(topic)s %(score)s 分。您答「%(first)s」與「%(second)s」，這個方案兩項都處理。") % (
        facts | {"first": said[0], "second": said[1]}
    )


def _of(ubn: str, call_code: str) -> QuerySet[Assessment]:
    return Assessment.objects.filter(company_ubn=ubn, call_code=call_code)
