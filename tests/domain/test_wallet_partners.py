"""What the database itself refuses: a transfer between companies, a second grant, a budget that is exceeded."""

import pytest
from django.db import IntegrityError, connection, transaction

from tcloud.ledger import chart
from tcloud.ledger.chart import Place
from tcloud.ledger.models import Account, Entry
from tcloud.ledger.services.posting import Move, open_accounts, post
from tcloud.points.models import Grant
from tcloud.points.services.holding import capture, hold, refund
from tcloud.programme.models import Call
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
NOW, UBN, OTHER_UBN = make.NOW, make.COMPANY.ubn, make.OTHER.ubn
ORDER, FOREIGN = "CE2600000018", "CE2600000026"
WALLET, OTHERS = chart.wallet("115-1", UBN), chart.wallet("115-1", OTHER_UBN)
HELD, VENDOR = chart.order_hold(ORDER), chart.vendor_points(make.VENDOR_UBN)


@pytest.fixture
def grant() -> Grant:
    make.call()
    make.company_with_points()
    make.company_with_points(make.OTHER)
    with transaction.atomic():
        hold(ubn=UBN, call=Call.objects.get(), order_number=ORDER, points=12_000, now=NOW)
    return Grant.objects.select_related("call").get(ubn=UBN)


def moved(source: Place, destination: Place, key: str = "by hand", points: int = 100) -> None:
    with transaction.atomic():
        open_accounts([source, destination])
        post(key=key, moves=[Move(source, destination, points)], memo="", now=NOW)


@pytest.mark.parametrize(
    ("source", "destination"),
    [
        (WALLET, OTHERS), (WALLET, VENDOR), (WALLET, chart.budget_slot("114-9", 0)), (WALLET, chart.appropriation("115-1")),
        (WALLET, chart.wallet("114-9", UBN)), (OTHERS, HELD), (HELD, OTHERS), (chart.appropriation("115-1"), WALLET),
        (WALLET, Place("points/elsewhere")),
    ],
)  # fmt: skip
def test_a_wallet_deals_with_its_own_call_and_its_own_orders_only(grant: Grant, source: Place, destination: Place) -> None:
    before = list(Account.objects.filter(code__in=[WALLET.code, OTHERS.code, HELD.code]).values())
    with pytest.raises(IntegrityError, match="its own orders only"):
        moved(source, destination)
    assert list(Account.objects.filter(code__in=[WALLET.code, OTHERS.code, HELD.code]).values()) == before
    assert not Entry.objects.filter(key="by hand").exists()


def test_a_vendors_refund_reaches_the_company_that_paid_and_no_other(grant: Grant) -> None:
    with transaction.atomic():
        capture(order_number=ORDER, vendor_ubn=make.VENDOR_UBN, points=12_000, now=NOW)
    for destination, key in ((OTHERS, f"order:{ORDER}:refund:1"), (WALLET, f"order:{FOREIGN}:refund:1"), (WALLET, "gift")):
        with pytest.raises(IntegrityError, match="its own orders only"):
            moved(VENDOR, destination, key)
    with transaction.atomic():
        refund(ubn=UBN, call=grant.call, order_number=ORDER, vendor_ubn=make.VENDOR_UBN, case="1", points=5_000,
               opened_at=NOW, never_started=False, now=NOW)  # fmt: skip
    assert Account.objects.get(code=WALLET.code).balance == 23_000


def test_one_bad_transfer_among_good_ones_refuses_the_statement(grant: Grant) -> None:
    slot = chart.budget_slot("115-1", 0)
    with pytest.raises(IntegrityError, match="its own orders only"), transaction.atomic():
        post(key="mass", moves=[Move(WALLET, slot, 10), Move(OTHERS, slot, 10), Move(OTHERS, WALLET, 10)], memo="", now=NOW)
    assert Account.objects.get(code=WALLET.code).balance == 18_000


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM points_grant", "TRUNCATE points_grant CASCADE", "UPDATE points_grant SET ubn = '99999999'",
        "UPDATE points_grant SET points = points + 1", "UPDATE points_grant SET granted_at = now()",
    ],
)  # fmt: skip
def test_a_grant_is_for_ever(grant: Grant, statement: str) -> None:
    with pytest.raises(IntegrityError, match="for ever"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Grant.objects.get(ubn=UBN).points == 30_000


def test_there_is_no_second_grant_even_after_the_first_has_ended(grant: Grant) -> None:
    Grant.objects.update(ended_at=NOW)
    with pytest.raises(IntegrityError, match="grant_once_per_ubn_and_call"), transaction.atomic():
        Grant.objects.create(
            call=grant.call, ubn=UBN, rule_set=grant.rule_set, points=30_000, granted_at=NOW,
            activate_until=NOW, use_until=NOW, usable_until=NOW,
        )  # fmt: skip


def test_the_budget_is_never_exceeded(grant: Grant) -> None:
    slot = chart.budget_slot("115-1", 0)
    row = Account.objects.get(code=slot.code)
    with pytest.raises(IntegrityError, match="account_not_below_zero"), transaction.atomic():
        Account.objects.filter(pk=row.pk).update(sent=row.received + 1)
