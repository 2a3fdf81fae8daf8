"""Mass grant and mass expiry: the same rows, totals and messages as one by one, in order, once."""

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from typer.testing import CliRunner

from tcloud.audit.models import AuditRow
from tcloud.cli.main import app
from tcloud.identity.services import open_account
from tcloud.jobs import deadlines
from tcloud.jobs.notifications import send_mails
from tcloud.ledger import chart
from tcloud.ledger.models import Account, Entry, Transfer
from tcloud.ledger.queries import balance
from tcloud.ledger.services.mass import Posting, open_many, post_many
from tcloud.ledger.services.posting import AccountMissing, InsufficientBalance, KeyReused, Move, open_accounts, post
from tcloud.ledger.services.verifying import verify
from tcloud.members.models import Application
from tcloud.notifications import services as notifications
from tcloud.notifications.catalogue import MessageName
from tcloud.notifications.models import Notice, OutboxMessage
from tcloud.notifications.services import ContextIncomplete, Recipient, notify_many
from tcloud.points.models import Grant, KeptPoints, WaitingPlace
from tcloud.points.rules import Cause
from tcloud.points.services import mass_expiring, mass_granting
from tcloud.points.services.ending import end_grant
from tcloud.points.services.freezing import freeze_grant
from tcloud.points.services.holding import hold, release_hold
from tcloud.points.services.issuing import issue_grant
from tcloud.points.services.mass_expiring import MassExpiry, mass_expire
from tcloud.points.services.mass_granting import MassGrant, mass_grant
from tcloud.points.services.pacing import LARGEST, SMALLEST, Pace
from tcloud.programme.models import Call, Deadline
from tcloud.programme.rules import DeadlineKind, Rules
from tcloud.programme.services import open_call
from tests import make
from tests.companies import ready

pytestmark = pytest.mark.django_db(transaction=True)
NOW, DAY = make.NOW, timedelta(days=1)


def a_call(code: str, budget: int) -> Call:
    return open_call(
        code=code, name=code, name_en=code, budget_points=budget, opens_date=date(2026, 1, 1),
        closes_until=make.FAR_AWAY, rules=Rules(earlier_grant_excludes=False), now=NOW.replace(month=1),
    )  # fmt: skip


def facts(call: Call, since: dict[type, int]) -> dict[str, Any]:
    """Everything two ways of doing the same must agree on: of a call, and messages and log rows since a point."""

    def same(value: Any) -> Any:
        return re.sub(r"/budget/\d\d", "/budget/*", str(value)).replace(call.code, "CALL")

    ubns = {str(grant.pk): grant.ubn for grant in Grant.objects.filter(call=call)}
    accounts = Account.objects.filter(code__contains=call.code)
    entries = Entry.objects.filter(key__contains=call.code).order_by("key")
    log = AuditRow.objects.filter(pk__gt=since[AuditRow]).exclude(tag__startswith="points:mass")
    return {
        "grants": sorted(map(str, Grant.objects.filter(call=call).values_list(
            "ubn", "points", "granted_at", "activate_until", "use_until", "usable_until", "activated_at", "ended_at",
            "rule_set__version"))),
        "line": list(WaitingPlace.objects.filter(call=call).order_by("id").values_list("ubn", "joined_at", "left_at")),
        "kept": sorted(map(same, KeptPoints.objects.filter(grant__call=call).values_list("grant__ubn", "points"))),
        "wallets": sorted(map(same, accounts.exclude(code__contains="/budget/").values_list("code", "received", "sent"))),
        "budget": sum(row.balance for row in accounts.filter(code__contains="/budget/")),
        "entries": [same((e.key, e.memo, e.posted_at)) for e in entries],
        "transfers": sorted(map(same, Transfer.objects.filter(entry__in=entries).values_list(
            "entry__key", "source__code", "destination__code", "amount"))),
        "deadlines": sorted(
            (ubns[row.subject], row.kind, re.sub(r"kept\d+", "kept", row.detail), row.rule, row.due_at, row.created_at, row.done_at)
            for row in Deadline.objects.filter(subject__in=ubns)
        ),
        "log": sorted(map(same, log.values_list("at", "tag", "actor", "subject", "details"))),
        "mails": sorted(map(str, OutboxMessage.objects.filter(pk__gt=since[OutboxMessage]).values_list(
            "name", "address", "recipient_name", "language", "context", "state", "attempts", "created_at", "sent_at"))),
        "notices": sorted(map(str, Notice.objects.filter(pk__gt=since[Notice]).values_list("company_ubn", "name", "context", "at"))),
    }  # fmt: skip


