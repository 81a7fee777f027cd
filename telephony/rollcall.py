"""Asking an exchange what lives, and whether it is still the process that was left."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime

from callcenter.calls.errors import OrderRefused, TelephonyUnavailable
from telephony.ami import events as e
from telephony.ami.actions import Action, BridgeList, CoreShowChannels, CoreStatus, DeviceStateList, QueueStatus
from telephony.ami.client import AmiClient
from telephony.tracking.listing import Listing, ListingInProgress

log = logging.getLogger(__name__)

OPTIONAL_LISTS: Mapping[Action, str] = {
    QueueStatus(): "QueueStatusComplete",
    BridgeList(): "BridgeListComplete",
}
"""What else is asked, and the event that ends the answer. ``BridgeList`` comes last: it is always answered."""


class RollCall:
    """One question at a time; its answer comes among the events. ``died_at`` is when an Asterisk was last heard of that
    another process has taken the place of; None while it is the first that was met."""

    def __init__(self, server: str, client: AmiClient, patience: float) -> None:
        self.died_at: datetime | None = None
        self._server = server
        self._client = client
        self._patience = patience
        self._process: tuple[str, str] | None = None
        self._listing: ListingInProgress | None = None
        self._answered = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None

    @property
    def is_on(self) -> bool:
        """Whether an answer is waited for."""
        return self._listing is not None

    def begin(self, tasks: asyncio.TaskGroup, at: datetime, *, left_at: datetime | None = None) -> None:
        """Ask for everything that lives, and when the link is new, last heard on at ``left_at``, for phones and process
        too. A link that does not answer in time is dropped."""
        self._listing = ListingInProgress(at)
        self._answered.clear()
        self._asking = tasks.create_task(self._ask(left_at))

    def stop(self) -> None:
        """The link is gone, and the answer with it."""
        self._listing = None
        if self._asking is not None:
            self._asking.cancel()

    def hears(self, event: e.AmiEvent) -> bool:
        """Take a line of the answer; False when the event is none."""
        return self._listing is not None and self._listing.take(event)

    def answer(self, at: datetime) -> Listing | None:
        """The whole answer, once it is there; with it the question is over."""
        answer = self._listing.result(at) if self._listing is not None else None
        if answer is not None:
            self._listing = None
            self._answered.set()
        return answer

    async def _ask(self, left_at: datetime | None) -> None:
        try:
            if left_at is not None:  # phones tell by themselves what becomes of them later
                await self._ask_phones()
                await self._ask_process(left_at)
            await self._client.send(CoreShowChannels())
            for action, end in OPTIONAL_LISTS.items():
                try:
                    await self._client.send(action)
                except OrderRefused:
                    self._without(end)
            async with asyncio.timeout(self._patience):
                await self._answered.wait()
        except (OrderRefused, TelephonyUnavailable, TimeoutError):
            log.warning("the exchange %s does not list its calls", self._server)
            self._client.drop()

    async def _ask_phones(self) -> None:
        try:
            await self._client.send(DeviceStateList())
        except OrderRefused:
            log.warning("the exchange %s does not say which phones are there", self._server)

    async def _ask_process(self, left_at: datetime) -> None:
        """Whether this is still the Asterisk that was left: of one that died, CEL is told no more."""
        try:
            status = await self._client.send(CoreStatus())
        except OrderRefused:
            return
        process = (status.get("CoreStartupDate", ""), status.get("CoreStartupTime", ""))
        if self._process not in (None, process):
            self.died_at = left_at
        self._process = process

    def _without(self, end: str) -> None:
        """The exchange has no such list (no queues, no contacts): do not wait for it."""
        if self._listing is not None:
            self._listing.skip(end)
