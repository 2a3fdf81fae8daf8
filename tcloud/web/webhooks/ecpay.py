"""ECPay's two ways to us: the server's callback, and the payer's browser on its way back."""

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from tcloud.core.time import now as domain_now
from tcloud.payments import queries, services
from tcloud.payments.gateway import GatewayAnswer, NotGenuine, gateway_named
from tcloud.payments.rules import is_trade_no
from tcloud.payments.states import Source
from tcloud.web.access import machine, public

log = structlog.get_logger()
GATEWAY = "ecpay"


def _proven(fields: dict[str, str]) -> tuple[str, GatewayAnswer]:
    """The order's number and what the gateway says of its attempt; raises NotGenuine."""
    gateway = gateway_named(GATEWAY)
    trade_no = gateway.trade_no_of(fields)
    attempt = queries.attempt(trade_no) if is_trade_no(trade_no) else None
    if attempt is None or attempt.account.gateway != GATEWAY:
        raise NotGenuine("no such attempt")
    return attempt.order_number, gateway.parse_notification(queries.merchant(attempt.account), fields)


@csrf_exempt
@require_POST
@machine
def notify(request: HttpRequest) -> HttpResponse:
    """ReturnURL: store what the gateway's server says and answer `1|OK` after the commit, never before.

    A message that proves nothing changes nothing. The gateway's guides disagree on how to answer it; we say
    `0|…`, because `1|OK` would tell a real gateway (whose keys we hold wrongly) that its word is safe here.
    It then sends again, and by the time the keys are right the payment is not lost.
    """
    try:
        _number, answer = _proven(request.POST.dict())
    except NotGenuine as error:
        log.warning("ecpay_notification_refused", why=str(error), trade_no=_shown(request))
        return _plain(f"0|{error}")
    services.record_fact(answer=answer, source=Source.CALLBACK, now=domain_now())
    return _plain("1|OK")


@csrf_exempt
@require_http_methods(["GET", "POST"])
@never_cache
@public
def come_back(request: HttpRequest) -> HttpResponse:
    """OrderResultURL: the payer's browser brings the same fields, across sites: no session cookie.

    Signs nobody in and shows nothing itself: it stores a proven word (often before the callback) and sends
    the browser on to the order page, where its session counts again.
    """
    try:
        number, answer = _proven(request.POST.dict())
    except NotGenuine as error:
        log.info("ecpay_return_without_proof", why=str(error), trade_no=_shown(request))
        return _see_other("member:orders")
    services.record_fact(answer=answer, source=Source.RETURN, now=domain_now())
    return _see_other("member:order", number)


def _shown(request: HttpRequest) -> str:
    """The claimed trade number, safe to log."""
    claimed = request.POST.get("MerchantTradeNo", "")
    return claimed if is_trade_no(claimed) else "(malformed)"


def _plain(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def _see_other(name: str, *args: str) -> HttpResponse:
    response = redirect(name, *args)
    response.status_code = 303
    return response
