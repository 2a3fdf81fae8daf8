"""How large the next batch of a mass operation is: as many rows as this machine does in a short while.

A batch is one transaction and holds its locks to its end; single orders wait that long at most.
"""

import time
from dataclasses import dataclass, field

SMALLEST, LARGEST = 250, 10_000
AIM_SECONDS = 0.8


@dataclass(slots=True)
class Pace:
    """Starts small and follows what the last batch took."""

    size: int = 1_000
    _began: float = field(default_factory=time.monotonic)

    def begin(self) -> int:
        """A batch begins; returns how many rows it may have."""
        self._began = time.monotonic()
        return self.size

    def done(self, rows: int) -> None:
        """A batch of so many rows has ended: the next one is at most twice and at least half as large."""
        took = max(time.monotonic() - self._began, 0.001)
        fitting = int(rows * AIM_SECONDS / took)
        self.size = max(SMALLEST, min(LARGEST, max(self.size // 2, min(self.size * 2, fitting))))
