"""Vendors and the people who work for them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from tcloud.core.language import in_language
from tcloud.identity.roles import ROLE_NAMES, VENDOR_ROLES
from tcloud.vendors.states import VendorState


class Vendor(models.Model):
    """A company that sells cloud solutions in the programme, known by its 統一編號 (UBN)."""

    ubn = models.CharField(max_length=8, unique=True)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    short_name = models.CharField(max_length=40, help_text="as lists show it, without the legal form")
    representative = models.CharField(max_length=60, blank=True, help_text="代表人, whom its contracts name")
    address = models.CharField(max_length=200, blank=True, help_text="registered address, as its contracts name it")
    email = models.EmailField(max_length=254)
    phone = models.CharField(max_length=30, blank=True)
    website = models.URLField(blank=True)
    summary = models.TextField(blank=True)
    summary_en = models.TextField(blank=True)
    glyph = models.CharField(max_length=20, default="box", help_text="key of the small drawing on its tile")
    status = models.CharField(max_length=20, choices=VendorState.choices, default=VendorState.APPLIED)
    approved_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="vendor_ubn_8_digits", condition=Q(ubn__regex=r"^[0-9]{8}$")),
            models.CheckConstraint(name="vendor_state_known", condition=Q(status__in=VendorState.values)),
            models.CheckConstraint(
                name="vendor_applied_or_approved_once",
                condition=Q(status=VendorState.APPLIED) | Q(approved_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        """The full name in the reader's language."""
        return in_language(self.name, self.name_en)

    @property
    def label(self) -> str:
        """The short name in the reader's language, for lists."""
        return in_language(self.short_name, self.name_en)


class VendorStaff(models.Model):
    """A user's role with a vendor; a user works for one vendor."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="vendor_staff")
    vendor = models.ForeignKey(Vendor, models.PROTECT, related_name="staff")
    role = models.CharField(max_length=30, choices=[(role, ROLE_NAMES[role]) for role in VENDOR_ROLES])
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "vendor staff"
        constraints = [
            models.UniqueConstraint("vendor", condition=Q(role="vendor_owner"), name="vendor_has_one_owner"),
            models.CheckConstraint(
                name="vendor_staff_role_known", condition=Q(role__in=[str(role) for role in VENDOR_ROLES])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.vendor_id}"
