"""Points moved by hand: two people, one new entry, never below zero, no second grant; nothing changed after a refusal."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from tcloud.audit.models import AuditRow
from tcloud.core.errors import Refused
from tcloud.identity.models import User
from tcloud.identity.services import open_account
from tcloud.jobs import deadlines
from tcloud.jobs.feeding import feed
from tcloud.ledger import chart
from tcloud.ledger.models import Entry, Transfer
from tcloud.ledger.queries import balance
from tcloud.ledger.services.verifying import verify
from tcloud.notifications.models import Notice, OutboxMessage
from tcloud.points.models import Adjustment, Grant, KeptPoints
from tcloud.points.queries import available, budget_figures, budget_left
from tcloud.points.rules import Cause
from tcloud.points.services.adjusting import decide_adjustment, propose_adjustment
from tcloud.points.services.holding import hold, release_hold
from tcloud.programme.models import Call
from tcloud.registry.rules import Verdict
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
NOW, UBN = make.NOW, make.COMPANY.ubn
ORDER = "CE2600000018"


@pytest.fixture
def people() -> tuple[User, User]:
    first, second = (open_account(email=f"{n}@office.example", name=n, password=make.PASSWORD, now=NOW) for n in ("one", "two"))
    return first, second


@pytest.fixture
def grant() -> Grant:
    make.call(budget=90_000)
    make.company_with_points()
    return Grant.objects.select_related("call").get()


def proposed(by: User, points: int, grant: Grant | None = None, key: str = "form", reason: str = "承辦誤植") -> Adjustment:
    return propose_adjustment(
        call_code="115-1", grant_id=grant.pk if grant else None, points=points, reason=reason, request_key=key, by=by, now=NOW
    )


def spent(points: int) -> None:
    with transaction.atomic():
        hold(ubn=UBN, call=Call.objects.get(), order_number=ORDER, points=points, now=NOW)


def taken(points: int, grant: Grant, people: tuple[User, User]) -> None:
    """An earlier correction took points away: so many may come back."""
    made = proposed(people[0], -points, grant, key="earlier")
    decide_adjustment(adjustment_id=made.pk, agreed=True, by=people[1], now=NOW)


def state() -> list[Any]:
    """Everything a refusal must leave alone."""
    models = (Grant, KeptPoints, Adjustment, Entry, Transfer, OutboxMessage, Notice, AuditRow)
    return [list(model.objects.order_by("pk").values()) for model in models]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("points", "left"), [(100_001, 160_001), (-60_000, 0), (1, 60_001)])
def test_a_budget_changes_by_one_new_entry_of_two_people(grant: Grant, people: tuple[User, User], points: int, left: int) -> None:
    adjustment = proposed(people[0], points)
    assert (budget_left(grant.call), Entry.objects.filter(key=adjustment.entry_key).exists()) == (60_000, False)

    decide_adjustment(adjustment_id=adjustment.pk, agreed=True, by=people[1], now=NOW)

    assert budget_left(grant.call) == left
    assert balance(chart.appropriation("115-1")) == -(90_000 + points)
    assert Entry.objects.filter(key=adjustment.entry_key).count() == 1
    rows = AuditRow.objects.filter(tag__startswith="points:adjustment:").order_by("id")
    assert [(row.tag, row.actor, row.subject, row.details["points"]) for row in rows] == [
        ("points:adjustment:proposed", people[0].actor, "115-1", points),
        ("points:adjustment:agreed", people[1].actor, "115-1", points),
    ]
    shown = budget_figures(grant.rule_set)
    assert (shown.still_possible, shown.granted_percent) == (left // 30_000, 3_000_000 // (90_000 + points))
    assert Call.objects.get().budget_points == 90_000  # what was appropriated at the opening stays told
    assert verify() is None


def test_a_raised_budget_feeds_the_line(people: tuple[User, User], monkeypatch: pytest.MonkeyPatch) -> None:
    make.call(budget=30_000)
    make.company_with_points()
    make.company_with_points(make.OTHER)
    monkeypatch.setattr("tcloud.jobs.feeding.ask_again", lambda ubn, call, now: (Verdict.PASS, ""))
    decide_adjustment(adjustment_id=proposed(people[0], 30_000).pk, agreed=True, by=people[1], now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'tcloud.feed_waiting'")
        assert cursor.fetchone() == (1,)
    assert feed("115-1", NOW) == 1
    assert Grant.objects.filter(ubn=make.OTHER.ubn).exists()
    assert Entry.objects.get(key=f"grant:115-1:{make.OTHER.ubn}").memo == "waiting"


@pytest.mark.parametrize(("points", "message"), [(5_000, "points_added"), (-5_000, "points_taken")])
def test_a_wallet_is_corrected_and_its_company_told(
    grant: Grant, people: tuple[User, User], points: int, message: str
) -> None:
    taken(12_000, grant, people)
    adjustment = proposed(people[0], points, grant)
    decide_adjustment(adjustment_id=adjustment.pk, agreed=True, by=people[1], now=NOW)
    assert (available(UBN, grant.call), budget_left(grant.call)) == (18_000 + points, 72_000 - points)
    told = OutboxMessage.objects.latest("id")
    assert (told.name, told.context["moved"], told.context["left"], told.context["reason"]) == (
        message, 5_000, 18_000 + points, "承辦誤植",
    )  # fmt: skip
    assert Notice.objects.latest("id").name == message
    assert verify() is None


def test_a_declined_one_moves_nothing(grant: Grant, people: tuple[User, User]) -> None:
    adjustment = proposed(people[0], 5)
    before = (Entry.objects.count(), OutboxMessage.objects.count())
    decide_adjustment(adjustment_id=adjustment.pk, agreed=False, by=people[1], now=NOW)
    assert (Entry.objects.count(), OutboxMessage.objects.count()) == before
    assert AuditRow.objects.latest("id").tag == "points:adjustment:declined"
    with pytest.raises(Refused, match="覆核過"):
        decide_adjustment(adjustment_id=adjustment.pk, agreed=True, by=people[1], now=NOW)


def test_the_same_form_twice_is_one_proposal(grant: Grant, people: tuple[User, User]) -> None:
    assert proposed(people[0], 5).pk == proposed(people[0], 5).pk
    assert Adjustment.objects.count() == 1


@pytest.mark.parametrize(
    ("points", "on_wallet", "reason", "said"),
    [
        (0, False, "x", "1 到"), (10**12 + 1, False, "x", "1 到"), (5, False, " \n", "理由"),
        (-72_001, False, "x", "只有 72,000 點"), (-18_001, True, "x", "只有 18,000 點"), (12_001, True, "x", "還能補 12,000"),
    ],
)  # fmt: skip
def test_what_is_refused_when_it_is_proposed(
    grant: Grant, people: tuple[User, User], points: int, on_wallet: bool, reason: str, said: str
) -> None:
    taken(12_000, grant, people)
    before = state()
    with pytest.raises(Refused, match=said):
        proposed(people[0], points, grant if on_wallet else None, reason=reason)
    assert state() == before


def test_the_proposer_cannot_decide_and_neither_can_the_database_be_told_so(grant: Grant, people: tuple[User, User]) -> None:
    adjustment = proposed(people[0], 5)
    before = state()
    with pytest.raises(Refused, match="另一位"):
        decide_adjustment(adjustment_id=adjustment.pk, agreed=True, by=people[0], now=NOW)
    assert state() == before
    with pytest.raises(IntegrityError, match="adjustment_by_two_people"), transaction.atomic():
        Adjustment.objects.update(decided_by=people[0], decided_at=NOW, agreed=True)
    with pytest.raises(Refused, match="找不到"):
        decide_adjustment(adjustment_id=adjustment.pk + 1, agreed=True, by=people[1], now=NOW)


def test_what_has_gone_meanwhile_is_refused_at_the_decision_and_can_be_decided_again(
    grant: Grant, people: tuple[User, User]
) -> None:
    adjustment = proposed(people[0], -20_000, grant)
    spent(12_000)
    before = state()
    with pytest.raises(Refused, match="18,000"):
        decide_adjustment(adjustment_id=adjustment.pk, agreed=True, by=people[1], now=NOW)
    assert state() == before
    lower = proposed(people[0], -60_000, key="lower")
    make.company_with_points(make.OTHER)
    with pytest.raises(Refused, match="30,000"):
        decide_adjustment(adjustment_id=lower.pk, agreed=True, by=people[1], now=NOW)
    assert budget_left(grant.call) == 30_000


def test_nothing_is_added_after_the_end_and_nothing_to_another_calls_grant(grant: Grant, people: tuple[User, User]) -> None:
    adjustment = proposed(people[0], -5_000, grant)
    deadlines.sweep(grant.activate_until)
    with pytest.raises(Refused, match="不能再延長"):
        propose_adjustment(call_code="115-1", grant_id=grant.pk, points=1, reason="x", request_key="k", by=people[0],
                           now=grant.activate_until)  # fmt: skip
    with pytest.raises(Refused, match="只有 0 點"):
        decide_adjustment(adjustment_id=adjustment.pk, agreed=True, by=people[1], now=grant.activate_until)
    with pytest.raises(Refused, match="找不到"):
        propose_adjustment(call_code="115-1", grant_id=grant.pk + 1, points=1, reason="x", request_key="k", by=people[0], now=NOW)


def test_points_that_outlive_the_window_leave_with_the_correction(grant: Grant, people: tuple[User, User]) -> None:
    spent(12_000)
    late = grant.use_until - timedelta(days=1)
    with transaction.atomic():
        release_hold(ubn=UBN, call=grant.call, order_number=ORDER, points=12_000, cause=Cause.VENDOR, now=late)
    adjustment = propose_adjustment(
        call_code="115-1", grant_id=grant.pk, points=-25_000, reason="x", request_key="k", by=people[0], now=late
    )
    decide_adjustment(adjustment_id=adjustment.pk, agreed=True, by=people[1], now=late)
    assert (available(UBN, grant.call), KeptPoints.objects.get().points) == (5_000, 5_000)


def test_the_database_keeps_an_adjustment_as_it_was_proposed(grant: Grant, people: tuple[User, User]) -> None:
    adjustment = proposed(people[0], 5)
    for change in ({"points": 6}, {"reason": "y"}, {"proposed_by": people[1]}):
        with pytest.raises(IntegrityError, match="stands as proposed"), transaction.atomic():
            Adjustment.objects.update(**change)
    decide_adjustment(adjustment_id=adjustment.pk, agreed=False, by=people[1], now=NOW)
    with pytest.raises(IntegrityError, match="decided once"), transaction.atomic():
        Adjustment.objects.update(agreed=True)
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        Adjustment.objects.all().delete()
