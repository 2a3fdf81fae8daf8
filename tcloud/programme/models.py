"""Calls, rule sets and the rows that are due."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tcloud.core.language import in_language
from tcloud.programme.rules import DeadlineKind, Rules

DEADLINE_TITLES = {
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


class RuleSet(models.Model):
    """One version of a call's rules; once published it is never edited (a trigger refuses it)."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="rule_sets")
    version = models.PositiveIntegerField()
    values = models.JSONField(encoder=DjangoJSONEncoder)
    effective_at = models.DateTimeField()
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("call", "version", name="rule_set_version_once")]

    def __str__(self) -> str:
        return f"{self.call_id} v{self.version}"

    @property
    def rules(self) -> Rules:
        """The typed values; raises pydantic.ValidationError if a stored set is not one."""
        return Rules.model_validate(self.values)


class Deadline(models.Model):
    """A limit of one subject: the computed instant and the rule version behind it.

    `due_at` is exclusive: 24:00 of the last day is the first instant at which the limit has passed.
    """

    kind = models.CharField(max_length=20, choices=[(kind, kind) for kind in DeadlineKind])
    subject = models.CharField(max_length=40, help_text="order number, or grant id")
    detail = models.CharField(max_length=40, blank=True)
    rule = models.CharField(max_length=40, help_text="the field of Rules that set it")
    rule_set = models.ForeignKey(RuleSet, models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "kind", "subject", "detail", condition=Q(done_at=None), name="deadline_open_once_per_subject"
            ),
        ]
        indexes = [models.Index(fields=["due_at", "id"], condition=Q(done_at=None), name="deadline_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    @property
    def title(self) -> str:
        """What the limit is about, in words."""
        return str(DEADLINE_TITLES[DeadlineKind(self.kind)])
