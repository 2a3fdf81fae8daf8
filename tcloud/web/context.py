"""What every page's frame shows: who is signed in, for which company, in which contrast and size."""

from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from tcloud.catalog.queries import menu
from tcloud.core.language import in_language
from tcloud.identity.queries import office_roles_of
from tcloud.notifications.queries import unread_count
from tcloud.vendors.queries import staff_of
from tcloud.web.access import membership_here

if TYPE_CHECKING:
    from tcloud.identity.models import User

CONTRASTS = ("standard", "high")
SIZES = ("small", "medium", "large")


def page(request: HttpRequest) -> dict[str, Any]:
    """Frame data; each part is read only if a template asks for it."""
    # An error page may come before the session did.
    user: User | AnonymousUser = getattr(request, "user", None) or AnonymousUser()
    signed_in = user.is_authenticated
    contrast = request.COOKIES.get("contrast", "")
    size = request.COOKIES.get("size", "")
    return {
        # Not "site": allauth puts an object of its own there, on the sign-in pages.
        "operator": {
            "organiser": in_language(settings.ORGANISER, settings.ORGANISER_EN),
            "executor": in_language(settings.EXECUTOR, settings.EXECUTOR_EN),
            "phone": settings.SUPPORT_PHONE,
            "email": settings.SUPPORT_EMAIL,
            "demo": settings.DEMO,
            "mailbox": settings.MAILBOX_URL,
        },
        "menu": SimpleLazyObject(menu),
        "member": SimpleLazyObject(lambda: membership_here(request) if signed_in else None),
        "unread": cache(lambda: _unread(request)),  # a number: a lazy object is none
        "staff": SimpleLazyObject(lambda: staff_of(user) if signed_in else None),
        "office": SimpleLazyObject(lambda: office_roles_of(user) if signed_in else None),
        "contrast": contrast if contrast in CONTRASTS else "",
        "text_size": size if size in SIZES else "medium",
    }


def _unread(request: HttpRequest) -> int:
    """How many notices the person has not seen yet; asked for only where the member's menu stands."""
    membership = membership_here(request)
    return unread_count(membership.company.ubn, membership.user_id) if membership else 0
