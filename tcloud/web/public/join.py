"""我要申請: consent, card, declarations, account, e-mail. Six things, each saved when it is done."""

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tcloud.core.errors import Refused
from tcloud.core.time import machine_now
from tcloud.identity.rules import Purpose
from tcloud.identity.services import CardProof, issue_challenge, prove_card
from tcloud.members.documents import DECLARATIONS, TERMS
from tcloud.members.handing_over import take_over
from tcloud.members.queries import ApplicationMissing, application_by_secret
from tcloud.members.services import agreeing, confirming, proving
from tcloud.members.services.advancing import StepNotOpen
from tcloud.members.states import ApplicationState
from tcloud.programme.queries import open_call, open_calls, rule_set_at
from tcloud.web.access import PageRequest, public
from tcloud.web.answers import answer_status, posted, refuse
from tcloud.web.card_page import card_answer, card_page
from tcloud.web.journey import JourneyStep
from tcloud.web.public.forms import AccountDataForm, ConsentForm, DeclarationsForm, EmailCodeForm
from tcloud.web.visitor import client_ip, session_secret

if TYPE_CHECKING:
    from tcloud.programme.models import Call

SESSION_KEY = "application"
CHOSEN_KEY = "joining_call"
ORDER = [
    ApplicationState.STARTED,
    ApplicationState.CARD_VERIFIED,
    ApplicationState.DECLARED,
    ApplicationState.CODE_SENT,
]
PAGE_OF_STATE = {
    ApplicationState.STARTED: "join:card",
    ApplicationState.CARD_VERIFIED: "join:declarations",
    ApplicationState.DECLARED: "join:account",
    ApplicationState.CODE_SENT: "join:email",
}


def _application(request: PageRequest) -> Any:
    application = application_by_secret(request.session.get(SESSION_KEY))
    if application is None:
        raise ApplicationMissing
    return application


def _next_page(application: Any) -> HttpResponse:
    """Where the applicant goes on: the page of the first thing not yet done."""
    return redirect(PAGE_OF_STATE.get(application.state, "member:home"))


def _reached(application: Any, state: ApplicationState) -> bool:
    """Whether an application is at least at a state and still before its decision."""
    return application.state in ORDER and ORDER.index(application.state) >= ORDER.index(state)


@public
@require_safe
def start(request: PageRequest) -> HttpResponse:
    """The five things as a task list, with what is done already."""
    application = application_by_secret(request.session.get(SESSION_KEY))
    try:
        call = application.call if application else _chosen_call(request)
    except Refused as refusal:
        return render(request, "public/join/closed.html", {"refusal": refusal})
    context = {
        "call": call, "rules": rule_set_at(call, request.now).rules, "tasks": _tasks(application),
        "calls": [] if application else open_calls(request.now),
    }  # fmt: skip
    return render(request, "public/join/start.html", context)


def _chosen_call(request: PageRequest) -> "Call":
    """The open call the visitor chose on the start page (`?call=`); the newest without a choice or after its end."""
    chosen = request.GET.get("call", "") or request.session.get(CHOSEN_KEY, "")
    calls = {call.code: call for call in open_calls(request.now)}
    call = calls.get(chosen) or open_call(request.now)
    if call.code == request.GET.get("call"):
        request.session[CHOSEN_KEY] = call.code
    return call


def _tasks(application: Any) -> list[JourneyStep]:
    """The steps of joining: done ones, the one whose turn it is, and locked ones."""
    done = 0 if application is None else ORDER.index(application.state) + 1 if application.state in ORDER else 5
    steps = (
        (_("同意資料蒐集"), _("讀完條款、勾選同意，約 3 分鐘"), "join:consent", None),
        (_("驗證公司身分"), _("需要工商憑證、讀卡機和一台電腦"), "join:card", ("plain", _("要用電腦"))),
        (_("授權查詢與聲明"), _("由我們查登記資料，您就不必附文件"), "join:declarations", None),
        (_("設定帳號"), _("聯絡人、E-mail 和密碼"), "join:account", None),
        (_("驗證 E-mail"), _("輸入信裡的 6 碼，帳號就啟用"), "join:email", None),
    )
    tasks = []
    for place, (title, text, page, mark) in enumerate(steps):
        if place < done:
            tasks.append(JourneyStep(title, "done", text, ("ok", _("完成"))))
        elif place == done:
            action = _("開始") if place == 0 else _("接著做")
            tasks.append(JourneyStep(title, "here", text, ("you", _("下一步")), reverse(page), action))
        else:
            tasks.append(JourneyStep(title, "locked", text, mark))
    return tasks


@public
@require_http_methods(["GET", "POST"])
def consent(request: PageRequest) -> HttpResponse:
    """Step 1: read and agree to the terms."""
    application = application_by_secret(request.session.get(SESSION_KEY))
    if application is not None and request.method == "GET" and application.state in ORDER:
        return _next_page(application)
    form = ConsentForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            application, secret = agreeing.start_application(
                call=_chosen_call(request), terms=TERMS, language=get_language() or "zh-hant",
                ip=client_ip(request), now=request.now, machine_now=machine_now(),
            )  # fmt: skip
        except Refused as refusal:
            return refuse(request, refusal, page="join:start")
        request.session[SESSION_KEY] = secret
        return redirect("join:card")
    return render(request, "public/join/consent.html", {"form": form, "document": TERMS}, status=answer_status(form))


