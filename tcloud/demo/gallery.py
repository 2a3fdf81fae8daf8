"""Every component of the pages in all its states, for whoever builds pages: `/_components/`."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from tcloud.payments.states import Method
from tcloud.programme.rules import RefundRule
from tcloud.web.access import PageRequest, demo_only
from tcloud.web.icons import ICONS
from tcloud.web.journey import JourneyStep
from tcloud.web.order_steps import refund_rows

GLYPHS = (
    "pos", "shield", "megaphone", "calendar", "shop", "chart", "doc", "people", "gear", "chat", "cloud", "tag", "box",
)  # fmt: skip
TERM = 12
PRICE = 24_000


class Sample(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=gettext_lazy("聯絡人姓名"))
    note = forms.CharField(label=gettext_lazy("備註"), required=False)
    way = forms.ChoiceField(
        label=gettext_lazy("怎麼付"), choices=Method.choices, widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("請選一種付款方式。")},
    )
    agree = forms.BooleanField(label=gettext_lazy("我已讀完條款，同意提供資料"))


@require_safe
@demo_only
def components(request: PageRequest) -> HttpResponse:
    """The gallery, in the language of the page; nothing in it is stored or sent."""
    return render(request, "demo/gallery.html", _forms() | _times(request) | _lists(request))


def _forms() -> dict[str, Any]:
    wrong = Sample({"name": "", "note": "x"}, auto_id="wrong-%s")
    wrong.is_valid()
    return {"blank": Sample(auto_id="blank-%s"), "wrong": wrong, "refusal": _("卡片是另一家公司的，簽署沒有進行。請換卡再試一次。")}


def _times(request: PageRequest) -> dict[str, Any]:
    now = request.now
    grant = {"granted_at": now - timedelta(days=20), "activate_until": now + timedelta(days=10)}
    grant["usable_until"] = now + timedelta(days=70)
    return {
        "calm": now + timedelta(days=5), "soon": now + timedelta(hours=13), "past": now - timedelta(hours=1),
        "since": now - timedelta(days=2),
        "fresh": SimpleNamespace(**grant, activated_at=None),
        "active": SimpleNamespace(**grant, activated_at=now - timedelta(days=8)),
        "steps": [
            SimpleNamespace(kind="past", title=_("簽署送出"), at=now - timedelta(days=1), limit=None, note=""),
            SimpleNamespace(kind="now", title=_("廠商接單"), at=None, limit=now + timedelta(days=5), note=""),
            SimpleNamespace(kind="next", title=_("服務開始"), at=None, limit=None, note=""),
        ],
    }  # fmt: skip


def _lists(request: PageRequest) -> dict[str, Any]:
    titles = {"done": _("加入會員"), "here": _("獲得點數"), "open": _("進行採購"), "locked": _("進行付款")}
    half = PRICE // 2
    vendor = SimpleNamespace(label=_("（示範）雲市集營運團隊"))
    return {
        "tasks": [
            JourneyStep(title, state, state, url=request.path, percent=40 if state == "here" else None)
            for state, title in titles.items()
        ],
        "refunds": refund_rows(RefundRule.STARTED_MONTHS_TO_HALF, points=half, cash=half, term=TERM),
        "page": Paginator(range(60), 20).page(2),
        "glyphs": GLYPHS,
        "icons": sorted(ICONS),
        "solution": SimpleNamespace(
            slug="sample", title="Alley POS", line=_("解決方案"), tile="pos", vendor=vendor,
            category=SimpleNamespace(title=_("解決方案")),
        ),
        "plan": SimpleNamespace(price_twd=PRICE),
        "price": SimpleNamespace(cash=half),
    }  # fmt: skip
