"""Tries are counted in the database: exactly so many in a span, whoever asks at the same time."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction

from tcloud.identity.attempts import Allowance, TooOften, count_attempt
from tcloud.identity.models import AttemptCount

THREE = Allowance("test", 3, timedelta(minutes=15))
NOW = datetime(2026, 4, 20, 2, 7, tzinfo=UTC)


def attempt(who: str = "203.0.113.1", at: datetime = NOW, allowance: Allowance = THREE) -> None:
    with transaction.atomic():
        count_attempt(allowance, who, at)


@pytest.mark.django_db
def test_so_many_and_no_more_until_the_span_ends() -> None:
    for _ in range(3):
        attempt()
    with pytest.raises(TooOften, match="8 分鐘後"):
        attempt()
    attempt("203.0.113.2")
    attempt(allowance=Allowance("other", 1, timedelta(minutes=15)))
    attempt(at=datetime(2026, 4, 20, 2, 15, tzinfo=UTC))
    assert AttemptCount.objects.count() == 1  # what has ended is gone


@pytest.mark.django_db(transaction=True)
def test_at_the_same_time_no_more_either() -> None:
    barrier, let_in = Barrier(12), list[bool]()

    def run() -> None:
        barrier.wait()
        try:
            attempt()
            let_in.append(True)
        except TooOften:
            let_in.append(False)
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (let_in.count(True), let_in.count(False)) == (3, 9)
    assert AttemptCount.objects.get().count == 3
