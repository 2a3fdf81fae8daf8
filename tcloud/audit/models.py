"""Who did what when: one row per change of money, state, right or decision. Append-only, without foreign keys."""

from django.db import models


class AuditRow(models.Model):
    """One fact. The sealing job fills the chain: each row's hash covers its bytes and the hash before it."""

    at = models.DateTimeField(help_text="the programme's time")
    recorded_at = models.DateTimeField(auto_now_add=True)
    tag = models.CharField(max_length=60, help_text="room:subject:action")
    actor = models.CharField(max_length=80, help_text="core.actors: user:17, rule:self_pay; before, what callers had")
    actor_name = models.CharField(max_length=80, default="", help_text="what to show beside it; proves nothing")
    subject = models.CharField(max_length=60)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["subject", "id"], name="audit_of_subject"),
            models.Index(fields=["tag", "id"], name="audit_of_tag"),
        ]

    def __str__(self) -> str:
        return f"{self.tag} {self.subject}"


class AuditSeal(models.Model):
    """The chain beside the rows: row number, its hash, and the hash before. Append-only."""

    row_id = models.BigIntegerField(unique=True)
    previous_hash = models.CharField(max_length=64)
    row_hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"seal of {self.row_id}"
