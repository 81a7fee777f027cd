"""Pausing: always audited, always coming back, also after a restart and while the exchange does not answer."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import Select, literal, select

from callcenter.calls.recorded import RecordingPaused
from core.kernel.access import Actor, Scope
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.errors import Conflict, DomainError, NotFound, Unavailable
from core.kernel.jobs import JobRunner
from core.kernel.uow import UnitOfWork
from recordings.model import Pause
from recordings.pausing import RESUME_JOB, Pausing
from tests.integration.recordings.conftest import FakeCalls, Trail, actor

CALL = 77
OWNER = actor(1, Scope.OWN, "recordings.pause")
STRANGER = actor(2, Scope.OWN, "recordings.pause")


@dataclass
class FakeRecorder:
    """Obeys, or fails with ``failing``."""

    orders: list[str] = field(default_factory=list)
    failing: DomainError | None = None

    async def pause_recording(self, call_id: int) -> None:
        self._obey("pause")

    async def resume_recording(self, call_id: int) -> None:
        self._obey("resume")

    def _obey(self, order: str) -> None:
        if self.failing:
            raise self.failing
        self.orders.append(order)


@pytest.fixture
def recorder() -> FakeRecorder:
    return FakeRecorder()


class PausableCalls(FakeCalls):
    """The owner's call 77 is known before anything was recorded of it."""

    def visible_ids(self, actor: Actor, right: str) -> Select[int]:
        actor.require(right)
        return select(literal(CALL if actor.user_id == OWNER.user_id else 0).label("call_id"))


@pytest.fixture
def pausing(uow: UnitOfWork, clock: ManualClock, recorder: FakeRecorder) -> Pausing:
    return Pausing(uow=uow, clock=clock, recorder=recorder, calls=PausableCalls())


@pytest.fixture
def runner(uow: UnitOfWork, clock: ManualClock, pausing: Pausing) -> JobRunner:
    return JobRunner(uow, clock, {RESUME_JOB: pausing.resume_when_due})


async def endings(uow: UnitOfWork) -> list[str | None]:
    async with uow.read() as session:
        return list((await session.scalars(select(Pause.ending).order_by(Pause.id))).all())


async def test_a_pause_ends_by_itself_even_when_nobody_of_this_process_remembers_it(
    pausing: Pausing,
    runner: JobRunner,
    recorder: FakeRecorder,
    clock: ManualClock,
    uow: UnitOfWork,
    trail: Trail,
    bus: Bus,
) -> None:
    told: list[RecordingPaused] = []

    async def hear(event: RecordingPaused) -> None:
        told.append(event)

    bus.subscribe(RecordingPaused, hear)
    view = await pausing.pause(OWNER, CALL, 120)
    assert await pausing.paused_calls(OWNER.user_id) == (CALL,)
    assert view.due_at - view.started_at == timedelta(seconds=120)
    clock.advance(timedelta(seconds=119))
    await runner.run_due()
    assert recorder.orders == ["pause"]
    clock.advance(timedelta(seconds=2))
    await runner.run_due()
    assert recorder.orders == ["pause", "resume"]
    assert await endings(uow) == ["automatic"]
    assert await pausing.paused_calls(OWNER.user_id) == ()
    await bus.drained()
    assert [one.paused_until for one in told] == [view.due_at, None]
    assert await trail.actions() == [
        ("user1", "recordings.pause"),
        ("program", "recordings.automatic"),
    ]


async def test_the_collector_resumes(
    pausing: Pausing, runner: JobRunner, recorder: FakeRecorder, clock: ManualClock, uow: UnitOfWork
) -> None:
    await pausing.pause(OWNER, CALL, 120)
    await pausing.resume(OWNER, CALL)
    await pausing.resume(OWNER, CALL)
    clock.advance(timedelta(seconds=121))
    await runner.run_due()
    assert recorder.orders == ["pause", "resume"]
    assert await endings(uow) == ["resumed"]


async def test_a_prolonged_pause_lasts_from_the_last_asking(
    pausing: Pausing, runner: JobRunner, recorder: FakeRecorder, clock: ManualClock, uow: UnitOfWork
) -> None:
    await pausing.pause(OWNER, CALL, 60)
    clock.advance(timedelta(seconds=50))
    await pausing.pause(OWNER, CALL, 60)
    clock.advance(timedelta(seconds=20))
    await runner.run_due()
    assert await endings(uow) == [None]
    clock.advance(timedelta(seconds=45))
    await runner.run_due()
    assert recorder.orders == ["pause", "pause", "resume"]
    assert await endings(uow) == ["automatic"]


async def test_resuming_is_tried_until_the_exchange_answers(
    pausing: Pausing, runner: JobRunner, recorder: FakeRecorder, clock: ManualClock, uow: UnitOfWork
) -> None:
    await pausing.pause(OWNER, CALL, 60)
    recorder.failing = Unavailable()
    for _ in range(20):
        clock.advance(timedelta(seconds=61))
        await runner.run_due()
    assert await endings(uow) == [None]
    recorder.failing = None
    clock.advance(timedelta(seconds=3))
    await runner.run_due()
    assert await endings(uow) == ["automatic"]


async def test_a_call_that_is_over_ends_its_pause(
    pausing: Pausing, runner: JobRunner, recorder: FakeRecorder, clock: ManualClock, uow: UnitOfWork
) -> None:
    await pausing.pause(OWNER, CALL, 60)
    recorder.failing = Conflict()
    clock.advance(timedelta(seconds=61))
    await runner.run_due()
    assert await endings(uow) == ["call_over"]


async def test_an_exchange_that_does_not_pause_is_said_so_and_nothing_stays_open(
    pausing: Pausing, recorder: FakeRecorder, uow: UnitOfWork
) -> None:
    recorder.failing = Unavailable()
    with pytest.raises(Unavailable):
        await pausing.pause(OWNER, CALL, 60)
    assert await endings(uow) == ["not_paused"]


async def test_pausing_and_resuming_at_once_leaves_row_and_exchange_agreed(
    pausing: Pausing, recorder: FakeRecorder, uow: UnitOfWork
) -> None:
    await asyncio.gather(*(pausing.pause(OWNER, CALL, 60) if n % 2 else pausing.resume(OWNER, CALL) for n in range(10)))
    paused = (await endings(uow))[-1] is None
    assert recorder.orders[-1] == ("pause" if paused else "resume")


async def test_strangers_pause_nothing(pausing: Pausing, recorder: FakeRecorder) -> None:
    with pytest.raises(NotFound):
        await pausing.pause(STRANGER, CALL, 60)
    with pytest.raises(NotFound):
        await pausing.resume(STRANGER, CALL)
    assert recorder.orders == []
