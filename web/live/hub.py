"""Fan-out to every connected screen: numbered messages, a memory to resume from, and no screen that slows another."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from core.kernel.access import Actor, Scope
from core.kernel.clock import Clock
from core.people.events import AccessEnded

#: Messages a screen may lag behind before it is dropped; it then comes back and resumes.
QUEUE_LENGTH = 256
#: Messages remembered for screens that come back.
MEMORY = 4096
#: The code of a connection that ends and may be opened again.
TRY_AGAIN = 1013

#: What a message says, by the reader's language.
Content = Callable[[str], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Audience:
    """Whom a message is for: ``user_ids``, and whoever has ``right`` and reaches one of ``unit_ids`` with it.

    ``everybody``: whoever has ``right``, whatever its reach; without a right it is for what is no secret, like the
    telephony lamp.
    """

    user_ids: frozenset[int] = frozenset()
    unit_ids: frozenset[int] = frozenset()
    right: str | None = None
    everybody: bool = False

    def fits(self, actor: Actor) -> bool:
        if actor.user_id in self.user_ids or (self.everybody and self.right is None):
            return True
        scope = actor.rights.get(self.right) if self.right is not None else None
        if scope is None:
            return False
        reach = {Scope.TEAM: actor.team, Scope.DEPARTMENT: actor.department}.get(scope, frozenset())
        return self.everybody or scope is Scope.ALL or bool(self.unit_ids & reach)


@dataclass(frozen=True, slots=True)
class _Message:
    """One message; its text is made once for every language that somebody reads."""

    seq: int
    kind: str
    at: str
    audience: Audience
    content: Content
    texts: dict[str, str] = field(default_factory=dict)

    def text(self, language: str) -> str:
        if language not in self.texts:
            body = {"seq": self.seq, "type": self.kind, "at": self.at, **self.content(language)}
            self.texts[language] = msgspec.json.encode(body).decode()
        return self.texts[language]


class Screen:
    """One connected screen: its reader, and what it has still to be sent."""

    __slots__ = ("_news", "_waiting", "actor", "code", "dropped")

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.dropped = False
        self.code = TRY_AGAIN
        self._waiting: list[str | None] = []  # a list and a future take a tenth of what a queue takes
        self._news: asyncio.Future[None] | None = None

    def put(self, text: str) -> None:
        """Queue a text; a screen that does not keep up is dropped rather than waited for."""
        if self.dropped:
            return
        if len(self._waiting) >= QUEUE_LENGTH:
            self.drop()
        else:
            self._add(text)

    def drop(self, code: int = TRY_AGAIN) -> None:
        """End the connection after nothing more; ``code`` (RFC 6455) tells the screen whether to come back."""
        self.dropped = True
        self.code = code
        self._waiting.clear()
        self._add(None)

    def _add(self, text: str | None) -> None:
        self._waiting.append(text)
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    async def next(self) -> str | None:
        """The next text to send; None: it is over. One at a time may wait."""
        while not self._waiting:
            self._news = asyncio.get_running_loop().create_future()
            try:
                await self._news
            finally:
                self._news = None
        return self._waiting.pop(0)


class Hub:
    """Knows every screen of this process.

    Numbers begin at the present in milliseconds, so that after a restart no old number is taken for a new one.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seq = int(clock.now().timestamp() * 1000)
        self._memory: deque[_Message] = deque(maxlen=MEMORY)
        self._screens: dict[int, set[Screen]] = defaultdict(set)
        self._holders: dict[str, tuple[Screen, ...]] = {}

    @property
    def seq(self) -> int:
        """The number of the latest message."""
        return self._seq

    def connect(self, screen: Screen, after: int | None) -> bool:
        """Add a screen. True when it got all it missed since ``after``; False: it needs a snapshot first."""
        self._screens[screen.actor.user_id].add(screen)
        self._holders.clear()
        if after is None or after > self._seq:
            return False
        oldest = self._memory[0].seq if self._memory else self._seq + 1
        if after != self._seq and after < oldest - 1:
            return False
        missed = [one for one in self._memory if one.seq > after and one.audience.fits(screen.actor)]
        if len(missed) > QUEUE_LENGTH:  # it would be dropped at once, and come back for the same again
            return False
        for message in missed:
            screen.put(message.text(screen.actor.language))
        return True

    def disconnect(self, screen: Screen) -> None:
        """Forget a screen."""
        own = self._screens[screen.actor.user_id]
        own.discard(screen)
        self._holders.clear()
        if not own:
            del self._screens[screen.actor.user_id]

    async def on_access_ended(self, event: AccessEnded) -> None:
        """Bus subscriber: a user's screens come back at once and are let in only while their session lives."""
        for screen in list(self._screens.get(event.user_id, ())):
            screen.drop()

    def screens_of(self, user_id: int) -> int:
        """How many screens a user has open."""
        return len(self._screens.get(user_id, ()))

    def publish(self, kind: str, audience: Audience, content: Content) -> None:
        """Send to everybody it is for. Never waits."""
        self._seq += 1
        message = _Message(self._seq, kind, self._clock.now().isoformat(), audience, content)
        self._memory.append(message)
        for screen in list(self._meant(audience)):
            screen.put(message.text(screen.actor.language))

    def encode(self, kind: str, seq: int, body: Mapping[str, Any]) -> str:
        """A message for one screen alone: a snapshot, a sign of life."""
        at = self._clock.now().isoformat()
        return msgspec.json.encode({"seq": seq, "type": kind, "at": at, **body}).decode()

    def _meant(self, audience: Audience) -> Iterable[Screen]:
        """Whoever reaches others with the right is looked for among its holders: of hundreds of screens few are a
        supervisor's."""
        if audience.everybody:
            every = (screen for screens in self._screens.values() for screen in screens)
            yield from (screen for screen in every if audience.fits(screen.actor))
            return
        for user_id in audience.user_ids:
            yield from self._screens.get(user_id, ())
        for screen in self._with(audience.right) if audience.right is not None else ():
            if screen.actor.user_id not in audience.user_ids and audience.fits(screen.actor):
                yield screen

    def _with(self, right: str) -> tuple[Screen, ...]:
        """The screens of those whose ``right`` reaches beyond themselves, remembered until one comes or goes."""
        if right not in self._holders:
            every = (screen for screens in self._screens.values() for screen in screens)
            own = (None, Scope.OWN)
            self._holders[right] = tuple(screen for screen in every if screen.actor.rights.get(right) not in own)
        return self._holders[right]
