"""What the office types about budget and points. Every form carries its own key, so that sent twice it acts once."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tcloud.points.rules import MOST_DAYS

MOST_POINTS = 10**12


class _Once(forms.Form):
    request_key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def clean_reason(self) -> str:
        """The letters put the full stop themselves."""
        reason = str(self.cleaned_data["reason"]).strip().rstrip("。.")
        if not reason:
            raise forms.ValidationError(_("請寫下理由。"))
        return reason


def _reason(help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=_("理由"), max_length=300, help_text=help_text, widget=forms.Textarea({"rows": 3}),
        error_messages={"required": _("請寫下理由。")},
    )  # fmt: skip


def _days() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("延後幾天"), min_value=1, max_value=MOST_DAYS, help_text=_("日曆天，1 到 366。"),
        widget=forms.TextInput({"inputmode": "numeric"}),
        error_messages={
            "required": _("請填天數。"), "invalid": _("天數是整數，例如 7。"), "min_value": _("天數最少 1 天。"),
            "max_value": _("天數最多 366 天。"),
        },
    )  # fmt: skip


def _points() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("點數"), min_value=1, max_value=MOST_POINTS, help_text=_("整數，1 點等於 1 元。"),
        widget=forms.TextInput({"inputmode": "numeric"}),
        error_messages={
            "required": _("請填點數。"), "invalid": _("點數是整數，例如 30000。"), "min_value": _("點數最少 1 點。"),
            "max_value": _("點數太大，請再看一次。"),
        },
    )  # fmt: skip


class FreezeForm(_Once):
    """Why a grant is frozen, in the company's words."""

    reason = _reason(_("公司會原文看到。寫事實與要公司做什麼，例如：訂單與發票品項不符，請來電說明。"))


class ReleaseForm(_Once):
    """Why a freeze ends, and whether the lost days are proposed back."""

    reason = _reason(_("公司會原文看到，例如：已補齊說明，查核結案。"))
    give_back_days = forms.BooleanField(label=_("提議補回暫停的天數（由另一位同事覆核）"), required=False)


class ExtendForm(_Once):
    """By how many days clocks move, and why."""

    days = _days()
    reason = _reason(_("公司會原文看到，例如：颱風停班。"))


class CorrectionForm(_Once):
    """A company's wallet corrected out of the budget or back into it."""

    direction = forms.ChoiceField(
        label=_("怎麼更正"), choices=[("add", _("從未核發經費補給公司")), ("take", _("從公司收回未核發經費"))],
        widget=forms.RadioSelect, error_messages={"required": _("請選一種。")},
    )
    points = _points()
    reason = _reason(_("公司會原文看到，例如：承辦誤植，更正 4 月 2 日的核發。"))  # fmt: skip


class BudgetForm(_Once):
    """A call's budget raised or lowered."""

    direction = forms.ChoiceField(
        label=_("怎麼調整"), choices=[("add", _("增加核定總額")), ("take", _("減少核定總額"))],
        widget=forms.RadioSelect, error_messages={"required": _("請選一種。")},
    )
    points = _points()
    reason = _reason(_("寫明公文字號或決議，例如：115 年 4 月 1 日工作會議決議追加。"))  # fmt: skip


class VerdictForm(forms.Form):
    """The second person's word."""

    verdict = forms.ChoiceField(
        label=_("您的覆核"), choices=[("agree", _("同意，照提案執行")), ("decline", _("不同意，什麼都不動"))],
        widget=forms.RadioSelect, error_messages={"required": _("請選同意或不同意。")},
    )  # fmt: skip


class SearchForm(forms.Form):
    """A 統編 or a part of a company's name."""

    q = forms.CharField(label=_("統一編號或公司名稱"), max_length=60, required=False)
