"""R1: many companies ask three times each, 64 at once, and the budget pays exactly a fifth of them (QUALITY.md).

5,000 companies in `make prove`, a tenth of that in `make test`; TCLOUD_COMPANIES names another number (a multiple of
five). The order of asking comes from a seed, which is printed; TCLOUD_SEED repeats it.
"""

import os
import queue
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from django.db import connection

from tcloud.audit.models import AuditRow
from tcloud.ledger import chart
from tcloud.ledger.models import Account, Entry
from tcloud.ledger.queries import balances
from tcloud.notifications.models import OutboxMessage
from tcloud.points.models import Grant, WaitingPlace
from tcloud.points.services.issuing import issue_grant
from tcloud.programme.models import Call, Deadline
from tests.concurrency.racing import NOW, PROVE, Scene, Threads, all_holds, race
from tests.concurrency.test_points_races import no_budget_locks

pytestmark = pytest.mark.django_db(transaction=True)
COMPANIES = int(os.environ.get("TCLOUD_COMPANIES") or (5_000 if PROVE else 500))
SEED = int(os.environ.get("TCLOUD_SEED") or random.SystemRandom().randrange(10**9))
ATTEMPTS, IN_FLIGHT, POINTS = 3, 64, 30_000


@dataclass
class Asking:
    """Everybody's attempts, and when each company's first one began and ended."""

    call: Call
    attempts: "queue.SimpleQueue[str]" = field(default_factory=queue.SimpleQueue)
    began: dict[str, float] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)

    def ask_on(self) -> None:
        """One of those who ask at the same time: the next attempt, until none is left."""
        try:
            while True:
                ubn = self.attempts.get_nowait()
                self.began.setdefault(ubn, time.monotonic())
                issue_grant(ubn=ubn, call_code=self.call.code, now=NOW)
                self.ended.setdefault(ubn, time.monotonic())
        except queue.Empty:
            return
        finally:
            connection.close()


def everybody_asks(scene: Scene, companies: int, in_flight: int) -> None:
    """All attempts in shuffled order; a fifth of the companies has a grant in the end, the others wait in order."""
    grants = companies // 5
    call = scene.call(grants * POINTS)
    asking, ubns = Asking(call), scene.companies(call, companies)
    attempts = ubns * ATTEMPTS
    random.Random(SEED).shuffle(attempts)
    for ubn in attempts:
        asking.attempts.put(ubn)
    errors = [error for error in scene.threads.all(*[asking.ask_on] * in_flight) if error is not None]
    assert (errors, asking.attempts.empty()) == ([], True)

    granted = list(Grant.objects.filter(call=call).order_by("id").values_list("ubn", flat=True))
    line = list(WaitingPlace.objects.filter(call=call, left_at=None).order_by("id").values_list("ubn", flat=True))
    assert (len(granted), len(line)) == (grants, companies - grants)
    assert sorted(granted + line) == sorted(ubns)
    assert WaitingPlace.objects.filter(call=call).count() == len(line)
    nobody_overtook(asking, granted, line)
    everybody_was_told_once(call, granted, line)
    the_money_is_all_there(call, granted, line)


def nobody_overtook(asking: Asking, granted: list[str], line: list[str]) -> None:
    """Whose first attempt had ended before another's began stands before it; and nobody was paid behind a waiting one."""
    latest_start_so_far = 0.0
    for ubn in line:
        assert asking.ended[ubn] >= latest_start_so_far, f"{ubn} was there before somebody who stands before it asked"
        latest_start_so_far = max(latest_start_so_far, asking.began[ubn])
    first_to_wait = min((asking.ended[ubn] for ubn in line), default=0.0)
    late = [ubn for ubn in granted if asking.began[ubn] > first_to_wait]
    assert late == [], "granted although somebody waited already"


def everybody_was_told_once(call: Call, granted: list[str], line: list[str]) -> None:
    """One mail and one row of the log each; the place that is said is the place in the line."""
    owners = [f"{ubn}@x.example" for ubn in granted + line]
    told = OutboxMessage.objects.filter(address__in=owners).order_by("id")
    places = told.filter(name="waiting_joined").values_list("context__place", "address")
    assert list(places) == [(place, f"{ubn}@x.example") for place, ubn in enumerate(line, 1)]
    assert sorted(told.filter(name="points_granted").values_list("address", flat=True)) == sorted(owners[: len(granted)])
    log = AuditRow.objects.filter(details__call=call.code).order_by("id")
    assert list(log.filter(tag="points:waiting:joined").values_list("subject", flat=True)) == line
    assert sorted(log.filter(tag="points:grant:issued").values_list("subject", flat=True)) == sorted(granted)


def the_money_is_all_there(call: Call, granted: list[str], line: list[str]) -> None:
    """Every point of the budget is in one of the wallets, every grant has its clocks, and every invariant holds."""
    wallets = balances([chart.wallet(call.code, ubn) for ubn in granted + line])
    assert [wallets[chart.wallet(call.code, ubn).code] for ubn in granted + line] == [POINTS] * len(granted) + [0] * len(line)
    assert {row.balance for row in Account.objects.filter(code__startswith=f"points/call/{call.code}/budget/")} == {0}
    assert Entry.objects.filter(key__startswith=f"grant:{call.code}:").count() == len(granted)
    numbers = [str(pk) for pk in Grant.objects.filter(call=call).values_list("pk", flat=True)]
    assert Deadline.objects.filter(subject__in=numbers, done_at=None).count() == 10 * len(granted)
    all_holds()


def test_r1_the_budget_is_used_up_exactly_and_the_line_is_in_order() -> None:
    sys.stdout.write(f"R1: seed {SEED}, {COMPANIES:,} companies × {ATTEMPTS}, {IN_FLIGHT} in flight\n")
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        everybody_asks(Scene(0, Threads(pool, patience=3_600)), COMPANIES, IN_FLIGHT)


@race(without=no_budget_locks)
def test_r1_in_small(scene: Scene) -> None:
    """The same with twenty companies, so that it can be shown to fail without the locks it is about."""
    everybody_asks(scene, companies=20, in_flight=10)
