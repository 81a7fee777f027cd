"""One exchange's queues: the file they stand in, and orders about their members."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog

from callcenter.calls.errors import OrderRefused, TelephonyUnavailable
from callcenter.queues.errors import ExchangeRefused
from callcenter.queues.ports import QueueSpec, Seat, Standing
from telephony.ami.actions import Action, QueueAdd, QueuePause, QueuePenalty, QueueReload, QueueRemove, SetGlobal
from telephony.bridge import Bridge
from telephony.provisioning import QUEUES_FILE, render_queues, write

_log = structlog.get_logger(__name__)


class ExchangeQueues:
    """Implements ``callcenter.queues.ports.Exchange`` over a bridge.

    ``folder`` is where the exchange reads its configuration, as this program sees it; without it the exchange has the
    queues that its administrator gave it. ``alone``: there is no other exchange a phone could be at.
    """

    def __init__(self, bridge: Bridge, folder: Path | None, *, alone: bool) -> None:
        self._bridge = bridge
        self._folder = folder
        self._alone = alone
        self._loaded: str | None = None
        bridge.members.on_lost(self._forget)

    def seats(self) -> Mapping[Seat, Standing] | None:
        return self._bridge.members.seats()

    def serves(self, extension: str) -> bool:
        if self._alone:
            return True
        phones = self._bridge.phones()
        return any(one in phones and phones[one].reachable for one in (extension, f"{extension}d"))

    def on_known(self, tell: Callable[[], None]) -> None:
        self._bridge.members.on_known(tell)

    async def publish(self, queues: Sequence[QueueSpec]) -> None:
        """Write the file, and have it read once for every content and every link."""
        if self._folder is None:
            return
        text = render_queues(queues)
        if text == self._loaded:
            return
        try:
            await asyncio.to_thread(write, {QUEUES_FILE: text}, self._folder)
        except OSError as error:
            _log.warning("the queues cannot be written", server=self._bridge.exchange.server, reason=str(error))
            raise ExchangeRefused from error
        await self._order(QueueReload())
        self._bridge.members.keep({queue.code for queue in queues})
        self._loaded = text

    async def put_in(self, seat: Seat, extension: str, standing: Standing, reason: str) -> None:
        """While a collector rings or talks at one of his phones, the other is left in peace: both have one state."""
        order = QueueAdd(
            queue=seat.queue,
            interface=_interface(seat.endpoint),
            penalty=standing.penalty,
            paused=standing.paused,
            reason=reason,
            member=extension,
            state=f"hint:{extension}@callcenter-collectors",
        )
        await self._order(order)

    async def take_out(self, seat: Seat) -> None:
        await self._order(QueueRemove(queue=seat.queue, interface=_interface(seat.endpoint)))

    async def pause(self, endpoint: str, *, paused: bool, reason: str) -> None:
        await self._order(QueuePause(interface=_interface(endpoint), paused=paused, reason=reason))

    async def is_free(self, extension: str) -> None:
        await self._order(SetGlobal(variable=f"CALLCENTER_PARTED_{extension}", value=""))

    async def set_penalty(self, seat: Seat, penalty: int) -> None:
        await self._order(QueuePenalty(queue=seat.queue, interface=_interface(seat.endpoint), penalty=penalty))

    def _forget(self) -> None:
        self._loaded = None

    async def _order(self, action: Action) -> None:
        try:
            await self._bridge.client.send(action)
        except (OrderRefused, TelephonyUnavailable) as error:
            # Whoever sits in no queue has nothing to be paused in: at a start that is everybody, and no news.
            tell = _log.debug if isinstance(action, QueuePause) else _log.info
            tell("an order about queues was not taken", order=type(action).__name__, reason=str(error))
            raise ExchangeRefused from error


def _interface(endpoint: str) -> str:
    return f"PJSIP/{endpoint}"
