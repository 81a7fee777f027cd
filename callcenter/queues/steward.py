"""Keeps every exchange's queues as the rows say, and their members as the collectors' states say.

Nothing is sent as a delta: whatever changes, here or there, the wanted is compared with what the exchange says it has,
and the difference is ordered. So a lost order, a restart on either side and a cut link all heal the same way.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import structlog

from callcenter.queues import queries
from callcenter.queues.errors import ExchangeRefused
from callcenter.queues.events import QueuesChanged
from callcenter.queues.ports import AgentStates, Exchange, QueueSpec, Seat
from callcenter.queues.rules import (
    IsFree,
    Membership,
    Order,
    Pause,
    PutIn,
    SetPenalty,
    TakeOut,
    is_done,
    orders,
    seats_of,
)
from callcenter.queues.service import ship_queues
from core.kernel.uow import UnitOfWork

AT_ONCE = 16
"""Orders on their way to one exchange at the same time."""
_GATHER_SECONDS = 0.05
"""How soon one comparison may follow another: on a busy floor states change all the time."""
_log = structlog.get_logger(__name__)


class StateNews(Protocol):
    """What is told when a collector's state changes."""

    @property
    def user_id(self) -> int: ...
    @property
    def state(self) -> str: ...


class Steward:
    """The lifespan owns the task that runs :meth:`run`. Seconds: ``look_again`` at the rows when nothing was told,
    ``retry`` after an order that was not taken."""

    def __init__(
        self,
        uow: UnitOfWork,
        exchanges: Sequence[Exchange],
        states: AgentStates,
        *,
        look_again: float = 30.0,
        retry: float = 1.0,
    ) -> None:
        self._uow = uow
        self._exchanges = tuple(exchanges)
        self._agents = states
        self._look_again = look_again
        self._retry = retry
        self._wake = asyncio.Event()
        self._stale = True
        self._refused = False
        self._specs: Sequence[QueueSpec] = ()
        self._wanted: Mapping[Seat, Membership] = {}
        self._states: dict[int, str] = {}
        self._done: set[int] = set()
        self._news: dict[int, str] = {}

    async def on_queues(self, _event: QueuesChanged) -> None:
        """Queues, members or the people behind them changed."""
        self._stale = True
        self._wake.set()

    def on_state(self, news: StateNews) -> None:
        """A collector is in another state."""
        if is_done(self._states.get(news.user_id), news.state):
            self._done.add(news.user_id)
        self._states[news.user_id] = self._news[news.user_id] = news.state
        self._wake.set()

    async def run(self) -> None:
        """Keep the exchanges in step until cancelled."""
        for exchange in self._exchanges:
            exchange.on_known(self._wake.set)
        async with self._uow.write() as work:
            await ship_queues(work)
        while True:
            try:
                await self._pass()
            except Exception:  # noqa: BLE001 - a database that restarts must not end the house
                _log.exception("queues could not be brought into step, tried again soon")
                self._refused = True
            await asyncio.sleep(_GATHER_SECONDS)
            await self._rest()

    async def _rest(self) -> None:
        """Until something changes; for a moment only after a refusal."""
        try:
            async with asyncio.timeout(self._retry if self._refused else self._look_again):
                await self._wake.wait()
        except TimeoutError:
            self._stale = True
        self._wake.clear()

    async def _pass(self) -> None:
        self._refused = False
        if self._stale:
            await self._load()
        done, self._done = self._done, set()
        for exchange in self._exchanges:
            await self._bring_into_step(exchange, done)

    async def _load(self) -> None:
        self._stale = False
        self._news.clear()
        async with self._uow.read() as session:
            self._specs = await queries.specs(session)
            found = await queries.memberships(session)
            states = await self._agents.states(session)
        self._states = {**states, **self._news}  # what was told meanwhile is newer than what was read
        self._wanted = seats_of(found)

    async def _bring_into_step(self, exchange: Exchange, done: Collection[int]) -> None:
        """``done``: whose wrap-up has ended. That is told first, so that who may be rung again is not spared."""
        try:
            await exchange.publish(self._specs)
        except ExchangeRefused:
            self._refused = True
            return
        seats = exchange.seats()
        if seats is None:
            return
        own = {seat: one for seat, one in self._wanted.items() if exchange.serves(one.extension)}
        free = {one.extension for one in own.values() if one.user_id in done}
        due = [*(IsFree(extension=one) for one in free), *orders(own, self._states, seats)]
        for first in range(0, len(due), AT_ONCE):
            await asyncio.gather(*(self._give(exchange, order) for order in due[first : first + AT_ONCE]))

    async def _give(self, exchange: Exchange, order: Order) -> None:
        try:
            match order:
                case PutIn():
                    await exchange.put_in(order.seat, order.extension, order.standing, order.reason)
                case TakeOut():
                    await exchange.take_out(order.seat)
                case Pause():
                    await exchange.pause(order.endpoint, paused=order.paused, reason=order.reason)
                case IsFree():
                    await exchange.is_free(order.extension)
                case SetPenalty():
                    await exchange.set_penalty(order.seat, order.penalty)
        except ExchangeRefused:
            self._refused = True
