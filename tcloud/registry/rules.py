"""Eligibility checks over the public registers: three-valued, each naming its rule. Pure.

Source: PRODUCT.md §4.1. The closed sources (arrears, insured employees, 陸資 …) join as further checks.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

APPROVED_STATUS = "核准設立"


class Verdict(StrEnum):
    """Unknown is never a pass."""

    PASS = "pass"  # noqa: S105  (a verdict, not a password)
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One named check and its verdict."""

    name: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class RegisteredFacts:
    """The registered facts the checks look at; None stands for "the registers do not know the number"."""

    kind: str
    status: str
    capital_twd: int | None
    suspended_from: date | None
    suspended_until: date | None
    insured_employees: int | None = None
    """On average over the last 12 months; None where no source tells it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a call's rules say of the companies that may join, and what this platform knows of the one that asks."""

    capital_twd: int
    employees: int
    already_subsidised: bool = False
    """It was given points before, and the rules exclude it for that."""


def both(first: Verdict, second: Verdict) -> Verdict:
    """Three-valued AND: one fail fails; else one unknown is unknown."""
    if Verdict.FAIL in (first, second):
        return Verdict.FAIL
    return Verdict.UNKNOWN if Verdict.UNKNOWN in (first, second) else Verdict.PASS


def either(first: Verdict, second: Verdict) -> Verdict:
    """Three-valued OR: one pass passes; else one unknown is unknown."""
    if Verdict.PASS in (first, second):
        return Verdict.PASS
    return Verdict.UNKNOWN if Verdict.UNKNOWN in (first, second) else Verdict.FAIL


def checks(facts: RegisteredFacts | None, *, today: date, limits: Limits) -> list[Check]:
    """Every check over the public registers and our own grants, in the order people read them."""
    if facts is None:
        return [Check("registered", Verdict.FAIL)]
    head_count = _head_count(facts.insured_employees, limits.employees)
    return [
        Check("registered", both(_approved(facts.status), _not_suspended(facts, today))),
        Check("not_a_branch", Verdict.FAIL if facts.kind == "branch" else Verdict.PASS),
        Check("small_or_medium", either(_capital(facts.capital_twd, limits.capital_twd), head_count)),
        Check("not_subsidised", Verdict.FAIL if limits.already_subsidised else Verdict.PASS),
    ]


def _approved(status: str) -> Verdict:
    """The register's own words decide (its codes differ between data sets); no words, no verdict."""
    if not status:
        return Verdict.UNKNOWN
    return Verdict.PASS if status == APPROVED_STATUS else Verdict.FAIL


def _not_suspended(facts: RegisteredFacts, today: date) -> Verdict:
    """Suspended from the first to the last day named, both included; an end without a beginning proves nothing."""
    begin, end = facts.suspended_from, facts.suspended_until
    if (end is not None and end < today) or (begin is not None and today < begin):
        return Verdict.PASS
    if begin is not None:
        return Verdict.FAIL
    return Verdict.PASS if end is None else Verdict.UNKNOWN


def _capital(capital_twd: int | None, limit_twd: int) -> Verdict:
    if capital_twd is None:
        return Verdict.UNKNOWN
    return Verdict.PASS if capital_twd <= limit_twd else Verdict.FAIL


def _head_count(employees: int | None, limit: int) -> Verdict:
    """Fewer than the limit passes; a count nobody can tell stops nobody under the capital limit."""
    if employees is None:
        return Verdict.UNKNOWN
    return Verdict.PASS if employees < limit else Verdict.FAIL


def outcome(results: list[Check]) -> Verdict:
    """All checks together."""
    total = Verdict.PASS
    for check in results:
        total = both(total, check.verdict)
    return total
