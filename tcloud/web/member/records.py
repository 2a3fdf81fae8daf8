"""我的資料: what is known of the company, what it agreed to, word for word, and what the registers were asked about it."""

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from tcloud.identity.roles import Permission
from tcloud.members.queries import agreed_by
from tcloud.registry.queries import answers_about
from tcloud.registry.rules import Verdict
from tcloud.web.access import PageRequest, company_role

if TYPE_CHECKING:
    from tcloud.registry.models import RegistryAnswer

PAGE = 20
CHECKS = {
    "registered": _("登記有效"), "not_a_branch": _("不是分公司"), "small_or_medium": _("符合中小企業認定標準"),
    "not_subsidised": _("沒有領過點數"),
}  # fmt: skip
VERDICTS = {Verdict.PASS: ("ok", _("通過")), Verdict.FAIL: ("bad", _("不通過")), Verdict.UNKNOWN: ("wait", _("查不到"))}
SOURCES = {"gcis": _("經濟部商工登記公開資料")}


@require_safe
@company_role(Permission.COMPANY_VIEW)
def records(request: PageRequest) -> HttpResponse:
    """The company's own data, consents and the log of queries, newest query first."""
    company = request.membership.company
    page = Paginator(answers_about(company.ubn), PAGE).get_page(request.GET.get("page"))
    context = {
        "company": company, "consents": agreed_by(company), "page": page, "answers": [_answer(row) for row in page],
        "section": "records",
    }  # fmt: skip
    return render(request, "member/records.html", context)


def _answer(row: "RegistryAnswer") -> dict[str, object]:
    """One query as people read it: when, whom, and what came of it."""
    register = row.source.partition(":")[0]
    # The database keeps the names in an order of its own.
    checks = [(CHECKS[name], *VERDICTS[Verdict(row.checks[name])]) for name in CHECKS if name in row.checks]
    return {"at": row.asked_at, "source": SOURCES.get(register, row.source), "found": row.found, "checks": checks}
