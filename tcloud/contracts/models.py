"""Contracts, every version of their files, and signatures on their way."""

from django.db import models
from django.db.models import Q

from tcloud.contracts.states import ContractState, DocumentKind, Party

SHA256_HEX = r"^[0-9a-f]{64}$"


class Contract(models.Model):
    """One order's contract, made from frozen facts and a versioned template; known by the order's number."""

    order_number = models.CharField(max_length=12)
    company_ubn = models.CharField(max_length=8)
    vendor_ubn = models.CharField(max_length=8)
    template_version = models.CharField(max_length=10)
    facts = models.JSONField(help_text="ContractFacts, exactly as typeset")
    original_sha256 = models.CharField(max_length=64)
    pages = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=20, choices=ContractState.choices, default=ContractState.DRAFTED)
    drafted_at = models.DateTimeField()
    company_signed_at = models.DateTimeField(null=True, help_text="as the time stamp says")
    vendor_signed_at = models.DateTimeField(null=True, help_text="as the time stamp says")
    archive_due_at = models.DateTimeField(null=True, help_text="when the file needs its next archive time stamp")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "order_number", condition=~Q(state="discarded"), name="contract_one_living_per_order"
            ),
            models.CheckConstraint(name="contract_state_known", condition=Q(state__in=ContractState.values)),
            models.CheckConstraint(name="contract_hash_form", condition=Q(original_sha256__regex=SHA256_HEX)),
            models.CheckConstraint(
                name="contract_signed_has_time",
                condition=Q(company_signed_at=None)
                ^ Q(state__in=[ContractState.SIGNED_BY_COMPANY, ContractState.SIGNED_BY_BOTH]),
            ),
            models.CheckConstraint(
                name="contract_vendor_signed_has_time",
                condition=Q(vendor_signed_at=None) ^ Q(state=ContractState.SIGNED_BY_BOTH),
            ),
        ]
        indexes = [
            models.Index("archive_due_at", condition=~Q(archive_due_at=None), name="contract_archive_due"),
        ]

    def __str__(self) -> str:
        return self.order_number


class ContractDocument(models.Model):
    """One version of a contract's file. Append-only: a later signature or archive stamp is a new row."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=20, choices=DocumentKind.choices)
    sha256 = models.CharField(max_length=64, db_index=True)
    content = models.BinaryField()
    stored_at = models.DateTimeField()
    signing_method = models.CharField(max_length=30, blank=True, help_text="how this version's signature was made")
    signed_with = models.CharField(max_length=64, blank=True, help_text="SHA-256 of that signature's certificate")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "contract", "kind", condition=~Q(kind=DocumentKind.ARCHIVED), name="contract_document_once"
            ),
            models.CheckConstraint(name="contract_document_kind", condition=Q(kind__in=DocumentKind.values)),
            models.CheckConstraint(name="contract_document_hash_form", condition=Q(sha256__regex=SHA256_HEX)),
        ]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.kind}"


class SigningAttempt(models.Model):
    """Between the two clicks: the announced certificate, the document with room for it, what to sign.

    Times are machine time. The card's raw signature is kept as soon as it was found good, so that a time stamp
    that fails costs nobody a second signature.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="signing_attempts")
    party = models.CharField(max_length=20, choices=Party.choices)
    key = models.CharField(max_length=64, unique=True, help_text="names the attempt in the page")
    session_hash = models.CharField(max_length=64)
    card_signature_id = models.BigIntegerField(help_text="identity.CardSignature of the first click")
    certificate = models.BinaryField()
    prepared = models.BinaryField(help_text="the document with an empty signature of fixed size")
    signed_attributes = models.BinaryField(help_text="DER SET that the card signs")
    document_digest = models.BinaryField(help_text="SHA-256 of all but the room for the signature")
    reserved_start = models.PositiveIntegerField(help_text="where that room begins, in bytes of the file")
    reserved_end = models.PositiveIntegerField()
    raw_signature = models.BinaryField(null=True)
    prepared_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.contract_id} {self.party}"
