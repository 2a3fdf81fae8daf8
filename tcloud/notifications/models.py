"""The outbox, and what a member reads on the site."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q


class DeliveryState(models.TextChoices):
    """Where a mail is."""

    QUEUED = "queued"
    SENT = "sent"
    DEAD = "dead"


class OutboxMessage(models.Model):
    """One mail to one address, written in the transaction of its cause; sent at least once with one Message-ID."""

    name = models.CharField(max_length=40)
    address = models.EmailField(max_length=254)
    recipient_name = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=10)
    context = models.JSONField(encoder=DjangoJSONEncoder)
    message_id = models.CharField(max_length=120, unique=True)
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="outbox_sent_has_time",
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at=None)),
            )
        ]

    def __str__(self) -> str:
        return self.message_id


class Notice(models.Model):
    """我的通知: the same message on the site, for everybody of the company."""

    company_ubn = models.CharField(max_length=8)
    name = models.CharField(max_length=40)
    context = models.JSONField(encoder=DjangoJSONEncoder)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["company_ubn", "-id"], name="notice_of_company")]

    def __str__(self) -> str:
        return f"{self.company_ubn} {self.name}"


class NoticeRead(models.Model):
    """A person of the company has had a notice before their eyes. Without a row it is unread."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="reads")
    reader_id = models.BigIntegerField(help_text="the user's number; this room knows no users")
    read_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("notice", "reader_id", name="notice_read_once")]

    def __str__(self) -> str:
        return f"{self.reader_id} read {self.notice_id}"
