"""The session with one Asterisk: connect, log in, watch the link, reconnect, give orders at most once.

Whatever the link brings goes through one bounded inbox, in order, and is taken out by one consumer. ``LinkUp`` and
``LinkDown`` stand in the inbox where they happened, so the consumer knows which events may have been missed.
"""

import asyncio
import logging
import random
import ssl
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from panoramisk.message import Message

from callcenter.calls.errors import OrderRefused, TelephonyUnavailable
from core.kernel.clock import Clock
from core.kernel.i18n import mark, msg
from telephony.ami.actions import Action, Login, Ping, UnsafeValue
from telephony.ami.protocol import Wire

log = logging.getLogger(__name__)

_PARTS = 10

CONNECTED = mark("The telephone exchange answers.")
CONNECTING = mark("The telephone exchange does not answer.")
REFUSED = mark("The telephone exchange refuses the program's password.")
UNSAFE = mark("{field} holds characters that must not be sent.")
OVERWHELMED = mark("The telephone exchange reports faster than the program can follow.")


@dataclass(frozen=True, kw_only=True, slots=True)
class AmiAccount:
    """Where Asterisk's manager listens and who we are there. ``tls`` is needed off the machine."""

    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long to wait, in seconds, and how much to keep.

    A link that leaves a ping unanswered and says nothing else for ``ping_timeout`` is half open and is dropped; time in
    which this program itself was too busy to listen does not count. Reconnecting waits
    ``backoff_first`` doubled up to ``backoff_most``, each shortened by chance so that several do not knock together.
    ``inbox`` is in messages: when the consumer falls that far behind, the link is dropped and the state is read anew,
    because skipping single events would leave it wrong without anybody knowing.
    """

    connect: float = 3.0
    answer: float = 5.0
    ping_every: float = 1.0
    ping_timeout: float = 2.0
    backoff_first: float = 0.1
    backoff_most: float = 1.0
    inbox: int = 50_000


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkStatus:
    """``detail`` is a msgid for people; ``since`` when ``up`` last changed."""

    up: bool
    detail: str
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkUp:
    """Logged in: from here on events are complete."""

    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkDown:
    """The link broke: until the next ``LinkUp`` events are missing."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """An event's headers and when they arrived."""

    headers: dict[str, str]
    at: datetime


Arrival = Heard | LinkUp | LinkDown


class _Link:
    """One connection's life, seen from the client: events go on, the loss is remembered."""

    def __init__(self, heard: Callable[[dict[str, str]], None]) -> None:
        self.heard = heard
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def lost(self, error: Exception | None) -> None:
        if not self.gone.done():
            self.gone.set_result(None)


