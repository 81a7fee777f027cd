"""What nobody saw of collectors is no work."""

import asyncio
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from callcenter.agents.downtimes import Downtimes
from callcenter.agents.rules import (
    UNSEEN_SECONDS,
    Stretch,
    parts_of,
)
from callcenter.agents.service import AgentService
from core.kernel.clock import ManualClock
from core.kernel.errors import DatabaseBusy
from core.kernel.uow import UnitOfWork
from tests.fakes.floor import START, collector
from tests.integration.agents.lives import News, stretches, tell


async def test_a_night_without_the_server_is_no_work(
    uow: UnitOfWork, agents: AgentService, clock: ManualClock, people: None
) -> None:
    downtimes = Downtimes(uow, clock)
    await agents.phones_registered({1: True, 2: True})  # a desk phone stays where it is all night
    await agents.choose(collector(2), "pause", "break")
    clock.advance(timedelta(hours=8))
    evening = clock.now()
    assert await downtimes.beat() == evening  # the first one ever
    clock.advance(timedelta(hours=12))
    morning = clock.now()
    await agents.all_screens_closed(await downtimes.beat())
    called = evening + timedelta(hours=2)
    talk, over = {1: "talking"}, {1: "idle"}
    await tell(uow, agents, News(called, 7, talk), News(called + timedelta(minutes=5), 7, over))
    clock.advance(timedelta(seconds=5))
    assert await downtimes.settle() == 1
    assert await downtimes.settle() == 0
    assert [(one.state, one.started_at, one.ended_at) for one in await stretches(uow)] == [
        ("available", START, START + timedelta(hours=8)),
        ("offline", evening, called),
        ("talking", called, called + timedelta(minutes=5)),
        ("offline", called + timedelta(minutes=5), morning),
        ("available", morning, None),
    ]
    assert [(one.state, one.reason, one.started_at) for one in await stretches(uow, 2)][-3:] == [
        ("pause", "break", START),
        ("offline", None, evening),
        ("pause", "break", morning),
    ]


async def test_a_restart_of_seconds_takes_nobodys_time(
    uow: UnitOfWork, agents: AgentService, clock: ManualClock, people: None
) -> None:
    downtimes = Downtimes(uow, clock)
    await downtimes.beat()
    await agents.phones_registered({1: True})
    clock.advance(timedelta(seconds=UNSEEN_SECONDS))
    await agents.all_screens_closed(await downtimes.beat())
    assert await downtimes.settle() == 0
    assert [one.state for one in await stretches(uow)] == ["available"]


async def test_a_database_that_is_busy_for_long_is_no_downtime(
    uow: UnitOfWork, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    downtimes = Downtimes(uow, clock)
    await downtimes.beat()
    with monkeypatch.context() as patch:
        patch.setattr(uow.database, "writing", _busy)
        for _ in range(4):
            clock.advance(timedelta(seconds=UNSEEN_SECONDS - 1))
            with pytest.raises(DatabaseBusy):
                await downtimes.beat()
    clock.advance(timedelta(seconds=UNSEEN_SECONDS - 1))
    await downtimes.beat()
    assert await downtimes.settle() == 0
    clock.advance(timedelta(seconds=UNSEEN_SECONDS + 1))  # as when the machine slept
    await downtimes.beat()
    assert await downtimes.settle() == 1


def _busy(*, brief: bool = False) -> None:
    raise DatabaseBusy


async def test_the_downtime_is_put_right_once_when_two_are_at_it(
    uow: UnitOfWork, agents: AgentService, clock: ManualClock, people: None
) -> None:
    downtimes = Downtimes(uow, clock)
    await downtimes.beat()
    await agents.phones_registered({1: True})
    clock.advance(timedelta(hours=1))
    await downtimes.beat()
    await asyncio.gather(*(downtimes.settle() for _ in range(4)))
    assert [one.state for one in await stretches(uow)] == ["offline", "available"]


times = st.integers(0, 40).map(lambda minutes: START + timedelta(minutes=minutes))


@given(times, st.integers(0, 40) | st.none(), times, st.integers(1, 40))
def test_a_stretch_is_cut_without_a_gap(start: datetime, length: int | None, since: datetime, gap: int) -> None:
    one = Stretch(start, None if length is None else start + timedelta(minutes=length))
    until = since + timedelta(minutes=gap)
    assume(one.start < until and (one.end is None or one.end > since))
    before, within, after = parts_of(one, since, until)
    parts = [part for part in (before, within, after) if part is not None]
    assert (parts[0].start, parts[-1].end) == (one.start, one.end)
    assert all(left.end == right.start for left, right in pairwise(parts))
    assert all(part.end is None or part.start < part.end for part in parts if part is not within)
    assert since <= within.start
    assert within.end is not None
    assert within.start <= within.end <= until
