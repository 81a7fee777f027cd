"""A collector's time is covered by states: every second once, whatever happens in whatever order."""

import random
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from callcenter.agents.downtimes import Downtimes
from callcenter.agents.errors import BadState, NoReasonGiven, NoSuchAgent
from callcenter.agents.events import AgentSent, AgentStateChanged
from callcenter.agents.queries import free_agents, list_agents, seconds_today, state_of
from callcenter.agents.rules import (
    Desk,
    State,
    Wish,
    standing,
)
from callcenter.agents.service import AgentService
from core.kernel.access import Scope
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from tests.fakes.floor import START, collector
from tests.integration.agents.lives import News, stretches, tell


async def test_a_working_day_in_states(
    uow: UnitOfWork, agents: AgentService, clock: ManualClock, people: None, bus: Bus
) -> None:
    told: list[AgentStateChanged] = []

    async def remember(event: AgentStateChanged) -> None:
        told.append(event)

    bus.subscribe(AgentStateChanged, remember)
    await agents.screen_opened(1)
    for activity in ("ringing", "talking", "hold", "wrap_up", "idle"):
        clock.advance(timedelta(seconds=10))
        await tell(uow, agents, News(clock.now(), 5, {1: activity}))
    await agents.choose(collector(), "pause", "lunch")
    await agents.screen_closed(1)
    await bus.drained()
    states = ["available", "ringing", "talking", "hold", "wrap_up", "available", "pause", "offline"]
    assert [one.state for one in await stretches(uow)] == states
    assert [one.state for one in told] == states
    assert told[-2].reason == "lunch"


async def test_a_talk_that_was_written_when_it_was_over_was_a_talk(
    uow: UnitOfWork, agents: AgentService, clock: ManualClock, people: None
) -> None:
    await agents.screen_opened(1)
    began = clock.now()
    clock.advance(timedelta(seconds=60))

    def then(seconds: int) -> datetime:
        return began + timedelta(seconds=seconds)

    first = ((then(2), {1: "ringing"}), (then(5), {1: "talking"}))
    second = ((then(31), {1: "ringing"}), (then(33), {1: "talking"}))
    await tell(uow, agents, News(then(50), 6, {1: "idle"}, second), News(then(30), 5, {1: "idle"}, first))
    states = ("available", "ringing", "talking")
    moments = [began, *(then(seconds) for seconds in (2, 5, 30, 31, 33, 50))]
    assert [(one.state, one.started_at) for one in await stretches(uow)] == [
        (states[number % 3], moment) for number, moment in enumerate(moments)
    ]


@pytest.mark.parametrize("seed", range(4))
async def test_every_second_is_covered_once(
    uow: UnitOfWork, agents: AgentService, clock: ManualClock, people: None, seed: int
) -> None:
    chance = random.Random(seed)
    for _ in range(60):
        clock.advance(timedelta(seconds=chance.randint(0, 30)))
        late = timedelta(seconds=chance.choice((0, 0, 0, 5)))
        match chance.randint(0, 4):
            case 0:
                await agents.screen_opened(1)
            case 1:
                await agents.screen_closed(1)
            case 2:
                await agents.choose(collector(), *chance.choice((("available", None), ("pause", "break"))))
            case _:
                activity = chance.choice(("ringing", "talking", "hold", "wrap_up", "idle"))
                await tell(uow, agents, News(clock.now() - late, chance.randint(1, 3), {1: activity}))
    rows = await stretches(uow)
    assert all(one.ended_at == following.started_at for one, following in pairwise(rows))
    assert all(one.ended_at is None or one.ended_at >= one.started_at for one in rows)
    assert [one.ended_at for one in rows if one.ended_at is None] == [None]
    assert rows[-1].ended_at is None


async def test_after_a_start_nobody_is_there_until_he_connects(
    uow: UnitOfWork, agents: AgentService, clock: ManualClock, people: None
) -> None:
    await agents.screen_opened(1)
    await agents.screen_opened(2)
    await agents.phones_registered({2: True})
    clock.advance(timedelta(seconds=50))
    await agents.all_screens_closed(START + timedelta(seconds=20))
    async with uow.read() as session:
        assert (state := await state_of(session, 1)) is not None
        assert (state.state, state.started_at) == ("offline", START + timedelta(seconds=20))
        assert await free_agents(session, [1, 2]) == {2}
        assert [(one.id, one.state) for one in await list_agents(session, collector(9, Scope.ALL))] == [
            (1, "offline"),
            (2, "available"),
        ]
        assert [one.id for one in await list_agents(session, collector(2))] == [2]


async def test_only_what_can_be_chosen_by_those_who_may(agents: AgentService, people: None) -> None:
    for state, reason in (("talking", None), ("pause", None), ("pause", "nonsense"), ("", None)):
        with pytest.raises(BadState):
            await agents.choose(collector(), state, reason)
    with pytest.raises(NoSuchAgent):
        await agents.send(collector(1), {2}, Wish("available", why="your turn"))
    await agents.choose(collector(), "pause", "break")


def test_a_call_comes_before_reach_and_reach_before_choice() -> None:
    talking = Desk(live=False, registered=False, choice=State.PAUSE, reason="lunch", calls={1: "ringing", 2: "talking"})
    assert standing(talking).state is State.TALKING
    assert standing(talking).call_id == 2
    assert (
        standing(Desk(live=False, registered=False, choice=State.AVAILABLE, reason=None, calls={})).state
        is State.OFFLINE
    )
    assert (
        standing(Desk(live=False, registered=True, choice=State.AVAILABLE, reason=None, calls={})).state
        is State.AVAILABLE
    )


