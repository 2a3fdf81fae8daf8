"""The one role table: who may do what (PRODUCT.md §3).

A role belongs to a user in one of three places: in a company (members.Membership), with a vendor
(vendors.VendorStaff) or in the office (identity.OfficeRole). The table says what each role may do;
`tcloud.web.access` asks it, and one test walks it.
"""

from collections.abc import Iterable
from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Role(StrEnum):
    """Every role of the programme; a visitor has none."""

    COMPANY_OWNER = "company_owner"
    COMPANY_MEMBER = "company_member"
    BOOKKEEPER = "bookkeeper"
    VENDOR_OWNER = "vendor_owner"
    VENDOR_STAFF = "vendor_staff"
    REVIEWER = "reviewer"
    EDITOR = "editor"
    FINANCE = "finance"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """One action on one kind of object; a view names exactly one."""

    COMPANY_VIEW = "company.view"
    ASSESSMENT_FILL = "assessment.fill"
    POINTS_VIEW = "points.view"
    ORDER_VIEW = "order.view"
    ORDER_PLACE = "order.place"
    ORDER_SIGN = "order.sign"
    ORDER_PAY = "order.pay"
    ORDER_WITHDRAW = "order.withdraw"
    DESK_VIEW = "desk.view"
    DESK_ANSWER = "desk.answer"
    DESK_DELIVER = "desk.deliver"
    OFFICE_VIEW = "office.view"
    MESSAGES_PREVIEW = "messages.preview"
    BUDGET_VIEW = "budget.view"
    GRANTS_VIEW = "grants.view"
    GRANTS_STEWARD = "grants.steward"
    POINTS_ADJUST = "points.adjust"
    CLOCK_MOVE = "clock.move"
    JOURNAL_READ = "journal.read"
    CALL_PREPARE = "call.prepare"
    RULES_DRAFT = "rules.draft"
    RULES_PUBLISH = "rules.publish"
    CALENDAR_KEEP = "calendar.keep"


P = Permission
_COMPANY = frozenset({P.COMPANY_VIEW, P.POINTS_VIEW, P.ORDER_VIEW})
_OFFICE = frozenset({P.OFFICE_VIEW, P.MESSAGES_PREVIEW})

ROLE_TABLE: dict[Role, frozenset[Permission]] = {
    Role.COMPANY_OWNER: _COMPANY
    | {P.ASSESSMENT_FILL, P.ORDER_PLACE, P.ORDER_SIGN, P.ORDER_PAY, P.ORDER_WITHDRAW},
    Role.COMPANY_MEMBER: _COMPANY | {P.ASSESSMENT_FILL, P.ORDER_PLACE, P.ORDER_PAY, P.ORDER_WITHDRAW},
    Role.BOOKKEEPER: _COMPANY | {P.ORDER_PAY},
    Role.VENDOR_OWNER: frozenset({P.DESK_VIEW, P.DESK_ANSWER, P.DESK_DELIVER}),
    Role.VENDOR_STAFF: frozenset({P.DESK_VIEW, P.DESK_ANSWER, P.DESK_DELIVER}),
    Role.REVIEWER: _OFFICE | {P.GRANTS_VIEW, P.GRANTS_STEWARD, P.RULES_PUBLISH},
    Role.EDITOR: _OFFICE,
    Role.FINANCE: _OFFICE | {P.BUDGET_VIEW, P.GRANTS_VIEW, P.POINTS_ADJUST},
    Role.AUDITOR: _OFFICE | {P.BUDGET_VIEW, P.GRANTS_VIEW, P.JOURNAL_READ},
    Role.ADMINISTRATOR: _OFFICE
    | {P.BUDGET_VIEW, P.GRANTS_VIEW, P.GRANTS_STEWARD, P.POINTS_ADJUST, P.CLOCK_MOVE}
    | {P.CALL_PREPARE, P.RULES_DRAFT, P.RULES_PUBLISH, P.CALENDAR_KEEP},
}

ROLE_NAMES = {
    Role.COMPANY_OWNER: _("企業負責帳號"),
    Role.COMPANY_MEMBER: _("企業成員"),
    Role.BOOKKEEPER: _("會計"),
    Role.VENDOR_OWNER: _("廠商負責帳號"),
    Role.VENDOR_STAFF: _("廠商人員"),
    Role.REVIEWER: _("審查人員"),
    Role.EDITOR: _("編輯"),
    Role.FINANCE: _("財務"),
    Role.AUDITOR: _("稽核"),
    Role.ADMINISTRATOR: _("系統管理者"),
}

COMPANY_ROLES = (Role.COMPANY_OWNER, Role.COMPANY_MEMBER, Role.BOOKKEEPER)
VENDOR_ROLES = (Role.VENDOR_OWNER, Role.VENDOR_STAFF)
OFFICE_ROLES = (Role.REVIEWER, Role.EDITOR, Role.FINANCE, Role.AUDITOR, Role.ADMINISTRATOR)

# Staff and vendors sign in with a second factor; a company proves itself with its card instead.
SECOND_FACTOR_ROLES = frozenset(VENDOR_ROLES + OFFICE_ROLES)


def may(role: Role, permission: Permission) -> bool:
    """Whether the table gives a role a permission."""
    return permission in ROLE_TABLE[role]


def any_may(roles: Iterable[Role], permission: Permission) -> bool:
    """Whether the table gives one of somebody's roles a permission: in the office a person may have several."""
    return any(may(role, permission) for role in roles)
