"""Where a listing stands, and whether a plan is on sale."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class SolutionState(TextChoices):
    """People read the label; code and database keep the value."""

    LISTED = "listed", _("上架中")
    WITHDRAWN = "withdrawn", _("已下架")


class SolutionEvent(TextChoices):
    """What happened."""

    WITHDRAWN = "withdrawn"
    LISTED_AGAIN = "listed_again"


TRANSITIONS: dict[tuple[SolutionState, SolutionEvent], SolutionState] = {
    (SolutionState.LISTED, SolutionEvent.WITHDRAWN): SolutionState.WITHDRAWN,
    (SolutionState.WITHDRAWN, SolutionEvent.LISTED_AGAIN): SolutionState.LISTED,
}


class PlanState(TextChoices):
    """A plan that left the price list stays, because orders name it."""

    ON_SALE = "on_sale", _("可選購")
    ENDED = "ended", _("停售")
