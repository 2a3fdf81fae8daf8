"""The life of a rule draft: which event leads where. Once published it is a `RuleSet` and never changes again."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class DraftState(TextChoices):
    """People read the label; code and database keep the value."""

    DRAFT = "draft", _("草擬中")
    IN_REVIEW = "in_review", _("等覆核")
    REVIEWED = "reviewed", _("已覆核，等公布")
    PUBLISHED = "published", _("已公布")
    DISCARDED = "discarded", _("已作廢")


class DraftEvent(TextChoices):
    """What happened."""

    SENT = "sent", _("已送出覆核")
    TAKEN_BACK = "taken_back", _("已取回修改")
    RETURNED = "returned", _("已退回修改")
    REVIEWED = "reviewed", _("已覆核")
    PUBLISHED = "published", _("已公布")
    DISCARDED = "discarded", _("已作廢")


S, E = DraftState, DraftEvent
TRANSITIONS: dict[tuple[DraftState, DraftEvent], DraftState] = {
    (S.DRAFT, E.SENT): S.IN_REVIEW,
    (S.DRAFT, E.DISCARDED): S.DISCARDED,
    (S.IN_REVIEW, E.TAKEN_BACK): S.DRAFT,
    (S.IN_REVIEW, E.RETURNED): S.DRAFT,
    (S.IN_REVIEW, E.REVIEWED): S.REVIEWED,
    (S.REVIEWED, E.TAKEN_BACK): S.DRAFT,
    (S.REVIEWED, E.RETURNED): S.DRAFT,
    (S.REVIEWED, E.PUBLISHED): S.PUBLISHED,
}
OPEN = (S.DRAFT, S.IN_REVIEW, S.REVIEWED)
AUTHORS_OWN = frozenset({E.SENT, E.TAKEN_BACK, E.DISCARDED})
"""Events that belong to the person who wrote the draft; all others belong to anybody else."""
