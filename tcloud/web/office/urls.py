"""The office."""

from django.urls import path

from tcloud.web.office import home, journal, messages

app_name = "office"
urlpatterns = [
    path("", home.home, name="home"),
    path("journal/", journal.journal, name="journal"),
    path("journal/statement.csv", journal.statement_csv, name="journal-statement-csv"),
    path("journal/statement.xlsx", journal.statement_xlsx, name="journal-statement-xlsx"),
    path("journal/all.csv", journal.all_csv, name="journal-all-csv"),
    path("messages/", messages.preview, name="messages"),
]
