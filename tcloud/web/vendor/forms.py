"""What a vendor types on its desk."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ReasonForm(forms.Form):
    """Why an order is not taken."""

    reason = forms.CharField(
        label=_("不接單的原因"), max_length=300, help_text=_("公司會看到，例如：服務區域不含臺東。"),
        widget=forms.Textarea({"rows": 3}), error_messages={"required": _("請寫下不接單的原因，公司會看到。")},
    )  # fmt: skip


class HandoverForm(forms.Form):
    """The record of the service's start."""

    handover = forms.CharField(
        label=_("交付了什麼"), max_length=600, help_text=_("例如：開通 3 個帳號、匯入商品、線上教學 1 小時。公司會看到。"),
        widget=forms.Textarea({"rows": 4}), error_messages={"required": _("請寫下交付了什麼，公司會看到。")},
    )  # fmt: skip


class InvoiceForm(forms.Form):
    """The e-invoice of an order; every field is checked against the order."""

    invoice_number = forms.CharField(
        label=_("發票號碼"), max_length=10, help_text=_("兩個英文字母加八個數字，例如 AB12345678。"),
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={"required": _("請填發票號碼。")},
    )
    issued_date = forms.DateField(
        label=_("發票日期"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("請填發票日期。"), "invalid": _("日期格式是 年-月-日，例如 2026-05-14。")},
    )
    buyer_ubn = forms.CharField(
        label=_("買方統一編號"), max_length=8, widget=forms.TextInput({"inputmode": "numeric"}),
        error_messages={"required": _("請填買方統一編號。")},
    )
    total_twd = forms.IntegerField(
        label=_("發票總計（含稅）"), help_text=_("訂單全額，包含點數支付的部分。"),
        widget=forms.TextInput({"inputmode": "numeric"}),
        error_messages={"required": _("請填發票總計。"), "invalid": _("金額是整數，不要逗號以外的符號。")},
    )  # fmt: skip

    def clean_invoice_number(self) -> str:
        return str(self.cleaned_data["invoice_number"]).strip().upper()
