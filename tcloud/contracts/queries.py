"""Reading contracts, their files and signatures on their way."""

from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from tcloud.contracts.models import Contract, ContractDocument, SigningAttempt
from tcloud.contracts.states import ContractState, DocumentKind
from tcloud.core.errors import NotFound


class ContractMissing(NotFound):
    """The order has no living contract."""

    code = "contract_missing"
    message = _("這筆訂單還沒有契約。請回到訂單，從確認金額開始。")


def contract_of(order_number: str) -> Contract:
    """The living contract of an order; raises ContractMissing."""
    found = Contract.objects.filter(order_number=order_number).exclude(state=ContractState.DISCARDED).first()
    if found is None:
        raise ContractMissing
    return found


def lock_contract_of(order_number: str) -> Contract:
    """The living contract of an order, locked; raises ContractMissing."""
    living = Contract.objects.select_for_update().exclude(state=ContractState.DISCARDED)
    found = living.filter(order_number=order_number).first()
    if found is None:
        raise ContractMissing
    return found


def document_of(contract: Contract, kind: DocumentKind) -> bytes:
    """One version of a contract's file; raises ContractMissing when it does not exist yet."""
    content = contract.documents.filter(kind=kind).values_list("content", flat=True).first()
    if content is None:
        raise ContractMissing
    return bytes(content)


def fingerprint_of(contract: Contract, kind: DocumentKind) -> str:
    """SHA-256 of one version of a contract's file; raises ContractMissing when it does not exist yet."""
    found = contract.documents.filter(kind=kind).values_list("sha256", flat=True).first()
    if found is None:
        raise ContractMissing
    return found


def latest_document(order_number: str) -> bytes:
    """The newest version of the living contract's file, with every signature so far. Raises ContractMissing."""
    newest = contract_of(order_number).documents.order_by("-pk").values_list("content", flat=True)
    return bytes(newest[0])


def due_for_archive(now: datetime, limit: int) -> list[str]:
    """Order numbers of contracts whose file needs an archive time stamp, those that wait longest first."""
    due = Contract.objects.filter(archive_due_at__lte=now).order_by("archive_due_at")
    return list(due.values_list("order_number", flat=True)[:limit])


def attempt_by_key(key: str) -> SigningAttempt | None:
    """A signature on its way, with its contract."""
    return SigningAttempt.objects.select_related("contract").filter(key=key).first()


def has_kept_signature(key: str) -> bool:
    """Whether the card has signed already and only the time stamp is missing: the page offers to try again."""
    return SigningAttempt.objects.filter(key=key, raw_signature__isnull=False).exists()


def code_of(order_number: str) -> str:
    """What a contract's QR code carries besides the number, so that nobody reads signatures by counting numbers."""
    return salted_hmac("contracts.verification", order_number, algorithm="sha256").hexdigest()[:16]


def contract_by_code(order_number: str, code: str) -> Contract | None:
    """The living contract whose printed address has this code; None for a guess."""
    found = Contract.objects.filter(order_number=order_number).exclude(state=ContractState.DISCARDED).first()
    if found is None or not code:
        return None
    printed = parse_qs(urlsplit(found.facts["verify_url"]).query).get("code", [""])[0]
    return found if constant_time_compare(printed, code) else None


def stored_as(sha256: str) -> ContractDocument | None:
    """Which stored version has exactly these bytes; None for a file we never made."""
    return ContractDocument.objects.select_related("contract").filter(sha256=sha256).first()
