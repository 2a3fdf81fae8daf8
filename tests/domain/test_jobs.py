"""A job commits or vanishes with the transaction that asked for it, in the web and in a worker alike."""

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app

from tcloud.core.jobs import Job, defer

pytestmark = pytest.mark.django_db(transaction=True)


class Undone(Exception):
    """Rolls a transaction back."""


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        return int(cursor.fetchone()[0])


@transaction.atomic
def ask_and_fail() -> None:
    defer(Job.SEND_MAIL, message_id=1)
    raise Undone


def ask_and_undo() -> None:
    with pytest.raises(Undone):
        ask_and_fail()


def test_a_job_vanishes_with_its_cause() -> None:
    ask_and_undo()

    assert waiting() == 0


def test_a_job_vanishes_with_its_cause_inside_a_worker_too() -> None:
    with app.replace_connector(app.connector.get_worker_connector()):
        ask_and_undo()

    assert waiting() == 0


def test_a_job_commits_with_its_cause() -> None:
    with transaction.atomic():
        defer(Job.SEND_MAIL, message_id=1)

    assert waiting() == 1


def test_a_job_needs_a_transaction() -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        defer(Job.SEND_MAIL, message_id=1)
