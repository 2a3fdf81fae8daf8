"""Calls, rule sets and their drafts, the calendar, and the rows that are due."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from tcloud.core.language import in_language
from tcloud.identity.models import User
from tcloud.programme.calendar import DayKind
from tcloud.programme.rules import DeadlineKind, Rules
from tcloud.programme.states import OPEN, DraftEvent, DraftState

DEADLINE_TITLES = {
    DeadlineKind.REVIEW: _("資料審核的目標"),
    DeadlineKind.GRANT_ACTIVATION: _("點數啟用期限"),
    DeadlineKind.GRANT_USE: _("點數使用期限"),
    DeadlineKind.VENDOR_ANSWER: _("廠商回覆接單"),
    DeadlineKind.SELF_PAY: _("公司付自付款"),
    DeadlineKind.FIRST_CONTACT: _("廠商首次聯繫"),
    DeadlineKind.SERVICE_START: _("廠商開始服務"),
    DeadlineKind.INVOICE: _("廠商開立發票"),
    DeadlineKind.APPROVAL: _("公司驗收"),
    DeadlineKind.TERM_END: _("服務期滿"),
    DeadlineKind.REMINDER: _("到期提醒"),
}


class Call(models.Model):
    """One programme call: a budget and a period. Orders and grants belong to exactly one."""

    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80)
    budget_points = models.BigIntegerField()  # as appropriated at the opening; what it is now, the journal says
    budget_slots = models.PositiveSmallIntegerField(default=16)
    opens_date = models.DateField()
    closes_until = models.DateField(help_text="the first day on which nobody can apply any more")
    categories = models.JSONField(
        default=list, blank=True, help_text="slugs of the solution categories it pays for; empty: all"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(name="call_budget_positive", condition=Q(budget_points__gt=0)),
            models.CheckConstraint(name="call_has_slots", condition=Q(budget_slots__gte=1)),
            models.CheckConstraint(name="call_opens_before_it_closes", condition=Q(opens_date__lt=F("closes_until"))),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name, self.name_en)

    def pays_for(self, *slugs: str) -> bool:
        """Whether a solution in a category (given with its parent) can be bought under this call."""
        return not self.categories or any(slug in self.categories for slug in slugs)


class RuleSet(models.Model):
    """One version of a call's rules; once published it is never edited (a trigger refuses it)."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="rule_sets")
    version = models.PositiveIntegerField()
    values = models.JSONField(encoder=DjangoJSONEncoder)
    effective_at = models.DateTimeField()
    published_at = models.DateTimeField()
    drafted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reviewed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    published_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint("call", "version", name="rule_set_version_once"),
            models.CheckConstraint(
                name="rule_set_by_two_people",  # an installation's first call comes from nobody
                condition=Q(version=1, drafted_by=None, reviewed_by=None, published_by=None)
                | (
                    Q(drafted_by__isnull=False, reviewed_by__isnull=False, published_by__isnull=False)
                    & ~Q(drafted_by=F("reviewed_by"))
                    & ~Q(drafted_by=F("published_by"))
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} v{self.version}"

    @cached_property
    def rules(self) -> Rules:
        """The typed values; raises pydantic.ValidationError if a stored set is not one."""
        return Rules.model_validate(self.values)


class RuleDraft(models.Model):
    """Rules being written for a call. One at a time; only its author writes, only somebody else reviews and publishes.

    Once it is out of the author's hands the database refuses a change of its values (a trigger).
    """

    call = models.ForeignKey(Call, models.PROTECT, related_name="rule_drafts")
    values = models.JSONField(encoder=DjangoJSONEncoder)
    effective_date = models.DateField(null=True, help_text="from 00:00 in Taipei; empty: from the publishing")
    reason = models.CharField(max_length=300, blank=True, help_text="what changes and why, for the reviewer")
    state = models.CharField(max_length=10, choices=DraftState.choices, default=DraftState.DRAFT)
    drafted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    reviewed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    published_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    rule_set = models.OneToOneField(RuleSet, models.PROTECT, null=True, related_name="draft")
    started_at = models.DateTimeField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("call", condition=Q(state__in=OPEN), name="rule_draft_one_open_per_call"),
            models.CheckConstraint(
                name="rule_draft_by_two_people",
                condition=(Q(reviewed_by=None) | ~Q(reviewed_by=F("drafted_by")))
                & (Q(published_by=None) | ~Q(published_by=F("drafted_by"))),
            ),
            models.CheckConstraint(
                name="rule_draft_reviewed_by_somebody",
                condition=~Q(state__in=[DraftState.REVIEWED, DraftState.PUBLISHED]) | Q(reviewed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="rule_draft_published_whole",
                condition=Q(state=DraftState.PUBLISHED, published_by__isnull=False, rule_set__isnull=False)
                | (~Q(state=DraftState.PUBLISHED) & Q(published_by=None, rule_set=None)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call_id}: {self.state}"

    @property
    def rules(self) -> Rules:
        """The typed values: a draft is only ever saved when they are rules."""
        return Rules.model_validate(self.values)


class RuleDraftStep(models.Model):
    """One step of a draft's life. Append-only."""

    draft = models.ForeignKey(RuleDraft, models.PROTECT, related_name="steps")
    event = models.CharField(max_length=10, choices=DraftEvent.choices)
    from_state = models.CharField(max_length=10, choices=DraftState.choices)
    to_state = models.CharField(max_length=10, choices=DraftState.choices)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    why = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.draft_id}: {self.event}"


class CalendarVersion(models.Model):
    """One change of the calendar: a year's official table, or the office's word on one day. Its id is the version.

    Append-only: a table imported again, or a day given back to the table, is a new version.
    """

    class Source(models.TextChoices):
        """Where it comes from."""

        TABLE = "table", _("辦公日曆表")
        OFFICE = "office", _("管理單位公告")

    source = models.CharField(max_length=10, choices=Source.choices)
    year = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120, blank=True, help_text="of the file")
    sha256 = models.CharField(max_length=64, blank=True, help_text="of the file's bytes")
    reason = models.CharField(max_length=300, blank=True, help_text="of the office's word")
    made_by = models.CharField(max_length=80, help_text="who, as the audit log names them")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="calendar_table_has_a_hash", condition=~Q(source="table") | Q(sha256__regex="^[0-9a-f]{64}$")
            ),
            models.CheckConstraint(name="calendar_word_has_a_reason", condition=~Q(source="office") | ~Q(reason="")),
        ]
        indexes = [models.Index(fields=["source", "year", "-id"], name="calendar_versions_of_year")]

    def __str__(self) -> str:
        return f"{self.year} {self.source}"


