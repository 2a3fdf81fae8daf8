"""A company's grant as the office sees it, and what the office may do to it."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_safe

from tcloud.core import wording
from tcloud.core.time import taipei_date
from tcloud.identity.queries import recipient_of
from tcloud.identity.roles import Permission
from tcloud.members.queries import company_by_ubn, owner_of
from tcloud.notifications.catalogue import MessageName
from tcloud.notifications.wording import worded
from tcloud.points import desk_queries, queries
from tcloud.points.rules import lost_days
from tcloud.points.services import adjusting, extending, freezing
from tcloud.programme.queries import call_by_code
from tcloud.web.access import PageRequest, office_role
from tcloud.web.member.points_page import Moves, Period
from tcloud.web.office.points_desk import Asked, desk, two_steps
from tcloud.web.office.points_forms import CorrectionForm, ExtendForm, FreezeForm, ReleaseForm, SearchForm
from tcloud.web.office.trail import titled

PAGE = 20
ASKS = ["GET", "HEAD", "POST"]


def _grant(call: str, ubn: str) -> Any:
    found = call_by_code(call)
    grant = queries.grant_of(ubn, found) if found is not None else None
    if grant is None:
        raise Http404
    return grant


@require_safe
@office_role(Permission.GRANTS_VIEW)
def search(request: PageRequest) -> HttpResponse:
    """Find a grant by 統編 or name; without words, the grants that are frozen now."""
    form = SearchForm(request.GET)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    found = desk_queries.find_grants(words)
    frozen = [] if words else desk_queries.frozen_now()
    ubns = [grant.ubn for grant in found] + [freeze.grant.ubn for freeze in frozen]
    context = desk(
        request, "grants", form=form, words=words, found=found, frozen=frozen, names=desk_queries.company_names(ubns),
        most=desk_queries.FOUND_AT_MOST,
    )  # fmt: skip
    return render(request, "office/points/grants.html", context)


@require_safe
@office_role(Permission.GRANTS_VIEW)
def grant(request: PageRequest, call: str, ubn: str) -> HttpResponse:
    """State, clocks, movements, what is held and kept, freezes, decisions and the trail of one grant."""
    found = _grant(call, ubn)
    wallet = queries.wallet_of(ubn, found.call)
    assert wallet is not None
    page = Moves(wallet, Period(None, None)).page(request.GET.get("page"))
    context = desk(
        request, "grants", grant=found, company=company_by_ubn(ubn), wallet=wallet, page=page,
        freeze=queries.open_freeze(found), freezes=queries.freezes_of(found), kept=queries.kept_lots(found),
        changes=list(queries.changes_of(found)[:PAGE]), moved=desk_queries.moved_clocks(found),
        adjustments=list(desk_queries.adjustments(grant=found)[:PAGE]), trail=titled(desk_queries.trail_of(ubn)),
        never=found.activated_at is None and request.now >= found.activate_until,
    )  # fmt: skip
    return render(request, "office/points/grant.html", context)


def _asked(grant: Any, **more: Any) -> Asked:
    company = company_by_ubn(grant.ubn)
    subject = _("・").join(part for part in (company.name if company else "", grant.ubn, grant.call.title) if part)
    back = reverse("office:grant", args=[grant.call.code, grant.ubn])
    return Asked(tab="grants", subject=subject, back=back, **more)


def _message(grant: Any, name: MessageName, facts: dict[str, Any]) -> dict[str, Any]:
    """What the company will read, in its owner's language."""
    company = company_by_ubn(grant.ubn)
    assert company is not None
    to = recipient_of(owner_of(company))
    known = {
        "points": grant.points, "activate_until": grant.activate_until.isoformat(),
        "use_until": grant.use_until.isoformat(),
    }  # fmt: skip
    with override(to.language):
        return {"preview": worded(name, {**known, **facts}), "language": to.language, "reader": to.name}


def _dates(grant: Any) -> tuple[tuple[str, str], ...]:
    return (
        (_("啟用期限"), wording.limit(grant.activate_until, year=True)),
        (_("使用期限"), wording.limit(grant.use_until, year=True)),
    )


@require_http_methods(ASKS)
@office_role(Permission.GRANTS_STEWARD)
def freeze(request: PageRequest, call: str, ubn: str) -> HttpResponse:
    """Stop new orders, with the reason the company reads."""
    found = _grant(call, ubn)
    asked = _asked(
        found, title=_("暫停使用這筆點數"), button=_("暫停使用"), done=_("已暫停使用，公司已收到通知。"), danger=True,
        hint=_("暫停後公司不能送出新訂單；已送出的訂單照常進行，期限照算。"), facts=_dates(found),
        rule=_("規則：暫停期間期限照算；解除時由兩位承辦人決定要不要補回天數。"),
        check=lambda data: _message(found, MessageName.GRANT_FROZEN, {"reason": data["reason"]}),
    )  # fmt: skip
    return two_steps(request, asked, FreezeForm, lambda data: freezing.freeze_grant(
        grant_id=found.pk, by=request.user, reason=data["reason"], request_key=data["request_key"], now=request.now
    ))  # fmt: skip


