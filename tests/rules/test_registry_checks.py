"""Eligibility over the public registers: every check on both sides of its boundary, and unknown is never a pass."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest

from tcloud.core.roc_dates import parse_roc
from tcloud.registry.rules import Check, Limits, RegisteredFacts, Verdict, both, checks, either, outcome

TODAY = date(2026, 4, 20)
LIMIT = 100_000_000
SOUND = RegisteredFacts("company", "核准設立", 3_000_000, None, None)
PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN


def verdicts(facts: RegisteredFacts | None, *, already_subsidised: bool = False) -> dict[str, Verdict]:
    limits = Limits(capital_twd=LIMIT, employees=200, already_subsidised=already_subsidised)
    return {check.name: check.verdict for check in checks(facts, today=TODAY, limits=limits)}


def test_a_sound_company_passes_every_check() -> None:
    assert verdicts(SOUND) == {"registered": PASS, "not_a_branch": PASS, "small_or_medium": PASS, "not_subsidised": PASS}


def test_a_number_no_register_knows_fails() -> None:
    assert verdicts(None) == {"registered": FAIL}


@pytest.mark.parametrize("status", ["解散", "廢止", "撤銷", "歇業", "核准設立，但已命令解散", "停業"])
def test_only_the_words_of_an_approved_registration_pass(status: str) -> None:
    assert verdicts(replace(SOUND, status=status))["registered"] is FAIL


def test_a_register_without_a_status_proves_nothing() -> None:
    assert verdicts(replace(SOUND, status=""))["registered"] is UNKNOWN


@pytest.mark.parametrize(
    ("begins", "ends", "verdict"),
    [
        (None, None, PASS),
        (TODAY + timedelta(1), TODAY + timedelta(30), PASS),
        (TODAY, TODAY + timedelta(30), FAIL),
        (TODAY - timedelta(30), TODAY, FAIL),
        (TODAY, TODAY, FAIL),
        (TODAY - timedelta(30), TODAY - timedelta(1), PASS),
        (TODAY - timedelta(30), None, FAIL),
        (TODAY + timedelta(1), None, PASS),
        (None, TODAY - timedelta(1), PASS),
        (None, TODAY, UNKNOWN),
    ],
)
def test_a_suspension_counts_from_its_first_to_its_last_day(
    begins: date | None, ends: date | None, verdict: Verdict
) -> None:
    assert verdicts(replace(SOUND, suspended_from=begins, suspended_until=ends))["registered"] is verdict


@pytest.mark.parametrize(
    ("capital", "verdict"),
    [(1, PASS), (LIMIT, PASS), (LIMIT + 1, UNKNOWN), (880_000_000, UNKNOWN), (None, UNKNOWN)],
)
def test_above_the_capital_limit_a_head_count_nobody_knows_is_unknown(
    capital: int | None, verdict: Verdict
) -> None:
    assert verdicts(replace(SOUND, capital_twd=capital))["small_or_medium"] is verdict


@pytest.mark.parametrize(
    ("capital", "employees", "verdict"),
    [
        (LIMIT + 1, 199, PASS), (LIMIT + 1, 200, FAIL), (LIMIT, 200, PASS), (None, 199, PASS), (None, 200, UNKNOWN),
        (LIMIT, None, PASS),
    ],
)  # fmt: skip
def test_either_limb_is_enough(capital: int | None, employees: int | None, verdict: Verdict) -> None:
    assert verdicts(replace(SOUND, capital_twd=capital, insured_employees=employees))["small_or_medium"] is verdict


def test_who_got_points_before_fails_though_all_else_is_in_order() -> None:
    assert verdicts(SOUND, already_subsidised=True) == {
        "registered": PASS, "not_a_branch": PASS, "small_or_medium": PASS, "not_subsidised": FAIL,
    }  # fmt: skip


def test_a_branch_fails_though_all_else_is_in_order() -> None:
    assert verdicts(replace(SOUND, kind="branch"))["not_a_branch"] is FAIL
    assert verdicts(replace(SOUND, kind="business"))["not_a_branch"] is PASS


def test_three_valued_logic() -> None:
    order = [FAIL, UNKNOWN, PASS]
    for first, second in product(order, order):
        places = (order.index(first), order.index(second))
        assert both(first, second) is order[min(places)]
        assert either(first, second) is order[max(places)]


@pytest.mark.parametrize(
    ("single", "total"),
    [
        ([PASS, PASS], PASS),
        ([PASS, UNKNOWN], UNKNOWN),
        ([UNKNOWN, FAIL], FAIL),
        ([FAIL, PASS, UNKNOWN], FAIL),
    ],
)
def test_one_failure_fails_and_else_one_unknown_is_unknown(single: list[Verdict], total: Verdict) -> None:
    assert outcome([Check(f"check {place}", verdict) for place, verdict in enumerate(single)]) is total


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("0680718", date(1979, 7, 18)),
        ("1150420", TODAY),
        ("990131", date(2010, 1, 31)),
        ("", None),
        ("0000000", None),
        (" 1130229 ", date(2024, 2, 29)),
    ],
)
def test_dates_of_the_republic(text: str, day: date | None) -> None:
    assert parse_roc(text) == day


@pytest.mark.parametrize("text", ["1140229", "1151301", "115", "115-04-20", "115042O", "20260420"])
def test_days_that_do_not_exist(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_roc(text)
