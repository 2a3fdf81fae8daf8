"""Facts of a contract for tests: 晨光烘焙 buys a plan for 60,000 with 30,000 points."""

from datetime import date

from tcloud.contracts.rules import ContractFacts, LimitFacts, LineFacts, PartyFacts, RefundFacts
from tests.authority import COMPANY_UBN, VENDOR_UBN

ORDER = "TC2600000011"


def facts(
    *, order: str = ORDER, term: int = 12, points: int = 30_000, self_pay: int = 30_000, buyer: str = "晨光烘焙有限公司"
) -> ContractFacts:
    """One line; the refund table as the rule gives it."""
    line = LineFacts(
        number=1, solution="巷口點餐 POS", plan="標準規格", quantity=1, term_months=term, price=points + self_pay,
        points=points, self_pay=self_pay,
    )  # fmt: skip
    refunds = [
        RefundFacts(
            line=1, used_months=used, points=points * (term - used) // term if 2 * used <= term else 0,
            self_pay=self_pay * (term - used) // term if 2 * used <= term else 0,
        )
        for used in range(term + 1)
    ]  # fmt: skip
    return ContractFacts(
        order_number=order, contract_date=date(2026, 11, 24), call_name="115 年度雲市集數位點數",
        buyer=PartyFacts(name=buyer, ubn=COMPANY_UBN, representative="林曉晨", address="臺北市大同區迪化街一段 100 號"),
        seller=PartyFacts(name="稻浪軟體股份有限公司", ubn=VENDOR_UBN),
        lines=(line,), price=points + self_pay, points=points, self_pay=self_pay, refunds=tuple(refunds),
        limits=LimitFacts(
            vendor_answers_working_days=5, self_pay_days=2, service_start_days=7, invoice_days=2, approval_days=14,
            cancellation_answer_days=14,
        ),
        rule_set="demo v1", verify_url=f"http://localhost:8000/contracts/verify/?order={order}",
    )  # fmt: skip
