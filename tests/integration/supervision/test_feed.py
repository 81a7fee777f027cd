"""The live board is told of alarms about what lasts, not of what is over."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.supervision.board import Viewer
from callcenter.supervision.feed import Feed
from callcenter.supervision.lines import AgentLine, CallLine, Kind, QueueLine
from callcenter.supervision.rights import BOARD
from core.kernel.access import Actor, Scope
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from tests.fakes.floor import START


class OnePaused:
    """A floor with one collector on pause."""

    async def agents(self, _session: AsyncSession) -> Sequence[AgentLine]:
        state = {"state": "pause", "reason": "lunch", "since": START, "call_id": None}
        return [AgentLine(id=1, name="Anna", extension="101", unit_id=1, phone=True, **state)]  # type: ignore[arg-type]

    async def calls(self, _session: AsyncSession) -> Sequence[CallLine]:
        return []

    async def queues(self, _session: AsyncSession, _now: datetime) -> Sequence[QueueLine]:
        return []


class ChangesWhileRead(OnePaused):
    """A floor whose collector comes back while the calls are read."""

    feed: Feed

    async def calls(self, _session: AsyncSession) -> Sequence[CallLine]:
        self.feed.agent_changed(1, state="available", reason=None, since=START + timedelta(minutes=1), alarms=())
        return []


async def test_what_changes_while_the_board_wakes_up_is_on_it(uow: UnitOfWork, clock: ManualClock) -> None:
    floor = ChangesWhileRead()
    floor.feed = Feed(uow, clock, floor)
    await floor.feed.join(Viewer(Actor(user_id=50, login="chief", rights={BOARD: Scope.ALL}), BOARD))
    line = floor.feed.board.line((Kind.AGENTS, 1))
    assert isinstance(line, AgentLine)
    assert line.state == "available"


async def test_an_alarm_about_a_stretch_that_is_over_is_not_shown(uow: UnitOfWork, clock: ManualClock) -> None:
    feed, later = Feed(uow, clock, OnePaused()), START + timedelta(minutes=61)
    await feed.join(Viewer(Actor(user_id=50, login="chief", rights={BOARD: Scope.ALL}), BOARD))

    def alarms() -> tuple[str, ...]:
        line = feed.board.line((Kind.AGENTS, 1))
        assert isinstance(line, AgentLine)
        return line.alarms

    feed.alarm_raised(1, "limit", START)
    assert alarms() == ("limit",)
    feed.agent_changed(1, state="available", reason=None, since=later, alarms=())
    feed.alarm_raised(1, "allowance", START)
    assert alarms() == ()
