"""Who may open a page: every view names its rule here, and a test walks all URLs to prove it.

A rule puts what it found on the request: `request.membership` (company pages), `request.staff` (vendor desk),
`request.office_roles` (office). Views read their own objects through those, so other people's look missing.
"""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import resolve, reverse
from django.utils.crypto import constant_time_compare

from tcloud.core.errors import NotAllowed
from tcloud.core.profile import Profile
from tcloud.core.time import now as domain_now
from tcloud.identity.queries import has_second_factor, office_roles_of
from tcloud.identity.roles import Permission, Role, any_may, may
from tcloud.members.queries import membership_of
from tcloud.vendors.queries import staff_of
from tcloud.web.visitor import is_from_this_machine

if TYPE_CHECKING:
    from datetime import datetime

    from tcloud.identity.models import User
    from tcloud.members.models import Membership
    from tcloud.vendors.models import VendorStaff

    class PageRequest(HttpRequest):
        """A request as a view behind an access rule sees it."""

        user: User
        membership: Membership
        staff: VendorStaff
        office_roles: frozenset[Role]
        now: datetime
else:
    PageRequest = HttpRequest

OPEN_RULES = ("public", "machine")
"""Rules behind which nothing belongs to anybody."""
View = Callable[..., HttpResponseBase]


def _named(rule: str, view: View, guard: Callable[[PageRequest], HttpResponse | None]) -> View:
    """Wrap a view with its guard; the guard answers with a response to stop, or None to go on."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        page_request = cast(PageRequest, request)
        page_request.now = domain_now()
        stopped = guard(page_request)
        answer = stopped if stopped is not None else view(page_request, *args, **kwargs)
        if rule not in OPEN_RULES:
            # Nobody else's cache, and no history that shows a part of a page, or the page of somebody signed out.
            answer.headers.setdefault("Cache-Control", "private, no-store")
        return answer

    guarded.access = rule  # type: ignore[attr-defined]
    return guarded


def public(view: View) -> View:
    """Anybody."""
    return _named("public", view, lambda request: None)


def machine(view: View) -> View:
    """An outside system that proves itself by its signature, not by a session."""
    return _named("machine", view, lambda request: None)


def monitoring(view: View) -> View:
    """Whoever knows the operator's token, or, where there is none, this machine itself; for others it does not exist."""

    def guard(request: PageRequest) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        known = constant_time_compare(token, settings.METRICS_TOKEN) if settings.METRICS_TOKEN else is_from_this_machine(request)
        if not known:
            raise Http404

    return _named("monitoring", view, guard)


def demo_only(view: View) -> View:
    """Anybody, in the demonstration; in production the page does not exist."""

    def guard(request: PageRequest) -> HttpResponse | None:
        if not settings.DEMO:
            raise Http404
        return _stay_on_this_machine(request) if settings.PROFILE is Profile.EXAMINATION else None

    return _named("demo", view, guard)


def examination_only(view: View) -> View:
    """An examiner's script on this machine, in the profile `examination`; anywhere else the address does not exist."""

    def guard(request: PageRequest) -> HttpResponse | None:
        if settings.PROFILE is not Profile.EXAMINATION:
            raise Http404
        return _stay_on_this_machine(request)

    return _named("examination", view, guard)


def _stay_on_this_machine(request: PageRequest) -> HttpResponse | None:
    """Whatever Host a stranger names: a door that signs anybody in opens to this machine's own programs only."""
    if is_from_this_machine(request):
        return None
    return HttpResponse(
        "The examiner's door opens to programs on the same machine only, and to none behind a proxy. Run the script there, "
        "or reach it through a tunnel (ssh -L).\n", status=403, content_type="text/plain",
    )  # fmt: skip


def signed_in(view: View) -> View:
    """Anybody with an account."""
    return _named("signed_in", view, _require_sign_in)


def membership_here(request: HttpRequest) -> "Membership | None":
    """The visitor's membership of the company they work for just now; None for everybody else. Read once per request."""
    if not hasattr(request, "membership_read"):
        chosen = request.session.get("company") if request.user.is_authenticated else None
        request.membership_read = membership_of(request.user, chosen)  # type: ignore[attr-defined]
    return cast("Membership | None", request.membership_read)  # type: ignore[attr-defined]


def is_signed_in(request: HttpRequest) -> bool:
    """Whether the request carries a session of a user."""
    return bool(request.user.is_authenticated)


def _require_sign_in(request: PageRequest) -> HttpResponse | None:
    if is_signed_in(request):
        return None
    return cast(HttpResponse, redirect_to_login(request.get_full_path()))


def company_role(permission: Permission) -> Callable[[View], View]:
    """A member of a company whose role includes the permission."""

    def guard(request: PageRequest) -> HttpResponse | None:
        if (stopped := _require_sign_in(request)) is not None:
            return stopped
        membership = membership_here(request)
        if membership is None:
            return redirect("join:start")
        request.membership = membership
        _require(Role(membership.role), permission)
        return None

    return lambda view: _named(f"company:{permission}", view, guard)


def vendor_role(permission: Permission) -> Callable[[View], View]:
    """A vendor's staff with a second factor whose role includes the permission."""

    def guard(request: PageRequest) -> HttpResponse | None:
        if (stopped := _require_sign_in(request)) is not None:
            return stopped
        staff = staff_of(request.user)
        if staff is None:
            raise Http404
        if (stopped := _require_second_factor(request)) is not None:
            return stopped
        request.staff = staff
        _require(Role(staff.role), permission)
        return None

    return lambda view: _named(f"vendor:{permission}", view, guard)


def office_role(permission: Permission) -> Callable[[View], View]:
    """Office staff with a second factor, one of whose roles includes the permission."""

    def guard(request: PageRequest) -> HttpResponse | None:
        if (stopped := _require_sign_in(request)) is not None:
            return stopped
        roles = office_roles_of(request.user)
        if not roles:
            raise Http404
        if (stopped := _require_second_factor(request)) is not None:
            return stopped
        request.office_roles = roles
        if not any_may(roles, permission):
            raise NotAllowed
        return None

    return lambda view: _named(f"office:{permission}", view, guard)


def _require(role: Role, permission: Permission) -> None:
    if not may(role, permission):
        raise NotAllowed


def opens_for(role: Role, url: str) -> bool:
    """Whether a member of a company may open one of its pages; pages of no company are not this table's matter."""
    rule: str = resolve(urlsplit(url).path).func.access  # type: ignore[attr-defined]
    kind, _colon, permission = rule.partition(":")
    return kind != "company" or may(role, Permission(permission))


def _require_second_factor(request: PageRequest) -> HttpResponse | None:
    """Staff and vendors prove a second factor in this session; without one they set it up first."""
    if has_second_factor(request.session):
        return None
    return redirect(reverse("mfa_activate_totp"))
