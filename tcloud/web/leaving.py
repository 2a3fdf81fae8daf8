"""The page that leaves for a gateway: a form with one button, the only page that may post there."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language

from tcloud.core.time import now as domain_now
from tcloud.payments import queries


def leave_for_gateway(
    request: HttpRequest, *, trade_no: str, item_name: str, context: dict[str, object] | None = None
) -> HttpResponse:
    """Show the last page before the gateway for an attempt that was just started.

    `context` holds what the page repeats: `order` and `limit` (its open deadline). Works without script; nothing
    is sent by itself, so that going back in the browser cannot send the same trade number twice.
    """
    attempt = queries.attempt(trade_no)
    assert attempt is not None, "an attempt is started before its page is shown"
    gateway = attempt.account.gateway
    order_page = settings.PUBLIC_URL + reverse("member:order", args=[attempt.order_number])
    form = queries.checkout_form(
        attempt,
        item_name=item_name,
        notify_url=settings.CALLBACK_URL + reverse(f"webhooks:{gateway}-notify"),
        return_url=settings.PUBLIC_URL + reverse(f"webhooks:{gateway}-return"),
        back_url=order_page,
        english=get_language() == "en",
        now=domain_now(),
    )
    facts = {"attempt": attempt, "form": form, "gateway_label": queries.gateway_label(attempt.account)}
    response = render(request, "payments/leaving.html", {**(context or {}), **facts})
    # The signed form is for this payer and this minute.
    response["Cache-Control"] = "no-store"
    response._csp_update = {"form-action": [form.origin]}  # type: ignore[attr-defined]  # django-csp's per-response hook
    return response
