"""Recorders of customers' channels, begun anew whenever the customer hears somebody else, or has heard music.

Asterisk 22 throws away, as come too late, what has an RTP number behind the last that a recorder took, and what it
plays itself counts as number 0. So after music or another telephone whoever has a number of more than 32,768, or a
lower one than the last, would be missing from the recording for as long as he talks (decision 0021).

Only the dialplan on the customer's own channel may begin a recorder: the account's rights are too few, on purpose. In
the middle of a talk it does so at a key, which is pressed here.
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from panoramisk.message import Message

from callcenter.calls.errors import OrderRefused, TelephonyUnavailable
from callcenter.calls.facts import CallState, LegKind
from telephony.ami import events as e
from telephony.ami.actions import Action, MixMonitorMute, PressKey, SetVariable
from telephony.tracking.fold import Fold
from telephony.tracking.state import Channel

log = logging.getLogger(__name__)

KEY = "D"
"""That telephones lack; ``features.conf`` says what comes of it."""
_PAUSED = "CALLCENTER_RECORDING_PAUSED"
_BEGUN_SECONDS = 1.5


class Orders(Protocol):
    """Who takes orders to the exchange."""

    async def send(self, action: Action) -> Message: ...


@dataclass(frozen=True, slots=True)
class _Talk:
    """Since when a customer hears somebody, and who is together with him."""

    since: datetime
    together: frozenset[str]


class Recorders:
    """Of one exchange. ``follow`` its calls and let this ``hear`` its events; ``run`` owns the tasks."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._talks: dict[str, _Talk] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._begun: dict[str, asyncio.Event] = {}
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as self._tasks:
            await asyncio.Event().wait()

    def follow(self, fold: Fold, changed: Iterable[CallState]) -> None:
        """Have recorders begun anew for customers who hear others than when they were last looked at."""
        for state in changed:
            call = fold.call(state.call_id)
            if call is None:
                self._forget(state)
                continue
            for leg in call.legs():
                if leg.kind is LegKind.CUSTOMER and self._changed(leg, fold) and self._tasks is not None:
                    self._tasks.create_task(self._anew(leg))

    def hear(self, event: e.AmiEvent) -> None:
        """The dialplan says when it is done."""
        if isinstance(event, e.RecorderBegun) and (begun := self._begun.get(event.uniqueid)):
            begun.set()

    async def pause(self, customer: Channel) -> None:
        """Record silence. The dialplan is told first: it begins no recorder anew that is to be silent."""
        async with self._turn(customer):
            await self._orders.send(SetVariable(channel=customer.name, variable=_PAUSED, value="yes"))
            await self._orders.send(MixMonitorMute(channel=customer.name, muted=True))

    async def resume(self, customer: Channel) -> None:
        """Record again, whoever came meanwhile included."""
        async with self._turn(customer):
            await self._orders.send(MixMonitorMute(channel=customer.name, muted=False))
            await self._orders.send(SetVariable(channel=customer.name, variable=_PAUSED, value="no"))
        await self._anew(customer)

    def _forget(self, state: CallState) -> None:
        for leg in state.legs:
            self._talks.pop(leg.uniqueid, None)
            self._turns.pop(leg.uniqueid, None)

    def _changed(self, customer: Channel, fold: Fold) -> bool:
        if customer.talking_since is None:
            return False
        talk = _Talk(customer.talking_since, fold.together(customer))
        before, self._talks[customer.uniqueid] = self._talks.get(customer.uniqueid), talk
        return talk != before

    def _turn(self, customer: Channel) -> asyncio.Lock:
        """A recorder that is just being begun does not know that it is to be silent."""
        return self._turns.setdefault(customer.uniqueid, asyncio.Lock())

    async def _anew(self, customer: Channel) -> None:
        async with self._turn(customer):
            begun = self._begun[customer.uniqueid] = asyncio.Event()
            try:
                await self._orders.send(PressKey(channel=customer.uniqueid, key=KEY))
                async with asyncio.timeout(_BEGUN_SECONDS):
                    await begun.wait()
            except (OrderRefused, TelephonyUnavailable, TimeoutError) as error:
                self._talks.pop(customer.uniqueid, None)  # it is tried again as soon as the call changes
                log.info("a recorder was not begun anew: %s", type(error).__name__)
            finally:
                del self._begun[customer.uniqueid]
