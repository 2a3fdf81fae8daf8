"""Scores, levels and the choice of recommendations; no database."""

import pytest

from tcloud.assessments.rules import (
    Choice,
    Level,
    Need,
    choose,
    level,
    need_weight,
    topic_score,
    weakest_first,
)


@pytest.mark.parametrize(
    ("answers", "score"),
    [([0, 0], 0), ([0, 1], 17), ([1, 1], 33), ([1, 2], 50), ([2, 2], 67), ([2, 3], 83), ([3, 3], 100), ([2], 67)],
)
def test_a_topics_score_is_its_answers_part_of_the_whole_half_up(answers: list[int], score: int) -> None:
    assert topic_score(answers) == score


def test_a_topic_without_an_answer_has_no_score() -> None:
    with pytest.raises(ValueError, match="no score"):
        topic_score([])


@pytest.mark.parametrize(
    ("score", "expected"),
    [(0, Level.LOW), (39, Level.LOW), (40, Level.MIDDLING), (69, Level.MIDDLING), (70, Level.GOOD), (100, Level.GOOD)],
)
def test_levels_change_at_40_and_70(score: int, expected: Level) -> None:
    assert level(score) is expected


def test_equal_scores_keep_the_order_of_the_questionnaire() -> None:
    assert weakest_first({"operations": 50, "remote": 17, "security": 17, "sales": 0}) == [
        "sales", "remote", "security", "operations",
    ]  # fmt: skip


def test_a_need_weighs_the_answers_gap_times_the_topics() -> None:
    assert need_weight(answer=0, score=0) == 300
    assert need_weight(answer=2, score=50) == 50
    assert need_weight(answer=3, score=0) == 0


NEEDS = [
    Need("backup", "security", "backup", 300),
    Need("accounts", "security", "own_accounts", 200),
    Need("accounts", "security", "two_step", 200),
    Need("books", "operations", "e_invoice", 100),
]
SHELF = {
    "guard": frozenset({"backup", "two_step", "own_accounts"}),
    "files": frozenset({"backup", "own_accounts"}),
    "invoice": frozenset({"e_invoice"}),
    "till": frozenset({"checkout"}),
}


def test_the_weakest_topic_comes_first_with_the_solution_that_meets_most_of_it() -> None:
    chosen = choose(NEEDS, SHELF, topics=["security", "operations"], limit=3, turn="x")
    assert chosen == [
        Choice("guard", "security", ("backup", "accounts")),
        Choice("invoice", "operations", ("books",)),
    ]


def test_what_helps_with_nothing_is_never_recommended() -> None:
    assert choose(NEEDS, {"till": SHELF["till"]}, topics=["security"], limit=3, turn="x") == []


def test_no_more_than_the_limit_and_no_solution_twice() -> None:
    needs = [Need("a", "security", "backup", 5), Need("b", "remote", "backup", 5)]
    chosen = choose(needs, {"one": frozenset({"backup"})}, topics=["security", "remote"], limit=3, turn="x")
    assert [choice.key for choice in chosen] == ["one"]
    assert len(choose(NEEDS, SHELF, topics=["security", "operations"], limit=1, turn="x")) == 1


def test_equal_solutions_take_turns_between_companies_and_stay_for_one() -> None:
    twins = {"first": frozenset({"backup"}), "second": frozenset({"backup"})}
    picks = {
        choose(NEEDS, twins, topics=["security"], limit=1, turn=f"company-{number}")[0].key for number in range(20)
    }
    assert picks == {"first", "second"}
    again = [choose(NEEDS, twins, topics=["security"], limit=1, turn="same")[0].key for _ in range(3)]
    assert len(set(again)) == 1
