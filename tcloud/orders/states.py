"""The one state table of an order: states as people say them, events as what happened.

Only `services.advancing.advance` writes the state column. End states absorb. The diagram in the docs is drawn
from this table.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """PRODUCT.md §2, states of an order."""

    DRAFT = "draft", _("草稿")
    AWAITING_SIGNATURE = "awaiting_signature", _("待簽約")
    AWAITING_VENDOR = "awaiting_vendor", _("資訊服務廠商確認中")
    AWAITING_PAYMENT = "awaiting_payment", _("付款中")
    CONFIRMED = "confirmed", _("訂單確認")
    IN_SERVICE = "in_service", _("服務中")
    FINISHED = "finished", _("完成")
    WITHDRAWN = "withdrawn", _("已撤回")
    REFUSED = "refused", _("廠商未接單")
    LAPSED = "lapsed", _("逾期失效")


class Event(TextChoices):
    """What happened to an order."""

    CHECKED = "checked", _("確認金額，契約已產生")
    REOPENED = "reopened", _("回頭修改訂單")
    SIGNED = "signed", _("簽署契約並送出")
    ACCEPTED = "accepted", _("廠商接單")
    REFUSED = "refused", _("廠商未接單")
    VENDOR_SILENT = "vendor_silent", _("廠商逾期未回覆")
    PAID = "paid", _("自付款已收到")
    UNPAID = "unpaid", _("逾期未付款")
    WITHDRAWN = "withdrawn", _("公司撤回訂單")
    STARTED = "started", _("開始提供服務")
    TERM_ENDED = "term_ended", _("服務期滿")


S, E = State, Event
TRANSITIONS: dict[tuple[State, Event], State] = {
    (S.DRAFT, E.CHECKED): S.AWAITING_SIGNATURE,
    (S.DRAFT, E.WITHDRAWN): S.WITHDRAWN,
    (S.AWAITING_SIGNATURE, E.REOPENED): S.DRAFT,
    (S.AWAITING_SIGNATURE, E.SIGNED): S.AWAITING_VENDOR,
    (S.AWAITING_SIGNATURE, E.WITHDRAWN): S.WITHDRAWN,
    (S.AWAITING_VENDOR, E.ACCEPTED): S.AWAITING_PAYMENT,
    (S.AWAITING_VENDOR, E.REFUSED): S.REFUSED,
    (S.AWAITING_VENDOR, E.VENDOR_SILENT): S.LAPSED,
    (S.AWAITING_VENDOR, E.WITHDRAWN): S.WITHDRAWN,
    (S.AWAITING_PAYMENT, E.PAID): S.CONFIRMED,
    (S.AWAITING_PAYMENT, E.UNPAID): S.LAPSED,
    (S.AWAITING_PAYMENT, E.WITHDRAWN): S.WITHDRAWN,
    (S.CONFIRMED, E.STARTED): S.IN_SERVICE,
    (S.IN_SERVICE, E.TERM_ENDED): S.FINISHED,
}

WITHDRAWABLE = frozenset(state for state, event in TRANSITIONS if event is E.WITHDRAWN)
"""States from which the company may still walk away, free of charge."""

ENDS = frozenset({S.FINISHED, S.WITHDRAWN, S.REFUSED, S.LAPSED})
HOLDING = frozenset({S.AWAITING_VENDOR, S.AWAITING_PAYMENT})
"""States in which the order's points are held."""


class Actor(TextChoices):
    """Who must act next."""

    COMPANY = "company", _("輪到您")
    VENDOR = "vendor", _("等廠商")
    NOBODY = "nobody", _("已結束")


WHO_ACTS: dict[State, Actor] = {
    S.DRAFT: Actor.COMPANY,
    S.AWAITING_SIGNATURE: Actor.COMPANY,
    S.AWAITING_VENDOR: Actor.VENDOR,
    S.AWAITING_PAYMENT: Actor.COMPANY,
    S.CONFIRMED: Actor.VENDOR,
    S.IN_SERVICE: Actor.NOBODY,
    S.FINISHED: Actor.NOBODY,
    S.WITHDRAWN: Actor.NOBODY,
    S.REFUSED: Actor.NOBODY,
    S.LAPSED: Actor.NOBODY,
}
