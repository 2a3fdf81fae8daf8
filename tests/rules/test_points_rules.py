"""Where points that come back go, to the second; what is spent first; what a freeze took."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tcloud.points.rules import (
    TO_BUDGET,
    TO_WALLET,
    Cause,
    Lot,
    Release,
    Window,
    is_superseded,
    lost_days,
    refund,
    release,
    take_from_lots,
    usable,
)

END = datetime(2026, 7, 20, 16, tzinfo=UTC)  # 24:00 of 20 July in Taipei
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
CAP = timedelta(days=60)


def window(now: datetime) -> Window:
    return Window(use_until=END, extended_until=now + WEEK, near_end=WEEK, cap=CAP)


def kept(until: datetime) -> Release:
    return Release(to_wallet=True, kept_until=until)


LATE = [
    (END - WEEK - SECOND, TO_WALLET),
    (END - WEEK, kept(END)),
    (END - SECOND, kept(END - SECOND + WEEK)),
    (END, kept(END + WEEK)),
    (END + CAP - WEEK, kept(END + CAP)),
    (END + CAP - SECOND, kept(END + CAP)),
    (END + CAP, TO_BUDGET),
]


@pytest.mark.parametrize(
    ("now", "expected"),
    [(END - WEEK, TO_WALLET), (END - SECOND, TO_WALLET), (END, TO_BUDGET), (END + SECOND, TO_BUDGET)],
)
def test_by_the_companys_act_there_is_no_extra_day(now: datetime, expected: Release) -> None:
    assert release(cause=Cause.COMPANY, now=now, window=window(now)) == expected


@pytest.mark.parametrize(("now", "expected"), LATE)
def test_by_the_vendors_act_near_or_after_the_end_there_are_seven_days_never_past_the_cap(
    now: datetime, expected: Release
) -> None:
    assert release(cause=Cause.VENDOR, now=now, window=window(now)) == expected


@pytest.mark.parametrize(("now", "expected"), LATE)
@pytest.mark.parametrize(("opened_at", "never_started"), [(END - SECOND, False), (END - 40 * DAY, False), (END + DAY, True)])
def test_a_case_opened_in_the_window_or_against_a_vendor_that_never_started_goes_to_the_wallet(
    now: datetime, expected: Release, opened_at: datetime, never_started: bool
) -> None:
    assert refund(opened_at=opened_at, never_started=never_started, now=now, window=window(now)) == expected


@pytest.mark.parametrize("opened_at", [END, END + SECOND, END + 30 * DAY])
def test_a_case_opened_after_the_window_goes_to_the_budget(opened_at: datetime) -> None:
    assert refund(opened_at=opened_at, never_started=False, now=opened_at + DAY, window=window(opened_at)) == TO_BUDGET


LOTS = [Lot(5_000, END + 7 * DAY), Lot(3_000, END + 2 * DAY)]


@pytest.mark.parametrize(
    ("now", "points"),
    [
        (END - SECOND, 18_000),
        (END, 8_000),
        (END + 2 * DAY - SECOND, 8_000),
        (END + 2 * DAY, 5_000),
        (END + 7 * DAY - SECOND, 5_000),
        (END + 7 * DAY, 0),
    ],
)
def test_after_the_window_only_living_lots_can_be_used(now: datetime, points: int) -> None:
    assert usable(balance=18_000, lots=LOTS, use_until=END, now=now) == points


@pytest.mark.parametrize(
    ("now", "points", "taken"),
    [
        (END - DAY, 10_000, [0, 0]),
        (END - DAY, 10_001, [0, 1]),
        (END - DAY, 14_000, [1_000, 3_000]),
        (END - DAY, 18_000, [5_000, 3_000]),
        (END + DAY, 1, [0, 1]),
        (END + DAY, 4_000, [1_000, 3_000]),
        (END + 3 * DAY, 4_000, [4_000, 0]),
    ],
)
def test_what_ends_first_is_spent_first(now: datetime, points: int, taken: list[int]) -> None:
    assert take_from_lots(points=points, balance=18_000, lots=LOTS, use_until=END, now=now) == taken


def test_a_freeze_takes_its_first_and_its_last_day() -> None:
    assert lost_days(date(2026, 5, 1), date(2026, 5, 1)) == 1
    assert lost_days(date(2026, 2, 27), date(2026, 3, 1)) == 3
    assert lost_days(date(2028, 2, 27), date(2028, 3, 1)) == 4


@pytest.mark.parametrize(
    ("days", "before_end", "over"),
    [(14, 14 * DAY, False), (14, 7 * DAY + SECOND, False), (14, 7 * DAY, True), (7, 7 * DAY, False), (1, SECOND, False), (3, DAY, True)],
)
def test_a_late_warning_gives_way_to_the_nearer_one(days: int, before_end: timedelta, over: bool) -> None:
    assert is_superseded(days=days, warnings=(14, 7, 3, 1), end=END, now=END - before_end) is over
