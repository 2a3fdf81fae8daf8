"""The one family of expected failures.

Anything that is not a `Refused` is a bug and belongs in the error log.
"""

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """The request was understood and is refused; `str(error)` can be shown to the person.

    A message has three parts: what happened, why (the rule), what to do now. Subclasses set `message`
    (translatable, with named placeholders filled from `params`) and a `code` that never changes, for machines.
    """

    code: ClassVar[str] = "refused"
    message: str | Promise = _("這個動作現在不能進行，什麼都沒有改動。請從清單重新進入，看看目前的狀態。")
    status: ClassVar[int] = 409

    def __init__(self, message: str | Promise | None = None, **params: Any) -> None:
        if message is not None:
            self.message = message
        self.params = params
        super().__init__(params)

    def __str__(self) -> str:
        text = str(self.message)
        return text % self.params if self.params else text


class NotAllowed(Refused):
    """The person's role does not include this action (identity.roles)."""

    code = "not_allowed"
    message = _("您的帳號不能進行這個動作。需要的話，請公司的負責帳號來辦。")
    status = 403


class NotFound(Refused):
    """There is no such thing, or it belongs to somebody else: both look the same from outside."""

    code = "not_found"
    message = _("找不到這一筆資料。請從清單重新進入。")
    status = 404
