"""Recordings beside the real call log: whose they are, and what happens to them when calls merge."""

import pytest

from callcenter.calls.events import CallMerged, CallRef
from callcenter.calls.model import Bookmark, Call, Leg
from core.kernel.access import PROGRAM, Scope
from core.kernel.clock import ManualClock
from core.kernel.errors import NotFound
from core.kernel.uow import UnitOfWork
from recordings.calllog import CallLog
from recordings.intake import Intake
from recordings.service import RecordingsDesk
from tests.integration.recordings.conftest import Recorded, actor

UNIQUEID = "1763740000.1"


@pytest.fixture
def calls() -> CallLog:
    return CallLog()


async def log(uow: UnitOfWork, clock: ManualClock, call_id: int, user_id: int, uniqueid: str = UNIQUEID) -> None:
    now = clock.now()
    async with uow.write() as work:
        work.session.add(
            Call(id=call_id, server="lab", direction="inbound", phase="ended", started_at=now, user_id=user_id)
        )
        await work.session.flush()
        work.session.add(
            Leg(
                call_id=call_id,
                uniqueid=uniqueid,
                channel="PJSIP/trunk-1",
                kind="customer",
                started_at=now,
                outcome="answered",
                talks=(),
                holds=(),
            )
        )


async def take(intake: Intake, recorded: Recorded) -> None:
    recorded.lay(UNIQUEID)
    (files,) = recorded.spool.finished()
    await intake.take(recorded.spool, files)


async def test_who_had_the_call_hears_its_recording(
    desk: RecordingsDesk, intake: Intake, recorded: Recorded, uow: UnitOfWork, clock: ManualClock
) -> None:
    await log(uow, clock, 501, user_id=1)
    await take(intake, recorded)
    async with uow.write() as work:
        work.session.add(Bookmark(call_id=501, at_ms=900, label="promise", user_id=1, created_at=clock.now()))
    owner, other = (actor(user_id, Scope.OWN, "recordings.listen") for user_id in (1, 2))
    assert (await desk.get(owner, 1)).call_id == 501
    assert [mark.text for mark in await desk.marks(owner, 1)] == ["promise"]
    with pytest.raises(NotFound):
        await desk.get(other, 1)


@pytest.mark.parametrize("event_lost", [False, True])
async def test_a_recording_follows_its_call_into_the_one_that_swallowed_it(
    event_lost: bool, desk: RecordingsDesk, intake: Intake, recorded: Recorded, uow: UnitOfWork, clock: ManualClock
) -> None:
    await log(uow, clock, 501, user_id=1)
    await log(uow, clock, 502, user_id=1, uniqueid="1763740000.2")
    await take(intake, recorded)
    async with uow.write() as work:
        (await work.session.get_one(Call, 501)).merged_into = 502
    if event_lost:
        await intake.follow_merges()
    else:
        call = CallRef(call_id=502, direction="inbound", phone=None, party_id=None, case_id=None)
        merged = CallMerged(at=clock.now(), call=call, user_ids=frozenset(), merged_ids=(501,))
        await intake.on_merged(merged)
    assert (await desk.get(PROGRAM, 1)).call_id == 502
