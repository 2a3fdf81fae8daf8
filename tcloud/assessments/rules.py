"""Scores, levels and the choice of recommendations. Pure: no database, no clock.

Source: PRODUCT.md §4.2; what is weighed is said on the result page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

HIGHEST_ANSWER = 3
GOOD_FROM = 70
MIDDLING_FROM = 40


class Level(StrEnum):
    """How far a company is in a topic."""

    LOW = "low"
    MIDDLING = "middling"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Need:
    """One answer that a feature would help with; `weight` grows with the gap."""

    question: str
    topic: str
    feature: str
    weight: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A recommended solution by its key, for a topic, with the questions of the topic it answers."""

    key: str
    topic: str
    questions: tuple[str, ...]


def topic_score(answers: Sequence[int]) -> int:
    """Whole points of 100 for answers worth 0–3 each; half up. (1, 2) → 50; (0, 1) → 17."""
    if not answers:
        raise ValueError("a topic without an answer has no score")
    most = HIGHEST_ANSWER * len(answers)
    return (200 * sum(answers) + most) // (2 * most)


def level(score: int) -> Level:
    """Below 40 low, below 70 middling, else good."""
    if score >= GOOD_FROM:
        return Level.GOOD
    return Level.MIDDLING if score >= MIDDLING_FROM else Level.LOW


def weakest_first(scores: Mapping[str, int]) -> list[str]:
    """Topics by score, lowest first; equal scores keep the questionnaire's order."""
    return sorted(scores, key=lambda topic: scores[topic])


def need_weight(*, answer: int, score: int) -> int:
    """How much an answer asks for help: the answer's own gap times the topic's."""
    return (HIGHEST_ANSWER - answer) * (100 - score)


def choose(
    needs: Sequence[Need],
    features: Mapping[str, frozenset[str]],
    *,
    topics: Sequence[str],
    limit: int,
    turn: str,
) -> list[Choice]:
    """One solution per topic, weakest topic first: the one that meets most of what was answered there.

    `topics` is the order of weakness. A topic that no further solution helps with is passed over. Equal ones
    are decided by a hash of `turn` (the company and the questionnaire): no vendor comes first by its name and
    nobody can buy a place.
    """
    chosen: list[Choice] = []
    for topic in topics:
        of_topic = [need for need in needs if need.topic == topic]
        taken = {choice.key for choice in chosen}
        gains = {key: _gain(of_topic, offered) for key, offered in features.items() if key not in taken}
        best = max(gains, key=lambda key: (gains[key], _turn(turn, key)), default=None)
        if best is None or gains[best] == 0:
            continue
        met = [need for need in of_topic if need.feature in features[best]]
        chosen.append(Choice(best, topic, tuple(dict.fromkeys(need.question for need in met))))
        if len(chosen) == limit:
            break
    return chosen


def _gain(needs: Sequence[Need], offered: frozenset[str]) -> int:
    """Each question counts by its weight, and a little more for each further feature it asks for."""
    by_question: dict[str, list[int]] = {}
    for need in needs:
        if need.feature in offered:
            by_question.setdefault(need.question, []).append(need.weight)
    return sum(4 * max(weights) + sum(weights) for weights in by_question.values())


def _turn(turn: str, key: str) -> str:
    return sha256(f"{turn}:{key}".encode()).hexdigest()
