"""Anybody may check a contract: who signed it, when, and whether it is whole. What was bought, only the two sides."""

from typing import TYPE_CHECKING

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from tcloud.contracts.queries import contract_by_code, stored_as
from tcloud.contracts.rules import fingerprint
from tcloud.contracts.services import check_document
from tcloud.contracts.verification import LARGEST_FILE, Verdict
from tcloud.core.errors import NotFound
from tcloud.core.ids import is_order_number
from tcloud.core.time import machine_now
from tcloud.identity.attempts import TooOften
from tcloud.identity.roles import Permission, Role, may
from tcloud.members.queries import membership_of
from tcloud.orders.queries import order_of_company, order_of_vendor
from tcloud.vendors.queries import staff_of
from tcloud.web.access import PageRequest, is_signed_in, public
from tcloud.web.answers import answer_status
from tcloud.web.public.forms import ContractFileForm
from tcloud.web.visitor import client_ip

if TYPE_CHECKING:
    from tcloud.orders.models import Order

ANSWERS = {
    Verdict.GOOD: gettext_lazy("這份契約完整，簽章有效"),
    Verdict.ALTERED: gettext_lazy("這份檔案在簽署後被改過"),
    Verdict.NOT_TRUSTED: gettext_lazy("檔案沒有被改，但無法確認簽署人"),
    Verdict.UNSIGNED: gettext_lazy("這份檔案沒有簽章"),
    Verdict.UNREADABLE: gettext_lazy("這個檔案讀不出來"),
}
EXPLANATIONS = {
    Verdict.GOOD: gettext_lazy("簽署後內容沒有任何改動；簽署當時，憑證在有效期內，也沒有被廢止。"),
    Verdict.ALTERED: gettext_lazy("內容和簽署時不同，不能當作簽署的契約。請向對方要原來的檔案，再查驗一次。"),
    Verdict.NOT_TRUSTED: gettext_lazy("簽章不是由我們信任的憑證機構發行，或缺少有效的時間戳記。請確認檔案的來源。"),
    Verdict.UNSIGNED: gettext_lazy("它可能是還沒簽署的契約原文。請到「我的訂單」下載簽署後的檔案，再查驗一次。"),
    Verdict.UNREADABLE: gettext_lazy("它不是完整的 PDF，或檔案太大。請重新下載契約，不要另存成其他格式，再查驗一次。"),
}


@require_http_methods(["GET", "POST"])
@public
def verify(request: PageRequest) -> HttpResponse:
    """Upload a contract and read the answer; the QR code on a contract leads here with its number and code."""
    number, code = request.GET.get("order", ""), request.GET.get("code", "")
    posted = request.method == "POST"
    form = ContractFileForm(request.POST, request.FILES) if posted else ContractFileForm()
    known = is_order_number(number)
    context: dict[str, object] = {
        "number": number if known else "", "form": form, "scanned": contract_by_code(number, code) if known else None,
    }  # fmt: skip
    status = answer_status(form)
    if posted and form.is_valid():
        try:
            context |= _answer(request, form.cleaned_data["document"])
        except TooOften as refusal:
            form.add_error("document", str(refusal))
            status = refusal.status
    return render(request, "public/verify.html", context, status=status)


def _answer(request: PageRequest, upload: "UploadedFile[bytes]") -> dict[str, object]:
    content = b"" if (upload.size or 0) > LARGEST_FILE else upload.read()
    report = check_document(content=content, visitor=client_ip(request) or "", machine_now=machine_now())
    stored = stored_as(fingerprint(content))
    return {
        "report": report,
        "good": report.verdict is Verdict.GOOD,
        "answer": ANSWERS[report.verdict],
        "explanation": EXPLANATIONS[report.verdict],
        "stored": stored,
        "order": _order_for(request, stored.contract.order_number) if stored else None,
    }


def _order_for(request: PageRequest, number: str) -> "tuple[Order, str] | None":
    """The order and the address of its page, for its company, its vendor and nobody else."""
    if not is_signed_in(request):
        return None
    membership = membership_of(request.user, request.session.get("company"))
    staff = staff_of(request.user)
    try:
        if membership is not None and may(Role(membership.role), Permission.ORDER_VIEW):
            return order_of_company(membership.company, number), "member:order"
        if staff is not None and may(Role(staff.role), Permission.DESK_VIEW):
            return order_of_vendor(staff.vendor, number), "vendor:order"
    except NotFound:
        return None
    return None
