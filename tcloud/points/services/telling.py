"""Telling a company about its grant."""

from datetime import datetime

from tcloud.core.transactions import operation
from tcloud.identity.queries import recipient_of
from tcloud.members.queries import company_by_ubn, owner_of
from tcloud.notifications.catalogue import MessageName
from tcloud.notifications.services import notify
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
    facts = {
        "points": grant.points, "activate_until": grant.activate_until.isoformat(),
        "use_until": grant.use_until.isoformat(),
    }  # fmt: skip
    tell_company(grant.ubn, message, now, **(facts | context))
