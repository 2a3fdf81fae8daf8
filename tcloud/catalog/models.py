"""Categories, solutions and plans. A blank field means "not given", never zero."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from tcloud.catalog.features import Feature, Industry, ScreenLanguage, Size
from tcloud.catalog.states import PlanState, SolutionState
from tcloud.core.language import in_language
from tcloud.vendors.models import Vendor


class Category(models.Model):
    """A shelf; two levels: the four of the site's menu, and what stands on them."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=40)
    name_en = models.CharField(max_length=60)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    sort = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name, self.name_en)


class Solution(models.Model):
    """A vendor's listing. Every change of what a buyer reads makes a new version; orders name theirs."""

    vendor = models.ForeignKey(Vendor, models.PROTECT, related_name="solutions")
    category = models.ForeignKey(Category, models.PROTECT, related_name="solutions")
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80, blank=True)
    tagline = models.CharField(max_length=120)
    tagline_en = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    description_en = models.TextField(blank=True)
    features = ArrayField(models.CharField(max_length=30, choices=Feature.choices), default=list)
    highlights = models.JSONField(default=list, help_text="what it does, one short line each")
    highlights_en = models.JSONField(default=list)
    industries = ArrayField(
        models.CharField(max_length=1, choices=Industry.choices), default=list, help_text="empty: not given"
    )
    sizes = ArrayField(
        models.CharField(max_length=10, choices=Size.choices), default=list, help_text="empty: not given"
    )
    integrations = models.JSONField(default=list)
    integrations_en = models.JSONField(default=list)
    languages = ArrayField(
        models.CharField(max_length=20, choices=ScreenLanguage.choices), default=list,
        help_text="of the product's own screens",
    )  # fmt: skip
    trial_days = models.PositiveSmallIntegerField(null=True)
    support = models.CharField(max_length=120, blank=True)
    support_en = models.CharField(max_length=160, blank=True)
    data_location = models.CharField(max_length=80, blank=True)
    data_location_en = models.CharField(max_length=120, blank=True)
    glyph = models.CharField(max_length=20, blank=True, help_text="drawing on the tile; blank: the vendor's")
    status = models.CharField(max_length=20, choices=SolutionState.choices, default=SolutionState.LISTED)
    version = models.PositiveIntegerField(default=1)
    search_text = models.TextField(help_text="folded words of the listing, its vendor and its category")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="solution_state_known", condition=Q(status__in=SolutionState.values)),
            models.CheckConstraint(name="solution_version_counts", condition=Q(version__gte=1)),
            models.CheckConstraint(
                name="solution_trial_given_or_positive", condition=Q(trial_days=None) | Q(trial_days__gte=1)
            ),
            models.UniqueConstraint("vendor", "name", name="solution_name_once_per_vendor"),
        ]
        indexes = [models.Index(fields=["category", "name"], condition=Q(status="listed"), name="solution_listed")]

    def __str__(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name, self.name_en)

    @property
    def line(self) -> str:
        """What it is, in one sentence, in the reader's language."""
        return in_language(self.tagline, self.tagline_en)

    @property
    def tile(self) -> str:
        """The drawing on its tile."""
        return self.glyph or self.vendor.glyph


class Plan(models.Model):
    """A priced specification with a term. Prices are whole NT$, tax included."""

    solution = models.ForeignKey(Solution, models.PROTECT, related_name="plans")
    name = models.CharField(max_length=30)
    name_en = models.CharField(max_length=40, blank=True)
    price_twd = models.PositiveIntegerField()
    term_months = models.PositiveSmallIntegerField()
    users = models.PositiveIntegerField(null=True, help_text="null: not given")
    limits = models.CharField(max_length=120, blank=True)
    limits_en = models.CharField(max_length=160, blank=True)
    renewal_price_twd = models.PositiveIntegerField(null=True, help_text="null: not given")
    status = models.CharField(max_length=20, choices=PlanState.choices, default=PlanState.ON_SALE)
    sort = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint("solution", "name", name="plan_name_once_per_solution"),
            models.CheckConstraint(name="plan_price_positive", condition=Q(price_twd__gte=1)),
            models.CheckConstraint(
                name="plan_term_1_to_60_months", condition=Q(term_months__gte=1, term_months__lte=60)
            ),
            models.CheckConstraint(name="plan_users_given_or_positive", condition=Q(users=None) | Q(users__gte=1)),
            models.CheckConstraint(name="plan_state_known", condition=Q(status__in=PlanState.values)),
        ]

    def __str__(self) -> str:
        return f"{self.solution_id} {self.name}"

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name, self.name_en)

    @property
    def scope(self) -> str:
        """What the plan covers, in the reader's language; blank if not given."""
        return in_language(self.limits, self.limits_en)

    @property
    def price_per_month(self) -> int:
        """Whole NT$, rounded half up, for comparing terms; never charged."""
        return (self.price_twd * 2 + self.term_months) // (2 * self.term_months)
