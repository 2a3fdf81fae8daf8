"""The port to the company and business registers: what they say of a 統一編號, or that they could not be asked.

"Not found" and "could not ask" are different results; neither is ever read as a pass.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class Kind(StrEnum):
    """What the register says a number belongs to."""

    COMPANY = "company"
    BUSINESS = "business"
    BRANCH = "branch"


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """What a register says; amounts in whole NT$. `capital_twd` and `insured_employees`
    (the average of the last 12 months) are None where the register gives none."""

    ubn: str
    kind: Kind
    name: str
    status: str
    representative: str = ""
    address: str = ""
    capital_twd: int | None = None
    setup_date: date | None = None
    suspended_from: date | None = None
    suspended_until: date | None = None
    insured_employees: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A register's answer with its evidence: which data set, and the reply as received."""

    source: str
    facts: CompanyFacts | None
    raw: str


class RegistryUnavailable(Exception):
    """The register could not be asked, or answered with something that is no answer; try again later."""


class CompanyRegistry(Protocol):
    """Asks the registers; called outside any transaction."""

    def look_up(self, ubn: str) -> Answer:
        """The facts of a number, `facts=None` when no register knows it. Raises RegistryUnavailable."""
        ...


@cache
def company_registry() -> CompanyRegistry:
    """The configured implementation (`settings.COMPANY_REGISTRY`)."""
    implementation: CompanyRegistry = import_string(settings.COMPANY_REGISTRY)()
    return implementation
