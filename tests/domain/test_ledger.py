"""The journal: what it writes, what it refuses, and what the database refuses whoever asks."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tcloud.ledger import chart
from tcloud.ledger.chart import Place
from tcloud.ledger.models import Account, Entry, Transfer
from tcloud.ledger.queries import balance, balance_at, balances, find_accounts, statement
from tcloud.ledger.services import verifying
from tcloud.ledger.services.posting import (
    AccountMissing,
    EntryMissing,
    InsufficientBalance,
    KeyReused,
    Move,
    open_accounts,
    post,
)
from tcloud.ledger.services.reversing import AlreadyReversed, reverse
from tcloud.ledger.services.verifying import verify

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 20, tzinfo=UTC)
SOURCE = Place("points/test/source", may_go_negative=True)
A, B, C = (Place(f"points/test/{letter}") for letter in "abc")
CASH = Place("twd/test", asset="twd")


@pytest.fixture(autouse=True)
def _accounts() -> None:
    open_accounts([SOURCE, A, B, C, CASH])
    post(key="start", moves=[Move(SOURCE, A, 100)], memo="start", now=NOW)


def give(key: str, *moves: Move, now: datetime = NOW, reverses: str | None = None) -> bool:
    return post(key=key, moves=moves, memo=key, now=now, reverses=reverses)


def counts() -> tuple[int, int]:
    return Entry.objects.count(), Transfer.objects.count()


def test_a_posting_moves_exactly_its_amount() -> None:
    assert give("k", Move(A, B, 30)) is True

    assert balances([A, B, C]) == {A.code: 70, B.code: 30, C.code: 0}
    assert balance(Place("points/never-opened")) == 0


def test_several_moves_of_one_entry_are_written_together_and_in_order() -> None:
    give("k", Move(A, B, 60), Move(B, C, 20), Move(A, C, 40))

    assert balances([A, B, C]) == {A.code: 0, B.code: 40, C.code: 60}
    rows = Transfer.objects.filter(entry__key="k").order_by("id").values_list("source_sent", "destination_received")
    assert list(rows) == [(60, 60), (20, 20), (100, 60)]


def test_the_same_key_again_changes_nothing_and_says_so() -> None:
    give("k", Move(A, B, 30))

    assert give("k", Move(A, B, 30)) is False

    assert balance(B) == 30
    assert counts() == (2, 2)


def test_a_repeated_key_is_found_even_when_the_money_is_gone() -> None:
    give("k", Move(A, B, 100))

    assert give("k", Move(A, B, 100)) is False


def test_the_same_key_with_other_moves_is_a_bug() -> None:
    give("k", Move(A, B, 30))

    with pytest.raises(KeyReused):
        give("k", Move(A, B, 31))

    assert balance(B) == 30


@pytest.mark.parametrize("amount", [101, 10**12])
def test_an_account_does_not_go_below_zero_and_nothing_is_written(amount: int) -> None:
    with pytest.raises(InsufficientBalance):
        give("k", Move(A, B, 1), Move(A, C, amount))

    assert balances([A, B, C]) == {A.code: 100, B.code: 0, C.code: 0}
    assert counts() == (1, 1)


def test_only_what_may_goes_below_zero() -> None:
    give("k", Move(SOURCE, B, 5_000))

    assert balance(SOURCE) == -5_100


def test_an_account_never_opened_is_a_bug() -> None:
    with pytest.raises(AccountMissing):
        give("k", Move(A, Place("points/nowhere"), 1))

    assert counts() == (1, 1)


def test_points_and_cash_never_mix() -> None:
    with pytest.raises(ValueError, match="never mix"):
        Move(A, CASH, 1)


@pytest.mark.parametrize("amount", [0, -1])
def test_a_move_has_a_positive_amount(amount: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        Move(A, B, amount)


def test_an_entry_needs_a_move() -> None:
    with pytest.raises(ValueError, match="at least one"):
        give("k")


def test_a_reversal_names_what_it_takes_back() -> None:
    give("k", Move(A, B, 30))
    give("k:back", Move(B, A, 30), reverses="k")

    assert Entry.objects.get(key="k:back").reverses == Entry.objects.get(key="k")
    assert balances([A, B]) == {A.code: 100, B.code: 0}


def test_an_entry_is_taken_back_whole_and_once() -> None:
    give("k", Move(A, B, 60), Move(B, C, 20))

    assert reverse(of="k", key="k:back", memo="mistake", now=NOW) is True
    assert reverse(of="k", key="k:back", memo="mistake", now=NOW) is False
    with pytest.raises(AlreadyReversed):
        reverse(of="k", key="k:back:again", memo="mistake", now=NOW)
    with pytest.raises(AlreadyReversed):
        reverse(of="k:back", key="k:forth", memo="mistake", now=NOW)
    with pytest.raises(EntryMissing):
        reverse(of="never", key="never:back", memo="mistake", now=NOW)

    assert balances([A, B, C]) == {A.code: 100, B.code: 0, C.code: 0}
    assert Entry.objects.get(key="k:back").reverses == Entry.objects.get(key="k")


def test_what_is_no_longer_there_is_not_taken_back() -> None:
    give("k", Move(A, B, 60))
    give("spent", Move(B, C, 1))

    with pytest.raises(InsufficientBalance):
        reverse(of="k", key="k:back", memo="mistake", now=NOW)

    assert balances([A, B, C]) == {A.code: 40, B.code: 59, C.code: 1}


def test_the_database_takes_an_entry_back_once_whoever_asks() -> None:
    give("k", Move(A, B, 30))
    give("k:back", Move(B, A, 30), reverses="k")
    with pytest.raises(DatabaseError), transaction.atomic():
        give("k:back:again", Move(SOURCE, A, 30), reverses="k")
    with pytest.raises(EntryMissing):
        give("never:back", Move(SOURCE, A, 30), reverses="never")
    assert balance(A) == 100


def test_a_statement_tells_every_movement_with_the_balance_after_it() -> None:
    give("one", Move(A, B, 30), now=NOW + timedelta(days=1))
    give("two", Move(B, A, 10), now=NOW + timedelta(days=2))

    lines = [(line.entry_key, line.amount, line.balance, line.counterpart) for line in statement(A).movements]

    assert lines == [("start", 100, 100, SOURCE.code), ("one", -30, 70, B.code), ("two", 10, 80, B.code)]
    middle = statement(A, since=NOW + timedelta(days=1), until=NOW + timedelta(days=2))
    assert [(line.entry_key, line.balance) for line in middle.movements] == [("one", 70)]
    assert (middle.opening, middle.closing) == (100, 70)
    quiet = statement(A, since=NOW + timedelta(days=3))
    assert (quiet.opening, quiet.movements, quiet.closing) == (80, [], 80)
    assert statement(Place("points/never-opened")).closing == 0


def test_a_late_clock_does_not_turn_an_accounts_time_back() -> None:
    """Two transactions may reach an account in another order than they read their clocks."""
    give("later", Move(A, B, 30), now=NOW + timedelta(seconds=2))
    give("earlier", Move(A, C, 20), now=NOW + timedelta(seconds=1))

    assert [line.posted_at for line in statement(A).movements] == [NOW, NOW + timedelta(seconds=2), NOW + timedelta(seconds=2)]
    assert balance_at(A, NOW + timedelta(seconds=1)) == 100
    assert balance_at(C, NOW + timedelta(seconds=2)) == 20


@pytest.mark.parametrize("seed", range(3))
def test_every_past_balance_and_every_period_equal_the_sum_of_their_movements(seed: int) -> None:
    dice = random.Random(seed)
    told: list[tuple[datetime, int]] = [(NOW, 100)]
    for number in range(60):
        now = told[-1][0] + timedelta(seconds=dice.choice([0, 1, 1, 7]))
        source, destination = dice.choice([(SOURCE, A), (A, B)]) if told[-1][1] else (SOURCE, A)
        amount = dice.randint(1, max(1, told[-1][1] if source is A else 90))
        give(f"m{number}", Move(source, destination, amount), now=now)
        told.append((now, told[-1][1] + (amount if destination is A else -amount)))
    for instant in {at + timedelta(milliseconds=shift) for at, _balance in told for shift in (-1, 0, 1)}:
        expected = [held for at, held in told if at <= instant]
        assert balance_at(A, instant) == (expected[-1] if expected else 0)
    since, until = told[20][0], told[45][0]
    part = statement(A, since, until)
    assert part.opening + sum(line.amount for line in part.movements) == part.closing == [h for at, h in told if at < until][-1]
    assert len(part.movements) == sum(since <= at < until for at, _held in told)


def test_any_past_balance_can_be_told() -> None:
    give("one", Move(A, B, 30), now=NOW + timedelta(days=1))

    assert balance_at(A, NOW - timedelta(seconds=1)) == 0
    assert balance_at(A, NOW) == 100
    assert balance_at(A, NOW + timedelta(days=1)) == 70


@pytest.mark.parametrize("table", ["ledger_transfer", "ledger_entry"])
@pytest.mark.parametrize("statement_text", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_posted_rows_are_never_changed(table: str, statement_text: str) -> None:
    attack(statement_text.format(table))


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM ledger_account",
        "UPDATE ledger_account SET received = received + 1 WHERE code = 'points/test/a'",
        "UPDATE ledger_account SET sent = sent + 1 WHERE code = 'points/test/a'",
        "UPDATE ledger_account SET received = received - 1 WHERE code = 'points/test/a'",
        "UPDATE ledger_account SET last_posted_at = last_posted_at - interval '1 second' WHERE code = 'points/test/a'",
        "UPDATE ledger_account SET last_posted_at = NULL WHERE code = 'points/test/a'",
        "UPDATE ledger_account SET may_go_negative = true WHERE code = 'points/test/a'",
        "UPDATE ledger_account SET code = 'points/test/z' WHERE code = 'points/test/a'",
        "UPDATE ledger_account SET asset = 'twd' WHERE code = 'points/test/c'",
        "INSERT INTO ledger_account (code, asset, received, sent, may_go_negative) VALUES ('x', 'points', 5, 0, false)",
        "INSERT INTO ledger_account (code, asset, received, sent, may_go_negative) VALUES ('x', 'gold', 0, 0, false)",
    ],
)
def test_totals_are_what_their_transfers_say(sql: str) -> None:
    attack(sql)


FORGED = (
    "INSERT INTO ledger_transfer (entry_id, source_id, destination_id, amount, source_sent, destination_received)"
    " SELECT (SELECT min(id) FROM ledger_entry), s.id, d.id, {amount}, s.sent + {sent}, d.received + {received}"
    " FROM ledger_account s, ledger_account d WHERE s.code = '{source}' AND d.code = '{destination}'"
)


@pytest.mark.parametrize(
    ("amount", "sent", "received", "destination"),
    [
        (1, 1, 1, "points/test/b"),  # totals on the accounts did not grow with it
        (1, 2, 1, "points/test/b"),  # leaves a gap
        (0, 0, 0, "points/test/b"),
        (-5, -5, -5, "points/test/b"),
        (1, 1, 1, "points/test/a"),  # to itself
        (1, 1, 1, "twd/test"),  # another asset
    ],
)
def test_a_transfer_without_its_totals_is_refused(amount: int, sent: int, received: int, destination: str) -> None:
    attack(FORGED.format(amount=amount, sent=sent, received=received, source="points/test/a", destination=destination))


def test_nothing_is_slipped_into_the_middle_of_a_history() -> None:
    """Between two running totals is room for a forged transfer that continues the first; the second would no longer."""
    give("one", Move(A, B, 10))
    give("two", Move(A, B, 20))
    for amount in (5, 15):
        attack(
            "INSERT INTO ledger_transfer (entry_id, source_id, destination_id, amount, source_sent, destination_received)"
            f" SELECT (SELECT id FROM ledger_entry WHERE key = 'two'), s.id, d.id, {amount}, 10 + {amount}, 10 + {amount}"
            " FROM ledger_account s, ledger_account d WHERE s.code = 'points/test/a' AND d.code = 'points/test/b'"
        )


def tamper(*statements: str) -> None:
    """As an attacker with every right would: past every trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement_text in statements:
            cursor.execute(statement_text)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


