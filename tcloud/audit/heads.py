"""The chain's head, noted outside the database after every sealing: who cuts the log's tail off cannot cut it here.

One line per head, `row number, space, hash`; the file only grows. Its place (`settings.AUDIT_HEADS_FILE`) belongs on
a disk the database's administrator cannot write to.
"""

from collections.abc import Iterator
from pathlib import Path

import structlog
from django.conf import settings

log = structlog.get_logger()


def note(row_id: int, row_hash: str) -> None:
    """Append one head. A file that cannot be written is logged, and stops no sealing."""
    path: Path = settings.AUDIT_HEADS_FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="ascii") as file:
            file.write(f"{row_id} {row_hash}\n")
    except OSError as error:
        log.error("audit_head_not_noted", path=str(path), error=str(error))


def noted() -> Iterator[tuple[int, str]]:
    """Every head ever noted, oldest first; none where there is no file yet."""
    path: Path = settings.AUDIT_HEADS_FILE
    if not path.exists():
        return
    with path.open(encoding="ascii") as file:
        for line in file:
            row_id, _, row_hash = line.strip().partition(" ")
            if row_id.isdecimal() and row_hash:
                yield int(row_id), row_hash
