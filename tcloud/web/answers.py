"""Answers that many pages share: a refusal shown kindly, error pages, lock-out."""

import sys
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.db import OperationalError
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from tcloud.core.errors import Refused
from tcloud.core.time import TAIPEI, machine_now
from tcloud.web.maintenance import unavailable

# Where a refusal sends people back to begin, when what they were doing is gone.
BEGIN_AT = {"application_missing": "join:start"}


class RefusedMiddleware:
    """A refusal nobody caught becomes a page that says what happened, why and what to do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refused):
            if exception.code in BEGIN_AT:
                messages.error(request, str(exception))
                return redirect(BEGIN_AT[exception.code])
            return render(request, "errors/refused.html", {"refusal": exception}, status=exception.status)
        return None


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: the data of a POST, an empty one too; None where the page is only looked at."""
    return request.POST if request.method == "POST" else None


def answer_status(form: Form) -> int:
    """The status of a page with a form: 422 when what was sent has to be mended, else 200."""
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def refuse(request: HttpRequest, refusal: Refused, *, page: str, number: str = "") -> HttpResponse:
    """Back to where the person came from (else to a named page), with the refusal on top.

    With an order's number it is the named page of that order: what it is now stands below the refusal.
    What is missing, or belongs to somebody else, is a page of its own: the same for every way to ask for it.
    """
    if refusal.status == HTTPStatus.NOT_FOUND:
        raise refusal
    messages.error(request, str(refusal))
    if number:
        return redirect(page, number)
    came_from = request.headers.get("Referer", "")
    own = f"{request.scheme}://{request.get_host()}/"
    if came_from.startswith(own) and request.method == "POST":
        return redirect("/" + came_from.removeprefix(own))
    try:
        return redirect(reverse(page))
    except NoReverseMatch:
        return redirect("home")


def _page(request: HttpRequest, status: int, title: str, what: str, do: str, **more: object) -> HttpResponse:
    context = {"status": status, "title": title, "what": what, "do": do, **more}
    return render(request, "errors/page.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return _page(request, 400, _("這個要求看不懂"), _("網址或表單的內容不完整。"), _("請從首頁或選單重新進入。"))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return _page(
        request, 403, _("您的帳號不能看這一頁"), _("這一頁屬於別的角色或別的公司。"), _("請回首頁，或換一個帳號登入。")
    )


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    return _page(
        request, 404, _("找不到這一頁"), _("網址可能打錯了，或這一頁已經移走。"), _("請用上面的選單或搜尋找找看。")
    )


def locked_out(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    """Too many wrong passwords; who holds the company's card can come in by it, everybody else waits."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    until = machine_now() + settings.AXES_COOLOFF_TIME
    return _page(
        request, 429, _("密碼錯太多次，先鎖 %(minutes)s 分鐘") % {"minutes": minutes},
        _("為了保護帳號，這個 E-mail 從這裡要到 %(time)s 之後才能再試。") % {"time": until.astimezone(TAIPEI).strftime("%H:%M")},
        _("不記得密碼，可以先重設；等到時間過了，用新密碼登入。公司手邊有工商憑證，現在就能用卡片登入。"),
        ways=[(reverse("account_reset_password"), _("忘記密碼")), (reverse("account_card"), _("用工商憑證登入"))],
    )  # fmt: skip


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form's token is missing or old."""
    return _page(
        request, 403, _("這張表單已經過期"), _("頁面放太久，或瀏覽器擋了 cookie，所以無法確認是您送出的。"),
        _("請按上一頁、重新整理，再送出一次。"),
    )  # fmt: skip


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 where the database is away: without database, session or menu, because any may be what broke."""
    if isinstance(sys.exception(), OperationalError):
        return unavailable(request)
    return HttpResponse(render_to_string("errors/500.html", {"phone": settings.SUPPORT_PHONE}), status=500)