CHANGED = "UPDATE ledger_transfer SET {} WHERE entry_id = (SELECT id FROM ledger_entry WHERE key = '{}')"
TOTALS = "UPDATE ledger_account SET {} WHERE code = 'points/test/{}'"


@pytest.mark.parametrize(
    ("changes", "account", "detail"),
    [
        ([TOTALS.format("received = 107", "b")], "points/test/b", "received 107, journal 50; sent 20, journal 20"),
        ([CHANGED.format("amount = 31", "one")], "points/test/a", "sent 50, journal 51; first at entry one"),
        # Sums that agree again: two amounts of one account, or both sides with the totals of their accounts.
        (
            [CHANGED.format("amount = 31", "one"), CHANGED.format("amount = 19", "two")],
            "points/test/a", "its transfers do not continue each other; first at entry one",
        ),
        (
            [CHANGED.format("amount = 31", "one"), TOTALS.format("sent = 51", "a"), TOTALS.format("received = 51", "b")],
            "points/test/a", "first at entry one",
        ),
        ([CHANGED.format("source_sent = 49", "two")], "points/test/a", "its transfers do not continue"),
        (["DELETE FROM ledger_transfer WHERE amount = 20 AND destination_received = 50"], "points/test/a", "sent 50, journal 30"),
        (["DELETE FROM ledger_transfer WHERE destination_id = (SELECT id FROM ledger_account WHERE code = 'points/test/c')",
          TOTALS.format("received = 0", "c"), TOTALS.format("sent = 0", "b")], "–", "entry three has no transfer"),
        (["UPDATE ledger_account SET asset = 'twd' WHERE code = 'points/test/c'"], "–", "asset points: received 150 in all, sent 170"),
    ],
)  # fmt: skip
def test_verify_names_the_first_difference(changes: list[str], account: str, detail: str) -> None:
    give("one", Move(A, B, 30))
    give("two", Move(A, B, 20))
    give("three", Move(B, C, 20))
    assert verify() is None

    tamper(*changes)

    found = verify()
    assert found is not None
    assert found.account == account
    assert detail in found.detail


