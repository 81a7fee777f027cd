"""Queues' figures are the same on the live board and in reports, whatever became of who waited."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from callcenter.app.adapters.board import FloorPicture
from callcenter.app.adapters.figures import FloorFigures
from callcenter.calls.model import Call, Leg
from callcenter.productivity.asking import Ask, By
from callcenter.productivity.report import read
from callcenter.productivity.rights import VIEW
from callcenter.productivity.rollups import Rollups
from callcenter.queues.model import Queue
from core.kernel.access import Actor, Scope
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork

READER = Actor(user_id=1, login="reader", rights={VIEW: Scope.ALL})
#: Of each caller: seconds from his arrival until he was answered first, came to the queue, a collector's phone was
#: picked up, and he was gone (None: never).
CALLERS: dict[str, tuple[float | None, float, float | None, float | None]] = {
    "taken at once": (3, 1, 3, 60),
    "taken at the last moment in time": (21.9, 1, 21.9, 60),
    "taken too late": (22.1, 1, 22.1, 60),
    "gave up": (None, 1, None, 9),
    "had just gone when the phone was picked up": (None, 1, 9, 9),
    "was passed on and taken": (2, 30, 35, 90),
    "was passed on and gave up": (2, 30, None, 50),
    "talks now": (4, 1, 4, None),
    "waits now": (None, 1, None, None),
    "waits once more": (2, 30, None, None),
}


async def _happened(uow: UnitOfWork, clock: ManualClock) -> None:
    async with uow.write() as work:
        work.session.add(Queue(code="main", name="Main", service_seconds=20))
        for number, (answered, queued, picked_up, ended) in enumerate(CALLERS.values(), start=1):
            began = clock.now() - timedelta(minutes=number)
            moments = [None if at is None else began + timedelta(seconds=at) for at in (answered, picked_up, ended)]
            call = Call(
                id=number,
                server="lab",
                direction="inbound",
                phase=_phase(picked_up, ended),
                queue="main",
                started_at=began,
                queued_at=began + timedelta(seconds=queued),
                answered_at=moments[0],
                ended_at=moments[2],
            )
            call.legs = [_leg(f"{number}-{at}", began + timedelta(seconds=at)) for at in _pick_ups(answered, picked_up)]
            work.session.add(call)


def _phase(picked_up: float | None, ended: float | None) -> str:
    if ended is not None:
        return "ended"
    return "queued" if picked_up is None else "talking"


def _pick_ups(*moments: float | None) -> Sequence[float]:
    return sorted({at for at in moments if at is not None})


def _leg(name: str, at: object) -> Leg:
    return Leg(
        uniqueid=name, channel="PJSIP/101", kind="agent", outcome="answered", started_at=at, answered_at=at, ended_at=at
    )


async def test_board_and_reports_count_the_same(uow: UnitOfWork, clock: ManualClock) -> None:
    await _happened(uow, clock)
    now = clock.now()
    ask = Ask(first=now.date(), last=now.date(), zone=ZoneInfo("UTC"), by=(By.QUEUE,))
    names = ("queued", "taken", "in_time", "abandoned", "wait_seconds")
    async with uow.read() as session:
        (board,) = await FloorPicture().queues(session, now)
    assert (board.answered, board.in_time, board.abandoned, board.waiting) == (5, 4, 3, 2)
    assert board.since == now - timedelta(minutes=10) + timedelta(seconds=30)
    async with uow.write() as work:  # reports count what is over
        for number, (answered, *_, ended) in enumerate(CALLERS.values(), start=1):
            if ended is None and answered != 4:
                await work.session.delete(await work.session.get_one(Call, number))
            elif ended is None:
                (await work.session.get_one(Call, number)).ended_at = now
    await Rollups(uow, FloorFigures()).catch_up()
    async with uow.read() as session:
        (line,) = (await read(session, READER, FloorFigures(), ask, names, now=now)).lines
        (board,) = await FloorPicture().queues(session, now)
    assert line.counters == {"queued": 8, "taken": 5, "in_time": 4, "abandoned": 3, "wait_seconds": 2 + 20 + 21 + 5 + 3}
    assert (board.answered, board.in_time, board.abandoned, board.waiting) == (5, 4, 3, 0)
