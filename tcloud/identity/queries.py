"""Who a user is in the office."""

from tcloud.identity.models import OfficeRole, User
from tcloud.identity.roles import Role
from tcloud.notifications.services import Recipient


def office_roles_of(user: User) -> frozenset[Role]:
    """The office roles of a signed-in user; empty for everybody else."""
    if not user.is_authenticated:
        return frozenset()
    return frozenset(Role(role) for role in OfficeRole.objects.filter(user=user).values_list("role", flat=True))


def recipient_of(user: User, *, company_ubn: str = "") -> Recipient:
    """Where messages to a user go, as a value: address, name, language, and whose notices show them."""
    return Recipient(address=user.email, name=user.name, language=user.language, company_ubn=company_ubn)
