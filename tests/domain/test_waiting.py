"""The waiting list: strict order, whole grants, eligibility asked again at each turn, clocks from that day."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from tcloud.core.time import taipei_date
from tcloud.jobs import deadlines, eligibility
from tcloud.jobs.feeding import feed
from tcloud.ledger import chart
from tcloud.ledger.models import Account
from tcloud.ledger.services.posting import Move, post
from tcloud.ledger.services.verifying import verify
from tcloud.members.models import Application
from tcloud.notifications.models import OutboxMessage
from tcloud.points.models import Grant, WaitingPlace
from tcloud.points.queries import available, waiting_position
from tcloud.points.services.issuing import give_turn, issue_grant
from tcloud.programme.models import Call
from tcloud.registry.company_registry import Answer, CompanyFacts, Kind, RegistryUnavailable
from tcloud.registry.models import RegistryAnswer
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
NOW, DAY, INSTANT = make.NOW, timedelta(days=1), timedelta(microseconds=1)
LATER = NOW + 40 * DAY
FIRST, SECOND, THIRD = (
    replace(make.OTHER, ubn=ubn, key=ubn) for ubn in ("52831044", "10458575", "04595257")
)


@dataclass
class Register:
    """Answers by 統一編號; whoever is not named is sound."""

    facts: dict[str, CompanyFacts | None] = field(default_factory=dict)
    down: bool = False
    asked: list[str] = field(default_factory=list)

    def look_up(self, ubn: str) -> Answer:
        assert not connection.in_atomic_block, "no network inside a transaction"
        self.asked.append(ubn)
        if self.down:
            raise RegistryUnavailable("系統忙碌中")
        return Answer("gcis:test", self.facts.get(ubn, sound(ubn)), "{}")


def sound(ubn: str) -> CompanyFacts:
    return CompanyFacts(
        ubn=ubn, kind=Kind.COMPANY, name="海線貨運", status="核准設立", representative="陳海生", address="",
        capital_twd=5_000_000,
    )  # fmt: skip


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    stand_in = Register()
    monkeypatch.setattr(eligibility, "company_registry", lambda: stand_in)
    return stand_in


@pytest.fixture
def line(register: Register) -> Call:
    """A call for two grants, both given; three companies wait."""
    make.call(budget=60_000)
    make.company_with_points()
    make.company_with_points(replace(make.OTHER, ubn="28246281", key="second"))
    for company in (FIRST, SECOND, THIRD):
        make.company_with_points(company)
    assert Grant.objects.count() == 2
    return Call.objects.get()


def back(call: Call, points: int, key: str = "back") -> None:
    """Points come back from the first company's wallet."""
    with transaction.atomic():
        post(
            key=key, moves=[Move(chart.wallet(call.code, make.COMPANY.ubn), chart.budget_slot(call.code, 7), points)],
            memo="", now=LATER,
        )  # fmt: skip


def places(call: Call) -> list[int | None]:
    return [waiting_position(company.ubn, call) for company in (FIRST, SECOND, THIRD)]


def budget() -> int:
    return sum(account.balance for account in Account.objects.filter(code__contains="/budget/"))


def test_whoever_waits_is_told_its_place_once(line: Call) -> None:
    issue_grant(ubn=SECOND.ubn, call_code="115-1", now=NOW)
    assert places(line) == [1, 2, 3]
    joined = OutboxMessage.objects.filter(name="waiting_joined").order_by("id")
    assert [row.context["place"] for row in joined] == [1, 2, 3]


def test_not_one_point_less_than_a_whole_grant_feeds_anybody(line: Call, register: Register) -> None:
    back(line, 29_999)
    assert feed("115-1", LATER) == 0
    assert (places(line), budget(), register.asked) == ([1, 2, 3], 29_999, [])
    back(line, 1, "one more")
    assert feed("115-1", LATER) == 1
    assert (places(line), budget(), register.asked) == ([None, 1, 2], 0, [FIRST.ubn])
    assert verify() is None


def test_both_clocks_start_at_the_turn(line: Call) -> None:
    back(line, 30_000)
    feed("115-1", LATER)
    grant = Grant.objects.get(ubn=FIRST.ubn)
    assert grant.granted_at == LATER
    assert taipei_date(LATER).isoformat() == "2026-05-30"
    assert taipei_date(grant.activate_until - INSTANT).isoformat() == "2026-06-30"
    assert taipei_date(grant.use_until - INSTANT).isoformat() == "2026-08-31"  # 30 August is a Sunday
    assert OutboxMessage.objects.filter(name="points_granted", address=FIRST.email).count() == 1


def test_while_anybody_waits_nobody_draws_directly(line: Call) -> None:
    back(line, 30_000)
    late = replace(make.OTHER, ubn="12345675", key="late")
    make.company_with_points(late, LATER)
    assert waiting_position(late.ubn, line) == 4
    assert (Grant.objects.count(), budget()) == (2, 30_000)


