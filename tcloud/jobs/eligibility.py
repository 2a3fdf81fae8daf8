"""Asking the registers about an application, and deciding it by named rules.

The network comes first and outside any transaction; a register that is down raises, and the job tries again.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop

from tcloud.core.time import now, taipei_date
from tcloud.members import queries
from tcloud.members.services import deciding
from tcloud.points.queries import EARLIER_GRANT, excluded_by_earlier_grant
from tcloud.registry.company_registry import Answer, company_registry
from tcloud.registry.queries import unknown_at
from tcloud.registry.rules import Check, Limits, RegisteredFacts, Verdict, checks, outcome
from tcloud.registry.services import keep_answer

if TYPE_CHECKING:
    from tcloud.members.models import Application
    from tcloud.programme.models import Call

# Kept with the decision as Chinese source text; pages translate it when they show it.
REASONS = {
    "registered": gettext_noop("登記現況不是「核准設立」，或正在停業（規則 4.1：登記有效）"),
    "not_a_branch": gettext_noop("這是分公司，請由總公司申請（規則 4.1：分公司不能申請）"),
    "small_or_medium": gettext_noop("不符合中小企業認定標準（規則 4.1：資本額或員工人數）"),
    "not_subsidised": EARLIER_GRANT,
}


def check(application_id: int) -> None:
    """Ask, keep the evidence, decide. Raises RegistryUnavailable when a register could not be asked."""
    application = queries.application(application_id)
    if application is None or application.company is None:
        return
    answer = company_registry().look_up(application.ubn)
    instant = now()
    results = checks(_facts(answer), today=taipei_date(instant), limits=_limits(application))
    keep_answer(ubn=application.ubn, answer=answer, results=results, now=instant)
    verdict = outcome(results)
    if verdict is Verdict.UNKNOWN:
        return  # a reviewer decides with a document; the applicant reads the review target meanwhile
    deciding.decide(
        application_id=application_id, passed=verdict is Verdict.PASS, reason=_reason(results),
        facts=_basic_data(answer), now=instant,
    )  # fmt: skip


def ask_again(ubn: str, call: "Call", now: datetime) -> tuple[Verdict, str]:
    """What the registers say of a company at its turn in the waiting list, with the reason of a fail.

    What no register could tell when the company was approved, and a person decided, stays decided; what was known
    then and is not known now is UNKNOWN. Raises RegistryUnavailable when a register could not be asked.
    """
    application = queries.application_in(ubn, call)
    if application is None:
        return Verdict.FAIL, REASONS["registered"]
    answer = company_registry().look_up(ubn)
    results = checks(_facts(answer), today=taipei_date(now), limits=_limits(application))
    decided = unknown_at(ubn, application.decided_at or now)
    keep_answer(ubn=ubn, answer=answer, results=results, now=now)
    settled = [check for check in results if not (check.verdict is Verdict.UNKNOWN and check.name in decided)]
    return outcome(settled), _reason(results)


def _limits(application: "Application") -> Limits:
    """What the version of the rules says under which the company applied, and what our own grants say of it."""
    rules = application.rule_set.rules
    return Limits(
        capital_twd=rules.sme_capital_limit_twd, employees=rules.sme_employee_limit,
        already_subsidised=excluded_by_earlier_grant(application.ubn, application.call, rules),
    )  # fmt: skip


def _facts(answer: Answer) -> RegisteredFacts | None:
    found = answer.facts
    if found is None:
        return None
    return RegisteredFacts(
        kind=str(found.kind), status=found.status, capital_twd=found.capital_twd,
        suspended_from=found.suspended_from, suspended_until=found.suspended_until,
        insured_employees=found.insured_employees,
    )  # fmt: skip


def _reason(results: list[Check]) -> str:
    failed = next((result.name for result in results if result.verdict is Verdict.FAIL), None)
    return REASONS[failed] if failed else ""


def _basic_data(answer: Answer) -> dict[str, str]:
    """What the register tells of representative and address; what it leaves out is left alone."""
    found = answer.facts
    if found is None:
        return {}
    told = {"representative": found.representative[:60], "address": found.address[:200]}
    return {field: text for field, text in told.items() if text}
