"""The office."""

from django.urls import path

from tcloud.web.office import (
    budget,
    calendar_page,
    calls,
    decisions,
    drafts,
    grants,
    home,
    journal,
    messages,
)

app_name = "office"
GRANT = "points/grants/<slug:call>/<ubn:ubn>/"
urlpatterns = [
    path("", home.home, name="home"),
    path("journal/", journal.journal, name="journal"),
    path("journal/statement.csv", journal.statement_csv, name="journal-statement-csv"),
    path("journal/statement.xlsx", journal.statement_xlsx, name="journal-statement-xlsx"),
    path("journal/all.csv", journal.all_csv, name="journal-all-csv"),
    path("messages/", messages.preview, name="messages"),
    path("calls/", calls.call_list, name="calls"),
    path("calls/new/", calls.call_new, name="call-new"),
    path("calls/<slug:call>/rules/", calls.call_rules, name="call-rules"),
    path("calls/<slug:call>/rules/<int:version>/", calls.rule_version, name="rule-version"),
    path("calls/<slug:call>/draft/", drafts.draft_page, name="draft"),
    path("calls/<slug:call>/draft/start/", calls.draft_start, name="draft-start"),
    path("calls/<slug:call>/draft/edit/", drafts.draft_edit, name="draft-edit"),
    path("calls/<slug:call>/draft/send/", drafts.draft_send, name="draft-send"),
    path("calls/<slug:call>/draft/take-back/", drafts.draft_take_back, name="draft-take-back"),
    path("calls/<slug:call>/draft/discard/", drafts.draft_discard, name="draft-discard"),
    path("calls/<slug:call>/draft/review/", drafts.draft_review, name="draft-review"),
    path("calls/<slug:call>/draft/return/", drafts.draft_return, name="draft-return"),
    path("calls/<slug:call>/draft/publish/", drafts.draft_publish, name="draft-publish"),
    path("calendar/", calendar_page.calendar, name="calendar"),
    path("calendar/look/", calendar_page.look, name="calendar-look"),
    path("calendar/take/", calendar_page.take, name="calendar-take"),
    path("calendar/say/", calendar_page.say, name="calendar-say"),
    path("points/", budget.entry, name="points"),
    path("points/budget/", budget.budget, name="budget"),
    path("points/budget.<slug:form>", budget.budget_export, name="budget-export"),
    path("points/budget/adjust/", decisions.adjust_budget, name="budget-adjust"),
    path("points/waiting/", budget.waiting, name="waiting"),
    path("points/waiting.<slug:form>", budget.waiting_export, name="waiting-export"),
    path("points/grants/", grants.search, name="grants"),
    path(GRANT, grants.grant, name="grant"),
    path(f"{GRANT}freeze/", grants.freeze, name="grant-freeze"),
    path(f"{GRANT}release/", grants.release, name="grant-release"),
    path(f"{GRANT}extend/", grants.extend, name="grant-extend"),
    path(f"{GRANT}correct/", grants.correct, name="grant-correct"),
    path("points/decisions/", decisions.waiting_decisions, name="decisions"),
    path("points/decisions/extend-all/", decisions.extend_all, name="extend-all"),
    path("points/decisions/clocks/<int:change>/", decisions.decide_change, name="decide-clocks"),
    path("points/decisions/adjustments/<int:adjustment>/", decisions.decide_adjustment, name="decide-adjustment"),
]
