"""Bring the message catalogues up to date with the sources: ``make catalogues``, then translate what is empty.

Texts are found in templates (``_``, ``gettext``, ``ngettext``) and in Python (``msg``, ``nmsg``, ``mark``). Obsolete
ones are dropped; nothing is guessed from similar ones.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
LOCALES = ROOT / "core" / "locale"
LANGUAGES = ("ru", "uk", "pl")
ROOMS = ("callcenter", "core", "telephony", "recordings", "web")
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "mark": None,
    "msg": None,
    "nmsg": (1, 2),
}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext:babel_extract")]
OPTIONS = {"**/templates/**.html": {"trimmed": "true", "silent": "false", "extensions": "jinja2.ext.do"}}


def template() -> Catalog:
    """Every text of the sources, untranslated."""
    catalog = Catalog(project="callcenter", charset="utf-8")
    for room in ROOMS:
        for message, comments in _texts(ROOT / room):
            catalog.add(message, auto_comments=comments)
    return catalog


def _texts(room: Path) -> Iterator[tuple[str | tuple[str, ...], list[str]]]:
    found = extract_from_dir(room, METHODS, OPTIONS, KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True)
    for _file, _line, message, comments, _context in found:
        yield message, comments


def path_of(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    """The catalogue of ``language``; empty when there is none yet."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8", project="callcenter")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update() -> int:
    """Rewrite the catalogues; how many texts still lack a translation."""
    source, missing = template(), 0
    for language in LANGUAGES:
        catalog = read(language)
        catalog.update(source, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        catalog.fuzzy, catalog.header_comment = False, f"# The interface in {catalog.locale.english_name}."
        path_of(language).parent.mkdir(parents=True, exist_ok=True)
        with path_of(language).open("wb") as file:
            write_po(file, catalog, sort_output=True, no_location=True, omit_header=False, width=120)
        empty = [m for m in catalog if m.id and not _translated(m.string)]
        print(f"{language}: {len(catalog)} texts, {len(empty)} without a translation")
        missing += len(empty)
    return missing


def _translated(string: str | tuple[str, ...]) -> bool:
    return all(string) if isinstance(string, tuple) else bool(string)


if __name__ == "__main__":
    sys.exit(1 if update() else 0)
