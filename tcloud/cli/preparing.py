"""What stands between an empty folder and a running product; each part is skipped when nothing changed."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from tcloud.core.time import now


def _digest(files: Iterable[Path]) -> str:
    """One fingerprint of several files' names, sizes and times."""
    facts = [f"{path}:{path.stat().st_size}:{path.stat().st_mtime_ns}" for path in sorted(files)]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def _changed(name: str, digest: str) -> bool:
    stamp = settings.DATA / f"{name}.stamp"
    return not stamp.exists() or stamp.read_text() != digest


def _done(name: str, digest: str) -> None:
    (settings.DATA / f"{name}.stamp").write_text(digest)


def prepare(*, seed: bool) -> None:
    """Migrate, collect static files, seed; a second start does none of it again."""
    package: Path = settings.PACKAGE
    migrations = _digest(package.glob("*/migrations/*.py"))
    if _changed("migrations", migrations):
        call_command("migrate", interactive=False, verbosity=0)
        _done("migrations", migrations)
    static = _digest(path for path in (package / "web" / "static").rglob("*") if path.is_file())
    if _changed("assets", static):
        call_command("collectstatic", interactive=False, verbosity=0)
        _done("assets", static)
    if seed and _changed("seed", migrations):
        from tcloud.demo.seed import seed as fill

        fill(now(), simulators_within_seconds=20)
        _note_people()
        _done("seed", migrations)


def _note_people() -> None:
    """Who can sign in, for the table that `tcloud demo` prints."""
    from tcloud.demo.people import DEMO_PASSWORD, sign_in_table

    people = [
        {"who": person.who, "role": str(person.role), "email": person.email, "note": str(person.note)}
        for person in sign_in_table(0)
    ]
    content = json.dumps({"password": DEMO_PASSWORD, "people": people}, ensure_ascii=False)
    (settings.DATA / "people.json").write_text(content)
