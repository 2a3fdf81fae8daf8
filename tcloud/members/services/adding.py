"""The owner's colleagues may act for the company."""

from datetime import datetime

from tcloud.audit.services import record
from tcloud.core.actors import Actor
from tcloud.core.transactions import use_case
from tcloud.identity.models import User
from tcloud.identity.roles import Role
from tcloud.members.models import Membership
from tcloud.members.queries import lock_company


@use_case
def add_member(*, ubn: str, user_id: int, role: Role, actor: Actor, now: datetime) -> Membership:
    """Let a user act for a company as member or bookkeeper; the same user and company again changes nothing.

    A company's owner is whoever joined with its card; this never makes one. Raises ValueError for another role.
    """
    if role not in (Role.COMPANY_MEMBER, Role.BOOKKEEPER):
        raise ValueError(f"{role} is not a role that is given by adding")
    company = lock_company(ubn)
    membership, created = Membership.objects.get_or_create(
        company=company, user=User.objects.get(pk=user_id), defaults={"role": role, "created_at": now}
    )
    if created:
        details = {"user": user_id, "role": str(role)}
        record(tag="members:member:added", actor=actor, subject=ubn, now=now, details=details)
    return membership
