"""What the registers could tell, and when."""

from datetime import datetime

from django.db.models import QuerySet

from tcloud.registry.models import RegistryAnswer
from tcloud.registry.rules import Verdict


def unknown_at(ubn: str, instant: datetime) -> frozenset[str]:
    """The checks that the newest answer up to an instant left unknown; empty when nothing was asked until then."""
    row = RegistryAnswer.objects.filter(ubn=ubn, asked_at__lte=instant).order_by("-id").first()
    return frozenset(name for name, verdict in row.checks.items() if verdict == Verdict.UNKNOWN) if row else frozenset()


def answers_about(ubn: str) -> QuerySet[RegistryAnswer]:
    """What registers were asked about a company, newest first; the replies themselves are not read."""
    return RegistryAnswer.objects.filter(ubn=ubn).defer("raw").order_by("-id")