def point() -> dict[type, int]:
    return {model: max(model.objects.values_list("pk", flat=True), default=0) for model in (AuditRow, OutboxMessage, Notice)}


def test_a_mass_grant_writes_what_single_grants_write_and_the_line_is_in_order() -> None:
    """Two calls, the same companies, the budget ending exactly in the middle, the last grant out of several slots."""
    budget = 13 * 30_000 + 29_999
    one_by_one, at_once = a_call("115-1", budget), a_call("115-2", budget)
    line = ready(one_by_one, 20, NOW, backwards=True)
    ready(at_once, 20, NOW, backwards=True)

    before = point()
    for ubn in line:
        issue_grant(ubn=ubn, call_code="115-1", now=NOW)
    expected, before = facts(one_by_one, before), point()
    total = mass_grant(call_code="115-2", now=NOW)

    assert total == MassGrant(granted=13, waiting=7, points=390_000)
    assert facts(at_once, before) == expected
    assert [ubn for ubn, *_ in expected["line"]] == line[13:]
    assert expected["budget"] == 29_999
    assert len(expected["deadlines"]) == 13 * 10
    assert {row.split(",")[3] for row in expected["mails"]} == {" 'en'", " 'zh-hant'"}
    assert verify() is None


def test_a_mass_grant_run_twice_finds_nothing_and_says_beforehand_what_it_would_do() -> None:
    call = a_call("115-1", 5 * 30_000)
    ready(call, 8, NOW)
    planned = mass_granting.plan(call_code="115-1", now=NOW)
    assert planned == MassGrant(granted=5, waiting=3, points=150_000)
    assert (Grant.objects.count(), WaitingPlace.objects.count()) == (0, 0)

    heard: list[int] = []
    assert mass_grant(call_code="115-1", now=NOW, actor="somebody", progress=heard.append) == planned
    noted = AuditRow.objects.get(tag="points:mass:granted")
    assert (noted.actor, noted.details) == ("somebody", {"granted": 5, "waiting": 3, "points": 150_000})
    assert heard == [8]
    before = facts(call, point())
    assert mass_grant(call_code="115-1", now=NOW + DAY) == MassGrant()
    assert facts(call, point()) == before
    assert AuditRow.objects.filter(tag="points:mass:granted").count() == 1


def test_only_who_is_ready_is_granted_and_while_anybody_waits_all_others_wait_behind() -> None:
    call = a_call("115-1", 3_000_000)
    line = ready(call, 6, NOW)
    Application.objects.filter(company__ubn=line[0]).update(state="submitted", decided_at=None)
    connection.cursor().execute("UPDATE assessments_assessment SET completed_at = NULL, scores = NULL WHERE company_ubn = %s", [line[1]])
    issue_grant(ubn=line[2], call_code="115-1", now=NOW)
    WaitingPlace.objects.create(call=call, ubn=line[3], joined_at=NOW)

    assert mass_granting.plan(call_code="115-1", now=NOW) == MassGrant(waiting=2)
    assert mass_grant(call_code="115-1", now=NOW) == MassGrant(waiting=2)
    assert list(Grant.objects.values_list("ubn", flat=True)) == [line[2]]
    assert list(WaitingPlace.objects.order_by("id").values_list("ubn", flat=True)) == line[3:]
    told = OutboxMessage.objects.filter(name="waiting_joined").order_by("id")
    assert [row.context["place"] for row in told] == [2, 3]


def test_a_batch_leaves_out_whoever_got_something_since_it_was_listed() -> None:
    call = a_call("115-1", 3_000_000)
    line = ready(call, 4, NOW)
    issue_grant(ubn=line[1], call_code="115-1", now=NOW)
    assert mass_granting.grant_batch(call_code="115-1", ubns=line, now=NOW) == MassGrant(3, 0, 90_000)
    assert mass_granting.grant_batch(call_code="115-1", ubns=line, now=NOW) == MassGrant()
    assert Grant.objects.count() == 4
    assert verify() is None


