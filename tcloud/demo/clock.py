"""See time pass: the office moves the demonstration clock, and every deadline that falls due acts at once."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from tcloud.core.time import clock_offset, move_clock, now
from tcloud.identity.roles import Permission
from tcloud.jobs import deadlines
from tcloud.programme.queries import latest_call
from tcloud.web.access import PageRequest, office_role
from tcloud.web.answers import answer_status, posted
from tcloud.web.office.due import due_rows

DAYS_AT_MOST = 2000


class ClockForm(forms.Form):
    """How far to move the clock. It only goes forward: what has happened has happened."""

    days = forms.IntegerField(
        label=gettext_lazy("天"), min_value=0, max_value=DAYS_AT_MOST, required=False,
        widget=forms.TextInput({"inputmode": "numeric"}),
    )
    hours = forms.IntegerField(
        label=gettext_lazy("小時"), min_value=0, max_value=23, required=False,
        widget=forms.TextInput({"inputmode": "numeric"}),
    )  # fmt: skip

    def span(self) -> timedelta:
        """The span asked for; zero when both fields are empty."""
        return timedelta(days=self.cleaned_data.get("days") or 0, hours=self.cleaned_data.get("hours") or 0)


def pass_time(span: timedelta) -> int:
    """Move the clock forward and act on everything that fell due, chain by chain; returns how many limits acted."""
    move_clock(span)
    acted = 0
    while batch := deadlines.sweep(now()):
        acted += batch
    return acted


@require_http_methods(["GET", "POST"])
@office_role(Permission.CLOCK_MOVE)
def page(request: PageRequest) -> HttpResponse:
    """The clock: what time it is, what falls due next, and a way to go there."""
    form = ClockForm(posted(request))
    if request.method == "POST" and form.is_valid():
        if form.span() > timedelta(0):
            acted = pass_time(form.span())
            messages.success(request, _("時鐘已前進，有 %(count)s 個期限到期並處理完成。") % {"count": acted})
            return redirect("demo-clock")
        form.add_error("days", _("請填要前進幾天或幾小時。"))
    context = {"section": "clock", "call": latest_call(request.now), "form": form, "offset": clock_offset(), "deadlines": due_rows(with_companies=True)}
    return render(request, "demo/clock.html", context, status=answer_status(form))
