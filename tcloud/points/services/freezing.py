"""The office stops new orders from a grant, with its reason, and lets them go on."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from tcloud.audit.services import record
from tcloud.core.errors import NotFound, Refused
from tcloud.core.time import taipei_date
from tcloud.core.transactions import use_case
from tcloud.identity.models import User
from tcloud.notifications.catalogue import MessageName
from tcloud.points import locks, queries
from tcloud.points.models import ClockChange, Freeze
from tcloud.points.rules import lost_days
from tcloud.points.services.telling import tell


class GrantMissing(NotFound):
    """No such grant."""

    code = "grant_missing"
    message = _("找不到這筆點數。請從點數清單重新進入。")


class ReasonNeeded(Refused):
    """Everything the office does to a grant names its reason, because the company reads it."""

    code = "reason_needed"
    message = _("請寫下理由，公司會看到。")


class AlreadyFrozen(Refused):
    """One freeze at a time."""

    code = "already_frozen"
    message = _("這筆點數已經暫停使用。要改理由的話，請先解除，再重新暫停。")


class NotFrozen(Refused):
    """Nothing to release."""

    code = "not_frozen"
    message = _("這筆點數沒有暫停使用，可能剛剛有同事解除了。")


@use_case
def freeze_grant(*, grant_id: int, by: User, reason: str, now: datetime, request_key: str = "") -> Freeze:
    """No new order may draw on the grant until it is released; clocks and running orders go on.

    The same form sent twice (`request_key`) finds its freeze. Raises GrantMissing, ReasonNeeded, AlreadyFrozen.
    """
    if not reason.strip():
        raise ReasonNeeded
    grant = locks.lock_grant_by_id(grant_id)
    if grant is None:
        raise GrantMissing
    made = Freeze.objects.filter(grant=grant, request_key=request_key).first() if request_key else None
    if made is not None:
        return made
    if queries.open_freeze(grant) is not None:
        raise AlreadyFrozen
    freeze = Freeze.objects.create(
        grant=grant, reason=reason.strip(), frozen_by=by, frozen_at=now, request_key=request_key
    )
    record(
        tag="points:grant:frozen", actor=by.actor, subject=grant.ubn, now=now,
        details={"call": grant.call.code, "reason": freeze.reason},
    )  # fmt: skip
    tell(grant, MessageName.GRANT_FROZEN, now, reason=freeze.reason)
    return freeze


@use_case
def release_grant(
    *, grant_id: int, by: User, reason: str, give_back_days: bool, now: datetime, freeze_id: int | None = None
) -> Freeze:
    """Orders may draw on the grant again; `give_back_days` proposes the lost days, which a second person decides.

    `freeze_id` names the freeze the person saw: sent twice it is released once. Raises GrantMissing, ReasonNeeded, NotFrozen.
    """
    if not reason.strip():
        raise ReasonNeeded
    grant = locks.lock_grant_by_id(grant_id)
    if grant is None:
        raise GrantMissing
    freeze = queries.open_freeze(grant)
    if freeze_id is not None and (freeze is None or freeze.pk != freeze_id):
        gone = Freeze.objects.filter(grant=grant, pk=freeze_id, released_by=by).first()
        if gone is not None:
            return gone
        raise NotFrozen
    if freeze is None:
        raise NotFrozen
    freeze.released_by, freeze.released_at, freeze.release_reason = by, now, reason.strip()
    freeze.save(update_fields=["released_by", "released_at", "release_reason"])
    days = lost_days(taipei_date(freeze.frozen_at), taipei_date(now))
    if give_back_days:
        ClockChange.objects.create(
            call=grant.call, grant=grant, freeze=freeze, days=days, reason=freeze.release_reason,
            proposed_by=by, proposed_at=now,
        )  # fmt: skip
    record(
        tag="points:grant:released", actor=by.actor, subject=grant.ubn, now=now,
        details={"call": grant.call.code, "reason": freeze.release_reason, "days_proposed": days if give_back_days else 0},
    )  # fmt: skip
    tell(grant, MessageName.GRANT_RELEASED, now, reason=freeze.release_reason)
    return freeze
