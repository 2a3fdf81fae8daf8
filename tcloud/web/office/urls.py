"""The office."""

from django.urls import path

from tcloud.web.office import budget, decisions, grants, home, messages

app_name = "office"
GRANT = "points/grants/<slug:call>/<ubn:ubn>/"
urlpatterns = [
    path("", home.home, name="home"),
    path("messages/", messages.preview, name="messages"),
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
