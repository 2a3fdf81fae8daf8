"""Points and orders: set aside, given back, paid, refunded."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from tcloud.core.errors import Refused
from tcloud.core.jobs import Job, defer
from tcloud.core.money import Points
from tcloud.core.transactions import operation
from tcloud.ledger import chart
from tcloud.ledger.chart import Place
from tcloud.ledger.queries import balance, destination_of
from tcloud.ledger.services.posting import InsufficientBalance, Move, open_accounts, post
from tcloud.points import locks, queries, rules
from tcloud.points.models import Grant, KeptPoints
from tcloud.points.rules import Cause, Lot, Release, Window
from tcloud.points.services.limiting import kept_name, set_kept_clock, start_use, stop_clock
from tcloud.programme.models import Call
from tcloud.programme.queries import limit_end
from tcloud.programme.rules import ActivationTrigger


class PointsEnded(Refused):
    """The use window is over."""

    code = "points_ended"
    message = _("點數的使用期限已過，剩餘點數已收回，不能再用來下單。")


class NotActivated(Refused):
    """The activation window is over."""

    code = "not_activated"
    message = _("點數的啟用期限已過，點數已全數收回，不能再用來下單（規則：啟用期限）。")


class MoreThanHeld(InsufficientBalance):
    """An order gives away what it holds, and not a point more."""

    code = "more_than_held"
    message = _("訂單 %(order)s 只保留著 %(held)s 點，不能動用 %(points)s 點（規則：點數不超過訂單保留的）。點數沒有變動，請核對這筆訂單的點數。")


class GrantFrozen(Refused):
    """The office has stopped new orders from this grant."""

    code = "grant_frozen"
    message = _("貴公司的點數暫停使用，理由：%(reason)s。已送出的訂單照常進行。請打客服電話說明，解除後會通知您。")


@operation
def check_usable(grant: Grant | None, now: datetime) -> Grant:
    """The grant, if an order may draw on it now. Raises PointsEnded, NotActivated, GrantFrozen."""
    if grant is None:
        raise PointsEnded
    if grant.activated_at is None and now >= grant.activate_until:
        raise NotActivated
    if grant.ended_at is not None or now >= grant.usable_until:
        raise PointsEnded
    freeze = queries.open_freeze(grant)
    if freeze is not None:
        raise GrantFrozen(reason=freeze.reason)
    return grant


@operation
def spendable(ubn: str, call: Call, now: datetime) -> Points:
    """Whole points that a new order can take now; 0 without a grant or after its end. Raises GrantFrozen."""
    grant = queries.grant_of(ubn, call)
    if grant is None:
        return Points(0)
    freeze = queries.open_freeze(grant)
    if freeze is not None:
        raise GrantFrozen(reason=freeze.reason)
    return queries.usable_now(grant, now)


@operation
def hold(*, ubn: str, call: Call, order_number: str, points: int, now: datetime) -> Grant:
    """Set points aside for an order; the first order activates the grant.

    What ends first is spent first. Raises InsufficientBalance, PointsEnded, NotActivated, GrantFrozen.
    """
    grant = check_usable(locks.lock_grant(ubn, call), now)
    wallet, held = chart.wallet(call.code, ubn), chart.order_hold(order_number)
    rows, before = queries.kept_lots(grant), balance(wallet)
    lots = [Lot(row.points, row.usable_until) for row in rows]
    if points > rules.usable(balance=before, lots=lots, use_until=grant.use_until, now=now):
        raise InsufficientBalance
    open_accounts([held])
    post(key=f"order:{order_number}:hold", moves=[Move(wallet, held, points)], memo=order_number, now=now)
    take_lots(grant, rows, points=points, before=before, now=now)
    _activate(grant, ActivationTrigger.FIRST_ORDER, now)
    return grant


@operation
def _activate(grant: Grant, happened: ActivationTrigger, now: datetime) -> None:
    """What the rules say activates a grant has happened; the first time counts."""
    if grant.activated_at is None and grant.rule_set.rules.activation_by is happened:
        grant.activated_at = now
        grant.save(update_fields=["activated_at"])
        start_use(grant, now)


@operation
def take_lots(grant: Grant, rows: list[KeptPoints], *, points: int, before: int, now: datetime) -> None:
    """Note which points that outlive the window have left the wallet, out of `points` that did; `before` was in it."""
    lots = [Lot(row.points, row.usable_until) for row in rows]
    taken = rules.take_from_lots(points=points, balance=before, lots=lots, use_until=grant.use_until, now=now)
    for row, part in zip(rows, taken, strict=True):
        _take(grant, row, part, now)


@operation
def _take(grant: Grant, lot: KeptPoints, part: int, now: datetime) -> None:
    if part:
        lot.points -= part
        lot.save(update_fields=["points"])
        if not lot.points:
            stop_clock(grant, kept_name(lot), now)
            _note_last_end(grant)


@operation
def _note_last_end(grant: Grant) -> None:
    """The last instant at which anything of the grant can be used."""
    ends = [lot.usable_until for lot in queries.kept_lots(grant)]
    grant.usable_until = max([grant.use_until, *ends])
    grant.save(update_fields=["usable_until"])


@operation
def release_hold(
    *, ubn: str, call: Call, order_number: str, points: int, cause: Cause, now: datetime, part: str = "",
    as_of: datetime | None = None,
) -> bool:  # fmt: skip
    """Give held points back: to the wallet (True) or, when their time is over, to the budget (False).

    A part of an order (`part` names it, once each: "line-2") gives back its own points; without one it is the order's
    only release. `as_of` is the moment that decides, where it is an earlier one than `now` (a limit that a late sweep
    acts on): what would have run out since then goes to the budget. The same part again changes nothing and gets the first answer, however late it comes.
    Raises MoreThanHeld.
    """
    grant = locks.lock_grant(ubn, call)
    assert grant is not None
    moment = as_of or now
    window = _window(grant, moment)
    outcome = rules.late(rules.release(cause=cause, now=moment, window=window), now=now, window=window)
    return _give_back(
        grant, outcome, source=chart.order_hold(order_number), key=_key(order_number, "release", part),
        order_number=order_number, points=points, now=now,
    )  # fmt: skip


@operation
def refund(
    *, ubn: str, call: Call, order_number: str, vendor_ubn: str, case: str, points: int, opened_at: datetime,
    never_started: bool, now: datetime,
) -> bool:  # fmt: skip
    """A vendor gives captured points back at once: to the wallet (True) or to the budget (False).

    `case` names the cancellation, once per case; the vendor's account may go below zero (PRODUCT.md §5.2).
    """
    grant = locks.lock_grant(ubn, call)
    assert grant is not None
    outcome = rules.refund(opened_at=opened_at, never_started=never_started, now=now, window=_window(grant, now))
    return _give_back(
        grant, outcome, source=chart.vendor_points(vendor_ubn), key=f"order:{order_number}:refund:{case}",
        order_number=order_number, points=points, now=now,
    )  # fmt: skip


def _window(grant: Grant, now: datetime) -> Window:
    values = grant.rule_set.rules
    return Window(
        use_until=grant.use_until, extended_until=limit_end(values.released_points_usable, now),
        near_end=timedelta(days=values.released_points_window.count), cap=timedelta(days=values.released_points_cap.count),
    )  # fmt: skip


@operation
def _give_back(
    grant: Grant, outcome: Release, *, source: Place, key: str, order_number: str, points: int, now: datetime
) -> bool:
    wallet = chart.wallet(grant.call.code, grant.ubn)
    first = destination_of(key)  # the grant is locked, so nobody posts this key meanwhile
    place = first or (wallet if outcome.to_wallet else slot_for(grant))
    if not _post_from(source, place, points, key=key, order_number=order_number, now=now):
        return place.code == wallet.code
    if not outcome.to_wallet:
        defer(Job.FEED_WAITING, lock=f"feed:{grant.call.code}", call=grant.call.code)
    elif outcome.kept_until is not None and outcome.kept_until > grant.use_until:
        _keep(grant, order_number, points, outcome.kept_until, now)
    return outcome.to_wallet


@operation
def _keep(grant: Grant, order_number: str, points: int, until: datetime, now: datetime) -> None:
    """These points, and only these, outlive the window; an ended grant runs again for them."""
    lot = KeptPoints.objects.create(grant=grant, order_number=order_number, points=points, usable_until=until)
    grant.usable_until = max(grant.usable_until, until)
    grant.ended_at = None
    grant.save(update_fields=["usable_until", "ended_at"])
    set_kept_clock(grant, lot, now)


def slot_for(grant: Grant) -> Place:
    """Reclaimed points spread over the slots by grant, so that no one row is hot."""
    return chart.budget_slot(grant.call.code, grant.pk % grant.call.budget_slots)


@operation
def capture(*, order_number: str, vendor_ubn: str, points: int, now: datetime, part: str = "") -> None:
    """The order, or the `part` of it that is named (once each, as in `release_hold`), is paid: the vendor's points now.

    The same part again changes nothing. Raises MoreThanHeld.
    """
    vendor, held = chart.vendor_points(vendor_ubn), chart.order_hold(order_number)
    open_accounts([vendor])
    _post_from(held, vendor, points, key=_key(order_number, "capture", part), order_number=order_number, now=now)


@operation
def _post_from(source: Place, target: Place, points: int, *, key: str, order_number: str, now: datetime) -> bool:
    """Post what leaves an order; a vendor's account may go below zero, so only a hold can be too small."""
    try:
        return post(key=key, moves=[Move(source, target, points)], memo=order_number, now=now)
    except InsufficientBalance as error:
        raise MoreThanHeld(order=order_number, held=f"{balance(source):,}", points=f"{points:,}") from error


def _key(order_number: str, step: str, part: str) -> str:
    """One key for a step of a whole order, one more for each of its parts; the step stays the third word."""
    return f"order:{order_number}:{step}" + (f":{part}" if part else "")