class _Crash(Exception):
    """The process ended in the middle of a transaction."""


class Days:
    """Collectors' days with everything that goes wrong in them: calls told late, twice or in a transaction that is
    never finished, clocks set forward and back, a server that starts anew, supervisors who interfere."""

    def __init__(self, uow: UnitOfWork, agents: AgentService, clock: ManualClock, seed: int) -> None:
        self._uow, self._agents, self._clock = uow, agents, clock
        self._chance = random.Random(seed)

    async def live(self, steps: int) -> None:
        acts = (self._screen, self._phone, self._choice, self._sent, self._call, self._call, self._crash, self._restart)
        acts += (self._downtimes,)
        for _ in range(steps):
            self._clock.advance(timedelta(seconds=self._chance.choice((0, 0.5, 3, 40, 900))))
            if self._chance.random() < 0.05:
                self._clock.advance(timedelta(hours=self._chance.choice((-1, 1))))
            await self._chance.choice(acts)(self._chance.randint(1, 2))

    async def _screen(self, user: int) -> None:
        await self._chance.choice((self._agents.screen_opened, self._agents.screen_closed))(user)

    async def _phone(self, user: int) -> None:
        await self._agents.phones_registered({user: self._chance.random() < 0.5})

    async def _choice(self, user: int) -> None:
        wish = self._chance.choice((("available", None), ("pause", "break"), ("pause", "lunch"), ("offline", None)))
        await self._agents.choose(collector(user), *wish)

    async def _sent(self, _user: int) -> None:
        await self._agents.send(collector(9, Scope.ALL), {1, 2}, Wish("pause", "meeting", "all hands"))

    def _news(self) -> list[News]:
        late = timedelta(seconds=self._chance.choice((0, 0, 5)))
        kinds = ("ringing", "talking", "hold", "wrap_up", "idle")
        return [
            News(self._clock.now() - late, self._chance.randint(1, 4), {user: self._chance.choice(kinds)})
            for user in self._chance.sample((1, 2), self._chance.randint(1, 2))
        ]

    async def _call(self, _user: int) -> None:
        await tell(self._uow, self._agents, *self._news())

    async def _crash(self, _user: int) -> None:
        with suppress(_Crash):
            async with self._uow.write() as work:
                await self._agents.followed(work, self._news())
                raise _Crash

    async def _restart(self, _user: int) -> None:
        self._agents = AgentService(self._uow, self._clock)
        await self._agents.all_screens_closed(await Downtimes(self._uow, self._clock).beat())

    async def _downtimes(self, _user: int) -> None:
        await Downtimes(self._uow, self._clock).settle()


@pytest.mark.parametrize("seed", range(6))
async def test_no_crash_and_no_clock_tears_a_day(
    uow: UnitOfWork, agents: AgentService, clock: ManualClock, people: None, seed: int
) -> None:
    await Days(uow, agents, clock, seed).live(80)
    for user in (1, 2):
        rows = await stretches(uow, user)
        assert all(one.ended_at == following.started_at for one, following in pairwise(rows))
        assert all(one.ended_at is None or one.ended_at >= one.started_at for one in rows)
        assert [one for one in rows if one.ended_at is None] == rows[-1:]
        until = rows[-1].started_at + timedelta(hours=1)
        async with uow.read() as session:
            sums = (await seconds_today(session, [user], rows[0].started_at, until))[user]
        assert sum(sums.values()) == pytest.approx((until - rows[0].started_at).total_seconds())


async def test_others_are_sent_with_a_reason_and_told(
    uow: UnitOfWork, agents: AgentService, people: None, bus: Bus
) -> None:
    told: list[AgentSent] = []

    async def remember(event: AgentSent) -> None:
        told.append(event)

    bus.subscribe(AgentSent, remember)
    chief = collector(9, Scope.ALL)
    for user in (1, 2):
        await agents.screen_opened(user)
    with pytest.raises(NoReasonGiven):
        await agents.send(chief, {1}, Wish("pause", "break", "  "))
    with pytest.raises(NoSuchAgent):
        await agents.send(collector(1), {1, 2}, Wish("pause", "break", "now"))
    await agents.send(chief, {1, 2}, Wish("pause", "meeting", "all hands"))
    assert [(await stretches(uow, user))[-1].reason for user in (1, 2)] == ["meeting"] * 2
    await tell(uow, agents, News(START, 7, {1: "talking"}))
    await agents.sign_out(chief, 1, "at the wrong desk")
    assert (await stretches(uow))[-1].state == "talking"  # his call goes on
    await tell(uow, agents, News(START, 7, {1: "idle"}))
    assert (await stretches(uow))[-1].state == "offline"
    await bus.drained()
    assert [(one.user_id, one.wish.state, one.signed_out) for one in told] == [
        (1, "pause", False),
        (2, "pause", False),
        (1, "offline", True),
    ]


async def test_states_agree_with_the_call_log_again(uow: UnitOfWork, agents: AgentService, people: None) -> None:
    """A copy put back, a row lost: what the call log does not know any more is over."""

    class Log:
        async def activities(self, _session: object, call_ids: Collection[int]) -> set[tuple[int, int, str]]:
            assert set(call_ids) == {5, 6}
            return {(1, 6, "hold")}

    await agents.screen_opened(1)
    await tell(uow, agents, News(START, 5, {1: "talking"}), News(START, 6, {1: "ringing"}))
    assert await agents.agree_with_calls(Log()) == 2
    last = (await stretches(uow))[-1]
    assert (last.state, last.call_id) == ("hold", 6)
