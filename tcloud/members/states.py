"""Where an application is, and which event leads where."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ApplicationState(TextChoices):
    """People read the label; code and database keep the value."""

    STARTED = "started", _("填寫中")
    CARD_VERIFIED = "card_verified", _("公司身分已驗證")
    DECLARED = "declared", _("已授權查詢並聲明")
    CODE_SENT = "code_sent", _("等待 E-mail 驗證碼")
    IN_REVIEW = "in_review", _("資料審核中")
    APPROVED = "approved", _("審核通過")
    REFUSED = "refused", _("未通過")
    ABANDONED = "abandoned", _("未完成，已清除")


class ApplicationEvent(TextChoices):
    """What happened."""

    CARD_READ = "card_read"
    DECLARATIONS_MADE = "declarations_made"
    ACCOUNT_GIVEN = "account_given"
    EMAIL_VERIFIED = "email_verified"
    CHECKS_PASSED = "checks_passed"
    CHECK_FAILED = "check_failed"
    EXCLUDED = "excluded"
    ABANDONED = "abandoned"


S, E = ApplicationState, ApplicationEvent
UNFINISHED_STATES = [S.STARTED.value, S.CARD_VERIFIED.value, S.DECLARED.value, S.CODE_SENT.value]
"""Before the account exists."""
TRANSITIONS: dict[tuple[ApplicationState, ApplicationEvent], ApplicationState] = {
    (S.STARTED, E.CARD_READ): S.CARD_VERIFIED,
    (S.CARD_VERIFIED, E.CARD_READ): S.CARD_VERIFIED,
    (S.CARD_VERIFIED, E.DECLARATIONS_MADE): S.DECLARED,
    (S.DECLARED, E.ACCOUNT_GIVEN): S.CODE_SENT,
    (S.CODE_SENT, E.ACCOUNT_GIVEN): S.CODE_SENT,
    (S.CODE_SENT, E.EMAIL_VERIFIED): S.IN_REVIEW,
    (S.IN_REVIEW, E.CHECKS_PASSED): S.APPROVED,
    (S.IN_REVIEW, E.CHECK_FAILED): S.REFUSED,
    (S.APPROVED, E.EXCLUDED): S.REFUSED,
    **{(S(state), E.ABANDONED): S.ABANDONED for state in UNFINISHED_STATES},
}
