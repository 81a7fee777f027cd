"""Callers in menus: each in the version he came into, step by step."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.ivr.events import MenusChanged
from callcenter.ivr.flow import Flow
from callcenter.ivr.interpreter import Walked, advance, begin
from callcenter.ivr.ports import Caller, Voice, World
from callcenter.ivr.queries import heard_before
from callcenter.ivr.walk import Ask, Exit, Leave, Pressed
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork

MOST = 2000
"""Callers in menus at the same time; the oldest make room, and go to their queues."""
PATIENCE = timedelta(minutes=30)
FRESH = timedelta(seconds=30)
"""How long what was read of menus is believed when nobody tells of a change."""
LINES = 45
"""So many sentences fit into one answer to the exchange; of more between two keys the last ones are heard."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What the dialplan does next: play the sounds of these names; then read up to ``most`` keys, ``seconds`` for each,
    or let the caller go by ``exit`` (``queue``: a code), spoken to in ``language`` from then on."""

    sounds: tuple[str, ...]
    most: int = 0
    seconds: int = 0
    exit: Exit | None = None
    queue: str = ""
    language: str = ""


@dataclass(kw_only=True, slots=True)
class _Session:
    caller: Caller
    flow: Flow
    walked: Walked
    at: datetime
    fresh: bool = True


class Attendant:
    """Asked by the exchange at every step of every caller in a menu."""

    def __init__(self, uow: UnitOfWork, clock: Clock, *, world: World, voice: Voice) -> None:
        self._uow = uow
        self._clock = clock
        self._world = world
        self._voice = voice
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._flows: Mapping[str, Flow] | None = None
        self._read_at = clock.now()

    async def on_menus(self, _event: MenusChanged) -> None:
        """What callers hear is not what it was."""
        self._flows = None

    @property
    def present(self) -> Mapping[str, object]:
        """Callers in menus, by channel."""
        return self._sessions

    async def entered(self, caller: Caller, queue: str, language: str | None) -> bool:
        """Whether callers of that queue hear a menu first; then this one is in it, and his first step is asked for."""
        if not self._voice.heard:
            return False
        flow = (await self._heard()).get(queue)
        if flow is None:
            return False
        self._tidy()
        walked = begin(flow, language=language, number_known=caller.number is not None)
        self._sessions[caller.channel] = _Session(caller=caller, flow=flow, walked=walked, at=self._clock.now())
        return True

    async def _heard(self) -> Mapping[str, Flow]:
        now, flows = self._clock.now(), self._flows
        if flows is None or now - self._read_at > FRESH:
            async with self._uow.read(brief=True) as session:
                flows = self._flows = await heard_before(session)
            self._read_at = now
        return flows

    async def step(self, channel: str, keys: str) -> tuple[Caller, Told] | None:
        """What the caller of that channel hears next, after pressing ``keys``; None when he is in no menu."""
        session = self._sessions.get(channel)
        if session is None:
            return None
        session.at = self._clock.now()
        self._sessions.move_to_end(channel)
        if not session.fresh:
            session.walked = advance(session.flow, session.walked[0], Pressed(keys))
        session.fresh = False
        act = await self._asked(session)
        sounds = tuple(await self._voice.say(act.lines[-LINES:]))
        if isinstance(act, Ask):
            return session.caller, Told(sounds=sounds, most=act.most, seconds=act.seconds)
        del self._sessions[channel]
        if act.exit is Exit.HANG_UP:
            await self._world.served(session.caller)
        return session.caller, Told(sounds=sounds, exit=act.exit, queue=act.queue, language=session.walked[0].language)

    async def _asked(self, session: _Session) -> Ask | Leave:
        """Everything the menu wants to know beyond keys is answered at once."""
        state, act = session.walked
        while not isinstance(act, Ask | Leave):
            heard = await self._world.answer(act, session.caller)
            session.walked = state, act = advance(session.flow, state, heard)
        return act

    def _tidy(self) -> None:
        """Let go of those who hung up in the middle."""
        old = self._clock.now() - PATIENCE
        while self._sessions:
            channel, first = next(iter(self._sessions.items()))
            if len(self._sessions) < MOST and first.at > old:
                return
            del self._sessions[channel]
