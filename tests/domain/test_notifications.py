"""Messages: one catalogue, an outbox in the transaction of its cause, mail at least once under one Message-ID."""

import re
import smtplib
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.utils.translation import override

from tcloud.notifications import services
from tcloud.notifications.catalogue import CATALOGUE, MessageName, needed, texts
from tcloud.notifications.models import Notice, OutboxMessage
from tcloud.notifications.queries import notices_of
from tcloud.notifications.services import ContextIncomplete, Recipient, deliver, notify, read_notice
from tcloud.notifications.wording import worded
from tcloud.web.office.messages import sample

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 20, 2, 0, tzinfo=UTC)
UBN = "24468011"
OWNER = Recipient("owner@tea.example", "葉小溪", "zh-hant", UBN)
M = MessageName
ACCEPTED = {
    "number": "CE2600000012", "vendor": "稻浪軟體股份有限公司", "company": "雙溪茶業有限公司", "price": 60_000,
    "points": 30_000, "self_pay": 30_000, "pay_until": datetime(2026, 4, 22, 16, 0, tzinfo=UTC).isoformat(),
}  # fmt: skip


def tell(message: MessageName = M.ORDER_ACCEPTED, to: Recipient = OWNER, **context: object) -> OutboxMessage:
    with transaction.atomic():
        notify(to=to, message=message, context=ACCEPTED | context, now=NOW)
    return OutboxMessage.objects.latest("id")


def jobs() -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT queue_name, (args->>'message_id')::int FROM procrastinate_jobs ORDER BY id")
        return cursor.fetchall()


# The catalogue -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MessageName)
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_every_message_can_be_filled_and_leaves_no_gap(name: MessageName, language: str) -> None:
    with override(language):
        words = worded(name, sample(NOW))
    everything = [words.subject, words.headline, words.lead, words.next_step, words.rule, words.button, words.path]
    everything += [text for fact in words.facts for text in fact]
    assert not any("%(" in text for text in everything)
    assert words.subject
    assert words.headline
    assert words.lead
    assert bool(words.button) == bool(words.path)


@pytest.mark.parametrize("name", MessageName)
def test_a_subject_names_no_person_and_no_company(name: MessageName) -> None:
    placeholders = set(re.findall(r"%\((\w+)\)s", str(CATALOGUE[name].subject)))
    assert placeholders <= {"number"}


@pytest.mark.parametrize("name", MessageName)
def test_english_has_the_same_placeholders(name: MessageName) -> None:
    def placeholders(text: object) -> set[str]:
        return set(re.findall(r"%\((\w+)\)s", str(text)))

    for text in texts(CATALOGUE[name]):
        with override("en"):
            english = placeholders(text)
        assert english == placeholders(text)


def test_the_catalogue_is_whole_and_every_path_stays_on_this_site() -> None:
    assert set(CATALOGUE) == set(MessageName)
    for message in CATALOGUE.values():
        assert message.path == "" or re.fullmatch(r"/[^/].*/", message.path)


def test_limits_and_amounts_are_written_for_people() -> None:
    with override("zh-hant"):
        words = worded(M.ORDER_ACCEPTED, ACCEPTED)
    assert words.headline == "廠商已接單，請付自付款 30,000 元"
    assert words.next_step.replace("\xa0", " ") == "4 月 22 日（三）24:00 前付款。"
    assert words.path == "/member/orders/CE2600000012/"
    assert ("訂單編號", "CE2600000012") in words.facts


# The outbox --------------------------------------------------------------------------------------------------------


def test_mail_notice_and_job_join_the_transaction_of_their_cause() -> None:
    row = tell()
    assert (row.state, row.attempts, row.language, row.address) == ("queued", 0, "zh-hant", OWNER.address)
    assert jobs() == [("mail", row.pk)]
    notice = notices_of(UBN).get()
    assert (notice.at, read_notice(notice).path) == (NOW, "/member/orders/CE2600000012/")
    assert read_notice(notice).headline.startswith("廠商已接單")


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_was_never_told() -> None:
    with transaction.atomic():
        notify(to=OWNER, message=M.ORDER_ACCEPTED, context=ACCEPTED, now=NOW)
        transaction.set_rollback(True)
    assert (OutboxMessage.objects.count(), Notice.objects.count(), jobs()) == (0, 0, [])
    with pytest.raises(RuntimeError):
        notify(to=OWNER, message=M.ORDER_ACCEPTED, context=ACCEPTED, now=NOW)


def test_a_forgotten_fact_is_found_before_anything_is_stored() -> None:
    with pytest.raises(ContextIncomplete, match="self_pay"), transaction.atomic():
        notify(to=OWNER, message=M.ORDER_ACCEPTED, context={"number": "x", "vendor": "y", "points": 1}, now=NOW)
    assert OutboxMessage.objects.count() == 0
    assert needed(M.ORDER_LAPSED) == {"number", "why"}


