"""The end of a draft: its values become a version of the rules, for ever."""

from datetime import datetime, time

from django.utils.translation import gettext_lazy as _

from tcloud.audit.services import record
from tcloud.core.errors import Refused
from tcloud.core.time import TAIPEI
from tcloud.core.transactions import use_case
from tcloud.identity.models import User
from tcloud.programme.models import RuleDraft, RuleSet
from tcloud.programme.services.drafting import DraftStep, TheAuthor, advance, lock_draft
from tcloud.programme.services.opening import put_budget
from tcloud.programme.states import DraftEvent, DraftState


class EffectiveInThePast(Refused):
    """Rules never reach back: what was decided was decided under the rules of its day."""

    code = "effective_in_the_past"
    message = _("適用日期 %(day)s 已經過了。規則不能回頭適用，請退回草案，改成之後的日期，或留空（公布時立即適用）。")


class EffectiveOutOfOrder(Refused):
    """A later version takes effect later."""

    code = "effective_out_of_order"
    message = _("第 %(version)s 版從 %(day)s 起適用，新的一版不能比它早。請退回草案，改成之後的日期。")


@use_case
def publish(*, draft_id: int, by: User, now: datetime) -> RuleSet:
    """Publish a reviewed draft as the next version; a call's first one puts its budget and opens it.

    Raises DraftMissing, DraftStep, TheAuthor, EffectiveInThePast, EffectiveOutOfOrder. The call is locked, so two
    publications make two versions one after the other.
    """
    draft = lock_draft(draft_id)
    if draft.state != DraftState.REVIEWED:
        raise DraftStep(state=DraftState(draft.state).label)
    if draft.drafted_by_id == by.pk:
        raise TheAuthor
    last = draft.call.rule_sets.order_by("-version").first()
    rule_set = RuleSet.objects.create(
        call=draft.call, version=last.version + 1 if last else 1, values=draft.values,
        effective_at=_effective_at(draft, last, now), published_at=now,
        drafted_by=draft.drafted_by, reviewed_by=draft.reviewed_by, published_by=by,
    )  # fmt: skip
    draft.published_by, draft.rule_set = by, rule_set
    advance(draft, DraftEvent.PUBLISHED, by, now)
    if last is None:
        put_budget(draft.call, now)
        details = {"budget_points": draft.call.budget_points, "drafted_by": draft.drafted_by.email}
        record(tag="programme:call:opened", actor=by.actor, subject=draft.call.code, now=now, details=details)
    return rule_set


def _effective_at(draft: RuleDraft, last: RuleSet | None, now: datetime) -> datetime:
    """From 00:00 of the draft's day in Taipei; from now where it names none."""
    if draft.effective_date is None:
        at = now
    else:
        at = datetime.combine(draft.effective_date, time(0), TAIPEI)
        if at < now:
            raise EffectiveInThePast(day=draft.effective_date)
    if last is not None and at < last.effective_at:
        raise EffectiveOutOfOrder(version=last.version, day=last.effective_at.astimezone(TAIPEI).date())
    return at