def various_grants(call: Call) -> None:
    """Never activated, part used, used up, frozen, one with points a vendor released near the end and one with an old lot."""
    line = ready(call, 8, NOW)
    for ubn in line:
        issue_grant(ubn=ubn, call_code=call.code, now=NOW)
    by = open_account(email="office@x.example", name="office", password=make.PASSWORD, now=NOW)
    use_until = Grant.objects.filter(call=call).latest("id").use_until
    for ubn, points in zip(line[2:], (12_000, 30_000, 1, 20_000, 20_000), strict=False):
        with transaction.atomic():
            hold(ubn=ubn, call=call, order_number=f"O{call.code}{ubn}", points=points, now=NOW + DAY)
    for ubn, released in ((line[5], use_until - DAY), (line[6], use_until - 6 * DAY)):
        with transaction.atomic():
            release_hold(
                ubn=ubn, call=call, order_number=f"O{call.code}{ubn}", points=20_000, cause=Cause.VENDOR, now=released
            )
    for ubn in (line[0], line[2]):
        freeze_grant(grant_id=Grant.objects.get(call=call, ubn=ubn).pk, by=by, reason="查核", now=NOW + DAY)


def row_by_row(now: Any) -> None:
    for row in list(mass_expiring.due_clocks(now)):
        end_grant(grant_id=int(row.subject), deadline=DeadlineKind(row.kind), now=now)
        deadlines._settle(deadline_id=row.pk, now=now)


@pytest.mark.parametrize("days", [0, 40])
@pytest.mark.parametrize("clock", ["activate_until", "use_until"])
def test_a_mass_expiry_writes_what_single_ends_write(clock: str, days: int) -> None:
    """Frozen grants end like others; kept points stay, until their own end; points held for orders stay held."""
    at_once, one_by_one = a_call("115-2", 3_000_000), a_call("115-1", 3_000_000)
    various_grants(one_by_one)
    end = getattr(Grant.objects.filter(call=one_by_one).latest("id"), clock) + days * DAY
    before = point()
    row_by_row(end)
    expected = facts(one_by_one, before)

    various_grants(at_once)
    planned, before = mass_expiring.plan(now=end), point()
    assert mass_expire(now=end) == planned
    found = facts(at_once, before)

    assert found == expected
    assert planned.points == sum(row.amount for row in Transfer.objects.filter(entry__memo="reclaim", entry__key__contains="115-2"))
    living = KeptPoints.objects.filter(grant__call=at_once, usable_until__gt=end, points__gt=0).count()
    assert planned.never_activated + planned.over == Grant.objects.filter(call=at_once, ended_at=end).count()
    if clock == "use_until" and not days:
        assert (planned.over, living, Grant.objects.filter(call=at_once, ended_at=None).count()) == (3, 2, 2)
    assert mass_expire(now=end) == MassExpiry()
    assert facts(at_once, before) == found
    assert verify() is None


def jobs(name: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = %s ORDER BY id", [name])
        return [json.loads(row[0]) for row in cursor.fetchall()]


def test_points_of_a_mass_expiry_feed_the_line_and_its_mails_are_sent() -> None:
    call = a_call("115-1", 4 * 30_000)
    ready(call, 6, NOW)
    mass_grant(call_code="115-1", now=NOW)
    end = Grant.objects.latest("id").activate_until
    assert mass_expire(now=end) == MassExpiry(never_activated=4, points=120_000)
    assert jobs("tcloud.feed_waiting") == [{"call": "115-1"}]

    (job,) = [args for args in jobs("tcloud.send_mails") if args["name"] == "points_never_activated"]
    send_mails(**job)
    sent = OutboxMessage.objects.filter(name="points_never_activated")
    assert {row.state for row in sent} == {"sent"}
    assert OutboxMessage.objects.filter(name="points_granted", state="queued").count() == 4


def test_one_failed_mail_stops_no_other_and_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    call = a_call("115-1", 3_000_000)
    ready(call, 3, NOW)
    mass_grant(call_code="115-1", now=NOW)
    bad = OutboxMessage.objects.order_by("id")[1].pk
    real: Callable[[OutboxMessage], Any] = notifications.compose

    def compose(row: OutboxMessage) -> Any:
        if row.pk == bad:
            raise OSError("no route to the mail server")
        return real(row)

    monkeypatch.setattr(notifications, "compose", compose)
    (job,) = jobs("tcloud.send_mails")
    with pytest.raises(OSError, match="no route"):
        send_mails(**job)
    assert sorted(OutboxMessage.objects.values_list("state", flat=True)) == ["queued", "sent", "sent"]
    monkeypatch.undo()
    send_mails(**job)
    assert OutboxMessage.objects.filter(state="sent").count() == 3


def test_a_message_that_lacks_a_fact_is_refused_before_anything_is_stored() -> None:
    somebody = Recipient(address="a@x.example", name="a", language="en", company_ubn="10000000")
    with pytest.raises(ContextIncomplete), transaction.atomic():
        notify_many(message=MessageName.POINTS_GRANTED, to=[(somebody, {})], now=NOW)
    assert OutboxMessage.objects.count() == 0


def test_the_sweeper_ends_very_many_grants_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "BATCH", 3)
    call = a_call("115-1", 3_000_000)
    ready(call, 10, NOW)
    mass_grant(call_code="115-1", now=NOW)
    Deadline.objects.filter(kind="reminder").delete()
    end = Grant.objects.latest("id").activate_until
    assert deadlines.sweep(end) == 10
    assert Grant.objects.filter(ended_at=end).count() == 10
    assert AuditRow.objects.filter(tag="points:mass:expired").count() == 1


