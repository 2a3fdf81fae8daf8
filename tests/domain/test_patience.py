"""Jobs wait longer each time but never for days, and a dead worker's jobs go back to the queue."""

import asyncio
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app

from tcloud.core.jobs import Job, defer
from tcloud.jobs import tasks
from tcloud.jobs.patience import ATTEMPTS_AT_MOST, Patient, wait_seconds


def test_waits_double_up_to_ten_minutes() -> None:
    assert [wait_seconds(attempts) for attempts in (0, 1, 2, 5, 6, 7, 999)] == [10, 20, 40, 320, 600, 600, 600]


def test_a_week_of_failures_ends_a_job() -> None:
    ask = Patient().get_retry_decision
    last, over = SimpleNamespace(attempts=ATTEMPTS_AT_MOST - 1), SimpleNamespace(attempts=ATTEMPTS_AT_MOST)
    assert ask(exception=OSError(), job=last) is not None
    assert ask(exception=OSError(), job=over) is None


def rows() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, status::text FROM procrastinate_jobs ORDER BY id")
        return cursor.fetchall()


def under_a_dead_worker(job: Job, **arguments: int) -> None:
    with transaction.atomic():
        defer(job, **arguments)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL WHERE status = 'todo'")


def take_over() -> None:
    async def run() -> None:
        worker = app.with_connector(app.connector.get_worker_connector())
        async with worker.open_async():
            await tasks.take_over.func(SimpleNamespace(app=worker))

    asyncio.run(run())


@pytest.mark.django_db(transaction=True)
def test_a_dead_workers_job_is_done_by_another() -> None:
    under_a_dead_worker(Job.SEND_MAIL, message_id=7)
    take_over()
    assert rows() == [("tcloud.send_mail", "todo")]


@pytest.mark.django_db(transaction=True)
def test_a_dead_workers_periodic_job_makes_room_for_the_newer_one() -> None:
    under_a_dead_worker(Job.SWEEP_DEADLINES)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET queueing_lock = 'sweep'")
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, queueing_lock)"
            " VALUES ('default', 'tcloud.sweep_deadlines', 'todo', 'sweep')"
        )
    under = rows()
    assert [status for _, status in under] == ["doing", "todo"]
    take_over()
    assert rows() == [("tcloud.sweep_deadlines", "todo")]
