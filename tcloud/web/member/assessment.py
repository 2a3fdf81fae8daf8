"""數位需求自評表: seven topics on three pages, saved at each; then the result with advice and reasons."""

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tcloud.assessments.advice import advice_for, headline, summary
from tcloud.assessments.queries import answered_topics, latest_completed, open_assessment, recommend
from tcloud.assessments.questions import INTRODUCTIONS, QUESTIONS, Topic, chosen, of_topic
from tcloud.assessments.rules import level
from tcloud.assessments.services import AnswersMissing, complete, save_topic, start_again
from tcloud.catalog.queries import cheapest
from tcloud.identity.roles import Permission
from tcloud.points.queries import grant_of, waiting_position
from tcloud.programme.queries import NoOpenCall
from tcloud.web.access import PageRequest, company_role
from tcloud.web.member.own_call import chosen_call, named_in
from tcloud.web.prices import priced, purse_today
from tcloud.web.radar import radar

if TYPE_CHECKING:
    from tcloud.programme.models import Call


# Three pages: the whole way from 我要申請 to a signed order stays within fourteen.
PARTS: tuple[tuple[Topic, ...], ...] = (
    (Topic.OPERATIONS, Topic.SCHEDULING, Topic.REMOTE),
    (Topic.COLLABORATION, Topic.SECURITY),
    (Topic.SALES, Topic.MARKETING),
)


def _call(request: PageRequest) -> "Call":
    call = chosen_call(request)
    if call is None:
        raise NoOpenCall
    return call


def _where(request: PageRequest) -> dict[str, str]:
    """Whose questionnaire in which call, as the use cases take it."""
    return {"company_ubn": request.membership.company.ubn, "call_code": _call(request).code}


def _onto(request: PageRequest, page: str, *arguments: int) -> HttpResponse:
    """To another page of the questionnaire, in the same call."""
    return redirect(reverse(page, args=arguments) + named_in(request))


@require_safe
@company_role(Permission.ASSESSMENT_FILL)
def overview(request: PageRequest) -> HttpResponse:
    """Who begins goes straight to the first page; who comes back sees what is filled in and where to go on."""
    ubn, call = request.membership.company.ubn, _call(request)
    assessment = open_assessment(ubn, call.code)
    if assessment is None:
        done_before = latest_completed(ubn, call.code) is not None
        return _onto(request, "member:assessment-result") if done_before else _onto(request, "member:assessment-part", 1)
    if not assessment.answers:
        return _onto(request, "member:assessment-part", 1)
    done = answered_topics(assessment.answers)
    upcoming = next((topic for topic in Topic if topic not in done), Topic.OPERATIONS)
    topics = [
        {
            "topic": topic,
            "introduction": INTRODUCTIONS[topic],
            "done": topic in done,
            "here": topic is upcoming,
            "part": _part_of(topic),
        }
        for topic in Topic
    ]
    context = {
        "topics": topics, "done": len(done), "upcoming": upcoming, "total": len(Topic),
        "part": _part_of(upcoming), "saved_at": assessment.saved_at, "named": named_in(request),
    }  # fmt: skip
    return render(request, "member/assessment/overview.html", context)


@require_http_methods(["GET", "POST"])
@company_role(Permission.ASSESSMENT_FILL)
def part(request: PageRequest, number: int) -> HttpResponse:
    """One page of topics; what is answered is saved, and the last answer brings the result."""
    if not 1 <= number <= len(PARTS):
        raise Http404
    where = _where(request)
    ubn, code = where["company_ubn"], where["call_code"]
    assessment = open_assessment(ubn, code)
    if assessment is None and latest_completed(ubn, code) is not None:
        return _onto(request, "member:assessment-result")
    answers: dict[str, str] = dict(assessment.answers) if assessment else {}
    refusal: AnswersMissing | None = None
    if request.method == "POST":
        for topic in PARTS[number - 1]:
            given = {question.key: request.POST.get(question.key, "") for question in of_topic(topic)}
            answers |= given
            try:
                answers |= save_topic(**where, topic=topic, answers=given, now=request.now).answers
            except AnswersMissing as error:
                # one sentence for the whole page, which asks about several topics
                refusal = AnswersMissing(count=error.params["count"] + (refusal.params["count"] if refusal else 0))
        if refusal is None:
            return _onwards(request, answers)
    context = {
        "groups": [
            {"topic": topic, "introduction": INTRODUCTIONS[topic], "questions": _rows(topic, answers, missing=bool(refusal))}
            for topic in PARTS[number - 1]
        ],
        "number": number, "total": len(PARTS), "refusal": refusal, "previous": number - 1,
        "last": number == len(PARTS), "percent": 100 * number // len(PARTS), "named": named_in(request),
    }  # fmt: skip
    return render(request, "member/assessment/part.html", context, status=422 if refusal else 200)


def _part_of(topic: Topic) -> int:
    """The page a topic stands on, from 1."""
    return next(number for number, topics in enumerate(PARTS, start=1) if topic in topics)


def _rows(topic: Topic, answers: dict[str, str], *, missing: bool) -> list[dict[str, Any]]:
    """The questions of a topic with what was chosen; `missing` marks those without an answer."""
    rows = []
    for question in of_topic(topic):
        option = chosen(question, answers)
        key = option.key if option else ""
        rows.append({"question": question, "chosen": key, "error": missing and not key})
    return rows


def _onwards(request: PageRequest, answers: dict[str, str]) -> HttpResponse:
    """The page of the first topic without answers; when there is none, the questionnaire is complete."""
    done = answered_topics(answers)
    left = [topic for topic in Topic if topic not in done]
    if left:
        return _onto(request, "member:assessment-part", _part_of(left[0]))
    complete(**_where(request), now=request.now)
    return _onto(request, "member:assessment-result")


@require_POST
@company_role(Permission.ASSESSMENT_FILL)
def again(request: PageRequest) -> HttpResponse:
    """Fill in a fresh one; the earlier result stays on record."""
    start_again(**_where(request), now=request.now)
    return _onto(request, "member:assessment")


@require_safe
@company_role(Permission.COMPANY_VIEW)
def result(request: PageRequest) -> HttpResponse:
    """Scores as chart and table, advice per topic, recommended solutions with the reason for each."""
    company, call = request.membership.company, _call(request)
    assessment = latest_completed(company.ubn, call.code)
    if assessment is None:
        return _onto(request, "member:assessment")
    scores: dict[str, int] = assessment.scores or {}
    ordered = [(Topic(name), scores[name]) for name in Topic.values if name in scores]
    purse = purse_today(request)
    recommended = []
    for entry in recommend(assessment):
        plan = cheapest(entry.solution)
        price = priced(plan, purse) if plan and purse else None
        recommended.append({"entry": entry, "plan": plan, "price": price})
    granted = grant_of(company.ubn, call) is not None
    context = {
        "company": company, "assessment": assessment, "headline": headline(scores), "summary": summary(scores),
        "rows": [
            {"topic": topic, "score": score, "level": level(score).value, "advice": advice_for(topic, score)}
            for topic, score in ordered
        ],
        "radar": radar([(str(topic.label), score) for topic, score in ordered]),
        "highest": max(ordered, key=lambda row: row[1]), "lowest": min(ordered, key=lambda row: row[1]),
        "recommended": recommended, "questions": len(QUESTIONS), "granted": granted,
        "position": None if granted else waiting_position(company.ubn, call),
        "reopened": open_assessment(company.ubn, call.code) is not None, "named": named_in(request),
    }  # fmt: skip
    return render(request, "member/assessment/result.html", context)
