"""Finding vendors and the people who work for them."""

from django.contrib.auth.models import AnonymousUser

from tcloud.identity.models import User
from tcloud.identity.roles import Role
from tcloud.vendors.models import Vendor, VendorStaff


def staff_of(user: User | AnonymousUser) -> VendorStaff | None:
    """The vendor a signed-in user works for, with the vendor loaded; None for everybody else."""
    if not user.is_authenticated:
        return None
    return VendorStaff.objects.select_related("vendor").filter(user=user).first()


def vendor_by_ubn(ubn: str) -> Vendor | None:
    """A vendor by its 統一編號, whatever its state."""
    return Vendor.objects.filter(ubn=ubn).first()


def lock_vendor(vendor_id: int) -> Vendor:
    """A vendor's row, locked until the transaction ends; raises Vendor.DoesNotExist."""
    return Vendor.objects.select_for_update().get(pk=vendor_id)


def owner_of(vendor: Vendor) -> VendorStaff | None:
    """The person who answers for a vendor, with the user loaded: messages to the vendor go here."""
    return VendorStaff.objects.select_related("user").filter(vendor=vendor, role=Role.VENDOR_OWNER).first()
