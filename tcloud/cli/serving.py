"""What the web's worker processes share while they run."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def counted_together() -> Iterator[None]:
    """A folder in which every worker process keeps its counters, so that a scrape of any of them is whole.

    The counters' library reads the variable when a worker first imports it; the folder is new at each start and gone
    afterwards. An operator who names a folder of his own keeps it.
    """
    if VARIABLE in os.environ:
        yield
        return
    with TemporaryDirectory(prefix="tcloud-counters-", ignore_cleanup_errors=True) as folder:
        os.environ[VARIABLE] = folder
        try:
            yield
        finally:
            del os.environ[VARIABLE]
