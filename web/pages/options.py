"""The choices of forms and filters, made of what there is to choose from."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from core.kernel.i18n import Message
from core.people.model import User
from core.people.queries import UnitLine
from web.pages.listing import Option, State

_STEP = "\u2003"


class Named(Protocol):
    """A row with a name of its own."""

    @property
    def id(self) -> int: ...

    @property
    def name(self) -> str: ...


def of_words(words: Mapping[str, Message] | Mapping[str, State]) -> tuple[Option, ...]:
    """Values and what they are called."""
    return tuple(
        Option(value=str(value), label=word.word if isinstance(word, State) else word) for value, word in words.items()
    )


def of_rows(rows: Iterable[Named]) -> tuple[Option, ...]:
    return tuple(Option(value=str(row.id), label=row.name) for row in rows)


def of_people(users: Iterable[User]) -> tuple[Option, ...]:
    return tuple(Option(value=str(user.id), label=user.full_name) for user in users)


def of_units(lines: Iterable[UnitLine]) -> tuple[Option, ...]:
    """Departments, indented as the tree is."""
    return tuple(Option(value=str(line.unit.id), label=_STEP * line.depth + line.unit.name) for line in lines)
