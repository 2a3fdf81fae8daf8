"""R1: many companies ask three times each, 64 at once, and the budget pays exactly a fifth of them.

5,000 companies under `make prove`, a tenth of that in `make test`. The seed is printed; TCLOUD_SEED repeats a run.
"""

import os
import queue
import random
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.models import F

from bench.companies import ready
from tcloud.ledger import chart
from tcloud.ledger.models import Account, Entry
from tcloud.ledger.queries import balances
from tcloud.ledger.services.verifying import verify
from tcloud.notifications.models import OutboxMessage
from tcloud.points.models import Grant, WaitingPlace
from tcloud.points.services.issuing import issue_grant
from tests import make
from tests.concurrency.control import PROVING

pytestmark = pytest.mark.django_db(transaction=True)
COMPANIES, ATTEMPTS, IN_FLIGHT = (5_000 if PROVING else 500), 3, 64
GRANTS = COMPANIES // 5
POINTS = 30_000


def test_r1_the_budget_is_used_up_exactly_and_the_line_is_in_order() -> None:
    seed = int(os.environ.get("TCLOUD_SEED") or random.SystemRandom().randrange(10**9))
    sys.stdout.write(f"R1: seed {seed}, {COMPANIES} companies × {ATTEMPTS}, {IN_FLIGHT} in flight, budget for {GRANTS}\n")
    line = ready(make.call(budget=GRANTS * POINTS), COMPANIES, make.NOW)
    attempts = line * ATTEMPTS
    random.Random(seed).shuffle(attempts)
    asked: queue.SimpleQueue[str] = queue.SimpleQueue()
    for ubn in attempts:
        asked.put(ubn)
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        workers = [pool.submit(_ask_on, asked) for _ in range(IN_FLIGHT)]
    assert [error for worker in workers for error in worker.result()] == []
    assert asked.empty()

    granted = set(Grant.objects.values_list("ubn", flat=True))
    waiting = list(WaitingPlace.objects.filter(left_at=None).order_by("id").values_list("ubn", flat=True))
    assert (len(granted), len(waiting)) == (GRANTS, COMPANIES - GRANTS)
    assert granted | set(waiting) == set(line)
    told = OutboxMessage.objects.filter(name="waiting_joined").order_by("id").values_list("context__place", "address")
    assert list(told) == [(place, f"{ubn}@x.example") for place, ubn in enumerate(waiting, 1)]
    assert OutboxMessage.objects.filter(name="points_granted").count() == GRANTS

    wallets = balances([chart.wallet("115-1", ubn) for ubn in line])
    assert sorted(wallets.values()) == [0] * (COMPANIES - GRANTS) + [POINTS] * GRANTS
    assert {row.balance for row in Account.objects.filter(code__contains="/budget/")} == {0}
    assert not Account.objects.filter(may_go_negative=False, sent__gt=F("received")).exists()
    assert balances([chart.appropriation("115-1")]) == {"points/call/115-1/appropriation": -GRANTS * POINTS}
    assert Entry.objects.filter(memo="grant").count() == GRANTS
    assert verify() is None


def _ask_on(asked: "queue.SimpleQueue[str]") -> list[Exception]:
    errors: list[Exception] = []
    try:
        while True:
            issue_grant(ubn=asked.get_nowait(), call_code="115-1", now=make.NOW)
    except queue.Empty:
        pass
    except Exception as error:
        errors.append(error)
    finally:
        connection.close()
    return errors
