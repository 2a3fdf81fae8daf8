"""The state of a contract and the turns of its signatures; only `contracts.services` writes the state."""

from typing import NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ContractState(TextChoices):
    """How far the signatures are."""

    DRAFTED = "drafted", _("待簽署")
    SIGNED_BY_COMPANY = "signed_by_company", _("公司已簽署")
    SIGNED_BY_BOTH = "signed_by_both", _("雙方已簽署")
    DISCARDED = "discarded", _("未簽署而作廢")


class DocumentKind(TextChoices):
    """Each version of a contract's file is kept."""

    ORIGINAL = "original", _("契約原文")
    SIGNED_BY_COMPANY = "signed_by_company", _("公司簽署本")
    SIGNED_BY_BOTH = "signed_by_both", _("雙方簽署本")
    ARCHIVED = "archived", _("長期保存本")


class Party(TextChoices):
    """Who signs."""

    COMPANY = "company", _("買受人")
    VENDOR = "vendor", _("出賣人")


class Turn(NamedTuple):
    """What one party's signature starts from and what it makes."""

    waits_in: ContractState
    signs: DocumentKind
    makes: DocumentKind
    then: ContractState
    field: str
    """Name of the signature field in the file."""


TURNS: dict[Party, Turn] = {
    Party.COMPANY: Turn(
        ContractState.DRAFTED, DocumentKind.ORIGINAL,
        DocumentKind.SIGNED_BY_COMPANY, ContractState.SIGNED_BY_COMPANY, "Company",
    ),
    Party.VENDOR: Turn(
        ContractState.SIGNED_BY_COMPANY, DocumentKind.SIGNED_BY_COMPANY,
        DocumentKind.SIGNED_BY_BOTH, ContractState.SIGNED_BY_BOTH, "Vendor",
    ),
}  # fmt: skip
"""The company signs first, the vendor by accepting (PRODUCT.md §4.3)."""
