"""The office's start page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tcloud.identity.roles import ROLE_NAMES, Permission
from tcloud.points.queries import budget_figures
from tcloud.programme.queries import latest_call
from tcloud.web.access import PageRequest, office_role
from tcloud.web.office.due import due_rows


@require_safe
@office_role(Permission.OFFICE_VIEW)
def home(request: PageRequest) -> HttpResponse:
    """Where the call stands and which limits fall due next."""
    call = latest_call(request.now)
    context = {
        "section": "home", "call": call, "figures": budget_figures(call, request.now) if call else None,
        "deadlines": due_rows(), "roles": [ROLE_NAMES[role] for role in sorted(request.office_roles)],
    }  # fmt: skip
    return render(request, "office/home.html", context)