def test_one_that_cannot_be_ended_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    call = a_call("115-1", 3_000_000)
    various_grants(call)
    end = Grant.objects.latest("id").use_until

    def broken(**_arguments: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(mass_expiring, "end_grant", broken)
    assert mass_expire(now=end).never_activated == 3
    assert mass_expiring.due_clocks(end).count() == 2
    monkeypatch.undo()
    mass_expire(now=end)
    assert mass_expiring.due_clocks(end).count() == 0


SOURCE, A, B = chart.Place("points/m/source", may_go_negative=True), chart.Place("points/m/a"), chart.Place("points/m/b")


def put(*postings: Posting) -> int:
    with transaction.atomic():
        return post_many(postings=postings, memo="m", now=NOW)


def test_many_entries_are_written_once_or_not_at_all() -> None:
    with transaction.atomic():
        open_many([SOURCE, A, B])
        open_many([A, B])
        open_accounts([chart.company_cash("10000000")])
    first = Posting("k1", [Move(SOURCE, A, 5), Move(SOURCE, B, 7)])
    assert put() == 0
    assert put(first, Posting("k2", [Move(A, B, 5)])) == 2
    assert put(first, Posting("k3", [Move(B, A, 2)])) == 1
    assert (balance(A), balance(B)) == (2, 10)
    with transaction.atomic():
        assert post(key="k3", moves=[Move(B, A, 2)], memo="m", now=NOW) is False, "both paths know one key"
    for error, posting in (
        (KeyReused, Posting("k1", [Move(SOURCE, A, 6)])),
        (InsufficientBalance, Posting("k4", [Move(A, B, 4)])),
        (AccountMissing, Posting("k4", [Move(A, chart.Place("points/m/none"), 1)])),
        (IntegrityError, Posting("k4", [Move(A, A, 1)])),
    ):
        with pytest.raises(error):
            put(Posting("k5", [Move(SOURCE, A, 1)]), posting)
    assert Entry.objects.filter(memo="m").count() == 3
    assert verify() is None


def test_a_batch_follows_what_the_last_one_took(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("tcloud.points.services.pacing.time.monotonic", lambda: clock[0])
    pace, sizes = Pace(size=1_000), []
    for seconds in (0.1, 0.1, 0.1, 0.1, 0.1, 2.0, 60.0, 60.0, 60.0, 60.0, 60.0, 60.0):
        size = pace.begin()
        clock[0] += seconds
        pace.done(size)
        sizes.append(pace.size)
    assert sizes[:6] == [2_000, 4_000, 8_000, LARGEST, LARGEST, LARGEST // 2]
    assert sizes[-1] == SMALLEST


def test_the_commands_print_totals_and_a_dry_run_changes_nothing() -> None:
    call = a_call("115-1", 2 * 30_000)
    ready(call, 3, NOW)
    run = CliRunner().invoke
    dry = run(app, ["points", "mass-grant", "--call", "115-1", "--dry-run"])
    assert "2 companies would be granted 60,000 points; 1 join the waiting list" in dry.output
    assert Grant.objects.count() == 0
    assert run(app, ["points", "mass-grant", "--call", "no-such"]).exit_code == 2
    assert "2 companies were granted 60,000 points; 1 join" in run(app, ["points", "mass-grant", "--call", "115-1"]).output
    Grant.objects.update(activate_until=NOW, use_until=NOW, usable_until=NOW)
    Deadline.objects.update(due_at=NOW)
    assert "2 grants would end: 2 never activated" in run(app, ["points", "mass-expire", "--dry-run"]).output
    assert Grant.objects.filter(ended_at=None).count() == 2
    assert "2 grants ended: 2 never activated, 0 at" in run(app, ["points", "mass-expire"]).output
    assert Grant.objects.filter(ended_at=None).count() == 0