@card_page
@public
@require_http_methods(["GET", "POST"])
def card(request: PageRequest) -> HttpResponse:
    """Step 2: the company's card signs a one-time challenge; the server reads the 統一編號 from it."""
    application = _application(request)
    if application.state not in (ApplicationState.STARTED, ApplicationState.CARD_VERIFIED):
        return _next_page(application)
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            proof = _proof(request, str(application.pk))
            proving.record_card(application_id=application.pk, identity=proof.identity, now=request.now)
        except Refused as refused:
            refusal = refused
        else:
            return redirect("join:declarations")
    challenge = issue_challenge(
        purpose=Purpose.JOIN, subject=str(application.pk), session_key=session_secret(request), statement={},
        machine_now=machine_now(),
    )  # fmt: skip
    context = {
        "application": application, "refusal": refusal, "tbs": b64encode(challenge.content).decode(),
        "nonce": challenge.nonce, "reader_origin": settings.CARD_READER_ORIGIN,
    }  # fmt: skip
    return render(request, "public/join/card.html", context, status=409 if refusal else 200)


def _proof(request: PageRequest, subject: str) -> CardProof:
    """Consume the page's challenge and verify the card's signature over exactly its bytes."""
    return prove_card(
        nonce=request.POST.get("nonce", ""), signature=card_answer(request), purpose=Purpose.JOIN, subject=subject,
        session_key=session_secret(request), statement={}, now=request.now, machine_now=machine_now(),
    )  # fmt: skip


@public
@require_http_methods(["GET", "POST"])
def resume(request: PageRequest, token: str) -> HttpResponse:
    """The link from the phone, opened on the computer: the click takes the application along, looking does not."""
    if request.method == "GET":
        return render(request, "public/join/resume.html")
    request.session[SESSION_KEY] = take_over(token=token, now=request.now)
    return redirect("join:card")


@public
@require_http_methods(["GET", "POST"])
def declarations(request: PageRequest) -> HttpResponse:
    """Step 3: authorise the queries and make the declarations."""
    application = _application(request)
    if application.state != ApplicationState.CARD_VERIFIED:
        return _next_page(application)
    form = DeclarationsForm(posted(request))
    if request.method == "POST" and form.is_valid():
        agreeing.declare(
            application_id=application.pk, documents=list(DECLARATIONS), ip=client_ip(request), now=request.now
        )
        return redirect("join:account")
    context = {"form": form, "application": application, "queries": DECLARATIONS[0], "eligibility": DECLARATIONS[1]}
    return render(request, "public/join/declarations.html", context, status=answer_status(form))


@public
@require_http_methods(["GET", "POST"])
def account(request: PageRequest) -> HttpResponse:
    """Step 4: who answers for the account, and where mail goes."""
    application = _application(request)
    if not _reached(application, ApplicationState.DECLARED):
        return _next_page(application)
    known = {"contact_name": application.contact_name, "email": application.email, "phone": application.phone}
    form = AccountDataForm(posted(request), initial=known)
    if request.method == "POST" and form.is_valid():
        data = confirming.AccountForm(**form.cleaned_data)
        try:
            confirming.give_account(
                application_id=application.pk, account=data, now=request.now, machine_now=machine_now()
            )
        except Refused as refusal:
            form.add_error("email", str(refusal))
        else:
            return redirect("join:email")
    return render(request, "public/join/account.html", {"form": form, "application": application}, status=answer_status(form))


@public
@require_http_methods(["GET", "POST"])
def email(request: PageRequest) -> HttpResponse:
    """Step 5: the code from the mail; right → the account exists and is signed in."""
    if SESSION_KEY not in request.session and request.user.is_authenticated:
        return redirect("member:home")  # the same click again: the account exists and is signed in
    application = _application(request)
    if application.state != ApplicationState.CODE_SENT:
        return _next_page(application)
    form = EmailCodeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            user = confirming.verify_email(
                application_id=application.pk, code=form.cleaned_data["code"], now=request.now,
                machine_now=machine_now(),
            )  # fmt: skip
        except StepNotOpen:
            return redirect("member:home")  # two clicks at once: the other one did it
        except Refused as refusal:
            form.add_error("code", str(refusal))
        else:
            login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
            request.session.pop(SESSION_KEY, None)
            return redirect("member:home")
    return render(request, "public/join/email.html", {"form": form, "application": application}, status=answer_status(form))


@public
@require_POST
def resend(request: PageRequest) -> HttpResponse:
    """A fresh code, a minute after the last at the earliest."""
    application = _application(request)
    try:
        confirming.resend_code(application_id=application.pk, now=request.now, machine_now=machine_now())
    except Refused as refusal:
        return refuse(request, refusal, page="join:email")
    messages.success(request, _("新的驗證碼已經寄出，舊的不能再用。"))
    return redirect("join:email")
