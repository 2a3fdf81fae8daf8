"""One row per filled-in questionnaire; a repeated one is a new row and the first stays on record."""

from django.db import models
from django.db.models import Q


class Assessment(models.Model):
    """A company's answers in one call. Known by the 統一編號, so it outlives every account."""

    company_ubn = models.CharField(max_length=8)
    call_code = models.SlugField(max_length=20)
    question_version = models.PositiveSmallIntegerField()
    answers = models.JSONField(default=dict, help_text="question key → option key")
    scores = models.JSONField(null=True, help_text="topic → 0–100, once completed")
    started_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="assessment_ubn_8_digits", condition=Q(company_ubn__regex=r"^[0-9]{8}$")),
            models.UniqueConstraint(
                "company_ubn", "call_code", condition=Q(completed_at=None), name="assessment_open_once"
            ),
            models.CheckConstraint(
                name="assessment_complete_has_scores",
                condition=Q(completed_at=None, scores=None) | Q(completed_at__isnull=False, scores__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["company_ubn", "call_code", "-id"], name="assessment_of_company")]

    def __str__(self) -> str:
        return f"{self.company_ubn} {self.call_code}"