def test_who_is_no_longer_eligible_leaves_the_line_told_why_and_the_next_one_is_served(line: Call, register: Register) -> None:
    register.facts[FIRST.ubn] = replace(sound(FIRST.ubn), status="解散")
    back(line, 30_000)
    assert feed("115-1", LATER) == 2
    place = WaitingPlace.objects.get(ubn=FIRST.ubn)
    assert (place.left_because, place.left_at) == ("ineligible", LATER)
    assert places(line) == [None, None, 1]
    assert available(SECOND.ubn, line) == 30_000
    message = OutboxMessage.objects.get(name="waiting_ended")
    assert "登記現況" in message.context["reason"]
    assert RegistryAnswer.objects.filter(ubn=FIRST.ubn, checks__registered="fail").exists()


def test_an_appeal_that_succeeds_joins_at_the_end(line: Call, register: Register) -> None:
    register.facts[FIRST.ubn] = replace(sound(FIRST.ubn), status="解散")
    back(line, 30_000)
    feed("115-1", LATER)
    issue_grant(ubn=FIRST.ubn, call_code="115-1", now=LATER + DAY)
    assert places(line) == [2, None, 1]


def test_a_company_whose_approval_was_taken_back_gets_nothing(line: Call) -> None:
    Application.objects.filter(company__ubn=FIRST.ubn).update(state="refused")
    back(line, 30_000)
    feed("115-1", LATER)
    assert places(line) == [None, None, 1]
    assert not Grant.objects.filter(ubn=FIRST.ubn).exists()


def test_a_register_that_is_down_is_no_answer_and_nobody_overtakes(line: Call, register: Register) -> None:
    register.down = True
    back(line, 30_000)
    with pytest.raises(RegistryUnavailable):
        feed("115-1", LATER)
    assert (places(line), budget()) == ([1, 2, 3], 30_000)


def test_where_nobody_can_tell_the_place_and_its_grant_stay_reserved(line: Call, register: Register) -> None:
    register.facts[FIRST.ubn] = replace(sound(FIRST.ubn), capital_twd=None)
    back(line, 30_000)
    assert feed("115-1", LATER) == 0
    assert (places(line), budget()) == ([1, 2, 3], 30_000)

    with transaction.atomic():
        moves = [Move(chart.wallet("115-1", "28246281"), chart.budget_slot("115-1", 2), 30_000)]
        post(key="second back", moves=moves, memo="", now=LATER)
    assert feed("115-1", LATER) == 1
    assert (places(line), budget()) == ([1, None, 2], 30_000)

    del register.facts[FIRST.ubn]
    assert feed("115-1", LATER + DAY) == 1
    assert (places(line), budget()) == ([None, None, 1], 0)


def test_what_a_person_decided_without_the_register_stays_decided(line: Call, register: Register) -> None:
    RegistryAnswer.objects.create(
        ubn=FIRST.ubn, source="gcis:test", found=True, raw="{}", asked_at=NOW - DAY,
        checks={"registered": "pass", "not_a_branch": "pass", "small_or_medium": "unknown"},
    )  # fmt: skip
    register.facts[FIRST.ubn] = replace(sound(FIRST.ubn), capital_twd=None)
    back(line, 30_000)
    assert feed("115-1", LATER) == 1
    assert available(FIRST.ubn, line) == 30_000


def test_nobody_takes_a_turn_that_is_not_theirs(line: Call) -> None:
    back(line, 30_000)
    second = WaitingPlace.objects.get(ubn=SECOND.ubn)
    assert give_turn(place_id=second.pk, passed=[], eligible=True, reason="", now=LATER) is False
    assert (places(line), budget()) == ([1, 2, 3], 30_000)


def test_reclaimed_points_feed_the_line_by_themselves(line: Call) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    deadlines.sweep(Grant.objects.earliest("id").activate_until)
    with connection.cursor() as cursor:
        cursor.execute("SELECT args->>'call', lock FROM procrastinate_jobs WHERE task_name = 'tcloud.feed_waiting'")
        assert set(cursor.fetchall()) == {("115-1", "feed:115-1")}
    assert budget() == 60_000
    assert feed("115-1", LATER) == 2
    assert (places(line), budget()) == ([None, None, 1], 0)


def test_a_call_nobody_knows_feeds_nobody() -> None:
    assert feed("no-such", NOW) == 0


def test_the_database_knows_one_open_place_and_why_one_was_left(line: Call) -> None:
    with pytest.raises(IntegrityError, match="waiting_once"), transaction.atomic():
        WaitingPlace.objects.create(call=line, ubn=FIRST.ubn, joined_at=NOW)
    with pytest.raises(IntegrityError, match="left_has_reason"), transaction.atomic():
        WaitingPlace.objects.filter(ubn=FIRST.ubn).update(left_at=NOW)
