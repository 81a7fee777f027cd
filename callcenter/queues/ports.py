"""What queues need of others: the exchange that holds them, and the states of collectors."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from core.kernel.uow import Work

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{1,39}")


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueSpec:
    """A queue as the exchange is told of it. ``strategy`` is Asterisk's word; see ``queues.model.Queue`` for the
    seconds. Raises ``ValueError`` for a code that could be read as more than a name."""

    code: str
    strategy: str
    weight: int = 0
    ring_seconds: int | None = None
    service_seconds: int = 20
    wrap_up_seconds: int = 1
    announce_seconds: int = 0

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise ValueError(f"not the code of a queue: {self.code!r}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Seat:
    """A phone in a queue: which, and where it stands."""

    queue: str
    endpoint: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a phone serves a queue. ``fixed``: the exchange's own configuration put it there, it cannot be taken out."""

    penalty: int
    paused: bool
    fixed: bool = False


class Exchange(Protocol):
    """One telephone exchange as far as queues go. Orders raise ``queues.errors.ExchangeRefused``."""

    def seats(self) -> Mapping[Seat, Standing] | None:
        """Every phone in a queue as the exchange says; None while that is not known."""

    def serves(self, extension: str) -> bool:
        """Whether a collector's phones belong to this exchange."""

    def on_known(self, tell: Callable[[], None]) -> None:
        """Call ``tell`` whenever the exchange has been asked anew who stands in its queues."""

    async def publish(self, queues: Sequence[QueueSpec]) -> None:
        """Have exactly these queues."""

    async def put_in(self, seat: Seat, extension: str, standing: Standing, reason: str) -> None: ...

    async def take_out(self, seat: Seat) -> None: ...

    async def pause(self, endpoint: str, *, paused: bool, reason: str) -> None:
        """Let the phone be rung by its queues, or not."""

    async def is_free(self, extension: str) -> None:
        """A collector is done with his last talk: he need not be spared any longer because he has just hung up."""

    async def set_penalty(self, seat: Seat, penalty: int) -> None: ...


class Menus(Protocol):
    """What callers hear before they come to a queue."""

    async def keeping(self, session: AsyncSession, calendar_id: int) -> Sequence[str]:
        """The names of menus that go by these hours, published or drafts."""

    async def leading_to(self, session: AsyncSession, code: str) -> Sequence[str]:
        """The names of menus that put callers through to the queue of that code."""

    async def forget(self, work: Work, code: str) -> None:
        """Nobody hears a menu before the queue of that code any more: it is gone."""


class AgentStates(Protocol):
    """What collectors do now, by user id; who is not named is offline."""

    async def states(self, session: AsyncSession) -> Mapping[int, str]: ...