def test_verify_goes_slice_by_slice_and_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "SLICE", 2)
    told: list[tuple[int, int]] = []
    assert verify(lambda done, whole: told.append((done, whole))) is None
    assert len(told) > 2
    assert told[-1][0] == told[-1][1]
    tamper(TOTALS.format("received = 1", "c"))
    assert verify() is not None


def attack(sql: str) -> None:
    """The database refuses a statement, and every account still equals its journal."""
    before = list(Account.objects.order_by("code").values_list("code", "received", "sent"))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert list(Account.objects.order_by("code").values_list("code", "received", "sent")) == before
    assert verify() is None


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("24468011", ["points/call/115-1/wallet/24468011", "points/vendor/24468011", "twd/company/24468011"]),
        ("CE2600000018", ["points/order/CE2600000018/hold", "twd/order/CE2600000018/received"]),
        ("points/vendor/", ["points/vendor/24468011"]), ("2446801", []), ("%", []), ("points/vendor/%", []),
    ],
)  # fmt: skip
def test_an_account_is_found_by_its_number_and_by_an_index(text: str, codes: list[str]) -> None:
    call, ubn, order = "115-1", "24468011", "CE2600000018"
    places = [chart.wallet(call, ubn), chart.vendor_points(ubn), chart.company_cash(ubn), chart.order_hold(order), chart.order_cash(order)]
    with transaction.atomic():
        open_accounts(places)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_account (code, asset, received, sent, may_go_negative)"
            " SELECT 'points/call/115-1/wallet/' || 50000000 + n, 'points', 0, 0, false FROM generate_series(1, 20000) n"
        )
        cursor.execute("ANALYZE ledger_account")
    with CaptureQueriesContext(connection) as asked:
        found = [row.code for row in find_accounts(text, 10)]
    assert found == codes
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + asked[0]["sql"].replace("%", "%%"))
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan" not in plan, plan
