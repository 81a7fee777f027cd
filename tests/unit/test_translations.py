"""Every text of the interface exists in every language, with the same placeholders and all plural forms."""

import re

import pytest
from babel.messages import Catalog

from core.kernel.i18n import LANGUAGES, msg, nmsg, translator
from tools.catalogues import read, template

_HOLES = re.compile(r"\{(\w+)[^}]*\}|%\((\w+)\)")


@pytest.fixture(scope="module")
def source() -> Catalog:
    return template()


def _forms(value: str | tuple[str, ...] | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _translated(catalog: Catalog, msgid: str) -> bool:
    entry = catalog.get(msgid)
    return entry is not None and all(_forms(entry.string))


def _holes(text: str) -> set[str]:
    return {a or b for a, b in _HOLES.findall(text)}


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_the_catalogue_is_complete(language: str, source: Catalog) -> None:
    catalog = read(language)
    missing = [m.id for m in source if m.id and not _translated(catalog, m.id)]
    fuzzy = [m.id for m in catalog if m.id and m.fuzzy]
    assert missing == [], f"run 'make catalogues' and translate {len(missing)} texts into {language}"
    assert fuzzy == []


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_translations_fill_the_same_holes(language: str, source: Catalog) -> None:
    catalog = read(language)
    wrong = []
    for message in source:
        entry = catalog.get(message.id) if message.id else None
        if entry is None:
            continue
        wanted = set().union(*(_holes(form) for form in _forms(message.id)))
        for form in _forms(entry.string):
            if form and not (_holes(form) <= wanted and wanted - _holes(form) <= {"count", "n", "num"}):
                wrong.append((message.id, form))
    assert wrong == []


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_no_translation_brings_a_per_cent_sign_of_its_own(language: str, source: Catalog) -> None:
    """A template formats its texts with ``%``: a bare sign that the English text has not breaks the page."""
    catalog = read(language)
    wrong = [
        form for m in source if m.id and "%" not in str(m.id) for form in _forms(catalog[m.id].string) if "%" in form
    ]
    assert wrong == []


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_plurals_have_the_forms_of_the_language(language: str, source: Catalog) -> None:
    catalog = read(language)
    assert catalog.num_plurals == 3
    short = [m.id for m in catalog if isinstance(m.id, tuple) and m.id and len(_forms(m.string)) != 3]
    assert short == []


def test_messages_render_in_english_without_a_catalogue() -> None:
    english = translator("en")
    assert english.render(msg("a {what} b", what=msg("inner"))) == "a inner b"
    assert english.render(nmsg("{count} call", "{count} calls", 5)) == "5 calls"
    assert translator("xx").language == "en"
