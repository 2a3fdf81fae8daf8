"""The one catalogue of messages: what each says, in Chinese with its English translation beside it (locale/en).

Every message has the same order: headline, what happened, the facts, what to do next, one button, the rule.
Subjects hold no personal data. Placeholders are filled from the context; names ending in `_until` are limits, and
whole numbers get their separators. The messages of each part of the journey have a file of their own.
"""

import re
from collections.abc import Iterator
from functools import cache

from django.utils.functional import Promise

from tcloud.notifications.catalogue import granting, joining, ordering
from tcloud.notifications.catalogue.message import Message, MessageName
from tcloud.notifications.catalogue.ordering import STEPS

__all__ = ["CATALOGUE", "STEPS", "Message", "MessageName", "needed", "texts"]

CATALOGUE: dict[MessageName, Message] = {**joining.MESSAGES, **granting.MESSAGES, **ordering.MESSAGES}


def texts(message: Message) -> Iterator[str | Promise]:
    """Every text of a message, in reading order."""
    yield from (message.subject, message.headline, message.lead)
    for label, value in message.facts:
        yield from (label, value)
    yield from (message.next_step, message.button, message.path, message.rule)


@cache
def needed(name: MessageName) -> frozenset[str]:
    """What a message's context must hold."""
    found = {field for text in texts(CATALOGUE[name]) for field in re.findall(r"%\((\w+)\)s", str(text))}
    return frozenset({"why" if field == "step" else field for field in found})
