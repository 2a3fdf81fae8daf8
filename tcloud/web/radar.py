"""The geometry of the radar chart; the template only draws it. Units are those of its view box."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

CENTRE_X, CENTRE_Y, RADIUS = 230.0, 205.0, 140.0
RINGS = (25, 50, 75, 100)
LABEL_GAP = 18
LINE = 24.0
NARROW, WIDE = "4 14 452 392", "-46 -14 552 440"
SHORT_LABEL = 8
LONG_LABEL = 10


@dataclass(frozen=True, slots=True)
class Spoke:
    """One topic: its axis, its score's point, and where its label stands."""

    label: str
    lines: list[str]
    score: int
    end: tuple[str, str]
    point: tuple[str, str]
    text: tuple[str, str]
    anchor: str


@dataclass(frozen=True, slots=True)
class Radar:
    """Everything the picture consists of; `is_wide` where labels are long, as in English."""

    view_box: str
    is_wide: bool

    rings: list[str]
    area: str
    spokes: list[Spoke]


def _at(place: int, count: int, radius: float) -> tuple[float, float]:
    angle = 2 * pi * place / count
    return CENTRE_X + radius * sin(angle), CENTRE_Y - radius * cos(angle)


def _text(x: float, y: float) -> tuple[str, str]:
    return f"{x:.1f}", f"{y:.1f}"


def _polygon(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(",".join(_text(*point)) for point in points)


def _lines(label: str) -> list[str]:
    """A long label a word a line; Chinese labels are short and have no spaces."""
    return label.split() if len(label) > LONG_LABEL else [label]


def radar(values: Sequence[tuple[str, int]]) -> Radar:
    """Lay out scores of 0–100, the first at twelve o'clock, clockwise."""
    count = len(values)
    spokes = []
    for place, (label, score) in enumerate(values):
        x, y = _at(place, count, RADIUS + LABEL_GAP)
        side = x - CENTRE_X
        anchor = "middle" if abs(side) < 1 else ("start" if side > 0 else "end")
        # Two lines of text: above the chart they grow upwards, below it downwards.
        lift = -9.0 if y < CENTRE_Y - RADIUS / 2 else (10.0 if y > CENTRE_Y + RADIUS / 2 else 0.0)
        lines = [label] if anchor == "middle" else _lines(label)
        if y < CENTRE_Y + RADIUS / 2:
            lift -= LINE * (len(lines) - 1) / 2  # not into the label at twelve o'clock
        end, point = _at(place, count, RADIUS), _at(place, count, RADIUS * score / 100)
        spokes.append(Spoke(label, lines, score, _text(*end), _text(*point), _text(x, y + lift), anchor))
    corners = range(count)
    rings = [_polygon([_at(place, count, RADIUS * ring / 100) for place in corners]) for ring in RINGS]
    area = _polygon([_at(place, count, RADIUS * score / 100) for place, (_label, score) in enumerate(values)])
    longest = max(len(line) for spoke in spokes for line in spoke.lines)
    is_wide = longest > SHORT_LABEL
    return Radar(WIDE if is_wide else NARROW, is_wide, rings, area, spokes)
