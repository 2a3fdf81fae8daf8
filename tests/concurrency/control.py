"""Each race runs once with its lock and many times without: the control must go wrong every time.

Ten controls in `make test`, a hundred in `make prove` (QUALITY.md, R2: at least 95 of 100; here each one is a test).
"""

import os

import pytest

PROVING = bool(os.environ.get("TCLOUD_PROVE"))
CONTROLS = 100 if PROVING else 10
LOCKED = pytest.mark.parametrize(
    "locked", [True] + [False] * CONTROLS, ids=["locked", *(f"control-{run}: lock off" for run in range(CONTROLS))]
)