def test_people_without_a_company_get_mail_only() -> None:
    tell(M.ORDER_RECEIVED, Recipient("owner@vendor.example", "賴稻軒", "zh-hant"), answer_until=NOW.isoformat())
    tell(M.EMAIL_CODE, code="123456", minutes=15)
    assert OutboxMessage.objects.count() == 2
    assert Notice.objects.count() == 0


# Sending -----------------------------------------------------------------------------------------------------------


def test_one_mail_goes_out_once_and_keeps_its_order_in_text_and_html() -> None:
    row = tell()
    deliver(row.pk)
    deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.sent_at is not None) == ("sent", True)
    (sent,) = mail.outbox
    assert sent.subject == "訂單 CE2600000012 已接單，請付自付款"
    assert sent.extra_headers["Message-ID"] == row.message_id
    assert sent.to == ["=?utf-8?b?6JGJ5bCP5rqq?= <owner@tea.example>"]
    html, text = str(sent.alternatives[0][0]), sent.body
    parts = ["廠商已接單", "接了訂單", "訂單編號", "NT$ 30,000", "前付款"]
    for body in (html[html.index("<h1") :], text):
        places = [body.index(part) for part in parts]
        assert places == sorted(places)
    assert "http://localhost:8000/member/orders/CE2600000012/" in text
    assert 'href="http://localhost:8000/member/orders/CE2600000012/"' in html
    assert "規則：付自付款" in text


def test_a_mail_is_written_in_its_recipients_language_and_cannot_be_broken_by_a_name() -> None:
    row = tell(to=Recipient("eve@tea.example", "Eve\r\nBcc: x@y.example", "en", UBN), vendor="<script>x</script>")
    deliver(row.pk)
    (sent,) = mail.outbox
    message = sent.message()
    assert message["Bcc"] is None
    assert str(make_header(decode_header(message["To"]))).endswith("<eve@tea.example>")
    html = str(sent.alternatives[0][0])
    assert '<html lang="en">' in html
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_answers_go_to_the_help_desk(settings) -> None:
    settings.SUPPORT_EMAIL = "service@tcloud.example"
    deliver(tell().pk)
    settings.SUPPORT_EMAIL = ""
    deliver(tell().pk)
    assert [sent.reply_to for sent in mail.outbox] == [["service@tcloud.example"], []]
    assert "請不要直接回信" in mail.outbox[1].body


def test_a_code_is_not_kept_once_it_was_sent() -> None:
    row = tell(M.EMAIL_CODE, code="123456", minutes=15)
    deliver(row.pk)
    assert "123456" in mail.outbox[0].body
    row.refresh_from_db()
    assert row.context == {}


@pytest.mark.parametrize("trouble", [ConnectionRefusedError(), smtplib.SMTPServerDisconnected(), KeyError("a bug")])
def test_a_failure_is_counted_and_tried_again_under_the_same_message_id(
    trouble: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = tell()

    def fail(*_: object) -> int:
        raise trouble

    with monkeypatch.context() as patched:
        patched.setattr(EmailBackend, "send_messages", fail)
        for attempts in (1, 2):
            with pytest.raises(type(trouble)):
                deliver(row.pk)
            row.refresh_from_db()
            assert (row.state, row.attempts) == ("queued", attempts)
    deliver(row.pk)
    assert [sent.extra_headers["Message-ID"] for sent in mail.outbox] == [row.message_id]


def test_after_the_last_attempt_a_mail_is_dead_and_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    row = tell()
    monkeypatch.setattr(services, "ATTEMPTS_AT_MOST", 2)
    with monkeypatch.context() as patched:
        patched.setattr(EmailBackend, "send_messages", lambda *_: 1 / 0)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                deliver(row.pk)
    deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts, mail.outbox) == ("dead", 2, [])


def test_a_worker_that_dies_after_sending_sends_a_copy_with_the_same_message_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = tell()

    def die(**_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(services, "_mark_sent", die)
        with pytest.raises(SystemExit):
            deliver(row.pk)
    deliver(row.pk)
    assert {sent.extra_headers["Message-ID"] for sent in mail.outbox} == {row.message_id}
    assert len(mail.outbox) == 2


def test_no_two_messages_share_an_id() -> None:
    assert tell().message_id != tell().message_id


def test_a_refusals_reason_is_told_in_the_readers_language() -> None:
    with override("en"):
        own = worded(M.ORDER_REFUSED, ACCEPTED | {"reason": "我們 5 月沒有人手"})
        empty = worded(M.APPLICATION_REFUSED, {"reason": ""})
    assert "我們 5 月沒有人手" in own.lead
    assert "Project-Id-Version" not in empty.lead


def test_a_time_within_a_day_is_written_with_its_minute() -> None:
    soon = (NOW + timedelta(hours=3)).isoformat()
    with override("zh-hant"):
        assert "4 月 20 日 13:00" in worded(M.ORDER_ACCEPTED, ACCEPTED | {"pay_until": soon}).next_step.replace(
            "\xa0", " "
        )
