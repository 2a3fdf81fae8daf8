"""The translations, without GNU gettext: Chinese is the source, English the one catalogue.

    messages.py extract   read every string from the code and templates into the catalogue (old ones are dropped)
    messages.py check     exit 1 and list what has no English
    messages.py compile   make the .mo files (git-ignored)
"""

import io
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "tcloud"
PO = PACKAGE / "locale" / "en" / "LC_MESSAGES" / "django.po"
KEYWORDS = {
    "_": None, "translate": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
HAN = re.compile(r"[\u3400-\u9fff\uff00-\uffef\u3000-\u303f\u30fb]")


def _from_python(path: Path) -> Iterator[tuple[int, object]]:
    with path.open("rb") as file:
        for line, _function, message, _comments in extract_python(file, KEYWORDS, [], {"encoding": "utf-8"}):
            yield line, message


def _from_template(path: Path) -> Iterator[tuple[int, object]]:
    """Django turns a template into something a Python tokenizer can read; indentation would confuse it."""
    from django.utils.translation.template import templatize

    source = templatize(path.read_text(), origin=str(path))
    flat = "\n".join(line.strip() for line in source.splitlines())
    file = io.BytesIO(flat.encode())
    for line, _function, message, _comments in extract_python(file, KEYWORDS, [], {"encoding": "utf-8"}):
        yield line, message


def found() -> Catalog:
    """Every translatable string of the product, with where it stands."""
    catalog = Catalog(locale="en", project="tcloud", charset="utf-8", fuzzy=False)
    files = sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.html"), *PACKAGE.rglob("*.txt")])
    for path in files:
        if "migrations" in path.parts or "static" in path.parts:
            continue
        reader = _from_python if path.suffix == ".py" else _from_template
        for _line, message in reader(path):
            _add(catalog, message, str(path.relative_to(ROOT)))
    return catalog


def _add(catalog: Catalog, message: object, where: str) -> None:
    parts = [part for part in message if part] if isinstance(message, tuple) else [message]
    # Only our own strings: Django's and allauth's English ones have catalogues of their own.
    if parts and all(isinstance(part, str) for part in parts) and HAN.search(str(parts[0])):
        texts = tuple(str(part) for part in parts)
        catalog.add(texts if len(texts) > 1 else texts[0], locations=[(where, 0)])


def stored() -> Catalog:
    """The catalogue as committed; empty before the first extraction."""
    if not PO.exists():
        return Catalog(locale="en")
    with PO.open("rb") as file:
        return read_po(file, locale="en")


def _texts(string: object) -> list[str]:
    return list(string) if isinstance(string, (tuple, list)) else [str(string)]


def merged() -> Catalog:
    """Strings that exist, each with its English where it has one."""
    have = stored()
    by_text = {_key(message.id): message.string for message in have if message.id and any(_texts(message.string))}
    catalog = found()
    for message in catalog:
        if not message.id:
            continue
        english = by_text.get(_key(message.id))
        if english is None:
            continue
        plural = isinstance(message.id, tuple)
        texts = _texts(english)
        message.string = (texts[0], texts[-1]) if plural else texts[-1]
    return catalog


def _key(identity: object) -> str:
    return str(identity[0]) if isinstance(identity, (tuple, list)) else str(identity)


def missing(catalog: Catalog) -> list[tuple[str, str]]:
    """Strings without English, with the file of each."""
    return [
        (_key(message.id), message.locations[0][0])
        for message in catalog
        if message.id and not all(_texts(message.string or ""))
    ]


def main() -> None:
    """Run one of the three verbs."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tcloud.config.settings")
    os.environ.setdefault("TCLOUD_PROFILE", "demo")
    sys.path.insert(0, str(ROOT))
    verb = sys.argv[1] if len(sys.argv) > 1 else "check"
    if verb == "compile":
        with PO.open("rb") as source, PO.with_suffix(".mo").open("wb") as target:
            write_mo(target, read_po(source, locale="en"))
        return
    catalog = merged()
    if verb == "extract":
        PO.parent.mkdir(parents=True, exist_ok=True)
        with PO.open("wb") as file:
            write_po(file, catalog, sort_output=True, width=110, omit_header=False, include_lineno=False)
    gaps = missing(catalog)
    for text, where in gaps:
        print(f"{where}: {text}")
    print(f"{len(gaps)} of {len(catalog)} strings have no English")
    raise SystemExit(1 if gaps and verb == "check" else 0)


if __name__ == "__main__":
    main()
