"""What the office finds on its desk: a frozen grant, proposals that wait for a second person, a call that is used up."""

from datetime import date, datetime, timedelta

from tcloud.core.time import taipei_date
from tcloud.demo.people import FROZEN, OFFICE, TRIED, WAITS, DemoCompany
from tcloud.identity.models import User
from tcloud.identity.roles import Role
from tcloud.points.models import Grant
from tcloud.points.services.adjusting import propose_adjustment
from tcloud.points.services.extending import propose_change
from tcloud.points.services.freezing import freeze_grant
from tcloud.programme.models import Call
from tcloud.programme.rules import Rules
from tcloud.programme.services import open_call

TRIAL_CODE = "115-0"
TRIAL_POINTS = Rules().points_per_company
FREEZE_REASON = "訂單與發票的品項不符，請來電說明"


def seed_trial_call(now: datetime) -> Call:
    """A small earlier call with points for one company, so that the next one waits."""
    found = Call.objects.filter(code=TRIAL_CODE).first()
    if found is not None:
        return found
    today = taipei_date(now)
    opens = date(today.year, today.month, 1) - timedelta(days=45)
    return open_call(
        code=TRIAL_CODE, name="115 年度試辦梯次", name_en="2026, trial call", budget_points=TRIAL_POINTS,
        opens_date=opens, closes_until=opens + timedelta(days=180), rules=Rules(), now=now - timedelta(days=45), slots=2,
    )  # fmt: skip


def companies(call: Call, trial: Call) -> tuple[tuple[DemoCompany, Call], ...]:
    """Who joins what: the order decides who waits."""
    return ((FROZEN, call), (TRIED, trial), (WAITS, trial))


def seed_decisions(call: Call, now: datetime) -> None:
    """Freeze and propose, once: whatever was decided since stays decided."""
    people = {person.role: User.objects.get(email=person.email) for person in OFFICE}
    frozen = Grant.objects.get(call=call, ubn=FROZEN.ubn)
    if not frozen.freezes.exists():
        freeze_grant(grant_id=frozen.pk, by=people[Role.REVIEWER], reason=FREEZE_REASON, now=now)
    tried = Grant.objects.get(ubn=TRIED.ubn)
    propose_change(
        call_code=tried.call.code, grant_id=tried.pk, days=7, reason="颱風停班，公司無法開會選方案", by=people[Role.REVIEWER],
        request_key="demo:extend", now=now,
    )  # fmt: skip
    propose_adjustment(
        call_code=call.code, grant_id=None, points=3_000_000, reason="工作會議決議追加（示範）",
        request_key="demo:budget", by=people[Role.FINANCE], now=now,
    )  # fmt: skip
