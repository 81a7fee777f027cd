"""Reading a row of any workbook: what it was told, and everything that is wrong with it."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import msgspec

from core.importing.cells import Cell, Unreadable
from core.kernel.i18n import Message

T = TypeVar("T")


class Fault(msgspec.Struct, frozen=True, array_like=True):
    """A message for one field, kept without a language: msgid and parameters."""

    field: str
    msgid: str
    params: dict[str, str] = {}

    @classmethod
    def of(cls, field: str, message: Message) -> "Fault":
        return cls(field, message.msgid, {key: str(value) for key, value in message.params.items()})

    @property
    def message(self) -> Message:
        return Message(self.msgid, self.params)


class Reading(msgspec.Struct, frozen=True):
    """How a workbook is read. ``columns`` goes from a column's index to its target; ``region`` reads phones (ISO
    3166)."""

    columns: dict[int, str]
    region: str
    currency: str
    epoch_1904: bool = False

    @property
    def american(self) -> bool:
        return self.region == "US"


class Faults:
    """Gathers what is wrong while the rest of the row is still read."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, field: str, message: Message) -> None:
        self.found.append(Fault.of(field, message))

    def reading(self, field: str, read: Callable[[Cell], T], cell: Cell, otherwise: T) -> T:
        try:
            return read(cell)
        except Unreadable as error:
            self.add(field, error.message)
            return otherwise


class Said(Protocol):
    """What a row says, a struct of its kind. ``number`` and ``claim`` tell it from the other rows of its file, ``name``
    is whom it speaks of."""

    @property
    def number(self) -> str: ...

    @property
    def claim(self) -> str: ...

    @property
    def name(self) -> str: ...


#: (Excel's row number, cells, how to read) → what the row says and what is wrong with it.
RowReader = Callable[[int, Sequence[Cell], Reading], tuple[Said, list[Fault]]]


def is_empty(row: Sequence[Cell]) -> bool:
    return all(cell is None or cell == "" or (isinstance(cell, str) and not cell.strip()) for cell in row)
