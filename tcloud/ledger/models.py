"""Accounts, entries and transfers.

A transfer has one source, one destination and one positive amount, so it is balanced by its shape. An account's
`sent` and `received` only grow, and every transfer remembers both totals after it: the database compares them
(see sql/triggers.sql) and refuses a total that grew by anything but its transfers. The entries of one account carry
times that never run back, so that its balance at any instant is found without adding anything up.
"""

from django.db import models
from django.db.models import F, Q

ASSETS = ("points", "twd")


class Account(models.Model):
    """One place where points or cash can be; named in `chart`."""

    code = models.CharField(max_length=80, unique=True)
    asset = models.CharField(max_length=6, choices=[(asset, asset) for asset in ASSETS])
    received = models.BigIntegerField(default=0)
    sent = models.BigIntegerField(default=0)
    may_go_negative = models.BooleanField(default=False)
    last_posted_at = models.DateTimeField(null=True, help_text="time of the newest entry; an account's time never runs back")

    class Meta:
        constraints = [
            models.CheckConstraint(name="account_asset_known", condition=Q(asset__in=ASSETS)),
            models.CheckConstraint(name="account_totals_count_up", condition=Q(received__gte=0, sent__gte=0)),
            models.CheckConstraint(
                name="account_not_below_zero", condition=Q(may_go_negative=True) | Q(sent__lte=F("received"))
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def balance(self) -> int:
        """What is there now: whole points or NT$."""
        return self.received - self.sent


class Entry(models.Model):
    """One event in the journal, with a key made of what it is for: a second posting finds the first."""

    key = models.CharField(max_length=120, unique=True)
    memo = models.CharField(max_length=200)
    posted_at = models.DateTimeField(help_text="the programme's time of the event")
    recorded_at = models.DateTimeField(auto_now_add=True)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="reversed_by", help_text="the entry this one takes back, once"
    )

    class Meta:
        verbose_name_plural = "entries"
        constraints = [models.CheckConstraint(name="entry_does_not_reverse_itself", condition=~Q(reverses=F("id")))]

    def __str__(self) -> str:
        return self.key


class Transfer(models.Model):
    """One amount from one account to another. Never changed, never deleted."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="transfers", db_index=True)
    source = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    destination = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    amount = models.BigIntegerField()
    source_sent = models.BigIntegerField(help_text="the source's total sent, this transfer included")
    destination_received = models.BigIntegerField(help_text="the destination's total received, likewise")

    class Meta:
        constraints = [
            models.CheckConstraint(name="transfer_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="transfer_between_two", condition=~Q(source=F("destination"))),
            models.UniqueConstraint("source", "source_sent", name="transfer_source_running_total"),
            models.UniqueConstraint("destination", "destination_received", name="transfer_destination_running_total"),
        ]

    def __str__(self) -> str:
        return f"{self.amount}: {self.source_id} → {self.destination_id}"
