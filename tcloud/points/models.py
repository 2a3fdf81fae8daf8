"""Grants, the waiting list, points that outlive their window, freezes, moved clocks, adjustments, daily sums."""

from django.db import models
from django.db.models import F, Q

from tcloud.identity.models import User
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
    usable_until = models.DateTimeField(help_text="use_until, or the last end of points a vendor released near it")
    activated_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("ubn", "call", name="grant_once_per_ubn_and_call"),
            models.CheckConstraint(name="grant_points_positive", condition=Q(points__gt=0)),
            models.CheckConstraint(name="grant_usable_not_before_use", condition=Q(usable_until__gte=F("use_until"))),
        ]

    def __str__(self) -> str:
        return f"{self.ubn}: {self.points}"


class KeptPoints(models.Model):
    """Part of a wallet that outlives the use window, because a vendor released it near or after the end."""

    grant = models.ForeignKey(Grant, models.PROTECT, related_name="kept")
    order_number = models.CharField(max_length=20)
    points = models.BigIntegerField(help_text="left of them; 0 once used or reclaimed")
    usable_until = models.DateTimeField(help_text="exclusive; never beyond the cap after the window's end")

    class Meta:
        constraints = [models.CheckConstraint(name="kept_points_not_below_zero", condition=Q(points__gte=0))]
        indexes = [models.Index(fields=["grant"], condition=Q(points__gt=0), name="kept_points_left")]

    def __str__(self) -> str:
        return f"{self.order_number}: {self.points}"


class WaitingPlace(models.Model):
    """A company's place in the line for reclaimed points; the line is ordered by id."""

    class Left(models.TextChoices):
        """Why a place was given up."""

        GRANTED = "granted"
        INELIGIBLE = "ineligible"

    call = models.ForeignKey(Call, models.PROTECT, related_name="waiting")
    ubn = models.CharField(max_length=8)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    left_because = models.CharField(max_length=10, choices=Left.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("ubn", "call", condition=Q(left_at=None), name="waiting_once_per_ubn_and_call"),
            models.CheckConstraint(
                name="waiting_left_has_reason",
                condition=Q(left_at=None, left_because="") | (Q(left_at__isnull=False) & ~Q(left_because="")),
            ),
        ]
        indexes = [models.Index(fields=["call", "id"], condition=Q(left_at=None), name="waiting_line")]

    def __str__(self) -> str:
        return f"{self.ubn} waits"


