"""我的通知: what is new is marked and counted for each person; looking at it makes it read, and nobody else's."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tcloud.identity.models import User
from tcloud.identity.roles import Role
from tcloud.identity.services import open_account
from tcloud.members.services.adding import add_member
from tcloud.notifications.catalogue import MessageName
from tcloud.notifications.models import Notice, NoticeRead
from tcloud.points.models import Grant
from tcloud.points.services.telling import tell
from tests import make

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
NOTICES, HOME = "/member/notices/", "/member/"


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcloud.web.access.domain_now", lambda: make.NOW)


@pytest.fixture
def owner() -> User:
    """Two notices: approved, and points granted."""
    make.call()
    return make.company_with_points()


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def seen(client: Client, page: str) -> tuple[int, int]:
    """The count in the menu, and how many rows of the page are marked as new."""
    text = client.get(page).content.decode()
    menu = text.split('class="tc-desknav')[1].split("</nav>")[0]
    count = re.search(r'tc-badge tc-badge-you">(\d+)<', menu)
    return int(count.group(1)) if count else 0, text.count('tc-tag-you">未讀<') + text.count('tc-tag-you">Unread<')


def test_what_is_new_is_counted_marked_and_read_once_it_was_seen(owner: User) -> None:
    client = client_of(owner)
    assert seen(client, HOME) == (2, 2), "the home page shows it and does not make it read"
    assert seen(client, "/member/points/") == (2, 0)
    assert seen(client, NOTICES) == (0, 2)
    assert seen(client, NOTICES) == (0, 0)
    assert seen(client, HOME) == (0, 0)

    with transaction.atomic():
        tell(Grant.objects.get(), MessageName.GRANT_FROZEN, make.NOW, reason="查核")
    assert seen(client, HOME) == (1, 1)
    assert seen(client, NOTICES) == (0, 1)
    assert set(NoticeRead.objects.values_list("reader_id", "read_at")) == {(owner.pk, make.NOW)}


def test_each_person_of_the_company_reads_for_themselves(owner: User) -> None:
    colleague = open_account(email="books@x.example", name="會計", password=make.PASSWORD, now=make.NOW)
    add_member(ubn=make.COMPANY.ubn, user_id=colleague.pk, role=Role.BOOKKEEPER, actor="test", now=make.NOW)
    make.company_with_points(make.OTHER)

    seen(client_of(owner), NOTICES)

    assert seen(client_of(colleague), NOTICES) == (0, 2)
    assert Notice.objects.exclude(reads=None).values_list("company_ubn", flat=True).distinct().get() == make.COMPANY.ubn


def test_only_what_was_shown_is_read_and_each_row_has_its_day(owner: User) -> None:
    with transaction.atomic():
        for day in range(20):
            tell(Grant.objects.get(), MessageName.GRANT_RELEASED, make.NOW + timedelta(days=day), reason="x")
    client = client_of(owner)
    text = client.get(NOTICES).content.decode()
    assert text.count("<time datetime=") == 20
    assert '<time datetime="2026-05-09T' in text
    assert seen(client, NOTICES) == (2, 0), "two are left, on the second page"
    assert seen(client, f"{NOTICES}?page=2") == (0, 2)


def test_it_says_the_same_in_english(owner: User) -> None:
    client = client_of(owner)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    text = client.get(HOME).content.decode()
    assert '<span class="tc-vh">unread</span>' in text
    assert seen(client, NOTICES) == (0, 2)


def test_more_notices_ask_no_more_queries(owner: User) -> None:
    client = client_of(owner)
    client.get(NOTICES)
    with CaptureQueriesContext(connection) as few:
        client.get(NOTICES)
    with transaction.atomic():
        for _ in range(15):
            tell(Grant.objects.get(), MessageName.GRANT_RELEASED, make.NOW, reason="x")
    client.get(NOTICES)
    with CaptureQueriesContext(connection) as many:
        client.get(NOTICES)
    assert len(many) == len(few)
