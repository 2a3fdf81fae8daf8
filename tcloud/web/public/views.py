"""The public face: home, rules in plain words, site map, statements, language and reading preferences."""

import re
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST, require_safe

from tcloud.catalog.queries import category_choices, featured, listed_total
from tcloud.core.time import taipei_date
from tcloud.identity.roles import Role
from tcloud.members.documents import DECLARATIONS, TERMS
from tcloud.points.queries import budget_figures
from tcloud.programme.queries import (
    UnknownCall,
    latest_call,
    latest_rules,
    public_calls,
    rule_set_at,
    version_of,
    versions_of,
)
from tcloud.programme.wording import sections
from tcloud.web.access import PageRequest, membership_here, public
from tcloud.web.context import CONTRASTS, SIZES
from tcloud.web.journey import for_role, next_step, steps_for
from tcloud.web.prices import Purse, example_of, priced, purse_of

COOKIE_SECONDS = 365 * 24 * 3600
FEATURED = 4


@require_safe
@public
def home(request: PageRequest) -> HttpResponse:
    """What it is, the three promises, the four steps with live state, featured solutions, live figures."""
    membership = membership_here(request)
    company = membership.company if membership else None
    rule_set = latest_rules(request.now)
    call = rule_set.call if rule_set else None
    steps = for_role(steps_for(company, request.now, latest=rule_set), Role(membership.role) if membership else None)
    today = taipei_date(request.now).toordinal()
    purse = purse_of(request, rule_set)
    is_open = call is not None and call.closes_until > taipei_date(request.now)
    rules = rule_set.rules if rule_set and is_open else None  # a promise only while it can be kept
    context = {
        "company": company, "steps": steps, "next": next_step(steps), "call": call,
        "done": sum(step.state == "done" for step in steps),
        "own_prices": purse is not None and purse.granted, "rule_set": rule_set, "today": today,
        # Asked for only where the template has no kept copy: for everybody without points the prices are the same.
        "featured": cache(lambda: [_card(*pair, purse) for pair in featured(FEATURED, today)]),
        "solutions_total": cache(lambda: listed_total()[0]), "figures": budget_figures(rule_set) if rule_set else None,
        "rules": rules, "example": example_of(rules) if rules else None,
    }  # fmt: skip
    return render(request, "public/home.html", context)


def _card(solution: Any, plan: Any, purse: Purse | None) -> dict[str, Any]:
    return {"solution": solution, "plan": plan, "price": priced(plan, purse) if purse else None}


@require_safe
@public
def favicon(request: PageRequest) -> HttpResponse:
    """Browsers ask for this address whatever the page says."""
    return redirect(static("img/mark.svg"), permanent=True)


@require_safe
@public
def rules(request: PageRequest) -> HttpResponse:
    """數位點數申請須知: the rules of a call in plain words with their version and date; earlier versions stay readable.

    `?call=` chooses among the calls whose rules are public, `?version=` a published version; without them, what
    applies today.
    """
    calls = public_calls(request.now)
    code = request.GET.get("call", "")
    call = next((one for one in calls if one.code == code), None) if code else latest_call(request.now)
    if call is None:
        if code:
            raise UnknownCall
        return render(request, "public/rules.html", {"calls": calls})
    number, in_force = request.GET.get("version", ""), rule_set_at(call, request.now)
    rule_set = version_of(call, int(number)) if re.fullmatch(r"[0-9]{1,6}", number) else in_force
    names = dict(category_choices()) if call.categories else {}
    context = {
        "call": call, "calls": calls, "rule_set": rule_set, "rules": rule_set.rules, "sections": sections(rule_set.rules),
        "versions": versions_of(call), "is_old": rule_set.version < in_force.version,
        "is_coming": rule_set.version > in_force.version, "categories": [names.get(slug, slug) for slug in call.categories],
    }  # fmt: skip
    return render(request, "public/rules.html", context)


@require_safe
@public
def sitemap(request: PageRequest) -> HttpResponse:
    """Every page a visitor can open, and the access keys."""
    return render(request, "public/sitemap.html")


@require_safe
@public
def privacy(request: PageRequest) -> HttpResponse:
    """The terms and declarations, exactly as they are agreed to."""
    return render(request, "public/privacy.html", {"documents": [TERMS, *DECLARATIONS]})


@require_safe
@public
def accessibility(request: PageRequest) -> HttpResponse:
    """What is accessible, what is not yet, and whom to tell."""
    return render(request, "public/accessibility.html")


def _back(request: PageRequest) -> HttpResponse:
    target = request.POST.get("next", "")
    safe = target.startswith("/") and url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    return HttpResponseRedirect(target if safe else reverse("home"))


@require_POST
@public
def set_language(request: PageRequest) -> HttpResponse:
    """Read on in the other language; kept in a cookie, no script needed."""
    response = _back(request)
    language = request.POST.get("language", "")
    if check_for_language(language) and language in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, COOKIE_SECONDS, samesite="Lax", secure=settings.HTTPS)
    return response


@require_POST
@public
def preferences(request: PageRequest) -> HttpResponse:
    """Text size and contrast, kept in a cookie."""
    response = _back(request)
    for name, allowed in (("size", SIZES), ("contrast", CONTRASTS)):
        value = request.POST.get(name, "")
        if value in allowed:
            response.set_cookie(name, value, COOKIE_SECONDS, samesite="Lax", httponly=True, secure=settings.HTTPS)
    return response
