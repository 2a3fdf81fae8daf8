"""Vendors' shops at gateways, attempts to collect the self-pay, and what the gateways reported."""

from django.db import models
from django.db.models import Q

from tcloud.payments.states import AttemptState, FactKind, Method, Source


class MerchantAccount(models.Model):
    """A vendor's shop at a gateway. Its keys are sealed; a shop that is replaced stays, for old attempts."""

    vendor_ubn = models.CharField(max_length=8)
    gateway = models.CharField(max_length=20)
    merchant_id = models.CharField(max_length=20)
    sealed_secrets = models.TextField(help_text="JSON of the keys, sealed by core.secrets")
    methods = models.JSONField(default=list, help_text="the methods the vendor offers")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("vendor_ubn", "gateway", "merchant_id", name="merchant_account_once"),
            models.UniqueConstraint(
                "vendor_ubn", condition=Q(active=True), name="merchant_account_one_active"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.merchant_id}"


class PaymentAttempt(models.Model):
    """One try to pay one order, under a number of its own that no gateway sees twice. Never deleted."""

    trade_no = models.CharField(max_length=20, unique=True)
    order_number = models.CharField(max_length=12)
    account = models.ForeignKey(MerchantAccount, models.PROTECT, related_name="attempts")
    amount_twd = models.BigIntegerField()
    method = models.CharField(max_length=20, choices=Method.choices)
    state = models.CharField(max_length=20, choices=AttemptState.choices, default=AttemptState.STARTED)
    created_at = models.DateTimeField()
    asked = models.PositiveSmallIntegerField(default=0, help_text="how often the gateway was asked")
    asked_at = models.DateTimeField(null=True, help_text="when it last said: not paid so far")
    next_ask_at = models.DateTimeField(help_text="when to ask if no word has come")

    class Meta:
        constraints = [
            models.CheckConstraint(name="attempt_amount_positive", condition=Q(amount_twd__gt=0)),
            models.CheckConstraint(
                name="attempt_trade_no_form", condition=Q(trade_no__regex=r"^[A-Z0-9]{20}$")
            ),
            models.CheckConstraint(name="attempt_state_known", condition=Q(state__in=AttemptState.values)),
        ]
        indexes = [
            models.Index(fields=["order_number", "id"], name="attempt_of_order"),
            models.Index(
                fields=["next_ask_at"], condition=Q(state=AttemptState.STARTED), name="attempt_to_ask_about"
            ),
        ]

    def __str__(self) -> str:
        return self.trade_no


class GatewayFact(models.Model):
    """What a gateway proved to have said about an attempt. Append-only, each thing said stored once."""

    attempt = models.ForeignKey(PaymentAttempt, models.PROTECT, related_name="facts", db_index=False)
    kind = models.CharField(max_length=20, choices=FactKind.choices)
    gateway_trade_no = models.CharField(max_length=40)
    amount_twd = models.BigIntegerField(
        help_text="as the gateway said it; differs from the attempt's when mismatched"
    )
    paid_at = models.DateTimeField(null=True, help_text="the gateway's time")
    payment_type = models.CharField(max_length=40, blank=True)
    simulated = models.BooleanField(default=False, help_text="a pretended payment")
    source = models.CharField(max_length=20, choices=Source.choices)
    payload = models.JSONField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            # The amount is part of the key: a second report of another sum is news, not a repetition.
            models.UniqueConstraint("attempt", "gateway_trade_no", "kind", "amount_twd", name="fact_once"),
            models.CheckConstraint(name="fact_kind_known", condition=Q(kind__in=FactKind.values)),
            models.CheckConstraint(name="fact_source_known", condition=Q(source__in=Source.values)),
            models.CheckConstraint(
                name="fact_money_has_its_time", condition=~Q(kind=FactKind.PAID) | Q(paid_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} {self.kind} {self.amount_twd}"
