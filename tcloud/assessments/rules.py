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
    """A recommended solution by its key, with the questions it answers, strongest topic first."""

    key: str
    topic: str
    questions: tuple[str, ...]
    features: tuple[str, ...]


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
    needs: Sequence[Need], features: Mapping[str, frozenset[str]], *, limit: int, turn: str
) -> list[Choice]:
    """The solutions that together answer most needs, one after the other.

    After each choice the questions it answers count no more, so three recommendations say three things. Equal
    weights are decided by a hash of `turn` (the company and the questionnaire), so no vendor comes first by its
    name and nobody can buy a place.
    """
    open_needs, chosen = list(needs), list[Choice]()
    while open_needs and len(chosen) < limit:
        gains = {key: _gain(open_needs, offered) for key, offered in features.items()}
        best = max(features, key=lambda key: (gains[key], _turn(turn, key)), default=None)
        if best is None or gains[best] == 0:
            break
        choice = _explain(best, open_needs, features[best])
        chosen.append(choice)
        answered = {need.question for need in open_needs if need.feature in features[best]}
        open_needs = [need for need in open_needs if need.question not in answered]
        features = {key: offered for key, offered in features.items() if key != best}
    return chosen


def _gain(needs: Sequence[Need], offered: frozenset[str]) -> int:
    """Each question counts once, and a little more for each further feature it asks for."""
    by_question: dict[str, list[int]] = {}
    for need in needs:
        if need.feature in offered:
            by_question.setdefault(need.question, []).append(need.weight)
    return sum(4 * max(weights) + sum(weights) for weights in by_question.values())


def _explain(key: str, needs: Sequence[Need], offered: frozenset[str]) -> Choice:
    met = [need for need in needs if need.feature in offered]
    by_topic: dict[str, int] = {}
    for need in met:
        by_topic[need.topic] = by_topic.get(need.topic, 0) + need.weight
    topic = max(by_topic, key=lambda name: by_topic[name])
    of_topic = [need for need in met if need.topic == topic]
    return Choice(
        key, topic,
        tuple(dict.fromkeys(need.question for need in of_topic)),
        tuple(dict.fromkeys(need.feature for need in of_topic)),
    )  # fmt: skip


def _turn(turn: str, key: str) -> str:
    return sha256(f"{turn}:{key}".encode()).hexdigest()
