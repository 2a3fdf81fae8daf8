"""Open limits after a change of the calendar: those of grants, and all others, batch by batch."""

from datetime import datetime

from tcloud.points.services import following as grants
from tcloud.programme.services import following as limits


def follow(now: datetime) -> int:
    """Bring every open limit up to the calendar; returns how many were looked at."""
    total = 0
    for batch in (limits.follow_batch, grants.follow_batch):
        while count := batch(now=now):
            total += count
    return total
