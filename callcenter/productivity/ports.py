"""What figures are made of."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.productivity.slots import Span
from callcenter.productivity.timekeeping import Stretch
from core.kernel.access import Actor

#: Values of ``counters.CALL_DIMENSIONS``, in their order.
Dimensions = tuple[int, int, int, int, int, str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Behind:
    """The calls behind a figure: those ``counter`` counts, begun in one of ``spans``, of these dimensions (0 and "" for
    those that have none)."""

    counter: str
    spans: Sequence[Span]
    dimensions: Mapping[str, int | str]


class RawFigures(Protocol):
    """The call log and collectors' states, as far as figures are made of them."""

    async def place_calls(self, session: AsyncSession, call_ids: Collection[int], within: Sequence[Span]) -> None:
        """Note where these calls, and all that began in ``within``, belong (``FigurePlace``)."""

    async def call_sums(self, session: AsyncSession, slot: int) -> dict[Dimensions, dict[str, int]]:
        """The counters of the calls that began in the slot, by their dimensions."""

    async def time_spent(self, session: AsyncSession, user_ids: Collection[int], span: Span) -> Sequence[Stretch]:
        """What the collectors did within ``span``, as far as it is over."""

    async def unsummed(self, session: AsyncSession, actor: Actor, now: datetime) -> Sequence[Stretch]:
        """What the sums do not know yet of the actor's collectors: the states in which they are, as far as up to
        ``now``, and those that have just ended; being offline is none."""

    def was_called(self, case_id: Any, span: Span) -> ColumnElement[bool]:
        """Whether the case of that id (a column) was called in ``span``, by whomever."""

    def behind(self, actor: Actor, wanted: Behind) -> Select[int]:
        """Ids of the calls behind a figure of the actor's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportFile:
    """A report as a file. ``period`` is what it is about, as the reader reads days."""

    name: str
    media: str
    period: str
    content: bytes


class ReportFiles(Protocol):
    """Makes files of reports."""

    async def make(self, actor: Actor, query: str, format: str, due: datetime) -> ReportFile:
        """What the saved report ``query`` shows the actor now, as ``xlsx`` or ``pdf``, in his language and zone."""


class Post(Protocol):
    """Sends mail."""

    @property
    def sender(self) -> str:
        """The address it is sent from; empty when no server is set up."""

    async def send(self, message: EmailMessage) -> None:
        """Hand the message over, once. Raises ``core.mail.errors``."""
