"""Who can sign in to the demonstration, with the second factor of this moment."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tcloud.core.time import machine_now
from tcloud.demo.people import CODE_SECONDS, DEMO_PASSWORD, FIRST_COMPANY, sign_in_table
from tcloud.web.access import PageRequest, demo_only


@never_cache
@require_safe
@demo_only
def people(request: PageRequest) -> HttpResponse:
    """Every demo person's address, the password and the current code; reload for the next code."""
    seconds = machine_now().timestamp()
    context = {
        "rows": sign_in_table(seconds), "password": DEMO_PASSWORD, "first_company": FIRST_COMPANY,
        "left": CODE_SECONDS - int(seconds) % CODE_SECONDS,
    }  # fmt: skip
    return render(request, "demo/people.html", context)
