"""Lines of the audit log in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from tcloud.core import wording
from tcloud.core.actors import APPLICANT

TITLES = {
    "members:application:card-verified": _("工商憑證驗證"),
    "members:application:approved": _("資格審核通過"),
    "members:application:refused": _("資格審核未通過"),
    "members:account:opened": _("帳號啟用"),
    "members:member:added": _("加入成員"),
    "assessments:assessment:completed": _("完成自評表"),
    "points:grant:issued": _("核發點數"),
    "points:grant:ended": _("期限已到，收回剩餘點數"),
    "points:grant:frozen": _("暫停使用"),
    "points:grant:released": _("解除暫停"),
    "points:waiting:joined": _("排入候補"),
    "points:waiting:ineligible": _("輪到時資格不符，離開候補"),
    "points:clocks:proposed": _("提議延後期限"),
    "points:clocks:agreed": _("同意延後期限"),
    "points:clocks:declined": _("不同意延後期限"),
    "points:adjustment:proposed": _("提議調整點數"),
    "points:adjustment:agreed": _("同意調整點數"),
    "points:adjustment:declined": _("不同意調整點數"),
}
WORDS = {
    "call": _("梯次"), "points": _("點數"), "rule_set": _("規則版本"), "reason": _("理由"), "days": _("天數"),
    "reclaimed": _("收回"), "place": _("位次"), "change": _("提案"), "adjustment": _("提案"),
    "days_proposed": _("提議補回天數"),
}  # fmt: skip


OLD_MACHINES = {"", "programme", "eligibility", "term", "gateway", "demo"}
"""What rows written before core.actors have where no person acted."""
JOINING = {"applicant", str(APPLICANT)}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what, when, by whom, and the facts that can be said."""

    title: str
    at: datetime
    who: str
    facts: str
    number: int


def titled(rows: list[Any]) -> list[Line]:
    """Audit rows as people read them; a tag without words stays what it is."""
    return [
        Line(
            title=str(TITLES.get(row.row.tag, row.row.tag)), at=row.row.at, who=_who(row), number=row.row.pk,
            facts=str(_("・")).join(
                f"{WORDS[key]} {wording.amount(value) if isinstance(value, int) else value}" for key, value in row.row.details.items() if key in WORDS and value not in ("", None)
            ),
        )
        for row in rows
    ]  # fmt: skip


def _who(row: Any) -> str:
    """A person's name; else what kind of hand it was. Only the reference decides, never the name."""
    reference = row.row.actor
    if reference in JOINING:
        return str(_("申請人"))
    if reference.startswith(("rule:", "machine:")) or reference in OLD_MACHINES:
        return str(_("系統"))
    return str(row.who)
