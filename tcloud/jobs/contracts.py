"""Signed contracts get their archive time stamps, one after the other; a service that is down delays, nothing more."""

from datetime import datetime

import structlog

from tcloud.contracts.queries import due_for_archive
from tcloud.contracts.services import archive_contract
from tcloud.core.errors import Refused

log = structlog.get_logger()
BATCH = 100


def archive(now: datetime) -> int:
    """Archive what is due, at most a batch; returns how many were."""
    done = 0
    for number in due_for_archive(now, BATCH):
        try:
            archive_contract(order_number=number, now=now)
        except Refused as refusal:
            log.warning("archive_failed", order=number, reason=refusal.code)
            return done  # the service is down or the file needs a person; the next run begins again
        done += 1
    return done
