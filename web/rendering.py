"""Turns templates and view data into pages, in the reader's language and time zone."""

import hashlib
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from core.kernel.i18n import LANGUAGES, Message, Translator, translator
from web.pages import formats, zones
from web.pages.browsers import browser
from web.pages.client_texts import CLIENT_TEXTS

HERE = Path(__file__).parent
STATIC = HERE / "static"
LANGUAGE_NAMES = {"en": "English", "ru": "Русский", "uk": "Українська", "pl": "Polski"}


def render(template: str, context: Mapping[str, object]) -> str:
    """The page as HTML. ``context`` names at least ``language`` and ``zone`` (an IANA zone), the reader's own."""
    return environment(str(context["language"])).get_template(template).render(context)


def warm() -> None:
    """Compile every template now, which takes seconds the first time, and not when somebody waits for its page."""
    templates = environment(LANGUAGES[0])
    for name in templates.list_templates(["html"]):
        templates.get_template(name)


@cache
def environment(language: str) -> Environment:
    """The templates in one of :data:`LANGUAGES`."""
    return build(translator(language))


@cache
def _compiled() -> FileSystemBytecodeCache | None:
    """Templates as Python keeps modules: compiled once, for every language and start; not where nothing may be
    written."""
    folder = HERE / "templates" / "__pycache__"
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        return None
    return FileSystemBytecodeCache(str(folder)) if os.access(folder, os.W_OK) else None


def build(texts: Translator) -> Environment:
    """Templates whose texts come from ``texts``. Undefined names are errors; everything is escaped."""
    built = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_closed,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_compiled(),
        auto_reload=False,  # a look at every file for every page, though they only change with the program
    )
    built.install_gettext_callables(texts.gettext, texts.ngettext, newstyle=True)  # type: ignore[attr-defined]
    for name in ("gettext", "ngettext"):
        translate = built.globals[name]
        assert callable(translate)
        built.globals[name] = _closing(translate)
    built.filters.update(_filters(texts))
    built.globals.update(
        static=static,
        languages={code: LANGUAGE_NAMES[code] for code in LANGUAGES},
        client_texts={key: texts.render(text) for key, text in CLIENT_TEXTS.items()},
    )
    return built


def _closed(value: object) -> object:
    """Data must not turn the direction of what stands after it; what is markup already is the product's own."""
    return formats.closed(value) if type(value) is str else value


def _closing(translate: Callable[..., object]) -> Callable[..., object]:
    """``translate`` with the data named in a text closed, each for itself: the whole is markup when it comes back."""

    @pass_context
    def closing(context: Context, *texts: object, **values: object) -> object:
        return translate(context, *texts, **{name: _closed(value) for name, value in values.items()})

    return closing


@cache
def static(path: str) -> str:
    """The address of a file under ``static``, which changes when the file does, so that it may be cached for ever."""
    digest = hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={digest}"


#: Filters that read alike in every language, and those that do not.
_ANYWHERE: Mapping[str, Callable[..., object]] = {
    "duration": formats.duration,
    "phone": formats.phone,
    "minute_there": zones.minute_there,
}
_BY_LANGUAGE: Mapping[str, Callable[..., object]] = {
    "money": formats.money,
    "amount": formats.amount,
    "month": formats.month,
    "weekday": formats.weekday,
    "number": formats.number,
    "percent": formats.percent,
    "day": formats.day,
    "near_day": formats.near_day,
    "zone": zones.zone,
}


def _filters(texts: Translator) -> dict[str, Callable[..., object]]:
    language = texts.language

    def t(value: Message | str | float | None) -> str:
        """A message in the reader's language; data as it is. A text of a template is escaped already, and stays so."""
        if isinstance(value, Markup):
            return value
        if isinstance(value, Message):
            return texts.render(formats.readable(value, language))
        return formats.NOTHING if value is None else str(value)

    @pass_context
    def moment(context: Context, value: datetime | None, zone: str | None = None) -> str:
        return formats.moment(value, language, zone or context["zone"])

    @pass_context
    def clock(context: Context, value: datetime | None, zone: str | None = None) -> str:
        return formats.clock(value, language, zone or context["zone"])

    own: dict[str, Callable[..., object]] = {"t": t, "moment": moment, "clock": clock, "browser": browser}
    return {**own, **_ANYWHERE, **{name: partial(form, language=language) for name, form in _BY_LANGUAGE.items()}}
