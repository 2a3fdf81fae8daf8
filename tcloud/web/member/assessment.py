"""數位需求自評表: seven topics, one a page, saved at each; then the result with advice and reasons."""

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tcloud.assessments.advice import advice_for, headline, summary
from tcloud.assessments.queries import answered_topics, latest_completed, open_assessment, recommend
from tcloud.assessments.questions import INTRODUCTIONS, QUESTIONS, Topic, chosen, of_topic
from tcloud.assessments.rules import level
from tcloud.assessments.services import AnswersMissing, complete, save_topic, start_again
from tcloud.catalog.queries import cheapest
from tcloud.identity.roles import Permission
from tcloud.points.queries import grant_of, waiting_position
from tcloud.programme.queries import NoOpenCall, latest_call
from tcloud.web.access import PageRequest, company_role
from tcloud.web.prices import priced, purse_of
from tcloud.web.radar import radar

if TYPE_CHECKING:
    from tcloud.programme.models import Call


def _call(request: PageRequest) -> "Call":
    call = latest_call(request.now)
    if call is None:
        raise NoOpenCall
    return call


def _where(request: PageRequest) -> dict[str, str]:
    """Whose questionnaire in which call, as the use cases take it."""
    return {"company_ubn": request.membership.company.ubn, "call_code": _call(request).code}


@require_safe
@company_role(Permission.ASSESSMENT_FILL)
def overview(request: PageRequest) -> HttpResponse:
    """The seven topics as a task list; when all are answered, the answers to check and send."""
    ubn, call = request.membership.company.ubn, _call(request)
    assessment = open_assessment(ubn, call.code)
    if assessment is None and latest_completed(ubn, call.code) is not None:
        return redirect("member:assessment-result")
    answers = assessment.answers if assessment else {}
    done = answered_topics(answers)
    upcoming = next((topic for topic in Topic if topic not in done), None)
    topics = [
        {
            "topic": topic,
            "introduction": INTRODUCTIONS[topic],
            "done": topic in done,
            "here": topic is upcoming,
        }
        for topic in Topic
    ]
    replies = [
        {"question": question, "answer": option.text}
        for question in QUESTIONS if (option := chosen(question, answers)) is not None
    ]  # fmt: skip
    context = {
        "topics": topics, "done": len(done), "upcoming": upcoming, "total": len(Topic), "replies": replies,
        "questions": len(QUESTIONS), "saved_at": assessment.saved_at if assessment else None,
    }  # fmt: skip
    return render(request, "member/assessment/overview.html", context)


@require_http_methods(["GET", "POST"])
@company_role(Permission.ASSESSMENT_FILL)
def topic(request: PageRequest, topic: str) -> HttpResponse:
    """One topic: its questions, then on to the next that is not answered."""
    if topic not in Topic.values:
        raise Http404
    this = Topic(topic)
    where = _where(request)
    ubn, code = where["company_ubn"], where["call_code"]
    assessment = open_assessment(ubn, code)
    if assessment is None and latest_completed(ubn, code) is not None:
        return redirect("member:assessment-result")
    answers: dict[str, str] = dict(assessment.answers) if assessment else {}
    refusal = None
    if request.method == "POST":
        given = {question.key: request.POST.get(question.key, "") for question in of_topic(this)}
        try:
            saved = save_topic(**where, topic=this, answers=given, now=request.now)
        except AnswersMissing as error:
            answers, refusal = answers | given, error
        else:
            return _onwards(this, saved.answers)
    context = {
        "topic": this, "introduction": INTRODUCTIONS[this], "number": list(Topic).index(this) + 1,
        "total": len(Topic), "questions": _rows(this, answers, missing=refusal is not None),
        "refusal": refusal, "previous": _previous(this),
        "percent": 100 * (list(Topic).index(this) + 1) // len(Topic),
    }  # fmt: skip
    return render(request, "member/assessment/topic.html", context, status=422 if refusal else 200)


def _rows(topic: Topic, answers: dict[str, str], *, missing: bool) -> list[dict[str, Any]]:
    """The questions of a topic with what was chosen; `missing` marks those without an answer."""
    rows = []
    for question in of_topic(topic):
        option = chosen(question, answers)
        key = option.key if option else ""
        rows.append({"question": question, "chosen": key, "error": missing and not key})
    return rows


def _previous(this: Topic) -> Topic | None:
    place = list(Topic).index(this)
    return list(Topic)[place - 1] if place else None


def _onwards(this: Topic, answers: dict[str, str]) -> HttpResponse:
    """The next unanswered topic after this one, else any earlier one, else the check page."""
    order = list(Topic)
    place = order.index(this)
    done = answered_topics(answers)
    left = [topic for topic in order[place + 1 :] + order[:place] if topic not in done]
    return redirect("member:assessment-topic", left[0].value) if left else redirect("member:assessment")


@require_POST
@company_role(Permission.ASSESSMENT_FILL)
def send(request: PageRequest) -> HttpResponse:
    """The answers are sent: scores, advice, and the points may come."""
    complete(**_where(request), now=request.now)
    return redirect("member:assessment-result")


@require_POST
@company_role(Permission.ASSESSMENT_FILL)
def again(request: PageRequest) -> HttpResponse:
    """Fill in a fresh one; the earlier result stays on record."""
    start_again(**_where(request), now=request.now)
    return redirect("member:assessment")


@require_safe
@company_role(Permission.COMPANY_VIEW)
def result(request: PageRequest) -> HttpResponse:
    """Scores as chart and table, advice per topic, recommended solutions with the reason for each."""
    company, call = request.membership.company, _call(request)
    assessment = latest_completed(company.ubn, call.code)
    if assessment is None:
        return redirect("member:assessment")
    scores: dict[str, int] = assessment.scores or {}
    ordered = [(Topic(name), scores[name]) for name in Topic.values if name in scores]
    purse = purse_of(request)
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
        "reopened": open_assessment(company.ubn, call.code) is not None,
    }  # fmt: skip
    return render(request, "member/assessment/result.html", context)