class AmiClient:
    """A session that lasts as long as ``run`` does. Orders may be given from any task of the same loop. Of events only
    those of ``kinds`` arrive (None: all)."""

    def __init__(
        self,
        account: AmiAccount,
        clock: Clock,
        patience: Patience | None = None,
        kinds: Collection[str] | None = None,
    ) -> None:
        self._account = account
        self._clock = clock
        self._patience = patience or Patience()
        self._kinds = kinds
        self._inbox: asyncio.Queue[Arrival] = asyncio.Queue()
        self._wire: Wire | None = None
        self._link: _Link | None = None
        self._ready = False
        self._status = LinkStatus(up=False, detail=CONNECTING, since=clock.now())
        self._ids = count(1)
        self.listener: Callable[[Mapping[str, str]], None] | None = None
        self._run_id = f"{random.getrandbits(48):012x}"

    def status(self) -> LinkStatus:
        return self._status

    async def run(self) -> None:
        """Keep the session until cancelled."""
        delay = self._patience.backoff_first
        try:
            while True:
                if await self._live():
                    delay = self._patience.backoff_first
                await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
                delay = min(delay * 2, self._patience.backoff_most)
        finally:
            self._close()

    async def batch(self, most: int = 256) -> list[Arrival]:
        """The next arrivals in order: at least one, at most ``most``."""
        arrivals = [await self._inbox.get()]
        while len(arrivals) < most and not self._inbox.empty():
            arrivals.append(self._inbox.get_nowait())
        return arrivals

    async def send(self, action: Action, timeout: float | None = None) -> Message:
        """Give an order, once. Raises ``OrderRefused`` (certainly not done) or ``TelephonyUnavailable`` (unknown)."""
        if not self._ready or self._link is None or self._link.gone.done():
            raise OrderRefused(reason=msg(self._status.detail))
        answer = await self._ask(action, timeout or self._patience.answer)
        if not answer.success:
            raise OrderRefused(reason=answer.message)
        return answer

    def drop(self) -> None:
        """Give the link up; ``run`` makes a new one. For a link that lives but does not deliver."""
        if self._wire is not None:
            self._wire.abort()

    async def _live(self) -> bool:
        """One connection from knock to loss; whether it ever was logged in."""
        try:
            await self._connect()
            await self._log_in()
        except (OSError, TimeoutError, TelephonyUnavailable) as error:
            log.info("no session with the exchange: %s", type(error).__name__)
            self._close()
            return False
        self._up()
        try:
            await self._watch()
        finally:
            self._down()
        return True

    async def _connect(self) -> None:
        link = self._link = _Link(self._heard)
        async with asyncio.timeout(self._patience.connect):
            _, self._wire = await asyncio.get_running_loop().create_connection(
                lambda: Wire(link, self._kinds), self._account.host, self._account.port, ssl=self._account.tls
            )

    async def _log_in(self) -> None:
        login = Login(username=self._account.username, secret=self._account.secret)
        answer = await self._ask(login, self._patience.answer)
        if not answer.success:
            self._say(up=False, detail=REFUSED)
            raise TelephonyUnavailable

    async def _watch(self) -> None:
        """Return when the link is gone, found out at the latest by an unanswered ping."""
        assert self._link is not None
        while not self._link.gone.done():
            if not await self._lives():
                return
            await asyncio.wait([self._link.gone], timeout=self._patience.ping_every)

    async def _lives(self) -> bool:
        """Whether the link answers a ping, or says anything at all.

        The time-out is waited for in parts: a loop that is held up wakes late from one part of it, and then reads what
        has come meanwhile in the next.
        """
        assert self._wire is not None
        assert self._link is not None
        before, order = self._wire.received, self._order(Ping())
        for _ in range(_PARTS):
            await self._first_of(order.future, timeout=self._patience.ping_timeout / _PARTS)
            if order.future.done() or self._link.gone.done():
                break
        self._wire.forget(order)
        return self._wire.received > before and not self._link.gone.done()

    async def _first_of(self, answer: asyncio.Future[Any], timeout: float) -> None:
        """Wait for the answer or for the end of the link."""
        assert self._link is not None
        await asyncio.wait([answer, self._link.gone], timeout=timeout, return_when=asyncio.FIRST_COMPLETED)

    async def _ask(self, action: Action, timeout: float) -> Message:
        order, wire = self._order(action), self._wire
        await self._first_of(order.future, timeout)
        if not order.future.done():
            if wire is not None:
                wire.forget(order)
            raise TelephonyUnavailable
        answer: Message = order.future.result()
        return answer

    def _order(self, action: Action) -> Any:
        """Send the action; its future holds the answer."""
        try:
            headers = action.headers()
        except UnsafeValue as error:
            raise OrderRefused(
                reason=msg("{field} holds characters that must not be sent", field=error.field)
            ) from error
        wire, link = self._wire, self._link
        if wire is None or link is None or link.gone.done():
            raise TelephonyUnavailable
        headers.setdefault("ActionID", f"{self._run_id}-{next(self._ids)}")
        return wire.order(headers)

    def _heard(self, headers: dict[str, str]) -> None:
        """The one callback of the wire: it only puts into the inbox, so it cannot fail and close the link. Who
        listens besides only does the like."""
        if self.listener is not None:
            self.listener(headers)
        if self._inbox.qsize() < self._patience.inbox:
            self._inbox.put_nowait(Heard(headers, self._clock.now()))
        elif self._ready and self._wire is not None:
            self._ready = False
            self._say(up=False, detail=OVERWHELMED)
            self._wire.abort()

    def _up(self) -> None:
        self._ready = True
        self._say(up=True, detail=CONNECTED)
        self._inbox.put_nowait(LinkUp(at=self._clock.now()))

    def _down(self) -> None:
        self._inbox.put_nowait(LinkDown(at=self._clock.now()))
        self._say(up=False, detail=CONNECTING)
        self._close()

    def _say(self, *, up: bool, detail: str) -> None:
        since = self._clock.now() if up != self._status.up else self._status.since
        self._status = LinkStatus(up=up, detail=detail, since=since)

    def _close(self) -> None:
        self._ready = False
        if self._wire is not None:
            self._wire.abort()
        self._wire = self._link = None
