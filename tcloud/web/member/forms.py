"""What a company types when it orders."""

from django import forms
from django.utils.translation import gettext_lazy as _

from tcloud.payments.states import Method


class PlanForm(forms.Form):
    """A plan of a solution page; `request_key` makes a double click one draft."""

    plan = forms.IntegerField(min_value=1)
    quantity = forms.IntegerField(min_value=1, max_value=99, required=False)
    request_key = forms.CharField(max_length=64, required=False)

    def clean_quantity(self) -> int:
        return self.cleaned_data["quantity"] or 1


class MethodForm(forms.Form):
    """How to pay the self-pay."""

    method = forms.ChoiceField(
        label=_("怎麼付"), choices=Method.choices, widget=forms.RadioSelect,
        error_messages={"required": _("請選一種付款方式。"), "invalid_choice": _("請選下面列出的一種付款方式。")},
    )  # fmt: skip


class PointsForm(forms.Form):
    """How many points to use."""

    points = forms.IntegerField(
        label=_("使用點數"), min_value=1, widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": _("請填要用幾點。"),
            "invalid": _("點數是整數，例如 12000。"),
            "min_value": _("至少用 1 點。"),
        },
    )  # fmt: skip
