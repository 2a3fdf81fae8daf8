"""The state of a contract; only `contracts.services` writes it."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ContractState(TextChoices):
    """How far the signatures are."""

    DRAFTED = "drafted", _("待簽署")
    SIGNED_BY_COMPANY = "signed_by_company", _("公司已簽署")
    DISCARDED = "discarded", _("未簽署而作廢")


class DocumentKind(TextChoices):
    """Each version of a contract's file is kept."""

    ORIGINAL = "original", _("契約原文")
    SIGNED_BY_COMPANY = "signed_by_company", _("公司簽署本")


class Party(TextChoices):
    """Who signs."""

    COMPANY = "company", _("買受人")
