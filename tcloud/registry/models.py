"""What registers answered, kept as evidence. Append-only by custom: answers are added, never edited."""

from django.db import models


class RegistryAnswer(models.Model):
    """One answer of one register about one number, with the reply as received."""

    ubn = models.CharField(max_length=8)
    source = models.CharField(max_length=80)
    found = models.BooleanField()
    raw = models.TextField()
    checks = models.JSONField(help_text="name of each check and its verdict")
    asked_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["ubn", "-id"], name="registry_answer_of_ubn")]

    def __str__(self) -> str:
        return f"{self.ubn} {self.source}"
