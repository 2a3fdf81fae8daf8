"""What somebody agreed to is kept word for word, in the language read, and the database changes none of it."""

import pytest
from django.db import DatabaseError, transaction
from django.utils.translation import override

from tcloud.members.documents import DECLARATIONS, TERMS
from tcloud.members.models import Application, Consent, ConsentText
from tcloud.members.services import agreeing
from tests import make

pytestmark = pytest.mark.django_db


def started(language: str) -> Application:
    with override(language):
        row, _secret = agreeing.start_application(
            call=make.Call.objects.get(), terms=TERMS, language=language, ip="203.0.113.7", now=make.NOW, machine_now=make.NOW
        )
    return row


def test_each_wording_is_kept_once_and_read_again_by_its_hash() -> None:
    make.call()
    rows = [started(language) for language in ("zh-hant", "en", "zh-hant")]
    consents = Consent.objects.filter(application__in=rows).order_by("id")
    texts = [ConsentText.objects.get(pk=consent.text_sha256).text for consent in consents]
    assert texts[0] == texts[2] != texts[1]
    assert "我們留存您看到的全文" in texts[0]
    assert texts[1].isascii() or "’" in texts[1]
    assert ConsentText.objects.count() == 2


def test_declarations_are_kept_as_well() -> None:
    make.call()
    make.member()
    kept = set(ConsentText.objects.values_list("text", flat=True))
    assert {document.text() for document in (TERMS, *DECLARATIONS)} <= kept
    assert not Consent.objects.exclude(text_sha256__in=ConsentText.objects.values("pk")).exists()


def test_the_database_changes_no_text() -> None:
    make.call()
    started("zh-hant")
    for act in (lambda: ConsentText.objects.update(text="x"), lambda: ConsentText.objects.all().delete()):
        with transaction.atomic(), pytest.raises(DatabaseError, match="never changed"):
            act()
