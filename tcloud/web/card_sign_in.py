"""Signing in with the company's card, beside e-mail and password."""

from base64 import b64encode

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from tcloud.core.errors import Refused
from tcloud.core.time import machine_now
from tcloud.identity.services import issue_sign_in_challenge
from tcloud.members.card_sign_in import sign_in_by_card
from tcloud.web.access import PageRequest, is_signed_in, public
from tcloud.web.card_page import card_answer, card_page
from tcloud.web.visitor import client_ip, session_secret

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@card_page
@public
@require_http_methods(["GET", "POST"])
def card_sign_in(request: PageRequest) -> HttpResponse:
    """The card signs a one-time challenge for this purpose; the 正卡 opens the account of its company's owner."""
    if is_signed_in(request):
        return redirect(_next(request))
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            return _admit(request)
        except Refused as refused:
            refusal = refused
    return _page(request, refusal)


def _admit(request: PageRequest) -> HttpResponse:
    membership = sign_in_by_card(
        nonce=request.POST.get("nonce", ""), signature=card_answer(request), session_key=session_secret(request),
        now=request.now, machine_now=machine_now(),
    )  # fmt: skip
    onward = _next(request)
    login(request, membership.user, backend=BACKEND)
    request.session["company"] = membership.company_id
    return redirect(onward)


def _page(request: PageRequest, refusal: Refused | None) -> HttpResponse:
    """The card step with a fresh challenge; without one where the visitor has asked too often."""
    context: dict[str, object] = {"refusal": refusal, "reader_origin": settings.CARD_READER_ORIGIN, "onward": _next(request)}
    try:
        challenge = issue_sign_in_challenge(
            session_key=session_secret(request), visitor=client_ip(request) or "", machine_now=machine_now()
        )
    except Refused as too_often:
        context["refusal"] = refusal = too_often
    else:
        context |= {"tbs": b64encode(challenge.content).decode(), "nonce": challenge.nonce}
    return render(request, "account/card.html", context, status=refusal.status if refusal else 200)


def _next(request: PageRequest) -> str:
    """Where the visitor wanted to go, if that is a page of ours; else the company's start page."""
    wanted = request.GET.get("next", "")
    own = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if own else reverse("member:home")
