"""A file that anybody may have checked: counted, because a close look costs a good part of a second."""

from datetime import datetime

from tcloud.contracts.verification import DocumentReport, configured_trust, verify_document
from tcloud.core.transactions import use_case
from tcloud.identity.attempts import DOCUMENT_CHECKED, count_attempt


def check_document(*, content: bytes, visitor: str, machine_now: datetime) -> DocumentReport:
    """Who signed a file and whether it is whole; `visitor` is the network address that asks. Raises TooOften."""
    _count(visitor=visitor, machine_now=machine_now)
    return verify_document(content, configured_trust())


@use_case
def _count(*, visitor: str, machine_now: datetime) -> None:
    count_attempt(DOCUMENT_CHECKED, visitor, machine_now)
