"""The names of all background jobs, and the one way to ask for one.

A lower room never calls up: it defers a job by name in its own transaction, and `tcloud.jobs` calls the higher
use case. The job row is written on the same connection, so it commits or vanishes with its cause.
"""

from enum import StrEnum

from django.db import connection
from procrastinate import App
from procrastinate.contrib.django.django_connector import DjangoConnector

# Our own, not procrastinate.contrib.django.app: inside a worker that one writes on the worker's connection, so a job
# would run before the transaction that asked for it had committed, find nothing to do, and be gone.
_queue = App(connector=DjangoConnector())


class Job(StrEnum):
    """One job = one use case; the bodies live in `tcloud.jobs`. Every job may run twice."""

    SEND_MAIL = "tcloud.send_mail"
    SEND_MAILS = "tcloud.send_mails"
    CHECK_ELIGIBILITY = "tcloud.check_eligibility"
    ISSUE_GRANT = "tcloud.issue_grant"
    APPLY_PAYMENT = "tcloud.apply_payment"
    FEED_WAITING = "tcloud.feed_waiting"
    MOVE_CLOCKS = "tcloud.move_clocks"
    FOLLOW_CALENDAR = "tcloud.follow_calendar"
    SWEEP_DEADLINES = "tcloud.sweep_deadlines"
    SEAL_AUDIT = "tcloud.seal_audit"
    SUM_BUDGET = "tcloud.sum_budget"


def defer(job: Job, *, lock: str | None = None, **arguments: str | int) -> None:
    """Ask for a job when the current transaction commits.

    Arguments are identifiers, never objects or personal data. `lock` lets jobs on one subject run one by one.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("jobs are deferred inside the transaction that causes them")
    _queue.configure_task(str(job), lock=lock, queue=QUEUES.get(job, "default")).defer(**arguments)


QUEUES: dict[Job, str] = {Job.SEND_MAIL: "mail", Job.SEND_MAILS: "mail"}


def counts() -> dict[str, int]:
    """How many jobs wait, run and have failed; those that succeeded are deleted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status")
        found = dict(cursor.fetchall())
    return {status: found.get(status, 0) for status in ("todo", "doing", "failed")}
