"""Where released points go, to the second."""

from datetime import UTC, datetime, timedelta

import pytest

from tcloud.points.rules import Cause, release

END = datetime(2026, 7, 20, 16, tzinfo=UTC)  # 24:00 of 20 July in Taipei
SECOND = timedelta(seconds=1)
WEEK = timedelta(days=7)
CAP = timedelta(days=60)


def until(cause: Cause, now: datetime, usable_until: datetime = END) -> datetime | None:
    return release(
        cause=cause, now=now, use_until=END, usable_until=usable_until, extended_until=now + WEEK, near_end=WEEK, cap=CAP,
    ).usable_until  # fmt: skip


@pytest.mark.parametrize(
    ("now", "expected"),
    [(END - SECOND, END), (END, None), (END + SECOND, None), (END - WEEK, END)],
)
def test_by_the_companys_act_there_is_no_extra_day(now: datetime, expected: datetime | None) -> None:
    assert until(Cause.COMPANY, now) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (END - WEEK - SECOND, END),
        (END - WEEK, END),
        (END - SECOND, END - SECOND + WEEK),
        (END, END + WEEK),
        (END + CAP - WEEK, END + CAP),
        (END + CAP - SECOND, END + CAP),
        (END + CAP, None),
    ],
)
def test_by_the_vendors_act_near_or_after_the_end_there_are_seven_days_never_past_the_cap(
    now: datetime, expected: datetime | None
) -> None:
    assert until(Cause.VENDOR, now) == expected


def test_an_extension_already_given_is_never_shortened() -> None:
    assert until(Cause.VENDOR, END - WEEK, usable_until=END + WEEK) == END + WEEK
