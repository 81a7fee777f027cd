"""What can go wrong, as vocabulary.

Every domain derives its own errors from the kinds below, each with a stable ``code`` and a ``text`` for people (a
gettext msgid with named placeholders that the constructor's keywords fill). Only ``web/errors.py`` turns kinds into
HTTP.
"""

from collections.abc import Mapping
from typing import ClassVar

from core.kernel.i18n import Message, mark


class DomainError(Exception):
    """Something the product refuses or cannot do, said in words a user understands."""

    code: ClassVar[str] = "error"
    text: ClassVar[str] = mark("This cannot be done.")

    def __init__(self, **params: object) -> None:
        super().__init__(self.code)
        self.params = params

    @property
    def message(self) -> Message:
        """The text to show, still without a language."""
        return Message(self.text, self.params)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class NotFound(DomainError):
    """The thing is not there, or not there for this actor: both look the same on purpose."""

    code = "not_found"
    text = mark("This record does not exist, or you may not see it.")


class Forbidden(DomainError):
    """The actor lacks a right."""

    code = "forbidden"
    text = mark("You do not have the right to do this ({right}).")


class Conflict(DomainError):
    """The state of things does not allow it now."""

    code = "conflict"
    text = mark("Somebody else has changed this in the meantime. Look again and repeat if it is still needed.")


class Unavailable(DomainError):
    """A part outside the program does not answer."""

    code = "unavailable"
    text = mark("A needed service does not answer. Try again in a moment.")


class DatabaseBusy(Unavailable):
    """Somebody else holds the database for longer than this caller waits. Nothing of the transaction was written."""

    code = "database_busy"
    text = mark("The database is busy and nothing was saved. Try again in a moment.")


class Invalid(DomainError):
    """The input is wrong; ``fields`` says per field what and how to mend it."""

    code = "invalid"
    text = mark("Some fields need correcting.")

    def __init__(self, fields: Mapping[str, Message] | None = None, **params: object) -> None:
        super().__init__(**params)
        self.fields: Mapping[str, Message] = fields or {}

    def __str__(self) -> str:
        return "; ".join([super().__str__(), *(f"{name}: {text}" for name, text in self.fields.items())])