@require_http_methods(ASKS)
@office_role(Permission.GRANTS_STEWARD)
def release(request: PageRequest, call: str, ubn: str) -> HttpResponse:
    """End a freeze; the lost days are proposed to a second person."""
    found = _grant(call, ubn)
    last = desk_queries.latest_freeze(found)
    if last is None or (last.released_at is not None and request.method != "POST"):
        raise freezing.NotFrozen
    days = lost_days(taipei_date(last.frozen_at), taipei_date(request.now))
    asked = _asked(
        found, title=_("解除暫停"), button=_("解除暫停"), done=_("已解除，公司已收到通知。"),
        hint=_("暫停的理由：%(reason)s") % {"reason": last.reason},
        facts=((_("暫停自"), wording.moment(last.frozen_at)), (_("到今天"), _("%(days)s 天") % {"days": days}), *_dates(found)),
        rule=_("規則：補回天數由另一位同事覆核後才生效。"),
        check=lambda data: {
            **_message(found, MessageName.GRANT_RELEASED, {"reason": data["reason"]}),
            "effects": _moved_dates(found, days) if data["give_back_days"] else [],
        },
    )  # fmt: skip
    return two_steps(request, asked, ReleaseForm, lambda data: freezing.release_grant(
        grant_id=found.pk, by=request.user, reason=data["reason"], give_back_days=data["give_back_days"],
        freeze_id=last.pk, now=request.now,
    ))  # fmt: skip


def _moved_dates(grant: Any, days: int) -> list[tuple[str, str, str]]:
    activate, use = extending.later_dates(grant, days)
    rows = [(_("使用期限"), grant.use_until, use)]
    if grant.activated_at is None:
        rows.insert(0, (_("啟用期限"), grant.activate_until, activate))
    return [(label, wording.limit(before, year=True), wording.limit(after, year=True)) for label, before, after in rows]


@require_http_methods(ASKS)
@office_role(Permission.GRANTS_STEWARD)
def extend(request: PageRequest, call: str, ubn: str) -> HttpResponse:
    """Propose to move this grant's clocks."""
    found = _grant(call, ubn)
    if found.ended_at is not None and request.method != "POST":
        raise extending.GrantOver

    def check(data: dict[str, Any]) -> dict[str, Any]:
        activate, use = extending.later_dates(found, data["days"])
        later = {"days": data["days"], "reason": data["reason"], "activate_until": activate.isoformat(), "use_until": use.isoformat()}
        return {**_message(found, MessageName.CLOCKS_MOVED, later), "effects": _moved_dates(found, data["days"])}

    asked = _asked(
        found, title=_("提議延後期限"), button=_("送出提案"), done=_("提案已送出，等另一位同事覆核。"), facts=_dates(found),
        hint=_("兩個期限一起延後；已啟用的點數只延後使用期限。"),
        rule=_("規則：兩人作業，提出的人不能自己覆核；最後一天遇到假日順延到下一個上班日。"), check=check,
    )  # fmt: skip
    return two_steps(request, asked, ExtendForm, lambda data: extending.propose_change(
        call_code=found.call.code, grant_id=found.pk, days=data["days"], reason=data["reason"],
        request_key=data["request_key"], by=request.user, now=request.now,
    ))  # fmt: skip


def signed(data: dict[str, Any]) -> int:
    """The points of a form with its direction as a sign."""
    return int(data["points"]) if data["direction"] == "add" else -int(data["points"])


@require_http_methods(ASKS)
@office_role(Permission.POINTS_ADJUST)
def correct(request: PageRequest, call: str, ubn: str) -> HttpResponse:
    """Propose to correct this company's wallet."""
    found = _grant(call, ubn)
    held = queries.available(ubn, found.call)

    def check(data: dict[str, Any]) -> dict[str, Any]:
        after = held + signed(data)
        name = MessageName.POINTS_ADDED if signed(data) > 0 else MessageName.POINTS_TAKEN
        facts = {"moved": data["points"], "left": after, "reason": data["reason"]}
        return {
            **_message(found, name, facts),
            "effects": [(_("錢包餘額"), wording.amount(held), wording.amount(after))],
        }

    asked = _asked(
        found, title=_("提議更正點數"), button=_("送出提案"), done=_("提案已送出，等另一位同事覆核。"), check=check,
        facts=((_("錢包餘額"), wording.amount(held)), (_("核發點數"), wording.amount(found.points))),
        hint=_("更正另記一筆分錄，原來的紀錄不會改動。"),
        rule=_("規則：兩人作業；錢包不得為負，也不得超過核發點數；訂單保留的點數不動。"),
    )  # fmt: skip
    act: Callable[[dict[str, Any]], Any] = lambda data: adjusting.propose_adjustment(  # noqa: E731
        call_code=found.call.code, grant_id=found.pk, points=signed(data), reason=data["reason"],
        request_key=data["request_key"], by=request.user, now=request.now,
    )
    return two_steps(request, asked, CorrectionForm, act)
