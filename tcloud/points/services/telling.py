"""Telling a company about its grant."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tcloud.core.transactions import operation
from tcloud.identity.queries import recipient_of
from tcloud.members.queries import company_by_ubn, owner_of, owners_of
from tcloud.notifications.catalogue import MessageName
from tcloud.notifications.services import notify, notify_many
from tcloud.points.models import Grant


@operation
def tell_company(ubn: str, message: MessageName, now: datetime, **context: object) -> None:
    """A message to the company's owner, by mail and in the member's notices; takes no lock on the company."""
    company = company_by_ubn(ubn)
    assert company is not None  # nobody gets points or a place in the line without having joined
    notify(to=recipient_of(owner_of(company), company_ubn=ubn), message=message, context=context, now=now)


@operation
def tell(grant: Grant, message: MessageName, now: datetime, **context: object) -> None:
    """A message about a grant: its points and both dates are always at hand."""
    tell_company(grant.ubn, message, now, **(_facts(grant) | context))


@operation
def tell_companies(message: MessageName, contexts: Mapping[str, Mapping[str, object]], now: datetime) -> None:
    """A message to each company's owner, with its own context by 統一編號."""
    owners = owners_of(list(contexts))
    notify_many(
        message=message, now=now,
        to=[(owners[ubn], context) for ubn, context in contexts.items()],
    )  # fmt: skip


@operation
def tell_many(message: MessageName, grants: Sequence[tuple[Grant, Mapping[str, object]]], now: datetime) -> None:
    """A message about each of many grants of one call; what is said of many is one and the same object."""
    said: dict[tuple[object, ...], dict[str, object]] = {}
    contexts: dict[str, Mapping[str, object]] = {}
    for grant, context in grants:
        same = (grant.points, grant.activate_until, grant.use_until, *context.items())
        if same not in said:
            said[same] = {**_facts(grant), **context}
        contexts[grant.ubn] = said[same]
    tell_companies(message, contexts, now)


@operation
def tell_alike(message: MessageName, grant: Grant, ubns: Sequence[str], now: datetime) -> None:
    """The same message about grants that are alike but for their companies."""
    tell_companies(message, dict.fromkeys(ubns, _facts(grant)), now)


def _facts(grant: Grant) -> dict[str, object]:
    return {
        "points": grant.points, "activate_until": grant.activate_until.isoformat(),
        "use_until": grant.use_until.isoformat(),
    }  # fmt: skip
