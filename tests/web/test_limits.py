"""What costs us something is limited, for all processes together, and whoever is stopped reads what to do and until when."""

import re
from datetime import timedelta

import pytest
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from simulators.certificate_authority.pki import Authority
from tcloud.identity.attempts import APPLICATION_STARTED, DOCUMENT_CHECKED
from tcloud.identity.models import User
from tcloud.members.models import Application
from tcloud.web.body_limit import LARGEST_BODY
from tests import make
from tests.authority import authority

__all__ = ["authority"]
pytestmark = pytest.mark.django_db
PLACES = {"REMOTE_ADDR": "203.0.113.7"}


@pytest.fixture
def owner() -> User:
    make.call()
    return make.member()


def test_applications_are_counted_for_each_address() -> None:
    make.call()
    for _ in range(APPLICATION_STARTED.times):
        assert Client().post(reverse("join:consent"), {"agree": "on"}).url == reverse("join:card")  # type: ignore[attr-defined]
    answer = Client().post(reverse("join:consent"), {"agree": "on"}, follow=True)
    assert "分鐘後再試" in answer.content.decode()
    assert Application.objects.count() == APPLICATION_STARTED.times
    assert Client(**PLACES).post(reverse("join:consent"), {"agree": "on"}).url == reverse("join:card")  # type: ignore[arg-type, attr-defined]


def test_files_to_verify_are_counted_for_each_address(authority: Authority) -> None:
    def check(client: Client) -> tuple[int, str]:
        answer = client.post(reverse("contract-verify"), {"document": SimpleUploadedFile("x.pdf", b"no contract")})
        return answer.status_code, answer.content.decode()

    for _ in range(DOCUMENT_CHECKED.times):
        assert check(Client())[0] == 200
    status, page = check(Client())
    assert status == 429
    assert re.search(r"請 \d+ 分鐘後再試", page)
    assert "這個檔案讀不出來" not in page
    assert check(Client(**PLACES))[0] == 200  # type: ignore[arg-type]


@pytest.mark.parametrize(("announced", "status"), [(str(LARGEST_BODY + 1), 413), ("a lot", 413), ("-1", 413)])
def test_a_body_too_large_for_anything_is_not_read(announced: str, status: int) -> None:
    answer = Client().post(reverse("contract-verify"), CONTENT_LENGTH=announced)
    assert answer.status_code == status
    page = answer.content.decode()
    assert "一次最多 20 MB" in page
    assert "That file is too large" in page


def test_a_file_a_little_too_large_gets_its_answer_on_the_page(authority: Authority) -> None:
    large = SimpleUploadedFile("x.pdf", b"%PDF-" + b"0" * (6 * 1024 * 1024))
    answer = Client().post(reverse("contract-verify"), {"document": large})
    assert answer.status_code == 200
    assert "或檔案太大" in answer.content.decode()


def test_the_sign_in_librarys_limits_hold_for_all_processes(owner: User) -> None:
    """They are rows; a process of its own, with nothing in its memory, would read the same ones."""
    for _ in range(4):
        Client().post(reverse("account_login"), {"login": owner.email, "password": "wrong"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM identity_cache WHERE cache_key LIKE '%%login%%'")
        assert cursor.fetchone()[0] > 0
    assert type(caches["default"]).__name__ == "DatabaseCache"


def test_a_flood_of_other_counts_pushes_out_none() -> None:
    counts = caches["default"]
    counts.set("a-count", 1, timeout=300)
    for number in range(400):
        counts.set(f"~{number}", 1, timeout=300)
    assert counts.get("a-count") == 1


def test_who_is_locked_out_reads_until_when_and_what_works_now(owner: User, settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = False  # the library's own, stricter for one address, would answer first
    client = Client()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        answer = client.post(reverse("account_login"), {"login": owner.email, "password": "wrong"})
    page = answer.content.decode()
    assert answer.status_code == 429
    assert "先鎖 15 分鐘" in page
    assert re.search(r"\d\d:\d\d 之後才能再試", page)
    for way in ("account_reset_password", "account_card"):
        assert f'href="{reverse(way)}"' in page
    assert timedelta(minutes=15) == settings.AXES_COOLOFF_TIME
