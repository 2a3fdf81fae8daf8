"""The steps of an application, and the only place that writes its state."""

from django.utils.translation import gettext_lazy as _

from tcloud.core.errors import Refused
from tcloud.core.transactions import operation
from tcloud.members.models import Application
from tcloud.members.states import TRANSITIONS, ApplicationEvent, ApplicationState


class StepNotOpen(Refused):
    """The step was already done, or an earlier one is missing."""

    code = "step_not_open"
    message = _("這一步現在不能做，可能已經在另一個分頁完成了。請回到申請步驟清單，從標示「輪到您」的那一步繼續。")


@operation
def advance(application: Application, event: ApplicationEvent) -> None:
    """The only place that writes an application's state; the row is locked by the caller."""
    target = TRANSITIONS.get((ApplicationState(application.state), event))
    if target is None:
        raise StepNotOpen
    application.state = target
