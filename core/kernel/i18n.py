"""Texts for people: English in the source, translated when they are shown.

Modules that only *name* a text use :func:`msg` or :func:`nmsg`; the edge that shows it renders it with a
:class:`Translator` of the reader's language.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from gettext import NullTranslations
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

LANGUAGES = ("en", "ru", "uk", "pl")
CATALOGUES = Path(__file__).parent.parent / "locale"


@dataclass(frozen=True, slots=True)
class Message:
    """A text that waits for its language: a msgid with named ``{placeholders}`` and their values.

    With ``plural`` set, ``count`` chooses the form and is available as ``{count}``. Values may be messages themselves.
    """

    msgid: str
    params: Mapping[str, object] = field(default_factory=dict)
    plural: str | None = None
    count: int = 0

    def __str__(self) -> str:
        return translator("en").render(self)


def mark(msgid: str) -> str:
    """Mark a literal for extraction and return it unchanged."""
    return msgid


def msg(msgid: str, **params: object) -> Message:
    """Name a text with its values."""
    return Message(msgid, params)


def nmsg(singular: str, plural: str, count: int, **params: object) -> Message:
    """Name a text that depends on a number; ``{count}`` is filled with it."""
    return Message(singular, params, plural, count)


class Translator:
    """Turns messages into one language. Also what Jinja2's ``i18n`` extension calls."""

    def __init__(self, language: str, catalogue: NullTranslations) -> None:
        self.language = language
        self._catalogue = catalogue

    def gettext(self, msgid: str) -> str:
        return self._catalogue.gettext(msgid) if msgid else ""

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return self._catalogue.ngettext(singular, plural, count)

    def render(self, text: Message | str) -> str:
        """The text in this language; a plain string is taken as a msgid."""
        if isinstance(text, str):
            return self.gettext(text)
        values = {key: self.render(v) if isinstance(v, Message) else v for key, v in text.params.items()}
        if text.plural is None:
            return self.gettext(text.msgid).format_map(values) if values else self.gettext(text.msgid)
        return self.ngettext(text.msgid, text.plural, text.count).format_map({"count": text.count, **values})


@cache
def translator(language: str) -> Translator:
    """The translator of ``language`` (one of :data:`LANGUAGES`; anything else reads English).

    Catalogues are compiled in memory from their ``.po`` files, so there is no build step to forget.
    """
    source = CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    if language not in LANGUAGES or language == "en" or not source.exists():
        return Translator("en", NullTranslations())
    compiled = io.BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translator(language, Translations(compiled))
