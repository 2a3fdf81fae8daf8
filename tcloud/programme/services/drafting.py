"""Writing rules for a call and handing them from one person to the next. `publishing` ends a draft's life."""

from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from tcloud.audit.services import record
from tcloud.core.errors import NotFound, Refused
from tcloud.core.transactions import operation, use_case
from tcloud.identity.models import User
from tcloud.programme.models import Call, RuleDraft, RuleDraftStep
from tcloud.programme.queries import open_draft
from tcloud.programme.rules import Rules
from tcloud.programme.states import AUTHORS_OWN, TRANSITIONS, DraftEvent, DraftState

REASON_LENGTH = 300


class DraftMissing(NotFound):
    """No such draft."""

    code = "draft_missing"
    message = _("找不到這份規則草案。請從梯次的頁面重新進入。")


class DraftOpen(Refused):
    """One draft at a time, so that nobody publishes beside somebody else's work."""

    code = "draft_open"
    message = _("這個梯次已經有一份草案（%(who)s）。一次只能有一份，請先把它公布或作廢。")


class DraftStep(Refused):
    """The table of states has no such step from here."""

    code = "draft_step"
    message = _("草案現在是「%(state)s」，不能做這一步，可能剛剛有同事做過了。下面是目前的狀態。")


class NotTheAuthor(Refused):
    """Only who wrote a draft changes it: otherwise two people could publish their own words."""

    code = "not_the_author"
    message = _("這份草案由 %(who)s 撰寫，只有本人能改、送出或作廢。要改的話，請先退回，再請本人修改。")


class TheAuthor(Refused):
    """Two different people draft, and review and publish."""

    code = "the_author"
    message = _("自己寫的草案要由另一位同事覆核和公布（規則：兩人作業）。")


class WhyNeeded(Refused):
    """A draft that changes the rules, or goes back, says why."""

    code = "why_needed"
    message = _("請寫下理由，另一位同事會看到。")


@use_case
def start_draft(*, call_code: str, by: User, now: datetime) -> RuleDraft:
    """Begin the next version of a call's rules as a copy of the last one. Raises DraftOpen."""
    call = Call.objects.select_for_update().get(code=call_code)
    found = open_draft(call)
    if found is not None:
        raise DraftOpen(who=found.drafted_by.name)
    last = call.rule_sets.order_by("-version").first()
    return new_draft(call, last.rules if last else Rules(), by, now)


@operation
def new_draft(call: Call, rules: Rules, by: User, now: datetime) -> RuleDraft:
    """A draft with values to begin with."""
    draft = RuleDraft.objects.create(
        call=call, values=rules.model_dump(mode="json"), drafted_by=by, started_at=now, saved_at=now
    )
    record(tag="programme:rules:started", actor=by.actor, subject=call.code, now=now, details={"draft": draft.pk})
    return draft


@use_case
def save_draft(
    *, draft_id: int, rules: Rules, effective_date: date | None, reason: str, by: User, now: datetime
) -> RuleDraft:
    """Write values into a draft. Raises DraftMissing, NotTheAuthor, DraftStep."""
    draft = lock_draft(draft_id)
    if draft.drafted_by_id != by.pk:
        raise NotTheAuthor(who=draft.drafted_by.name)
    if draft.state != DraftState.DRAFT:
        raise DraftStep(state=DraftState(draft.state).label)
    draft.values, draft.effective_date, draft.reason, draft.saved_at = rules.model_dump(mode="json"), effective_date, reason, now
    draft.save(update_fields=["values", "effective_date", "reason", "saved_at"])
    return draft


@use_case
def step_draft(*, draft_id: int, event: DraftEvent, by: User, now: datetime, why: str = "") -> RuleDraft:
    """One step that changes no rule: send, take back, discard (the author); return with a reason, review (another).

    Raises DraftMissing, NotTheAuthor, TheAuthor, DraftStep, WhyNeeded.
    """
    draft = lock_draft(draft_id)
    if event == DraftEvent.PUBLISHED:  # `publishing.publish` does that
        raise DraftStep(state=DraftState(draft.state).label)
    missing = (event == DraftEvent.RETURNED and not why.strip()) or (event == DraftEvent.SENT and not draft.reason.strip())
    if missing:
        raise WhyNeeded
    advance(draft, event, by, now, why=why.strip())
    return draft


@operation
def advance(draft: RuleDraft, event: DraftEvent, by: User, now: datetime, *, why: str = "") -> None:
    """The only writer of a draft's state: by the table, by the right person, with a row of what happened.

    Raises NotTheAuthor, TheAuthor, DraftStep.
    """
    is_author = draft.drafted_by_id == by.pk
    if event in AUTHORS_OWN and not is_author:
        raise NotTheAuthor(who=draft.drafted_by.name)
    if event not in AUTHORS_OWN and is_author:
        raise TheAuthor
    before = DraftState(draft.state)
    after = TRANSITIONS.get((before, event))
    if after is None:
        raise DraftStep(state=before.label)
    draft.state, draft.saved_at = after, now
    if event == DraftEvent.REVIEWED:
        draft.reviewed_by = by
    if after == DraftState.DRAFT:
        draft.reviewed_by = None
    draft.save(update_fields=["state", "saved_at", "reviewed_by", "published_by", "rule_set"])
    RuleDraftStep.objects.create(draft=draft, event=event, from_state=before, to_state=after, by=by, at=now, why=why)
    details = {"draft": draft.pk, "from": before, "to": after, "why": why}
    record(tag=f"programme:rules:{event}", actor=by.actor, subject=draft.call.code, now=now, details=details)


@operation
def lock_draft(draft_id: int) -> RuleDraft:
    """The draft, locked after its call (the global order). Raises DraftMissing."""
    found = RuleDraft.objects.filter(pk=draft_id).values_list("call_id", flat=True).first()
    if found is None:
        raise DraftMissing
    Call.objects.select_for_update().get(pk=found)
    rows = RuleDraft.objects.select_for_update(of=("self",)).select_related("call", "drafted_by", "reviewed_by")
    return rows.get(pk=draft_id)