class Freeze(models.Model):
    """The office stopped new orders from a grant, with its reason; clocks run on. One at a time."""

    grant = models.ForeignKey(Grant, models.PROTECT, related_name="freezes")
    reason = models.CharField(max_length=300, help_text="as the company reads it")
    frozen_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    frozen_at = models.DateTimeField()
    released_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    release_reason = models.CharField(max_length=300, blank=True)
    request_key = models.CharField(max_length=64, blank=True, help_text="one form, one freeze: a double click finds it")

    class Meta:
        constraints = [
            models.UniqueConstraint("request_key", condition=~Q(request_key=""), name="freeze_once_per_form"),
            models.UniqueConstraint("grant", condition=Q(released_at=None), name="freeze_one_at_a_time"),
            models.CheckConstraint(
                name="freeze_released_by_somebody",
                condition=Q(released_at=None, released_by=None) | Q(released_at__isnull=False, released_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grant_id} frozen"


class ClockChange(models.Model):
    """A decision to move clocks later: of one grant, or of all that run in a call. One person proposes, another decides.

    With a `freeze` it gives back the days that the freeze took.
    """

    call = models.ForeignKey(Call, models.PROTECT, related_name="clock_changes")
    grant = models.ForeignKey(Grant, models.PROTECT, null=True, related_name="clock_changes", help_text="empty: all")
    freeze = models.ForeignKey(Freeze, models.PROTECT, null=True, related_name="clock_changes")
    days = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=300, help_text="as the company reads it")
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    agreed = models.BooleanField(null=True)
    applied_at = models.DateTimeField(null=True, help_text="when the last grant had moved")
    request_key = models.CharField(max_length=64, blank=True, help_text="one form, one proposal")

    class Meta:
        constraints = [
            models.UniqueConstraint("request_key", condition=~Q(request_key=""), name="clock_change_once_per_form"),
            models.CheckConstraint(name="clock_change_days_in_range", condition=Q(days__gte=1, days__lte=366)),
            models.CheckConstraint(
                name="clock_change_by_two_people", condition=Q(decided_by=None) | ~Q(decided_by=F("proposed_by"))
            ),
            models.CheckConstraint(
                name="clock_change_decided_whole",
                condition=Q(decided_by=None, decided_at=None, agreed=None)
                | Q(decided_by__isnull=False, decided_at__isnull=False, agreed__isnull=False),
            ),
            models.CheckConstraint(
                name="clock_change_freeze_names_its_grant", condition=Q(freeze=None) | Q(grant__isnull=False)
            ),
            models.UniqueConstraint(
                "freeze", condition=~Q(agreed=False), name="clock_change_once_per_freeze"
            ),
        ]
        indexes = [models.Index(fields=["call", "-id"], name="clock_changes_of_call")]

    def __str__(self) -> str:
        return f"{self.call_id}: +{self.days} days"


class MovedClock(models.Model):
    """What one decision did to one grant: its dates before and after. Once per decision and grant."""

    change = models.ForeignKey(ClockChange, models.PROTECT, related_name="moved")
    grant = models.ForeignKey(Grant, models.PROTECT, related_name="moved_clocks")
    activate_before = models.DateTimeField()
    activate_after = models.DateTimeField()
    use_before = models.DateTimeField()
    use_after = models.DateTimeField()
    moved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("change", "grant", name="moved_clock_once_per_decision"),
            models.CheckConstraint(
                name="moved_clock_only_later",
                condition=Q(use_after__gte=F("use_before"), activate_after__gte=F("activate_before")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grant_id} moved"


class Adjustment(models.Model):
    """A decision to move points by hand: a call's budget raised or lowered, or, with a grant, a company's wallet corrected.

    One person proposes, another decides; agreed, exactly one new entry is posted (PRODUCT.md §5.1). Nothing is edited.
    """

    call = models.ForeignKey(Call, models.PROTECT, related_name="adjustments")
    grant = models.ForeignKey(Grant, models.PROTECT, null=True, related_name="adjustments", help_text="empty: the budget")
    points = models.BigIntegerField(help_text="above zero: more budget, or budget to wallet; below: the other way")
    reason = models.CharField(max_length=300, help_text="as the company reads it, where its wallet changes")
    request_key = models.CharField(max_length=64, unique=True, help_text="one form, one proposal")
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    agreed = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="adjustment_moves_something", condition=~Q(points=0)),
            models.CheckConstraint(name="adjustment_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="adjustment_by_two_people", condition=Q(decided_by=None) | ~Q(decided_by=F("proposed_by"))
            ),
            models.CheckConstraint(
                name="adjustment_decided_whole",
                condition=Q(decided_by=None, decided_at=None, agreed=None)
                | Q(decided_by__isnull=False, decided_at__isnull=False, agreed__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["call", "-id"], name="adjustments_of_call")]

    def __str__(self) -> str:
        return f"{self.call_id}: {self.points:+}"

    @property
    def entry_key(self) -> str:
        """The key of the entry an agreed adjustment posts; the database asks it of the journal."""
        return f"adjustment:{self.pk}"


class BudgetDay(models.Model):
    """How much of one kind moved in a call on one day: sums of the journal up to `BudgetMark`, never their source."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="+")
    day = models.DateField(help_text="of the entry's posted_at, in Taipei")
    kind = models.CharField(max_length=16, help_text="points.budget.Kind")
    points = models.BigIntegerField()
    entries = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("call", "day", "kind", name="budget_day_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}: {self.points}"


class BudgetMark(models.Model):
    """Up to which entry the days are summed. One row.

    Numbers are given before transactions commit. `seen_up_to` was the highest entry when every transaction below
    `seen_before_xid` may still have been under way; once they all have ended, nothing below it can still appear.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    summed_up_to = models.BigIntegerField(default=0)
    seen_up_to = models.BigIntegerField(default=0)
    seen_before_xid = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(name="budget_mark_is_one", condition=Q(id=1))]

    def __str__(self) -> str:
        return f"summed up to {self.summed_up_to}"
