"""What a row calls itself in a shell, a log or a traceback: its number or key, never a person's data."""

from datetime import UTC, date, datetime

import pytest
from django.db.models import Model

from tcloud.contracts.models import Contract, ContractDocument, SigningAttempt
from tcloud.ledger.models import Account, Entry, Transfer
from tcloud.orders.models import Delivery, Invoice, LateMoney, Order, OrderEvent, OrderLine
from tcloud.payments.models import GatewayFact, MerchantAccount, PaymentAttempt
from tcloud.points.models import (
    Adjustment,
    BudgetDay,
    BudgetMark,
    ClockChange,
    Freeze,
    Grant,
    KeptPoints,
    MovedClock,
    WaitingPlace,
)
from tcloud.programme.models import CalendarDay, CalendarVersion, Call, Deadline, RuleDraft, RuleDraftStep, RuleSet

DAY = date(2026, 4, 20)
NAMES: list[tuple[Model, str]] = [
    (Account(code="points/115-1/wallet/24468011"), "points/115-1/wallet/24468011"),
    (Entry(key="order:CE2600000018:hold"), "order:CE2600000018:hold"),
    (Transfer(amount=5, source_id=1, destination_id=2), "5: 1 → 2"),
    (Call(name="115 年度第 1 梯次"), "115 年度第 1 梯次"),
    (RuleSet(call_id=3, version=2), "3 v2"),
    (RuleDraft(call_id=3, state="draft"), "3: draft"),
    (RuleDraftStep(draft_id=4, event="reviewed"), "4: reviewed"),
    (CalendarVersion(year=2026, source="import"), "2026 import"),
    (CalendarDay(day_date=DAY), "2026-04-20"),
    (Deadline(kind="self_pay", subject="CE2600000018"), "self_pay CE2600000018"),
    (Grant(ubn="24468011", points=30_000), "24468011: 30000"),
    (KeptPoints(order_number="CE2600000018", points=7), "CE2600000018: 7"),
    (WaitingPlace(ubn="24468011"), "24468011 waits"),
    (Freeze(grant_id=6), "6 frozen"),
    (ClockChange(call_id=3, days=10), "3: +10 days"),
    (MovedClock(grant_id=6), "6 moved"),
    (Adjustment(call_id=3, points=-500), "3: -500"),
    (BudgetDay(day=DAY, kind="granted", points=30_000), "2026-04-20 granted: 30000"),
    (BudgetMark(summed_up_to=9), "summed up to 9"),
    (Order(number="CE2600000018"), "CE2600000018"),
    (OrderLine(solution_name="巷口點餐 POS", plan_name="標準"), "巷口點餐 POS 標準"),
    (OrderEvent(order_id=8, event="signed"), "8 signed"),
    (Delivery(order_id=8), "delivery of 8"),
    (Invoice(number="AB12345678"), "AB12345678"),
    (LateMoney(order_id=8, amount_twd=12_000), "12000 for 8"),
    (Contract(order_number="CE2600000018"), "CE2600000018"),
    (ContractDocument(contract_id=5, kind="original"), "5 original"),
    (SigningAttempt(contract_id=5, party="company"), "5 company"),
    (MerchantAccount(gateway="ecpay", merchant_id="3002607"), "ecpay 3002607"),
    (PaymentAttempt(trade_no="CE2600000018A1"), "CE2600000018A1"),
    (GatewayFact(attempt_id=2, kind="paid", amount_twd=12_000, received_at=datetime(2026, 4, 20, tzinfo=UTC)), "2 paid 12000"),
]


@pytest.mark.parametrize(("row", "name"), NAMES, ids=[type(row).__name__ for row, _ in NAMES])
def test_a_row_calls_itself_by_its_number(row: Model, name: str) -> None:
    assert str(row) == name
