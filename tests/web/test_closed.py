"""Maintenance, a database that is away, and our own fault: pages that need nothing and say what to do."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory

from tcloud.core.time import machine_now
from tcloud.web import answers


@pytest.fixture
def notice(settings, tmp_path: Path) -> Path:
    settings.MAINTENANCE_FILE = tmp_path / "maintenance"
    return settings.MAINTENANCE_FILE


@pytest.mark.parametrize("address", ["/", "/solutions/", "/member/", "/office/", "/nowhere/", "/webhooks/ecpay/notify"])
def test_while_the_notice_stands_every_page_is_closed_without_a_query(notice: Path, address: str) -> None:
    end = machine_now() + timedelta(minutes=30)
    notice.write_text(end.isoformat())
    for answer in (Client().get(address), Client().post(address)):
        assert answer.status_code == 503
        assert 1_700 <= int(answer["Retry-After"]) <= 1_800
        assert "預計" in answer.content.decode()


def test_probes_still_answer_and_off_means_open(notice: Path) -> None:
    notice.write_text("")
    assert Client().get("/healthz").status_code == 200
    assert "請過幾分鐘" in Client().get("/").content.decode()
    notice.unlink()
    assert Client().get("/favicon.ico").status_code != 503


@pytest.mark.parametrize("text", ["", "soon", "2020-01-01T00:00:00+08:00"])
def test_an_end_that_is_unknown_or_past_is_not_promised(notice: Path, text: str) -> None:
    notice.write_text(text)
    answer = Client().get("/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "120")
    assert "預計" not in answer.content.decode()


def test_a_database_that_is_away_is_503_and_our_own_fault_500(rf: RequestFactory) -> None:
    for fault, status in ((OperationalError("connection refused"), 503), (ZeroDivisionError(), 500)):
        try:
            raise fault
        except Exception:
            answer = answers.server_error(rf.get("/"))
        assert answer.status_code == status
        assert 'lang="en"' in answer.content.decode()
        assert "0800" in answer.content.decode()
