"""Every race starts its threads the same way."""

from tests.concurrency.threads import threads

__all__ = ["threads"]
