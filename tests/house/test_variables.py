"""`env.example` names every variable the settings read, and none that nobody reads."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
READ_ELSEWHERE = {"POSTGRES_PASSWORD", "TCLOUD_DB_OWNER_PASSWORD", "TCLOUD_DB_PASSWORD", "TCLOUD_CERTIFICATES"}
"""By compose.yaml alone."""


def test_every_variable_is_listed() -> None:
    listed = set(re.findall(r"^(?:# )?([A-Z][A-Z_]+)=", (ROOT / "env.example").read_text(), re.M))
    settings = (ROOT / "tcloud" / "config" / "settings.py").read_text()
    read = set(re.findall(r"\benv\.\w+\(\s*[\"']([A-Z_]+)[\"']", settings))
    assert {"DATABASE_URL", "TCLOUD_DATA"} <= read
    assert read - listed == set()
    assert listed - read - READ_ELSEWHERE == set()
