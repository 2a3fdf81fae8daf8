"""Every race has its control: who adds one says which lock it is about (QUALITY.md, R2)."""

from importlib import import_module
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "concurrency"
CONTROLLED_IN_SMALL = {"test_exhaustion.test_r1_the_budget_is_used_up_exactly_and_the_line_is_in_order"}
"""Too large to run a hundred times; the same code has its control with fewer companies."""


def test_every_race_has_a_control() -> None:
    found = {
        f"{file.stem}.{name}": getattr(test, "has_control", False)
        for file in sorted(FOLDER.glob("test_*.py"))
        for name, test in vars(import_module(f"tests.concurrency.{file.stem}")).items()
        if name.startswith("test_")
    }
    assert len(found) > 15
    assert {name for name, controlled in found.items() if not controlled} == CONTROLLED_IN_SMALL
