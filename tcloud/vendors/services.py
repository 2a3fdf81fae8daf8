"""Registering and approving vendors, and letting people work for them."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from tcloud.audit.services import record
from tcloud.core.actors import PLATFORM, Actor
from tcloud.core.errors import Refused
from tcloud.core.transactions import operation, use_case
from tcloud.identity.models import User
from tcloud.identity.roles import VENDOR_ROLES, Role
from tcloud.vendors.models import Vendor, VendorStaff
from tcloud.vendors.queries import lock_vendor
from tcloud.vendors.states import TRANSITIONS, VendorEvent, VendorState


class VendorStepNotOpen(Refused):
    """The vendor's state does not allow this event."""

    code = "vendor_step_not_open"
    message = _("廠商目前是「%(state)s」，不能再做這個動作，可能剛剛有同事做過了。什麼都沒有改動；請從廠商清單看它現在的狀態。")


class VendorUnnamed(Refused):
    """Its contracts would name nobody who answers for it."""

    code = "vendor_unnamed"
    message = _("還缺代表人或登記地址，契約上要寫；請先補上，再核准這家廠商。")


@dataclass(frozen=True, slots=True)
class VendorProfile:
    """What a vendor says about itself; blank means "not given". Its contracts name its representative and its address."""

    ubn: str
    name: str
    short_name: str
    representative: str
    address: str
    email: str
    name_en: str = ""
    phone: str = ""
    website: str = ""
    summary: str = ""
    summary_en: str = ""
    glyph: str = "box"


@use_case
def register_vendor(*, profile: VendorProfile, now: datetime) -> Vendor:
    """Put a vendor on file, waiting for approval; one row per 統一編號, a second call returns the first."""
    fields = {field: getattr(profile, field) for field in VendorProfile.__slots__ if field != "ubn"}
    vendor, created = Vendor.objects.get_or_create(ubn=profile.ubn, defaults=fields | {"created_at": now})
    if created:
        record(
            tag="vendors:vendor:registered",
            actor=PLATFORM,
            subject=vendor.ubn,
            now=now,
            details={"name": vendor.name},
        )
    return vendor


@use_case
def approve_vendor(*, vendor_id: int, actor: Actor, now: datetime) -> Vendor:
    """Let a vendor sell; approving an approved vendor changes nothing. Raises VendorUnnamed, VendorStepNotOpen."""
    vendor = lock_vendor(vendor_id)
    if vendor.status == VendorState.APPROVED:
        return vendor
    if not (vendor.representative and vendor.address):
        raise VendorUnnamed
    vendor.approved_at = vendor.approved_at or now
    advance(vendor, VendorEvent.APPROVED)
    record(tag="vendors:vendor:approved", actor=actor, subject=vendor.ubn, now=now, details={})
    return vendor


@use_case
def add_staff(*, vendor_id: int, user_id: int, role: Role, now: datetime) -> VendorStaff:
    """Let a user work for a vendor; the same user and vendor again changes nothing."""
    if role not in VENDOR_ROLES:
        raise ValueError(f"{role} is not a vendor's role")
    vendor = lock_vendor(vendor_id)
    staff, created = VendorStaff.objects.get_or_create(
        user=User.objects.get(pk=user_id), vendor=vendor, defaults={"role": role, "created_at": now}
    )
    if created:
        record(
            tag="vendors:staff:added", actor=staff.user.actor, subject=vendor.ubn, now=now,
            details={"role": str(role)},
        )  # fmt: skip
    return staff


@operation
def advance(vendor: Vendor, event: VendorEvent) -> None:
    """Move a locked vendor along the state table; the only writer of `status` after registration."""
    target = TRANSITIONS.get((VendorState(vendor.status), event))
    if target is None:
        raise VendorStepNotOpen(state=VendorState(vendor.status).label)
    vendor.status = target
    vendor.save(update_fields=["status", "approved_at"])
