"""The sign-in form in our words: a label says what to type, so nothing stands inside the boxes."""

from typing import Any

from allauth.account.forms import LoginForm as BareLoginForm
from django.utils.translation import gettext_lazy as _


class LoginForm(BareLoginForm):  # type: ignore[misc]  # allauth has no types
    """Address and password; the way to a new password stands once, below the button."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in (("login", _("E-mail")), ("password", _("密碼")), ("remember", _("在這台電腦保持登入"))):
            if name in self.fields:
                self.fields[name].label = label
                self.fields[name].widget.attrs.pop("placeholder", None)
        self.fields["password"].help_text = ""
