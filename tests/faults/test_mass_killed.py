"""kill -9 in the middle of a batch: what was committed stays, the batch leaves nothing, and the next run goes on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction

from tcloud.core.time import machine_now
from tcloud.ledger.models import Account, Entry
from tcloud.ledger.services.verifying import verify
from tcloud.notifications.models import OutboxMessage
from tcloud.points.models import Grant, WaitingPlace
from tcloud.points.services.mass_expiring import mass_expire
from tcloud.points.services.mass_granting import mass_grant
from tcloud.programme.models import Deadline
from tcloud.programme.rules import Rules
from tcloud.programme.services import open_call
from tests.companies import ready

pytestmark = pytest.mark.django_db(transaction=True)
COMPANIES, PAID = 1_600, 1_440
WAIT_SECONDS = 30


@pytest.fixture
def line() -> list[str]:
    """Sixteen hundred companies ready half a year ago, and a budget for nine tenths of them."""
    long_ago = machine_now() - timedelta(days=200)
    call = open_call(
        code="115-1", name="x", name_en="x", budget_points=PAID * 30_000 + 17, opens_date=date(2020, 1, 1),
        closes_until=date(2099, 1, 1), rules=Rules(), now=long_ago - timedelta(days=50),
    )  # fmt: skip
    return ready(call, COMPANIES, long_ago)


def killed_in_the_middle(arguments: list[str], done: Callable[[], int]) -> None:
    """Run a command until it has committed something, stop it where it writes its mails, and kill it there."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    process = subprocess.Popen(
        [sys.executable, "-m", "tcloud.cli.main", "points", *arguments], env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        _until(lambda: done() > 0 or process.poll() is not None)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE notifications_outboxmessage IN SHARE MODE")
            _until(_somebody_waits_for_it)
            process.send_signal(signal.SIGKILL)
            process.wait(WAIT_SECONDS)
    finally:
        process.kill()
        output = process.communicate()[0].decode()
    assert process.returncode == -signal.SIGKILL, output


def _until(reached: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not reached():
        assert time.monotonic() < end, "the command did not come to the place in time"
        time.sleep(0.01)


def _somebody_waits_for_it() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE relation = 'notifications_outboxmessage'::regclass AND NOT granted")
        return bool(cursor.fetchone()[0])


def test_a_mass_grant_killed_in_a_batch_goes_on_where_it_stood(line: list[str]) -> None:
    killed_in_the_middle(["mass-grant", "--call", "115-1"], Grant.objects.count)
    committed = Grant.objects.count()
    assert 0 < committed < PAID
    assert list(Grant.objects.order_by("id").values_list("ubn", flat=True)) == line[:committed]
    assert OutboxMessage.objects.count() == committed == Entry.objects.filter(memo="grant").count()
    assert verify() is None

    total = mass_grant(call_code="115-1", now=machine_now())
    assert (total.granted, total.waiting) == (PAID - committed, COMPANIES - PAID)
    assert list(Grant.objects.order_by("id").values_list("ubn", flat=True)) == line[:PAID]
    assert list(WaitingPlace.objects.order_by("id").values_list("ubn", flat=True)) == line[PAID:]
    assert OutboxMessage.objects.count() == COMPANIES
    assert sum(row.balance for row in Account.objects.filter(code__contains="/budget/")) == 17
    assert verify() is None


def test_a_mass_expiry_killed_in_a_batch_goes_on_where_it_stood(line: list[str]) -> None:
    mass_grant(call_code="115-1", now=machine_now() - timedelta(days=190))
    ended = Grant.objects.exclude(ended_at=None)
    killed_in_the_middle(["mass-expire"], ended.count)
    committed = ended.count()
    reclaims = Entry.objects.filter(memo="reclaim")
    assert 0 < committed < PAID
    assert reclaims.count() == committed
    assert verify() is None

    total = mass_expire(now=machine_now())
    assert total.never_activated == PAID - committed
    assert (reclaims.count(), ended.count()) == (PAID, PAID)
    assert OutboxMessage.objects.filter(name="points_never_activated").count() == PAID
    assert Deadline.objects.filter(done_at=None).count() == 0
    assert sum(row.balance for row in Account.objects.filter(code__contains="/budget/")) == PAID * 30_000 + 17
    assert verify() is None
