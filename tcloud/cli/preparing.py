"""What stands between an empty folder and a running product; each part is skipped when nothing changed.

Whether anything changed is told by stamps in the data folder, without loading the framework: a second start is quick.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def _digest(files: Iterable[Path]) -> str:
    """One fingerprint of several files' names, sizes and times."""
    facts = [f"{path}:{path.stat().st_size}:{path.stat().st_mtime_ns}" for path in sorted(files)]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def _versions() -> dict[str, str]:
    """What each part was, or would be, made from."""
    migrations = _digest(PACKAGE.glob("*/migrations/*.py"))
    static = _digest(path for path in (PACKAGE / "web" / "static").rglob("*") if path.is_file())
    return {"migrations": migrations, "assets": static, "seed": migrations}


def _changed(data: Path, name: str, version: str) -> bool:
    stamp = data / f"{name}.stamp"
    return not stamp.exists() or stamp.read_text() != version


def is_prepared(data: Path) -> bool:
    """Whether `prepare` would find nothing to do in a data folder."""
    return not any(_changed(data, name, version) for name, version in _versions().items())


def prepare(*, seed: bool) -> None:
    """Migrate, collect static files, seed; a second start does none of it again. The framework is loaded by the caller.

    Raises NotADemonstration when asked to seed under production settings.
    """
    from django.conf import settings
    from django.core.management import call_command

    from tcloud.core.time import now
    from tcloud.demo.seed import NotADemonstration

    if seed and not settings.DEMO:
        raise NotADemonstration  # before anything is made
    data, versions = settings.DATA, _versions()
    if _changed(data, "migrations", versions["migrations"]):
        call_command("migrate", interactive=False, verbosity=0)
        (data / "migrations.stamp").write_text(versions["migrations"])
    if _changed(data, "assets", versions["assets"]):
        call_command("collectstatic", interactive=False, verbosity=0)
        (data / "assets.stamp").write_text(versions["assets"])
    if seed and _changed(data, "seed", versions["seed"]):
        from tcloud.demo.seed import seed as fill

        fill(now(), simulators_within_seconds=20)
        _note_people(data)
        (data / "seed.stamp").write_text(versions["seed"])


def _note_people(data: Path) -> None:
    """Who can sign in, for the table that `tcloud demo` prints."""
    from tcloud.demo.people import DEMO_PASSWORD, sign_in_table

    people = [
        {"who": person.who, "role": str(person.role), "email": person.email, "note": str(person.note)}
        for person in sign_in_table(0)
    ]
    content = json.dumps({"password": DEMO_PASSWORD, "people": people}, ensure_ascii=False)
    (data / "people.json").write_text(content)
