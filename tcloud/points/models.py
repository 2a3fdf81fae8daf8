"""Grants and the waiting list."""

from django.db import models
from django.db.models import Q

from tcloud.programme.models import Call, RuleSet


class Grant(models.Model):
    """Points issued to a company in a call: once per 統編 and call, for ever."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="grants")
    ubn = models.CharField(max_length=8)
    rule_set = models.ForeignKey(RuleSet, models.PROTECT, related_name="+")
    points = models.BigIntegerField()
    granted_at = models.DateTimeField()
    activate_until = models.DateTimeField(help_text="exclusive: not activated by then, the whole grant returns")
    use_until = models.DateTimeField(help_text="exclusive: the rest is reclaimed")
    usable_until = models.DateTimeField(help_text="use_until, or later for points a vendor released near the end")
    activated_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("ubn", "call", name="grant_once_per_ubn_and_call"),
            models.CheckConstraint(name="grant_points_positive", condition=Q(points__gt=0)),
            models.CheckConstraint(name="grant_usable_not_before_use", condition=Q(usable_until__gte=models.F("use_until"))),
        ]

    def __str__(self) -> str:
        return f"{self.ubn}: {self.points}"


class WaitingPlace(models.Model):
    """A company's place in the line for reclaimed points; the line is ordered by id."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="waiting")
    ubn = models.CharField(max_length=8)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("ubn", "call", name="waiting_once_per_ubn_and_call")]
        indexes = [models.Index(fields=["call", "id"], condition=Q(left_at=None), name="waiting_line")]

    def __str__(self) -> str:
        return f"{self.ubn} waits"
