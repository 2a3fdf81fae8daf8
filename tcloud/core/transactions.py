"""Two kinds of writing function: a use case opens the transaction, an operation is a step inside one."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection, transaction

P = ParamSpec("P")
R = TypeVar("R")


def use_case(function: Callable[P, R]) -> Callable[P, R]:
    """One thing a person or the clock does. What it returns has been committed.

    Refuses to run inside another transaction (`durable`), so who opens it can never be in doubt.
    Takes keyword arguments only; `now` is one of them.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if args:
            raise TypeError(f"{function.__name__} takes keyword arguments only")
        with transaction.atomic(durable=True):
            return function(**kwargs)  # type: ignore[call-arg]  # ParamSpec cannot express keyword-only

    run.is_use_case = True  # type: ignore[attr-defined]
    return run


def operation(function: Callable[P, R]) -> Callable[P, R]:
    """A step of a use case: insists that a transaction is open, so it commits or vanishes with its cause."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if not connection.in_atomic_block:
            raise RuntimeError(f"{function.__name__} needs an open transaction")
        return function(*args, **kwargs)

    return run
