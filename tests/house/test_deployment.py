"""What ships for production: only migrations run as the tables' owner, everything waits for them, probes are ours."""

import re
import urllib.parse
from pathlib import Path

import pytest

from tcloud.web.health import PROBES

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "compose.yaml").read_text()
UNITS = {path.stem: path.read_text() for path in (ROOT / "deploy" / "systemd").glob("*.service")}


def service(name: str) -> str:
    """One service of the compose file as text."""
    found = re.search(rf"^  {name}:\n((?:    .*\n|\n)+)", COMPOSE, re.M)
    assert found, name
    return found[1]


def test_the_image_asks_a_probe_by_its_own_address() -> None:
    asked = re.search(r"HEALTHCHECK .*urlopen\('([^']+)'", (ROOT / "Dockerfile").read_text())
    assert asked
    address = urllib.parse.urlsplit(asked[1])
    assert (address.hostname, address.path in PROBES) == ("127.0.0.1", True)


def test_in_compose_only_migrations_run_as_the_owner() -> None:
    assert "tcloud migrate --grant-to tcloud\n" in service("migrate")
    assert "postgres://tcloud_owner:" in service("migrate")
    assert COMPOSE.count("tcloud_owner:") == 1
    shared = COMPOSE.partition("services:")[0]
    assert "postgres://tcloud:" in shared
    assert "migrate: {condition: service_completed_successfully}" in shared
    assert ":/etc/tcloud:ro" in shared
    for name in ("web", "events", "worker"):
        assert "depends_on" not in service(name), "it would no longer wait for the migrations"
        assert "<<: *app" in service(name)


@pytest.mark.parametrize("role", ["tcloud_owner", "tcloud"])
def test_neither_role_of_compose_is_a_superuser(role: str) -> None:
    made = re.search(rf"CREATE ROLE {role} (.*) PASSWORD", (ROOT / "deploy" / "compose" / "roles.sh").read_text())
    assert made
    assert {"LOGIN", "NOSUPERUSER", "NOCREATEROLE"} <= set(made[1].split())


def test_units_wait_for_the_one_that_migrates() -> None:
    assert set(UNITS) == {"tcloud-web", "tcloud-events", "tcloud-worker", "tcloud-migrate"}
    for name, text in UNITS.items():
        migrates = name == "tcloud-migrate"
        assert ("tcloud migrate" in text) is migrates, name
        assert ("/etc/tcloud/owner" in text) is migrates, name
        assert ("Requires=tcloud-migrate.service" in text) is not migrates, name
        assert ("User=tcloud\n" in text) is not migrates, "the owner's password is out of the web's reach"
