"""The office's start page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tcloud.identity.roles import ROLE_NAMES, Permission, any_may
from tcloud.points.queries import budget_figures
from tcloud.programme.queries import latest_rules
from tcloud.web.access import PageRequest, office_role
from tcloud.web.office.due import due_rows


@require_safe
@office_role(Permission.OFFICE_VIEW)
def home(request: PageRequest) -> HttpResponse:
    """Where the call stands and which limits fall due next."""
    rule_set = latest_rules(request.now)
    sees_grants = any_may(request.office_roles, Permission.GRANTS_VIEW)
    context = {
        "section": "home", "call": rule_set and rule_set.call, "figures": rule_set and budget_figures(rule_set),
        "deadlines": due_rows(with_companies=sees_grants), "roles": [ROLE_NAMES[role] for role in sorted(request.office_roles)],
    }  # fmt: skip
    return render(request, "office/home.html", context)
