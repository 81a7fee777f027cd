"""What menus need of others: a voice, and answers about callers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.ivr.walk import Heard, Line, Question


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Whose channel it is (Asterisk's Uniqueid), the number as it came (None: hidden) and the one he dialled."""

    channel: str
    number: str | None
    dialled: str | None


class World(Protocol):
    """Everything a menu asks beyond the caller's keys."""

    async def answer(self, question: Question, caller: Caller) -> Heard:
        """What the interpreter is told to its question."""

    async def served(self, caller: Caller) -> None:
        """He got what he rang for: nobody has to call him back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sound:
    """A recording as exchanges play it."""

    name: str
    duration_ms: int
    content: bytes


class Players(Protocol):
    """Others who play recordings."""

    async def play(self, session: AsyncSession, name: str) -> bool:
        """Whether they play the one of this name."""


class Voice(Protocol):
    """Makes sounds where the exchanges find them."""

    @property
    def heard(self) -> bool:
        """Whether there is an exchange that can play them."""

    async def say(self, lines: Sequence[Line]) -> list[str]:
        """The names of sounds that say it, one for each line. Raises ``SpeechFailed``."""

    async def sound(self, line: Line) -> bytes:
        """The same of one line as a WAV file. Raises ``SpeechFailed``."""

    async def read(self, content: bytes) -> Sound:
        """An uploaded file as exchanges play it. Raises ``BadSound``."""
