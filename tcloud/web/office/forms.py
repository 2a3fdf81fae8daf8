"""What the office types about calls, drafts and the calendar."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tcloud.catalog.queries import category_choices
from tcloud.programme.calendar import MOST_BYTES
from tcloud.programme.services.opening import CallPlan

DATE = {"required": _("請填日期。"), "invalid": _("日期格式是 年-月-日，例如 2026-05-14。")}
MOST_ENCODED = MOST_BYTES * 2


def _date_input() -> forms.DateInput:
    return forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class CallForm(forms.Form):
    """A new call."""

    code = forms.RegexField(
        r"^[a-z0-9]+(-[a-z0-9]+)*$", label=_("代號"), max_length=20, help_text=_("小寫英文、數字和連字號，例如 115-2。寫在帳上，之後不能改。"),
        error_messages={"required": _("請填代號。"), "invalid": _("代號只能用小寫英文、數字和連字號，例如 115-2。")},
    )
    name = forms.CharField(label=_("名稱"), max_length=60, error_messages={"required": _("請填中文名稱。")})
    name_en = forms.CharField(label=_("英文名稱"), max_length=80, error_messages={"required": _("請填英文名稱。")})
    budget_points = forms.IntegerField(
        label=_("經費（點）"), min_value=1, max_value=1_000_000_000_000, widget=forms.TextInput({"inputmode": "numeric"}),
        help_text=_("1 點等於新臺幣 1 元。公布規則時一次入帳，之後只能另外調整。"),
        error_messages={"required": _("請填經費。"), "invalid": _("經費是整數，例如 30000000。"), "min_value": _("經費至少 1 點。")},
    )
    opens_date = forms.DateField(label=_("開放申請日"), widget=_date_input(), error_messages=DATE)
    last_date = forms.DateField(
        label=_("最後申請日"), widget=_date_input(), help_text=_("當天 24:00 截止。"), error_messages=DATE
    )
    categories = forms.MultipleChoiceField(
        label=_("補助的方案類別"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("都不選，就是全部類別。")
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        categories = self.fields["categories"]
        assert isinstance(categories, forms.MultipleChoiceField)
        categories.choices = category_choices()

    def plan(self) -> CallPlan:
        """The call as typed."""
        data = self.cleaned_data
        return CallPlan(
            code=data["code"], name=data["name"], name_en=data["name_en"], budget_points=data["budget_points"],
            opens_date=data["opens_date"], closes_until=data["last_date"] + timedelta(days=1),
            categories=data["categories"],
        )  # fmt: skip


class WhyForm(forms.Form):
    """Why a draft goes back."""

    why = forms.CharField(
        label=_("退回的理由"), max_length=300, widget=forms.Textarea({"rows": 2}),
        error_messages={"required": _("請寫下退回的理由，撰寫的同事會看到。")},
    )  # fmt: skip


class TableForm(forms.Form):
    """The official file of a year, to be looked at first."""

    table = forms.FileField(
        label=_("辦公日曆表檔案"), allow_empty_file=True, help_text=_("人事行政總處公布的 CSV，一年一個檔案。"),
        widget=forms.FileInput({"accept": ".csv,text/csv"}), error_messages={"required": _("請選檔案。")},
    )  # fmt: skip


class LookedAtForm(forms.Form):
    """The same file after it was looked at, carried along so that nobody has to choose it twice."""

    name = forms.CharField(max_length=120, required=False, widget=forms.HiddenInput)
    content = forms.CharField(max_length=MOST_ENCODED, widget=forms.HiddenInput)


class DayForm(forms.Form):
    """The office's word on one day."""

    day = forms.DateField(label=_("日期"), widget=_date_input(), error_messages=DATE)
    says = forms.ChoiceField(
        label=_("這一天"), choices=[("off", _("停止上班")), ("work", _("照常上班")), ("table", _("取消公告，照日曆表"))]
    )
    reason = forms.CharField(
        label=_("理由"), max_length=300, help_text=_("例如：颱風，臺北市停止上班。"), error_messages={"required": _("請寫下理由。")}
    )
