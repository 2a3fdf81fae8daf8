"""The applicant agrees to the terms, which begins the application, and makes the declarations."""

import secrets
from datetime import datetime

from tcloud.core.transactions import operation, use_case
from tcloud.identity.attempts import APPLICATION_STARTED, count_attempt
from tcloud.members.documents import Document
from tcloud.members.models import Application, Consent, ConsentText
from tcloud.members.queries import lock_application, secret_hash
from tcloud.members.services.advancing import advance
from tcloud.members.states import ApplicationEvent
from tcloud.programme.models import Call
from tcloud.programme.queries import rule_set_at


def new_secret() -> tuple[str, str]:
    """A secret that finds an application again, and its hash, which is what we keep."""
    secret = secrets.token_urlsafe(32)
    return secret, secret_hash(secret)


@use_case
def start_application(
    *, call: Call, terms: Document, language: str, ip: str | None, now: datetime, machine_now: datetime
) -> tuple[Application, str]:
    """Agree to the terms and begin; returns the application and the secret that finds it again. Raises TooOften."""
    count_attempt(APPLICATION_STARTED, ip or "", machine_now)
    secret, kept = new_secret()
    application = Application.objects.create(
        call=call, rule_set=rule_set_at(call, now), secret_hash=kept, language=language, started_at=now
    )
    _agree(application, [terms], ip=ip, now=now)
    return application, secret


@use_case
def declare(
    *, application_id: int, documents: list[Document], ip: str | None, now: datetime
) -> Application:
    """Authorise the queries and make the declarations: each its own record."""
    application = lock_application(application_id)
    advance(application, ApplicationEvent.DECLARATIONS_MADE)
    _agree(application, documents, ip=ip, now=now)
    application.save()
    return application


@operation
def _agree(application: Application, documents: list[Document], *, ip: str | None, now: datetime) -> None:
    texts = [ConsentText(sha256=document.digest(), text=document.text()) for document in documents]
    ConsentText.objects.bulk_create(texts, ignore_conflicts=True)
    Consent.objects.bulk_create(
        [
            Consent(
                application=application, document=document.key, version=document.version,
                text_sha256=document.digest(), language=application.language, given_at=now, ip=ip,
            )
            for document in documents
        ],
        ignore_conflicts=True,
    )
