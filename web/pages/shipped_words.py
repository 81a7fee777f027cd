"""What the program comes with reads in the reader's language; what an agency has named is read as it was typed."""

from collections.abc import Mapping
from functools import cache

from core.cases.model import Stage
from core.cases.shipped import STAGE_NAMES
from core.kernel.i18n import LANGUAGES, Message, translator
from core.people.model import Profile, Role
from core.people.shipped import PROFILE_NAMES, ROLE_NAMES
from web.pages.listing import Text


def role_name(key: str | None, name: str) -> Text:
    return _shown(ROLE_NAMES, key, name)


def profile_name(key: str | None, name: str) -> Text:
    return _shown(PROFILE_NAMES, key, name)


def stage_name(key: str | None, name: str) -> Text:
    return _shown(STAGE_NAMES, key, name)


def named(row: Role | Profile | Stage) -> Text:
    """The name of a row, as it is to be read."""
    names = {Role: ROLE_NAMES, Profile: PROFILE_NAMES, Stage: STAGE_NAMES}[type(row)]
    return _shown(names, row.key, row.name)


def _shown(names: Mapping[str, Message], key: str | None, name: str) -> Text:
    """The shipped name of the key, unless the row has been given another since it was installed."""
    shipped = names.get(key or "")
    return shipped if shipped is not None and name in _installed_as(shipped.msgid) else name


@cache
def _installed_as(msgid: str) -> frozenset[str]:
    """A shipped row is installed under its name in one of the languages."""
    return frozenset(translator(language).gettext(msgid) for language in LANGUAGES)
