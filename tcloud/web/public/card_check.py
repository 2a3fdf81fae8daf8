"""環境檢測: does this computer have all that a card step needs? And from a phone, a link to oneself."""

from dataclasses import replace

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tcloud.core.errors import Refused
from tcloud.core.time import machine_now
from tcloud.identity.queries import recipient_of
from tcloud.members.handing_over import link_of, send_link
from tcloud.members.queries import application_by_secret
from tcloud.members.states import ApplicationState
from tcloud.notifications.services import Recipient
from tcloud.web.access import PageRequest, is_signed_in, public
from tcloud.web.answers import answer_status, posted
from tcloud.web.card_page import card_page
from tcloud.web.public.forms import LinkForm
from tcloud.web.public.join import SESSION_KEY
from tcloud.web.visitor import client_ip


@card_page
@public
@require_safe
def card_check(request: PageRequest) -> HttpResponse:
    """The self-test. It runs in the browser; nothing it finds is sent to us."""
    context = {
        "reader_origin": settings.CARD_READER_ORIGIN, "now": request.now, "machine_now": machine_now(),
        "tolerance": settings.CARD_CLOCK_TOLERANCE, "onward": _onward(request),
    }  # fmt: skip
    return render(request, "public/card_check.html", context)


def _onward(request: PageRequest) -> str:
    """Where whoever has passed the test goes on: to the step they came from, else to the beginning."""
    application = application_by_secret(request.session.get(SESSION_KEY))
    if application is not None and application.state == ApplicationState.STARTED:
        return reverse("join:card")
    return reverse("member:orders" if is_signed_in(request) else "join:start")


@public
@require_http_methods(["GET", "POST"])
def card_link(request: PageRequest) -> HttpResponse:
    """Mail a link to oneself: a member to the account's address, anybody else to the address they type."""
    form = LinkForm(posted(request), known=is_signed_in(request))
    if request.method == "POST" and form.is_valid():
        try:
            send_link(
                to=_recipient(request, form), link=_link(request, form.cleaned_data["order"]),
                visitor=client_ip(request) or "", now=request.now, machine_now=machine_now(),
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal))
            return render(request, "public/card_link.html", {"form": form}, status=refusal.status)
        messages.success(request, _("連結已經寄出。到接讀卡機的電腦上打開那封信，就從這裡接著做。"))
        return redirect("card-check")
    return render(request, "public/card_link.html", {"form": form}, status=answer_status(form))


def _recipient(request: PageRequest, form: LinkForm) -> Recipient:
    language = get_language() or "zh-hant"
    if is_signed_in(request):
        return replace(recipient_of(request.user), language=language)
    return Recipient(address=form.cleaned_data["email"], name="", language=language)


def _link(request: PageRequest, order: str) -> str:
    """The page to go on at, as a path without slashes at its ends: an order to sign, an application, or the self-test.

    An order's page asks who opens it, so its number may be anybody's; an application's link is good for its session only.
    """
    if order and is_signed_in(request):
        return reverse("member:order-sign", args=[order]).strip("/")
    application = application_by_secret(request.session.get(SESSION_KEY))
    if application is not None and application.state == ApplicationState.STARTED:
        return reverse("join:resume", args=[link_of(application)]).strip("/")
    return reverse("card-check").strip("/")
