"""Keeping what the registers said."""

from datetime import datetime

from tcloud.core.transactions import use_case
from tcloud.registry.company_registry import Answer
from tcloud.registry.models import RegistryAnswer
from tcloud.registry.rules import Check


@use_case
def keep_answer(*, ubn: str, answer: Answer, results: list[Check], now: datetime) -> RegistryAnswer:
    """Store one answer with the verdicts drawn from it."""
    return RegistryAnswer.objects.create(
        ubn=ubn, source=answer.source, found=answer.facts is not None, raw=answer.raw,
        checks={check.name: str(check.verdict) for check in results}, asked_at=now,
    )  # fmt: skip
