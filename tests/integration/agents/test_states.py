"""A collector's time is covered by states: every second once, whatever happens in whatever order."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from callcenter.agents.directory import ship_reasons
from callcenter.agents.errors import BadState, NoSuchAgent
from callcenter.agents.events import AgentStateChanged
from callcenter.agents.model import AgentState
from callcenter.agents.queries import free_agents, list_agents, state_of
from callcenter.agents.rules import Desk, State, standing
from callcenter.agents.service import AgentService
from core.kernel.access import Scope
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from core.people.model import Role, User
from tests.fakes.floor import START, collector


@dataclass(frozen=True)
class News:
    at: datetime
    call_id: int
    activities: dict[int, str] = field(default_factory=dict)


@pytest.fixture
def agents(uow: UnitOfWork, clock: ManualClock) -> AgentService:
    return AgentService(uow, clock)


@pytest.fixture
async def people(uow: UnitOfWork) -> None:
    """Users 1 and 2, with phones 101 and 102."""
    async with uow.write() as work:
        work.session.add(Role(id=1, name="Collectors"))
        await work.session.flush()
        for user in (1, 2):
            work.session.add(
                User(
                    id=user,
                    login=f"collector{user}",
                    password_hash="",
                    role_id=1,
                    extension=str(100 + user),
                    created_at=START,
                )
            )
        await ship_reasons(work)


async def stretches(uow: UnitOfWork, user_id: int = 1) -> Sequence[AgentState]:
    async with uow.read() as session:
        wanted = select(AgentState).where(AgentState.user_id == user_id).order_by(AgentState.id)
        return (await session.scalars(wanted)).all()


async def tell(uow: UnitOfWork, agents: AgentService, *news: News) -> None:
    async with uow.write() as work:
        await agents.followed(work, news)


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
    await agents.choose(collector(), 1, "pause", "lunch")
    await agents.screen_closed(1)
    await bus.drained()
    states = ["available", "ringing", "talking", "hold", "wrap_up", "available", "pause", "offline"]
    assert [one.state for one in await stretches(uow)] == states
    assert [one.state for one in told] == states
    assert told[-2].reason == "lunch"


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
                await agents.choose(collector(), 1, *chance.choice((("available", None), ("pause", "break"))))
            case _:
                activity = chance.choice(("ringing", "talking", "hold", "wrap_up", "idle"))
                await tell(uow, agents, News(clock.now() - late, chance.randint(1, 3), {1: activity}))
    rows = await stretches(uow)
    assert all(one.ended_at == following.started_at for one, following in pairwise(rows))
    assert all(one.ended_at is None or one.ended_at >= one.started_at for one in rows)
    assert [one.ended_at for one in rows if one.ended_at is None] == [None]
    assert rows[-1].ended_at is None


async def test_after_a_start_nobody_is_there_until_he_connects(
    uow: UnitOfWork, agents: AgentService, people: None
) -> None:
    await agents.screen_opened(1)
    await agents.screen_opened(2)
    await agents.phones_registered({2: True})
    await agents.all_screens_closed()
    async with uow.read() as session:
        assert (state := await state_of(session, 1)) is not None
        assert state.state == "offline"
        assert await free_agents(session, [1, 2]) == {2}
        assert [(one.id, one.state) for one in await list_agents(session, collector(9, Scope.ALL))] == [
            (1, "offline"),
            (2, "available"),
        ]
        assert [one.id for one in await list_agents(session, collector(2))] == [2]


async def test_only_what_can_be_chosen_by_those_who_may(agents: AgentService, people: None) -> None:
    for state, reason in (("talking", None), ("pause", None), ("pause", "nonsense"), ("", None)):
        with pytest.raises(BadState):
            await agents.choose(collector(), 1, state, reason)
    with pytest.raises(NoSuchAgent):
        await agents.choose(collector(1), 2, "available")
    await agents.choose(collector(9, Scope.ALL), 2, "pause", "break")


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
