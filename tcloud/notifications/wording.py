"""A message of the catalogue with its placeholders filled, in the language being read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from tcloud.core.wording import amount, limit
from tcloud.notifications.catalogue import CATALOGUE, STEPS, MessageName


@dataclass(frozen=True, slots=True)
class Worded:
    """The parts as text; `path` begins with a slash or is empty."""

    subject: str
    headline: str
    lead: str
    next_step: str
    rule: str
    button: str
    path: str
    facts: list[tuple[str, str]]


def worded(name: MessageName, context: Mapping[str, object]) -> Worded:
    """Fill a message's placeholders."""
    message = CATALOGUE[name]
    values = {key: _shown(key, value) for key, value in context.items()}
    if "why" in context:
        values["step"] = str(STEPS[str(context["why"])])

    def fill(text: object) -> str:
        return str(text) % values if text else ""

    return Worded(
        fill(message.subject), fill(message.headline), fill(message.lead), fill(message.next_step), fill(message.rule),
        fill(message.button), fill(message.path), [(fill(label), fill(value)) for label, value in message.facts],
    )  # fmt: skip


def _shown(key: str, value: object) -> str:
    if key.endswith("_until"):
        return limit(datetime.fromisoformat(str(value)))
    if key == "reason" and value:
        return gettext(str(value))  # our own reasons are stored as Chinese source text; a vendor's stays as typed
    if isinstance(value, int) and not isinstance(value, bool):
        return amount(value)
    return str(value)
