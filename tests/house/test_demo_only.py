"""The demonstration's people, whose password is published, never come to production; if they stand there, doctor tells."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tcloud.cli import doctor, main
from tcloud.cli.preparing import prepare
from tcloud.demo import seed
from tcloud.demo.people import accounts_of_the_demonstration
from tcloud.identity.models import User
from tcloud.identity.services import open_account
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def production(settings) -> None:
    settings.DEMO = False


def test_production_is_not_seeded(production: None) -> None:
    with pytest.raises(seed.NotADemonstration, match="TCLOUD_PROFILE=demo"):
        seed.seed(make.NOW)
    assert User.objects.count() == 0


def test_the_command_refuses_before_it_makes_anything(production: None, settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA = tmp_path
    monkeypatch.setattr(main, "_django", lambda: None)
    asked = CliRunner().invoke(main.app, ["prepare", "--seed"])
    assert (asked.exit_code, "published password" in asked.output) == (2, True)
    with pytest.raises(seed.NotADemonstration):
        prepare(seed=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("email", ["admin@office.example", "somebody@else.example"])
def test_doctor_names_them_in_production(production: None, email: str) -> None:
    open_account(email="owner@shop.tw", name="店主", password="a-password-of-hers", now=make.NOW)
    assert doctor._people() == ""
    user = open_account(email=email, name="示範", password="demo-only-2026", now=make.NOW)
    assert email in doctor._people()
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert accounts_of_the_demonstration() == []
    assert doctor._people() == ""


def test_in_the_demonstration_they_are_at_home() -> None:
    open_account(email="admin@office.example", name="示範", password="demo-only-2026", now=make.NOW)
    assert doctor._people() == ""
    assert doctor._people in doctor.CHECKS.values()
