"""Where released points go, and until when they can be used. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Cause(StrEnum):
    """Whose act released the points; the rule differs (PRODUCT.md §2, "points held when the window ends")."""

    COMPANY = "company"
    VENDOR = "vendor"


@dataclass(frozen=True, slots=True)
class Release:
    """Released points return to the wallet until `usable_until`, or (None) to the budget."""

    usable_until: datetime | None


def release(
    *, cause: Cause, now: datetime, use_until: datetime, usable_until: datetime, extended_until: datetime,
    near_end: timedelta, cap: timedelta,
) -> Release:
    """Decide where released points go.

    The company's act: before the end of the use window → wallet with no extra day; after it → budget.
    The vendor's act: in time → wallet; after the end or within `near_end` before it → wallet until
    `extended_until` (computed from the release), never beyond `cap` after the end; past the cap → budget.
    """  # fmt: skip
    if cause is Cause.COMPANY:
        return Release(usable_until if now < use_until else None)
    if now < use_until - near_end:
        return Release(usable_until)
    last = use_until + cap
    if now >= last:
        return Release(None)
    return Release(max(usable_until, min(extended_until, last)))
