"""What the program comes with is read in every language; what was named by hand is read as it was typed."""

import pytest

from core.cases.shipped import STAGE_NAMES
from core.kernel.i18n import Message, translator
from core.people.model import Role
from core.people.shipped import PROFILE_NAMES, ROLE_NAMES
from web.pages.shipped_words import named, profile_name, role_name, stage_name


@pytest.mark.parametrize("installed_in", ["en", "ru"])
def test_a_shipped_role_is_read_in_the_readers_language(installed_in: str) -> None:
    shown = named(Role(key="manager", name=translator(installed_in).render(ROLE_NAMES["manager"])))
    assert isinstance(shown, Message)
    assert translator("en").render(shown) == "Manager"
    assert translator("ru").render(shown) != "Manager"


def test_every_shipped_name_is_known_by_its_key() -> None:
    for names, read in ((ROLE_NAMES, role_name), (PROFILE_NAMES, profile_name), (STAGE_NAMES, stage_name)):
        assert all(read(key, str(name)) == name for key, name in names.items())


@pytest.mark.parametrize(("key", "name"), [(None, "Manager"), ("manager", "Head of floor"), ("own", "Manager")])
def test_what_was_named_by_hand_is_read_as_typed(key: str | None, name: str) -> None:
    assert role_name(key, name) == name
