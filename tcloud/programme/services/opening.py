"""Opening a call: what it is and what it may spend. It opens with its first published rules, and never before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from tcloud.audit.services import record
from tcloud.core.errors import Refused
from tcloud.core.transactions import operation, use_case
from tcloud.identity.models import User
from tcloud.ledger import chart
from tcloud.ledger.services.posting import Move, open_accounts, post
from tcloud.programme.models import Call, RuleSet
from tcloud.programme.queries import newest_rules
from tcloud.programme.rules import Rules
from tcloud.programme.services.drafting import new_draft

SLOTS = 16


class CodeTaken(Refused):
    """Two calls never share a code: accounts and decisions carry it."""

    code = "call_code_taken"
    message = _("代號 %(call)s 已經有梯次在用。代號寫在帳上，不能重複，請換一個。")


class CallDates(Refused):
    """A call closes after it opens, and does not open in the past."""

    code = "call_dates"
    message = _("截止日要晚於開放日，而且開放日不能是過去的日子。請改日期。")


@dataclass(frozen=True, slots=True)
class CallPlan:
    """What a call is. `categories` are slugs of solution categories it pays for; empty pays for all."""

    code: str
    name: str
    name_en: str
    budget_points: int
    opens_date: date
    closes_until: date
    categories: Sequence[str] = ()
    slots: int = SLOTS

    def row(self) -> Call:
        """The call, not stored yet."""
        return Call(
            code=self.code, name=self.name, name_en=self.name_en, budget_points=self.budget_points,
            budget_slots=self.slots, opens_date=self.opens_date, closes_until=self.closes_until,
            categories=list(self.categories),
        )  # fmt: skip


@use_case
def prepare_call(*, plan: CallPlan, by: User, today: date, now: datetime) -> Call:
    """Write a call down with a draft of its rules, copied from the newest call. Nobody can apply yet.

    The budget is posted and the call opens when a second person publishes its first rules.
    Raises CodeTaken, CallDates.
    """
    if Call.objects.filter(code=plan.code).exists():
        raise CodeTaken(call=plan.code)
    if not today <= plan.opens_date < plan.closes_until:
        raise CallDates
    copied = newest_rules()
    call = plan.row()
    call.save(force_insert=True)
    record(
        tag="programme:call:prepared", actor=by.actor, subject=plan.code, now=now,
        details={"budget_points": plan.budget_points, "opens": str(plan.opens_date), "until": str(plan.closes_until),
                 "categories": list(plan.categories)},
    )  # fmt: skip
    new_draft(call, copied, by, now)
    return call


@use_case
def open_call(
    *, code: str, name: str, name_en: str, budget_points: int, opens_date: date, closes_until: date, rules: Rules,
    now: datetime, slots: int = SLOTS, categories: Sequence[str] = (),
) -> Call:  # fmt: skip
    """Open a call at once, with its first rules and its budget (whole points): for an installation's first call.

    The office opens the others by two people (`prepare_call`, then `publishing.publish`).
    """
    plan = CallPlan(code, name, name_en, budget_points, opens_date, closes_until, categories, slots)
    call = plan.row()
    call.save(force_insert=True)
    RuleSet.objects.create(
        call=call, version=1, values=rules.model_dump(mode="json"), effective_at=now, published_at=now
    )
    put_budget(call, now)
    return call


@operation
def put_budget(call: Call, now: datetime) -> None:
    """Put a call's whole budget into equal slots, once."""
    source, slots = chart.appropriation(call.code), call.budget_slots
    shares = [call.budget_points // slots + (slot < call.budget_points % slots) for slot in range(slots)]
    places = [chart.budget_slot(call.code, slot) for slot in range(slots)]
    open_accounts([source, *places])
    moves = [Move(source, place, share) for place, share in zip(places, shares, strict=True) if share]
    post(key=f"call:{call.code}:appropriation", moves=moves, memo=call.name, now=now)
