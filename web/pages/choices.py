"""Choices that several forms offer."""

from functools import cache

from core.kernel.access import Scope
from core.kernel.i18n import LANGUAGES, msg
from web.pages.listing import Option
from web.rendering import LANGUAGE_NAMES

SCOPES = (
    Option(value=str(Scope.OWN.value), label=msg("own")),
    Option(value=str(Scope.TEAM.value), label=msg("team")),
    Option(value=str(Scope.DEPARTMENT.value), label=msg("department")),
    Option(value=str(Scope.ALL.value), label=msg("all")),
)


@cache
def language_options() -> tuple[Option, ...]:
    return tuple(Option(value=code, label=LANGUAGE_NAMES[code]) for code in LANGUAGES)
