"""The room of pages, as Django knows it."""

from django.apps import AppConfig
from django.forms import Field
from django.urls import register_converter
from django.utils.translation import gettext_lazy as _

from tcloud.web.converters import OrderNumber, ResetKey, ResetUser, Token, Ubn


class WebConfig(AppConfig):
    """Pages for people."""

    name = "tcloud.web"

    def ready(self) -> None:
        """Make the kinds of address pieces known before any URL is read."""
        register_converter(OrderNumber, "order")
        register_converter(Ubn, "ubn")
        register_converter(Token, "token")
        register_converter(ResetUser, "reset_user")
        register_converter(ResetKey, "reset_key")
        # a field without words of its own for being left empty says it in our voice, not in the framework's
        Field.default_error_messages = {**Field.default_error_messages, "required": _("這一項必填。")}
