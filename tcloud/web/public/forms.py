"""What an applicant types. Every error says what to do; nothing typed is lost."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from tcloud.identity.services import check_new_password


class ConsentForm(forms.Form):
    """One tick, never set beforehand."""

    agree = forms.BooleanField(
        label=_("我已讀完條款，同意提供資料"),
        error_messages={"required": _("要先勾選同意，才能繼續。不同意的話，可以直接離開，我們不會留下任何資料。")},
    )


class DeclarationsForm(forms.Form):
    """Two ticks: the authorisation and the declarations are separate records."""

    queries = forms.BooleanField(
        label=_("我代表公司授權上述查詢"),
        error_messages={"required": _("沒有授權就無法審核資格。請勾選，或先離開，之後再回來。")},
    )
    eligibility = forms.BooleanField(
        label=_("以上各項我都確認屬實"),
        error_messages={"required": _("請逐項確認後勾選。若有一項不符，這個梯次不能申請。")},
    )


class AccountDataForm(forms.Form):
    """The account's data; the company's name and number come from the card."""

    contact_name = forms.CharField(
        label=_("聯絡人姓名"), max_length=60, widget=forms.TextInput({"autocomplete": "name"}),
        error_messages={"required": _("請填聯絡人姓名。")},
    )
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, help_text=_("登入用，也會收到驗證碼和每一步的通知。"),
        widget=forms.EmailInput({"autocomplete": "email"}),
        error_messages={"required": _("請填 E-mail。"), "invalid": _("E-mail 的格式不對，例如 shop@example.com。")},
    )
    phone = forms.CharField(
        label=_("聯絡電話"), max_length=30, help_text=_("下訂後廠商才看得到，例如 06-200-0123。"),
        widget=forms.TextInput({"autocomplete": "tel", "inputmode": "tel"}),
        validators=[RegexValidator(r"^[0-9+()#\-\s]{8,30}$", _("電話只用數字和 - ( ) + #，至少 8 碼。"))],
        error_messages={"required": _("請填聯絡電話。")},
    )
    password = forms.CharField(
        label=_("密碼"), help_text=_("至少 10 個字元，不要和 E-mail 太像，也不要用常見的密碼。"), strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        error_messages={"required": _("請設一組密碼。")},
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        password = data.get("password")
        if password:
            try:
                check_new_password(password, email=data.get("email", ""), name=data.get("contact_name", ""))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data


class ContractFileForm(forms.Form):
    """A contract somebody wants verified; what is in the file is judged by the verification, not by the form."""

    document = forms.FileField(
        label=_("契約的 PDF 檔案"), help_text=_("5 MB 以內，請用下載的原檔，不要列印後再掃描。"), allow_empty_file=True,
        widget=forms.FileInput({"accept": "application/pdf"}),
        error_messages={"required": _("請先選擇要查驗的 PDF 檔案。"), "invalid": _("請先選擇要查驗的 PDF 檔案。")},
    )  # fmt: skip


class LinkForm(forms.Form):
    """Where a link to a computer goes; a member's goes to the account's own address, so nothing is typed."""

    email = forms.EmailField(
        label=_("您的 E-mail"), max_length=254, help_text=_("在電腦上也收得到信的信箱。"),
        widget=forms.EmailInput({"autocomplete": "email"}),
        error_messages={"required": _("請填 E-mail。"), "invalid": _("E-mail 的格式不對，例如 shop@example.com。")},
    )
    order = forms.RegexField("^[A-Z]{2}[0-9]{10}$", required=False, widget=forms.HiddenInput())  # fmt: skip

    def __init__(self, *args: Any, known: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if known:
            del self.fields["email"]


class EmailCodeForm(forms.Form):
    """Six digits, typed or pasted with spaces."""

    code = forms.CharField(
        label=_("驗證碼"), max_length=12, help_text=_("信裡的 6 位數字，15 分鐘內有效。"),
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": _("請輸入信裡的 6 位數字。")},
    )  # fmt: skip

    def clean_code(self) -> str:
        code = "".join(character for character in self.cleaned_data["code"] if character.isdigit())
        if len(code) != 6:
            raise forms.ValidationError(_("驗證碼是 6 位數字。請看信裡的數字，再輸入一次。"))
        return code
