"""The examiner's door: drive the running product by script, without reading its code.

It exists in the profile `examination` only, where every address has to be this machine's own or no process starts
(tcloud.config.profile), and `tcloud doctor` says that it stands open. docs/reference/examination.md tells how to use it.
"""

import json
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.forms import ChoiceField, Field
from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.urls import URLPattern, URLResolver, get_resolver, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from tcloud.core.time import clock_offset, now
from tcloud.demo.clock import ClockForm, pass_time
from tcloud.demo.people import DEMO_PASSWORD, current_code, sign_in_table
from tcloud.identity.queries import user_by_email
from tcloud.web.access import examination_only
from tcloud.web.forms_of import FORMS

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        found = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _wrong(message: str) -> JsonResponse:
    return JsonResponse({"error": message}, status=422)


@require_safe
@examination_only
def state(request: HttpRequest) -> JsonResponse:
    """Where everything runs: addresses, processes, folders, the clock."""
    pids = {file.stem: file.read_text().strip() for file in (settings.DATA / "run").glob("*.pid")}
    return JsonResponse({
        "profile": str(settings.PROFILE), "version": version("tcloud"), "now": now().isoformat(),
        "clock_offset_seconds": int(clock_offset().total_seconds()), "data": str(settings.DATA),
        "logs": str(settings.DATA / "log"), "pids": pids,
        "addresses": {
            "web": settings.PUBLIC_URL, "events": settings.EVENTS_URL, "card_reader": settings.CARD_READER_ORIGIN,
            "certificate_authority": settings.CA_URL, "ecpay": settings.ECPAY_URL,
            "company_registry": settings.COMPANY_REGISTRY_URL, "mailbox": settings.MAILBOX_URL,
            "time_stamps": settings.TSA_URL, "smtp": f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}",
        },
        "trust": {"roots": settings.TRUST_ROOTS, "revocation_hosts": settings.REVOCATION_HOSTS},
        "openapi": f"{settings.PUBLIC_URL}/api/v1/openapi.json",
    })  # fmt: skip


@csrf_exempt
@require_POST
@examination_only
def clock(request: HttpRequest) -> JsonResponse:
    """POST {"advance_seconds": n} or {"at": "2026-12-01T00:00:00+08:00"}: forward only; due limits act before the answer."""
    body = _body(request)
    try:
        if "at" in body:
            span = datetime.fromisoformat(body["at"]) - now()
        else:
            span = timedelta(seconds=int(body["advance_seconds"]))
    except (KeyError, TypeError, ValueError):
        return _wrong("advance_seconds (a whole number) or at (an ISO time with its zone)")
    if span < timedelta(0):
        return _wrong("the clock only goes forward")
    return JsonResponse({"limits_acted": pass_time(span), "now": now().isoformat()})


@require_safe
@examination_only
def people(request: HttpRequest) -> JsonResponse:
    """Everybody who can sign in, with password and the code of this moment."""
    seconds = datetime.now().astimezone().timestamp()
    rows = [
        {"who": row.who, "role": str(row.role), "email": row.email, "password": row.password, "code": row.code}
        for row in sign_in_table(seconds)
    ]
    return JsonResponse({"people": rows})


@csrf_exempt
@require_POST
@examination_only
def sign_in(request: HttpRequest) -> JsonResponse:
    """POST {"email": …}: this session is signed in, second factor included; answers with the token forms need."""
    user = user_by_email(str(_body(request).get("email", "")))
    if user is None:
        return _wrong("email of somebody in /examination/people/")
    login(request, user, backend=BACKEND)
    request.session["account_authentication_methods"] = [
        {"method": "password", "at": 0, "email": user.email}, {"method": "mfa", "type": "totp", "at": 0},
    ]  # fmt: skip
    return JsonResponse({"signed_in": user.email, "csrftoken": get_token(request), "password": DEMO_PASSWORD,
                         "code": current_code(user.email, datetime.now().astimezone().timestamp())})  # fmt: skip


@require_safe
@examination_only
def forms(request: HttpRequest) -> JsonResponse:
    """Every address that takes a form, with its fields."""
    return JsonResponse({"forms": form_routes()})


def form_routes() -> list[dict[str, Any]]:
    """Routes by name with the fields of their forms; those without fields take an empty POST."""
    forms_by_route = FORMS | {"demo-clock": (ClockForm,)}
    return [
        {
            "route": name, "path": f"/{address}", "method": "POST",
            "fields": [_described(key, field) for form in forms_by_route[name] for key, field in form.base_fields.items()],
        }
        for name, address in sorted(named_routes(get_resolver().url_patterns))
        if name in forms_by_route
    ]  # fmt: skip


def _described(name: str, field: Field) -> dict[str, Any]:
    facts = {"name": name, "type": type(field).__name__.removesuffix("Field").lower(), "required": field.required}
    limits = {"max_length": getattr(field, "max_length", None), "max": getattr(field, "max_value", None)}
    choices = {"choices": [key for key, _text in field.widget.choices]} if isinstance(field, ChoiceField) else {}
    return facts | {key: limit for key, limit in limits.items() if limit is not None} | choices


def named_routes(patterns: list[Any], prefix: str = "", space: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for pattern in patterns:
        address = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            found += named_routes(pattern.url_patterns, address, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            found.append((f"{space}{pattern.name}", address))
    return found


urlpatterns = [
    path("examination/state/", state, name="examination-state"),
    path("examination/clock/", clock, name="examination-clock"),
    path("examination/people/", people, name="examination-people"),
    path("examination/sign-in/", sign_in, name="examination-sign-in"),
    path("examination/forms/", forms, name="examination-forms"),
]
