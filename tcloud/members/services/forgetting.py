"""An application that nobody finishes loses what was typed into it; what was agreed to stays."""

from datetime import datetime

from tcloud.audit.services import record
from tcloud.core.actors import rule
from tcloud.core.transactions import operation, use_case
from tcloud.members.models import Application, EmailCode
from tcloud.members.services.advancing import advance
from tcloud.members.services.agreeing import new_secret
from tcloud.members.states import UNFINISHED_STATES, ApplicationEvent, ApplicationState


@use_case
def forget_unfinished(*, before: datetime, now: datetime, at_most: int) -> int:
    """Applications begun up to `before` that never became an account; returns how many, again is harmless.

    Name, address, phone, password and code go. The consents stay, and whose they are: the database deletes none.
    One that somebody works on this moment is left to the next run.
    """
    rows = Application.objects.select_for_update(skip_locked=True, of=("self",))
    found = list(rows.filter(state__in=UNFINISHED_STATES, started_at__lte=before).order_by("started_at")[:at_most])
    EmailCode.objects.filter(application__in=found).delete()
    for application in found:
        _forget(application, now)
    return len(found)


@operation
def _forget(application: Application, now: datetime) -> None:
    advance(application, ApplicationEvent.ABANDONED)
    application.email = application.contact_name = application.phone = application.password_hash = ""
    # No session and no mailed link finds it from now on: nobody ever holds this secret.
    _secret, application.secret_hash = new_secret()
    application.save()
    record(
        tag="members:application:abandoned", actor=rule("retention"), subject=application.ubn or str(application.pk), now=now,
        details={"application": application.pk},
    )  # fmt: skip


@use_case
def forget_codes(*, before: datetime, at_most: int) -> int:
    """E-mail codes sent up to `before` (machine time) whose application has gone on; returns how many."""
    rows = EmailCode.objects.filter(sent_at__lte=before).exclude(application__state=ApplicationState.CODE_SENT)
    count, _by_kind = EmailCode.objects.filter(pk__in=list(rows.order_by("pk").values_list("pk", flat=True)[:at_most])).delete()
    return count
