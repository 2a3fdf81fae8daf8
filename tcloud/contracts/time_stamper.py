"""The port to a trusted time-stamp service (RFC 3161)."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from tcloud.core.errors import Refused
from tcloud.identity.company_certificate import RevocationEvidence


class TimeStampUnavailable(Refused):
    """No time stamp now; the card's signature is kept and nothing has to be signed again."""

    code = "time_stamp_unavailable"
    message = _(
        "時間戳記服務現在沒有回應，契約還沒有送出。您的簽章已保存，不必再插卡；請過幾分鐘按「再試一次」。"
    )
    status = 503


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """A checked time stamp and what shows, years later, that its service's certificate was good."""

    token: bytes
    """DER of the token (a CMS ContentInfo), to be embedded as it is."""
    at: datetime
    certificates_der: tuple[bytes, ...]
    """The service's certificate first, its root last."""
    revocation: tuple[RevocationEvidence, ...]


class TimeStamper(Protocol):
    """Asks for a time stamp; called outside any transaction."""

    def stamp(self, *, digest: bytes, now: datetime) -> TimeStamp:
        """A time stamp over a SHA-256 digest; raises TimeStampUnavailable."""
        ...


@cache
def time_stamper() -> TimeStamper:
    """The configured implementation (`settings.TIME_STAMPER`)."""
    implementation: TimeStamper = import_string(settings.TIME_STAMPER)()
    return implementation
