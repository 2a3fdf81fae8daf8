"""What a payment attempt can be, what a gateway can say about it, and which word leads where."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Method(TextChoices):
    """How the self-pay is paid."""

    CREDIT = "credit", _("信用卡")
    WEB_ATM = "web_atm", _("網路 ATM")


class AttemptState(TextChoices):
    """Where an attempt stands, as far as the gateway has told."""

    STARTED = "started", _("等待付款結果")
    PAID = "paid", _("已付款")
    FAILED = "failed", _("付款沒有成功")
    MISMATCHED = "mismatched", _("金額不符")
    EXPIRED = "expired", _("沒有付款")


class FactKind(TextChoices):
    """What a gateway reported."""

    PAID = "paid", _("已付款")
    FAILED = "failed", _("付款沒有成功")
    MISMATCHED = "mismatched", _("金額不符")
    SIMULATED = "simulated", _("模擬付款，不是錢")


class Source(TextChoices):
    """How a report reached us."""

    CALLBACK = "callback", _("金流公司通知")
    RETURN = "return", _("付款人帶回")
    QUERY = "query", _("主動查詢")
    REPORT = "report", _("對帳檔")


class AttemptEvent(TextChoices):
    """What happened to an attempt."""

    PAID = "paid"
    FAILED = "failed"
    MISMATCHED = "mismatched"
    EXPIRED = "expired"


S, E = AttemptState, AttemptEvent
# Messages come late and out of order: word of money outweighs every earlier word, and PAID absorbs.
TRANSITIONS: dict[tuple[AttemptState, AttemptEvent], AttemptState] = {
    (S.STARTED, E.PAID): S.PAID,
    (S.STARTED, E.FAILED): S.FAILED,
    (S.STARTED, E.MISMATCHED): S.MISMATCHED,
    (S.STARTED, E.EXPIRED): S.EXPIRED,
    (S.FAILED, E.PAID): S.PAID,
    (S.FAILED, E.MISMATCHED): S.MISMATCHED,
    (S.EXPIRED, E.PAID): S.PAID,
    (S.EXPIRED, E.FAILED): S.FAILED,
    (S.EXPIRED, E.MISMATCHED): S.MISMATCHED,
    (S.MISMATCHED, E.PAID): S.PAID,
}
EVENT_OF_FACT: dict[FactKind, AttemptEvent] = {
    FactKind.PAID: E.PAID,
    FactKind.FAILED: E.FAILED,
    FactKind.MISMATCHED: E.MISMATCHED,
}
