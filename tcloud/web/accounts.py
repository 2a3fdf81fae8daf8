"""Sign-in, sign-out, password reset and the second factor: allauth's views, in our look."""

from typing import TYPE_CHECKING, Any

from allauth.account import views as account
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from django.http import HttpRequest
from django.urls import path, reverse

from tcloud.core.time import machine_now, now
from tcloud.identity.passwords import send_reset_link, set_password
from tcloud.identity.queries import office_roles_of
from tcloud.vendors.queries import staff_of
from tcloud.web.access import public, signed_in
from tcloud.web.card_sign_in import card_sign_in
from tcloud.web.visitor import client_ip

if TYPE_CHECKING:
    from tcloud.identity.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts are made by our own journey, and everybody lands on their own desk."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Whom the library's rate limits count: the same address as everywhere else."""
        return client_ip(request) or ""

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link's path; the mail puts our public address in front. `key` is the user's number and a one-time key."""
        user, _hyphen, secret = key.partition("-")
        return reverse("account_reset_password_from_key", kwargs={"uidb36": user, "key": secret})

    def send_password_reset_mail(self, user: "User", email: str, context: dict[str, Any]) -> None:
        send_reset_link(
            user_id=user.pk, link=context["password_reset_url"].strip("/"), now=now(), machine_now=machine_now()
        )

    def set_password(self, user: "User", password: str) -> None:
        set_password(user_id=user.pk, password=password, now=now())
        user.refresh_from_db(fields=["password"])

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        if office_roles_of(request.user):
            return reverse("office:home")
        if staff_of(request.user) is not None:
            return reverse("vendor:orders")
        return reverse("member:home")


account_urls = [
    path("login/", public(account.login), name="account_login"),
    path("card/", card_sign_in, name="account_card"),
    path("logout/", public(account.logout), name="account_logout"),
    path("reauthenticate/", signed_in(account.reauthenticate), name="account_reauthenticate"),
    path("password/change/", signed_in(account.password_change), name="account_change_password"),
    path("password/reset/", public(account.password_reset), name="account_reset_password"),
    path("password/reset/done/", public(account.password_reset_done), name="account_reset_password_done"),
    path(
        "password/reset/key/<reset_user:uidb36>-<reset_key:key>/",
        public(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        public(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("2fa/", signed_in(mfa.index), name="mfa_index"),
    path("2fa/authenticate/", public(mfa.authenticate), name="mfa_authenticate"),
    path("2fa/reauthenticate/", signed_in(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("2fa/totp/activate/", signed_in(totp.activate_totp), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", signed_in(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("2fa/recovery-codes/", signed_in(recovery_codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "2fa/recovery-codes/generate/",
        signed_in(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "2fa/recovery-codes/download/",
        signed_in(recovery_codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
]
