"""Threads with connections of their own, and places where they stop until the test lets go."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

WAIT = 20


@pytest.fixture
def threads() -> Iterator[Callable[..., "Future[Any]"]]:
    """Start a call in a thread of its own, with a connection of its own."""
    pool = ThreadPoolExecutor(8)

    def start(call: Callable[..., Any], **arguments: Any) -> "Future[Any]":
        def run() -> Any:
            try:
                return call(**arguments)
            finally:
                connection.close()

        return pool.submit(run)

    yield start
    pool.shutdown()


def outcome(future: "Future[Any]") -> Any:
    """What a thread returned, or the exception it raised."""
    return future.exception(WAIT) or future.result()


def until_blocked(count: int) -> None:
    """Wait until so many connections wait for a lock."""
    for _ in range(WAIT * 20):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
            if cursor.fetchone()[0] >= count:
                return
        time.sleep(0.05)
    raise AssertionError(f"fewer than {count} connections wait for a lock")


class Gate:
    """Somebody stops here until the test lets go."""

    def __init__(self) -> None:
        self.reached, self.open = threading.Event(), threading.Event()

    def stop(self) -> None:
        self.reached.set()
        self.open.wait(WAIT)
