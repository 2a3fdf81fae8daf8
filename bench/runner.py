"""Rows, their references, and the report that later runs are compared with."""

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

OUT = Path(__file__).parent / "out" / "report.json"


@dataclass(frozen=True, slots=True)
class Measured:
    """Several runs of one figure, and of its reference in turn with it; a note tells what was there (row counts)."""

    runs: list[float]
    reference: list[float] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A figure: what is measured, in which unit, beside what, and which ratio is the goal."""

    name: str
    unit: str
    reference: str
    goal: str
    measure: Callable[[], Measured]


ROWS: dict[str, Row] = {}
held = ExitStack()
"""What several rows share (servers that run), from the first that needs it until the last is measured."""


def row(name: str, *, unit: str, reference: str = "", goal: str = "") -> Callable[[Callable[[], Measured]], Callable[[], Measured]]:
    """Register a measuring function as a row of the report."""

    def register(measure: Callable[[], Measured]) -> Callable[[], Measured]:
        ROWS[name] = Row(name, unit, reference, goal, measure)
        return measure

    return register


def in_turn(ours: Callable[[], float], reference: Callable[[], float], times: int = 5) -> Measured:
    """Measure ours and the reference one after the other, so that the machine's mood meets both."""
    runs, other = [], []
    for _ in range(times):
        runs.append(ours())
        other.append(reference())
    return Measured(runs, other)


def _machine() -> dict[str, str]:
    model = next(
        (line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    return {"cpu": model, "cores": str(os.cpu_count()), "python": platform.python_version(), "system": platform.platform()}


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _entry(row: Row, measured: Measured) -> dict[str, object]:
    value = statistics.median(measured.runs)
    entry: dict[str, object] = {
        "name": row.name, "value": round(value, 4), "unit": row.unit, "goal": row.goal, "runs": len(measured.runs),
        "min": round(min(measured.runs), 4), "max": round(max(measured.runs), 4),
        "at": datetime.now(UTC).isoformat(timespec="seconds"), "commit": _commit(),
    }  # fmt: skip
    if measured.reference:
        entry["reference"] = row.reference
        entry["ratio"] = round(value / statistics.median(measured.reference), 3)
    if measured.note:
        entry["note"] = measured.note
    return entry


def run(prefix: str = "") -> list[dict[str, object]]:
    """Measure the rows whose name begins with a prefix, merge them into the report, and return them."""
    report: dict[str, object] = json.loads(OUT.read_text()) if OUT.exists() else {"rows": []}
    stored = report["rows"]
    assert isinstance(stored, list)
    kept = {str(entry["name"]): entry for entry in stored}
    fresh = []
    with held:
        for found in ROWS.values():
            if found.name.startswith(prefix):
                entry = _entry(found, found.measure())
                kept[found.name] = entry
                fresh.append(entry)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps({"machine": _machine(), "rows": [kept[name] for name in sorted(kept)]}, indent=1, ensure_ascii=False))
    return fresh
