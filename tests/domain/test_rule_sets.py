"""Rules of a call: drafted by one person, reviewed and published by others, never changed; calls side by side."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from tcloud.audit.models import AuditRow
from tcloud.catalog.models import Plan
from tcloud.catalog.queries import plan_for_order
from tcloud.identity.models import User
from tcloud.ledger import chart
from tcloud.ledger.queries import balance
from tcloud.orders.services import placing
from tcloud.points.queries import call_for_order, grant_of
from tcloud.points.services.holding import hold
from tcloud.programme import queries
from tcloud.programme.models import Call, RuleDraft, RuleSet
from tcloud.programme.rules import Limit, Rules, Unit, UseStart
from tcloud.programme.services import drafting, opening, publishing
from tcloud.programme.states import TRANSITIONS, DraftEvent, DraftState
from tests import make
from tests.make import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)
CHANGED = Rules(vendor_answers=Limit(count=3, unit=Unit.WORKING_DAYS))
S, E = DraftState, DraftEvent


@pytest.fixture
def author() -> User:
    return User.objects.create(email="author@office.example", name="管思齊")


@pytest.fixture
def second() -> User:
    return User.objects.create(email="second@office.example", name="沈明查")


def _draft(author: User, effective_date: date | None = None) -> RuleDraft:
    draft = drafting.start_draft(call_code="115-1", by=author, now=NOW)
    return drafting.save_draft(
        draft_id=draft.pk, rules=CHANGED, effective_date=effective_date, reason="廠商平均 2 天就回覆", by=author, now=NOW
    )


def _step(draft: RuleDraft, event: DraftEvent, by: User, why: str = "") -> RuleDraft:
    return drafting.step_draft(draft_id=draft.pk, event=event, by=by, now=NOW, why=why)


def _reviewed(author: User, second: User, effective_date: date | None = None) -> RuleDraft:
    draft = _draft(author, effective_date)
    _step(draft, E.SENT, author)
    return _step(draft, E.REVIEWED, second)


def test_a_draft_becomes_the_next_version_by_two_people(author: User, second: User) -> None:
    call = make.call()
    draft = _reviewed(author, second)

    version = publishing.publish(draft_id=draft.pk, by=second, now=LATER)

    assert (version.version, version.effective_at, version.rules) == (2, LATER, CHANGED)
    assert (version.drafted_by, version.reviewed_by, version.published_by) == (author, second, second)
    assert queries.rule_set_at(call, NOW).version == 1
    assert queries.rule_set_at(call, LATER).version == 2
    assert RuleDraft.objects.get().state == S.PUBLISHED
    tags = list(AuditRow.objects.filter(tag__startswith="programme:rules").order_by("id").values_list("tag", "actor"))
    assert tags == [
        ("programme:rules:started", author.actor), ("programme:rules:sent", author.actor),
        ("programme:rules:reviewed", second.actor), ("programme:rules:published", second.actor),
    ]  # fmt: skip


def test_a_version_takes_effect_at_midnight_of_its_day_in_taipei(author: User, second: User) -> None:
    call = make.call()
    draft = _reviewed(author, second, date(2026, 5, 1))
    publishing.publish(draft_id=draft.pk, by=second, now=LATER)
    midnight = datetime(2026, 4, 30, 16, tzinfo=UTC)

    assert queries.rule_set_at(call, midnight - timedelta(seconds=1)).version == 1
    assert queries.rule_set_at(call, midnight).version == 2


def test_nobody_reviews_or_publishes_their_own_words(author: User, second: User) -> None:
    make.call()
    draft = _draft(author)
    _step(draft, E.SENT, author)

    with pytest.raises(drafting.TheAuthor):
        _step(draft, E.REVIEWED, author)
    _step(draft, E.REVIEWED, second)
    with pytest.raises(drafting.TheAuthor):
        publishing.publish(draft_id=draft.pk, by=author, now=LATER)

    assert RuleSet.objects.count() == 1


def test_only_the_author_writes_and_only_while_it_is_a_draft(author: User, second: User) -> None:
    make.call()
    draft = _draft(author)

    with pytest.raises(drafting.NotTheAuthor, match="管思齊"):
        drafting.save_draft(draft_id=draft.pk, rules=Rules(), effective_date=None, reason="x", by=second, now=NOW)
    with pytest.raises(drafting.NotTheAuthor):
        _step(draft, E.SENT, second)
    _step(draft, E.SENT, author)
    with pytest.raises(drafting.DraftStep, match="等覆核"):
        drafting.save_draft(draft_id=draft.pk, rules=Rules(), effective_date=None, reason="x", by=author, now=NOW)

    assert RuleDraft.objects.get().rules == CHANGED


@pytest.mark.parametrize("state", list(DraftState))
@pytest.mark.parametrize("event", list(DraftEvent))
def test_every_step_is_in_the_table_or_refused(state: DraftState, event: DraftEvent, author: User, second: User) -> None:
    make.call()
    draft = _draft(author)
    for step, by in {S.DRAFT: [], S.IN_REVIEW: [(E.SENT, author)], S.REVIEWED: [(E.SENT, author), (E.REVIEWED, second)],
                     S.PUBLISHED: [(E.SENT, author), (E.REVIEWED, second)], S.DISCARDED: [(E.DISCARDED, author)]}[state]:
        _step(draft, step, by)  # fmt: skip
    if state == S.PUBLISHED:
        publishing.publish(draft_id=draft.pk, by=second, now=LATER)
    doer = author if event in drafting.AUTHORS_OWN else second

    def take() -> None:
        if event == E.PUBLISHED:
            publishing.publish(draft_id=draft.pk, by=doer, now=LATER)
        else:
            _step(draft, event, doer, why="請再看一次")

    wanted = TRANSITIONS.get((state, event))
    if wanted is None:
        with pytest.raises(drafting.DraftStep):
            take()
    else:
        take()
    assert RuleDraft.objects.get().state == (wanted or state)


def test_a_reason_is_asked_for_when_sending_and_when_returning(author: User, second: User) -> None:
    make.call()
    draft = drafting.start_draft(call_code="115-1", by=author, now=NOW)
    with pytest.raises(drafting.WhyNeeded):
        _step(draft, E.SENT, author)
    drafting.save_draft(draft_id=draft.pk, rules=CHANGED, effective_date=None, reason="縮短", by=author, now=NOW)
    _step(draft, E.SENT, author)
    with pytest.raises(drafting.WhyNeeded):
        _step(draft, E.RETURNED, second, why="  ")

    assert RuleDraft.objects.get().state == S.IN_REVIEW


def test_rules_never_reach_back_and_versions_follow_one_another(author: User, second: User) -> None:
    make.call()
    draft = _reviewed(author, second, date(2026, 4, 21))
    with pytest.raises(publishing.EffectiveInThePast, match="2026-04-21"):
        publishing.publish(draft_id=draft.pk, by=second, now=datetime(2026, 4, 20, 16, 0, 1, tzinfo=UTC))
    publishing.publish(draft_id=draft.pk, by=second, now=datetime(2026, 4, 20, 16, tzinfo=UTC))
    again = _reviewed(author, second)
    with pytest.raises(publishing.EffectiveOutOfOrder, match="第 2 版"):
        publishing.publish(draft_id=again.pk, by=second, now=NOW)

    assert RuleSet.objects.count() == 2


def test_one_draft_at_a_time(author: User, second: User) -> None:
    make.call()
    _draft(author)

    with pytest.raises(drafting.DraftOpen, match="管思齊"):
        drafting.start_draft(call_code="115-1", by=second, now=NOW)


def _refused(sql: str, *values: object) -> None:
    with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_the_database_refuses_what_the_service_would_never_do(author: User, second: User) -> None:
    call = make.call()
    _refused("UPDATE programme_ruleset SET values = '{}'")
    _refused("DELETE FROM programme_ruleset")
    row = "INSERT INTO programme_ruleset (call_id, version, values, effective_at, published_at, drafted_by_id, reviewed_by_id, published_by_id) VALUES (%s, %s, '{}', %s, %s, %s, %s, %s)"
    _refused(row, call.pk, 2, LATER, LATER, None, None, None)  # from nobody
    _refused(row, call.pk, 2, LATER, LATER, author.pk, second.pk, author.pk)  # one person for both
    _refused(row, call.pk, 2, LATER, LATER, author.pk, second.pk, second.pk)  # nothing of the kind was reviewed
    draft = _reviewed(author, second)
    _refused(row, call.pk, 3, LATER, LATER, author.pk, second.pk, second.pk)  # out of order
    _refused("UPDATE programme_ruledraft SET values = '{}' WHERE id = %s", draft.pk)  # while it is reviewed
    _refused("UPDATE programme_ruledraft SET reviewed_by_id = drafted_by_id WHERE id = %s", draft.pk)
    publishing.publish(draft_id=draft.pk, by=second, now=LATER)
    _refused("UPDATE programme_ruledraft SET reason = 'x'")
    _refused("DELETE FROM programme_ruledraft")
    _refused("UPDATE programme_ruledraftstep SET why = 'x'")

    assert RuleSet.objects.get(version=2).rules == CHANGED


def test_a_prepared_call_opens_with_its_first_rules_and_only_then_has_a_budget(author: User, second: User) -> None:
    make.call()
    plan = opening.CallPlan(
        "115-2", "115 年度第 2 梯次", "2026, second call", 600_001, date(2026, 4, 21), date(2026, 12, 1), ("security",)
    )
    call = opening.prepare_call(plan=plan, by=author, today=date(2026, 4, 20), now=NOW)
    assert [open_one.code for open_one in queries.open_calls(LATER)] == ["115-1"]
    assert balance(chart.appropriation("115-2")) == 0
    draft = queries.open_draft(call)
    assert draft is not None
    drafting.save_draft(draft_id=draft.pk, rules=CHANGED, effective_date=None, reason="新梯次", by=author, now=NOW)
    _step(draft, E.SENT, author)
    _step(draft, E.REVIEWED, second)

    publishing.publish(draft_id=draft.pk, by=second, now=NOW)

    assert [open_one.code for open_one in queries.open_calls(LATER)] == ["115-2", "115-1"]
    assert queries.open_call(LATER).code == "115-2"
    assert queries.open_call(LATER, "115-1").code == "115-1"
    assert sum(balance(chart.budget_slot("115-2", slot)) for slot in range(16)) == 600_001
    with pytest.raises(opening.CodeTaken):
        opening.prepare_call(plan=plan, by=author, today=date(2026, 4, 20), now=NOW)


def test_a_call_that_is_not_open_cannot_be_chosen() -> None:
    make.call()

    with pytest.raises(queries.NoOpenCall):
        queries.open_call(NOW, "114-9")


@pytest.mark.parametrize(
    ("opens", "until"), [("2026-04-19", "2026-12-01"), ("2026-05-01", "2026-05-01"), ("2026-05-02", "2026-05-01")]
)
def test_a_call_closes_after_it_opens_and_opens_no_earlier_than_today(opens: str, until: str, author: User) -> None:
    plan = opening.CallPlan("115-2", "二", "two", 1_000, date.fromisoformat(opens), date.fromisoformat(until))

    with pytest.raises(opening.CallDates):
        opening.prepare_call(plan=plan, by=author, today=date(2026, 4, 20), now=NOW)

    assert not Call.objects.exists()


@pytest.mark.parametrize(("pays_for", "bought"), [((), True), (("pos",), True), (("sales-and-stock",), True), (("security",), False)])
def test_an_order_outside_the_categories_of_its_call_is_refused(pays_for: tuple[str, ...], bought: bool) -> None:
    call = make.call()
    make.vendor()
    make.shelves()
    make.solution()
    owner = make.company_with_points()
    call.categories = list(pays_for)
    call.save(update_fields=["categories"])
    offer = plan_for_order(Plan.objects.order_by("price_twd")[0].pk)

    def place() -> object:
        return placing.place_order(
            company=make.company(), user=owner, call=call, offer=offer, quantity=1, request_key="k", now=NOW
        )

    if bought:
        assert place() is not None
    else:
        with pytest.raises(placing.CategoryNotPaidFor, match="收銀點餐"):
            place()


def test_a_grant_keeps_the_version_it_was_given_under(author: User, second: User) -> None:
    call = make.call()
    make.company_with_points(now=NOW)
    draft = _reviewed(author, second)
    publishing.publish(draft_id=draft.pk, by=second, now=LATER)
    make.company_with_points(make.OTHER, now=LATER)

    first, then = grant_of(make.COMPANY.ubn, call), grant_of(make.OTHER.ubn, call)

    assert first is not None
    assert then is not None
    assert (first.rule_set.version, then.rule_set.version) == (1, 2)


def test_a_use_window_can_count_from_activation() -> None:
    call = make.call(rules=Rules(use_starts_at=UseStart.ACTIVATION))
    make.vendor()
    make.company_with_points()
    grant = grant_of(make.COMPANY.ubn, call)
    assert grant is not None
    latest = datetime(2026, 8, 20, 16, tzinfo=UTC)  # 20 April + 1 month + 3 months
    assert grant.use_until == latest

    with transaction.atomic():
        hold(ubn=make.COMPANY.ubn, call=call, order_number="AA0000000001", points=1_000, now=LATER)

    grant.refresh_from_db()
    assert grant.use_until == grant.usable_until == datetime(2026, 7, 21, 16, tzinfo=UTC)
    due = {row.kind: row.due_at for row in queries.Deadline.objects.filter(done_at=None).exclude(kind="reminder")}
    assert due == {"grant_use": grant.use_until}


def test_an_order_falls_under_the_call_of_a_grant_that_pays_for_it(author: User, second: User) -> None:
    first = make.call()
    make.company_with_points()
    plan = opening.CallPlan(
        "115-2", "二", "two", 600_000, date(2026, 4, 21), date(2026, 12, 1), ("security", "digital-operations")
    )
    newer = opening.prepare_call(plan=plan, by=author, today=date(2026, 4, 20), now=NOW)
    draft = queries.open_draft(newer)
    assert draft is not None
    drafting.save_draft(draft_id=draft.pk, rules=Rules(), effective_date=None, reason="新梯次", by=author, now=NOW)
    _step(draft, E.SENT, author)
    _step(draft, E.REVIEWED, second)
    publishing.publish(draft_id=draft.pk, by=second, now=NOW)

    assert call_for_order(make.COMPANY.ubn, ("pos", "sales-and-stock"), LATER) == first
    assert call_for_order(make.COMPANY.ubn, ("security",), LATER) == first
    assert call_for_order(make.OTHER.ubn, ("security",), LATER) is None
    closed = datetime(2999, 1, 2, tzinfo=UTC)
    assert queries.open_calls(closed) == []
    assert call_for_order(make.COMPANY.ubn, ("pos",), closed) == first


def test_a_draft_that_never_was_is_missing(author: User) -> None:
    with pytest.raises(drafting.DraftMissing):
        drafting.step_draft(draft_id=999_999, event=E.SENT, by=author, now=NOW)


def test_publishing_is_no_mere_step(author: User, second: User) -> None:
    make.call()
    draft = _reviewed(author, second)

    with pytest.raises(drafting.DraftStep):
        _step(draft, E.PUBLISHED, second)
