"""The demonstration clock as the simulators see it: machine time plus the offset in `$TCLOUD_DATA/clock`."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path


def data_folder() -> Path:
    """The folder all processes of one demonstration share."""
    return Path(os.environ.get("TCLOUD_DATA", ".tcloud"))


def offset() -> timedelta:
    """How far the demonstration is ahead of the machine, in whole seconds; no file means not at all."""
    try:
        return timedelta(seconds=int((data_folder() / "clock").read_text() or 0))
    except FileNotFoundError:
        return timedelta(0)


def now() -> datetime:
    """The demonstration's instant (aware, UTC). Read at each use: the office may move the clock any time."""
    return datetime.now(UTC) + offset()