class CalendarDay(models.Model):
    """One day in one version. `is_workday` is empty where the office takes its own word back."""

    version = models.ForeignKey(CalendarVersion, models.PROTECT, related_name="days")
    day_date = models.DateField()
    is_workday = models.BooleanField(null=True)
    kind = models.CharField(max_length=10, choices=[(kind, kind) for kind in DayKind])
    note = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("version", "day_date", name="calendar_day_once_per_version")]

    def __str__(self) -> str:
        return f"{self.day_date}"


class Deadline(models.Model):
    """A limit of one subject: the computed instant and the rule version behind it.

    `due_at` is exclusive: 24:00 of the last day is the first instant at which the limit has passed.
    """

    kind = models.CharField(max_length=20, choices=[(kind, kind) for kind in DeadlineKind])
    subject = models.CharField(max_length=40, help_text="order number, grant id, or the 統一編號 of an application")
    detail = models.CharField(max_length=40, blank=True)
    rule = models.CharField(max_length=40, help_text="the field of Rules that set it")
    rule_set = models.ForeignKey(RuleSet, models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    calendar_version = models.PositiveIntegerField(db_default=0, help_text="the CalendarVersion it was computed with")
    created_at = models.DateTimeField(help_text="the event it counts from")
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "kind", "subject", "detail", condition=Q(done_at=None), name="deadline_open_once_per_subject"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(done_at=None), name="deadline_due"),
            models.Index(fields=["calendar_version", "id"], condition=Q(done_at=None), name="deadline_by_calendar"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    @property
    def title(self) -> str:
        """What the limit is about, in words."""
        return str(DEADLINE_TITLES[DeadlineKind(self.kind)])
