"""What need not be kept is forgotten when its time is over, not a moment earlier; what is evidence stays."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction

from simulators.card_reader import signing
from simulators.certificate_authority.pki import Authority, Card
from tcloud.audit.models import AuditRow
from tcloud.demo.seed import card_of
from tcloud.identity.company_certificate import CardRefused
from tcloud.identity.models import AttemptCount, CardSignature, Challenge
from tcloud.identity.rules import Purpose
from tcloud.identity.services import CHALLENGE_LIFETIME, IssuedChallenge, issue_challenge, prove_card
from tcloud.jobs import retention
from tcloud.members.documents import DECLARATIONS, TERMS
from tcloud.members.handing_over import LinkOver, link_of, take_over
from tcloud.members.models import Application, Consent, ConsentText, EmailCode
from tcloud.members.queries import application_by_secret
from tcloud.members.services import agreeing, confirming, proving
from tcloud.members.states import ApplicationState
from tcloud.notifications.models import DeliveryState, Notice, OutboxMessage
from tests import make
from tests.authority import NOW, Outside, authority, card, outside

__all__ = ["authority", "card", "outside"]
pytestmark = pytest.mark.django_db
MOMENT = timedelta(microseconds=1)
MONTH = timedelta(days=30)


def begun(steps: int = 4) -> tuple[Application, str]:
    """An application that got so far: consent, card, declarations, account."""
    call = make.Call.objects.first() or make.call()
    row, secret = agreeing.start_application(
        call=call, terms=TERMS, language="zh-hant", ip="203.0.113.7", now=NOW, machine_now=NOW
    )
    account = confirming.AccountForm("leaf@tea.example", "葉小溪", "02-5550-0201", make.PASSWORD)
    doing: tuple[Callable[[], object], ...] = (
        lambda: proving.record_card(application_id=row.pk, identity=card_of(make.COMPANY, NOW), now=NOW),
        lambda: agreeing.declare(application_id=row.pk, documents=list(DECLARATIONS), ip="203.0.113.7", now=NOW),
        lambda: confirming.give_account(application_id=row.pk, account=account, now=NOW, machine_now=NOW),
    )
    for do in doing[: steps - 1]:
        do()
    return Application.objects.get(pk=row.pk), secret


def forget(after: timedelta) -> int:
    return retention.forget(NOW + after, NOW + after)


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_an_unfinished_application_is_emptied_after_thirty_days(steps: int) -> None:
    row, secret = begun(steps)
    link = link_of(row)
    agreed = list(Consent.objects.order_by("id").values())
    texts = list(ConsentText.objects.order_by("pk").values())

    forget(MONTH - MOMENT)
    assert application_by_secret(secret) is not None
    forget(MONTH)

    row.refresh_from_db()
    assert (row.state, row.email, row.contact_name, row.phone, row.password_hash) == (ApplicationState.ABANDONED, "", "", "", "")
    assert application_by_secret(secret) is None
    with pytest.raises(LinkOver):
        take_over(token=link, now=NOW + MONTH)
    assert not EmailCode.objects.exists()
    assert list(Consent.objects.order_by("id").values()) == agreed
    assert list(ConsentText.objects.order_by("pk").values()) == texts
    assert AuditRow.objects.get(tag="members:application:abandoned").details == {"application": row.pk}


def test_an_application_that_became_an_account_keeps_everything_but_its_code() -> None:
    make.call()
    make.member(now=NOW)
    before = Application.objects.values().get()
    assert EmailCode.objects.exists()
    forget(timedelta(days=4000))
    assert Application.objects.values().get() == before
    assert Consent.objects.count() == 1 + len(DECLARATIONS)
    assert not EmailCode.objects.exists()


def test_a_code_that_is_still_awaited_stays() -> None:
    begun()
    forget(timedelta(days=2))
    assert EmailCode.objects.exists()


def test_the_database_keeps_nobody_in_an_abandoned_application() -> None:
    row, _secret = begun()
    with transaction.atomic(), pytest.raises(DatabaseError, match="abandoned_holds_nobody"):
        Application.objects.filter(pk=row.pk).update(state=ApplicationState.ABANDONED)


def challenge(at: datetime = NOW) -> IssuedChallenge:
    return issue_challenge(purpose=Purpose.JOIN, subject="1", session_key="s", statement={}, machine_now=at)


def test_challenges_nobody_signed_go_and_signed_ones_stay(authority: Authority, card: Card, outside: Outside) -> None:
    signed, spent, fresh = challenge(), challenge(), challenge(NOW + timedelta(days=1))
    given = {"purpose": Purpose.JOIN, "subject": "1", "session_key": "s", "statement": {}, "now": NOW, "machine_now": NOW}
    signature = signing.pkcs7(card, signed.content, now=NOW, extras=signing.Extras(nonce=signed.nonce))
    prove_card(nonce=signed.nonce, signature=signature, **given)  # type: ignore[arg-type]
    with pytest.raises(CardRefused):
        prove_card(nonce=spent.nonce, signature=b"nothing", **given)  # type: ignore[arg-type]
    over = CHALLENGE_LIFETIME + timedelta(days=1)

    forget(over - MOMENT)
    assert Challenge.objects.count() == 3
    forget(over)

    assert set(Challenge.objects.values_list("nonce", flat=True)) == {signed.nonce, fresh.nonce}
    assert CardSignature.objects.get().challenge.nonce == signed.nonce


def test_counts_sessions_and_sign_ins_go_when_their_time_is_over() -> None:
    person = {"username": "leaf@tea.example", "ip_address": "203.0.113.7", "user_agent": "x"}
    AttemptCount.objects.create(key="k", until=NOW, count=1)
    Session.objects.create(session_key="s", session_data="", expire_date=NOW)
    AccessAttempt.objects.create(**person, failures_since_start=1)
    AccessAttempt.objects.update(attempt_time=NOW)
    AccessLog.objects.create(**person)
    AccessLog.objects.update(attempt_time=NOW)
    kinds = (AttemptCount, Session, AccessAttempt, AccessLog)

    def left() -> list[bool]:
        return [kind.objects.exists() for kind in kinds]

    forget(-MOMENT)
    assert left() == [True, True, True, True]
    forget(MONTH - MOMENT)
    assert left() == [False, False, True, True]
    forget(timedelta(days=180) - MOMENT)
    assert left() == [False, False, False, True]
    forget(timedelta(days=180))
    assert left() == [False, False, False, False]


def test_the_sign_in_librarys_counts_go_once_they_ran_out() -> None:
    def kept() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM identity_cache")
            return int(cursor.fetchone()[0])

    cache.set("short", 1, 60)
    cache.set("long", 1, 7200)
    assert kept() == 2
    forget(timedelta(hours=1))
    assert kept() == 1


def test_mails_go_after_half_a_year_and_notices_stay() -> None:
    make.call()
    make.company_with_points(now=NOW)
    told = Notice.objects.count()
    assert told
    OutboxMessage.objects.update(state=DeliveryState.SENT, sent_at=NOW)
    waiting = OutboxMessage.objects.latest("id")
    OutboxMessage.objects.filter(pk=waiting.pk).update(state=DeliveryState.QUEUED, sent_at=None)
    number = OutboxMessage.objects.count()
    assert number > 2

    forget(timedelta(days=180) - MOMENT)
    assert OutboxMessage.objects.count() == number
    forget(timedelta(days=180))

    assert OutboxMessage.objects.get() == waiting
    assert Notice.objects.count() == told


def test_many_go_in_batches_and_again_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(5):
        begun(1)
    AttemptCount.objects.all().delete()
    assert forget(MONTH) == 5
    assert forget(MONTH) == 0
    assert AuditRow.objects.filter(tag="members:application:abandoned").count() == 5


def test_one_kind_that_fails_keeps_no_other_from_going(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: object) -> int:
        raise DatabaseError("away")

    first, *others = retention.RETENTION
    monkeypatch.setattr(retention, "RETENTION", (replace(first, forget=fail), *others))
    begun(1)
    Session.objects.create(session_key="s", session_data="", expire_date=NOW)
    forget(MONTH)
    assert not Session.objects.exists()
    assert Application.objects.get().state == ApplicationState.STARTED
