"""Where a vendor stands with the programme, and which event leads where."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class VendorState(TextChoices):
    """People read the label; code and database keep the value."""

    APPLIED = "applied", _("申請審查中")
    APPROVED = "approved", _("合格廠商")
    SUSPENDED = "suspended", _("暫停接單")


class VendorEvent(TextChoices):
    """What happened."""

    APPROVED = "approved"
    SUSPENDED = "suspended"
    REINSTATED = "reinstated"


S, E = VendorState, VendorEvent
TRANSITIONS: dict[tuple[VendorState, VendorEvent], VendorState] = {
    (S.APPLIED, E.APPROVED): S.APPROVED,
    (S.APPROVED, E.SUSPENDED): S.SUSPENDED,
    (S.SUSPENDED, E.REINSTATED): S.APPROVED,
}
