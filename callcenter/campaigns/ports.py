"""What campaigns need from outside: lines, collectors, queues, plans to call back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.campaigns.rules import Fate
from core.kernel.access import Actor
from core.kernel.uow import Work


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A call a campaign wants to make. ``key`` is unique for the attempt. ``user_id``: the collector who dials it
    himself (preview)."""

    campaign_id: int
    key: str
    phone: str
    party_id: int
    case_id: int
    show_number: str | None = None
    user_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Leave:
    """What the law says: ``call_id`` of the reserved call, or the ``rule`` that forbids it and when it would not any
    more (None: not foreseeable)."""

    call_id: int | None
    rule: str = ""
    next_at: datetime | None = None
    show_number: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LineOrder:
    """Ring ``phone`` and put whoever answers into ``queue`` for ``connect_seconds``, or play ``message`` to him; by
    ``opt_out_key`` he forbids further calls, which ``opted_out`` confirms, by ``talk_key`` he is put into the queue.
    Sounds are names at the exchange, or ``own:`` and the name of a recording of the house.

    ``machines`` (``hang_up`` or ``message``, which leaves ``machine_message``) has machines told from people before."""

    call_id: int
    phone: str
    show_number: str | None
    queue: str
    ring_seconds: int
    connect_seconds: int
    machines: str | None
    machine_message: str | None
    message: str | None
    apology: str
    opt_out_key: str | None = None
    talk_key: str | None = None
    opted_out: str | None = None

    def sounds(self) -> tuple[str, ...]:
        """Everything that may be played."""
        return tuple(filter(None, (self.message, self.machine_message, self.apology, self.opted_out)))


class Lines(Protocol):
    """The call log and the exchange."""

    def up(self) -> bool:
        """Whether anything can be dialled."""

    async def busy(self, session: AsyncSession, party_ids: Collection[int], phones: Collection[str]) -> bool:
        """Whether somebody of the house talks to one of them, or rings one of the numbers, right now."""

    async def reserve(self, work: Work, actor: Actor, wanted: Wanted) -> Leave:
        """Ask the law, reserve the attempt and write the call, all in the caller's transaction."""

    async def send(self, order: LineOrder) -> None:
        """Give the order to the exchange, at most once, whatever happens. One that is refused is over at once."""

    async def withdraw(self, call_id: int) -> None:
        """Hang up a customer whose phone still rings. One who has answered meanwhile goes on to the collectors; one
        whose call is over is let be."""

    async def phone_of(self, session: AsyncSession, user_id: int) -> str:
        """The phone a collector dials from. Raises, before anything is reserved, when he has none or nothing can be
        dialled."""

    async def ring(self, call_id: int, endpoint: str, phone: str, show_number: str | None) -> None:
        """The same as ``send`` for a call that a collector makes from his own phone; raises what the exchange
        refuses."""

    async def fates(self, session: AsyncSession, call_ids: Collection[int]) -> Mapping[int, Fate]:
        """What became of these calls so far."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What a collector does now and since when. ``call_id``: the call he does it for."""

    user_id: int
    state: str
    since: datetime
    call_id: int | None


class Collectors(Protocol):
    """Who sits on the floor."""

    async def standing(self, session: AsyncSession, user_ids: Collection[int]) -> Mapping[int, Standing]:
        """Those with a phone who are here."""


class Queues(Protocol):
    """The queues at the exchange into which answered debtors are put. Within the caller's transaction."""

    async def open(self, work: Work, actor: Actor, campaign_id: int, name: str, user_ids: Collection[int]) -> None:
        """Have the campaign's queue with exactly these collectors (those of them who have a phone)."""

    async def serve(self, work: Work, actor: Actor, campaign_id: int, user_ids: Collection[int]) -> None:
        """Have it served by exactly these."""

    async def close(self, work: Work, actor: Actor, campaign_id: int) -> None:
        """Have it no more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Owed:
    """A call back to a debtor who answered and found nobody."""

    call_id: int
    phone: str
    party_id: int
    case_id: int
    unit_id: int | None
    at: datetime


class CallBacks(Protocol):
    """Promises to call."""

    async def until(self, session: AsyncSession, case_ids: Collection[int]) -> Mapping[int, datetime]:
        """Case → the end of the window of the callback that is open for it."""

    async def owe(self, work: Work, owed: Owed) -> None:
        """Promise to call the debtor back."""


class Refusals(Protocol):
    """What debtors forbid."""

    async def no_calls(self, work: Work, phone: str, campaign: str) -> None:
        """Nobody rings this number any more: whoever answered there said so in a message of the campaign."""


class Recordings(Protocol):
    """The house's own recordings."""

    async def known(self, session: AsyncSession, names: Collection[str]) -> Collection[str]:
        """Those of the names that there are."""


class CallNews(Protocol):
    """What the call log tells its followers, as far as campaigns need it."""

    @property
    def call_id(self) -> int: ...
    @property
    def campaign_id(self) -> int | None: ...
