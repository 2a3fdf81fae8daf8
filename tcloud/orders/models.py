"""Orders, their plan lines with frozen facts, their history and what the vendor delivered."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from tcloud.core.language import in_language
from tcloud.members.models import Company
from tcloud.orders.states import Event, State
from tcloud.programme.models import Call, RuleSet
from tcloud.vendors.models import Vendor


class Order(models.Model):
    """One company, one vendor, one call, one or more plan lines. Amounts are frozen when the contract is made."""

    number = models.CharField(max_length=12, unique=True)
    call = models.ForeignKey(Call, models.PROTECT, related_name="+")
    rule_set = models.ForeignKey(RuleSet, models.PROTECT, related_name="+")
    company = models.ForeignKey(Company, models.PROTECT, related_name="orders")
    company_ubn = models.CharField(max_length=8)
    vendor = models.ForeignKey(Vendor, models.PROTECT, related_name="orders")
    vendor_ubn = models.CharField(max_length=8)
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)
    price_twd = models.BigIntegerField()
    points_used = models.BigIntegerField()
    self_pay_twd = models.BigIntegerField()
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    request_key = models.CharField(max_length=64, help_text="one form, one draft: a double click finds it")
    paid_fact_id = models.BigIntegerField(null=True, unique=True, help_text="the gateway fact that confirmed it")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("company", "request_key", name="order_once_per_form"),
            models.CheckConstraint(name="order_price_is_points_plus_cash",
                                   condition=Q(price_twd=F("points_used") + F("self_pay_twd"))),
            models.CheckConstraint(name="order_uses_points", condition=Q(points_used__gte=1)),
            models.CheckConstraint(name="order_has_self_pay", condition=Q(self_pay_twd__gte=1)),
            models.CheckConstraint(name="order_buyer_is_not_vendor", condition=~Q(company_ubn=F("vendor_ubn"))),
            models.CheckConstraint(name="order_state_known", condition=Q(state__in=State.values)),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["company", "-id"], name="order_of_company"),
            models.Index(fields=["vendor", "state", "-id"], name="order_of_vendor"),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """One plan, as it was offered when the order was made."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="lines")
    line_number = models.PositiveSmallIntegerField()
    plan_id = models.BigIntegerField(help_text="where it came from; the facts below do not follow it")
    listing_version = models.PositiveIntegerField()
    solution_name = models.CharField(max_length=80)
    plan_name = models.CharField(max_length=80)
    category_name = models.CharField(max_length=40)
    solution_name_en = models.CharField(max_length=120, blank=True, default="")
    plan_name_en = models.CharField(max_length=120, blank=True, default="")
    category_name_en = models.CharField(max_length=120, blank=True, default="")
    term_months = models.PositiveSmallIntegerField()
    unit_price_twd = models.BigIntegerField()
    quantity = models.PositiveSmallIntegerField()
    price_twd = models.BigIntegerField()
    points = models.BigIntegerField()
    self_pay_twd = models.BigIntegerField()
    start_date = models.DateField(null=True)
    end_until = models.DateTimeField(null=True, help_text="exclusive: 24:00 of the term's last day")

    class Meta:
        constraints = [
            models.UniqueConstraint("order", "line_number", name="order_line_once"),
            models.CheckConstraint(name="order_line_quantity", condition=Q(quantity__gte=1)),
            models.CheckConstraint(name="order_line_price", condition=Q(price_twd=F("unit_price_twd") * F("quantity"))),
            models.CheckConstraint(name="order_line_split", condition=Q(price_twd=F("points") + F("self_pay_twd"))),
            models.CheckConstraint(name="order_line_no_negative", condition=Q(points__gte=0, self_pay_twd__gte=0)),
            models.CheckConstraint(
                name="order_line_start_has_end",
                condition=Q(start_date=None, end_until=None) | Q(start_date__isnull=False, end_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.solution_name} {self.plan_name}"

    @property
    def label(self) -> str:
        """Solution and plan in the reader's language; the contract names them in Chinese."""
        chinese, english = (self.solution_name, self.plan_name), (self.solution_name_en, self.plan_name_en)
        return in_language("・".join(chinese), ", ".join(english) if all(english) else "")

    @property
    def category_label(self) -> str:
        """The shelf in the reader's language."""
        return in_language(self.category_name, self.category_name_en)


class OrderEvent(models.Model):
    """One step in an order's life. Append-only."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="events")
    event = models.CharField(max_length=20, choices=Event.choices)
    from_state = models.CharField(max_length=20, choices=State.choices)
    to_state = models.CharField(max_length=20, choices=State.choices)
    at = models.DateTimeField()
    actor = models.CharField(max_length=80, help_text="core.actors: user:17, rule:self_pay; before, a name or a rule")
    actor_name = models.CharField(max_length=80, default="", help_text="what to show beside it; proves nothing")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["order", "id"], name="order_event_in_order")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.event}"


class Delivery(models.Model):
    """What the vendor did after payment: first contact, start of service, invoice."""

    order = models.OneToOneField(Order, models.PROTECT, related_name="delivery")
    contacted_at = models.DateTimeField(null=True)
    contacted_by = models.CharField(max_length=80, blank=True)
    started_at = models.DateTimeField(null=True)
    started_by = models.CharField(max_length=80, blank=True)
    handover_note = models.CharField(max_length=600, blank=True)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=80, blank=True, help_text="empty with a time: deemed approved by silence")

    class Meta:
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"delivery of {self.order_id}"


class Invoice(models.Model):
    """The vendor's e-invoice for the full price, points included."""

    order = models.OneToOneField(Order, models.PROTECT, related_name="invoice")
    number = models.CharField(max_length=10)
    issued_date = models.DateField()
    seller_ubn = models.CharField(max_length=8)
    buyer_ubn = models.CharField(max_length=8)
    sales_twd = models.BigIntegerField()
    tax_twd = models.BigIntegerField()
    total_twd = models.BigIntegerField()
    registered_at = models.DateTimeField()
    registered_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(name="invoice_number_form", condition=Q(number__regex=r"^[A-Z]{2}[0-9]{8}$")),
            models.CheckConstraint(name="invoice_total", condition=Q(total_twd=F("sales_twd") + F("tax_twd"))),
            models.UniqueConstraint("number", "issued_date__year", name="invoice_number_once_a_year"),
        ]

    def __str__(self) -> str:
        return self.number


class LateMoney(models.Model):
    """Money that reached the vendor for an order that had ended, or too much of it: due back to the company."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="late_money")
    fact_id = models.BigIntegerField(unique=True, help_text="the gateway fact that reported it")
    amount_twd = models.BigIntegerField()
    reason = models.CharField(max_length=40)
    noticed_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="late_money_positive", condition=Q(amount_twd__gt=0))]

    def __str__(self) -> str:
        return f"{self.amount_twd} for {self.order_id}"
