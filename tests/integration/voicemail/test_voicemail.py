"""What a caller left on record becomes a message, once, and says why he is called back."""

from datetime import timedelta

from sqlalchemy import delete, select, update

from callcenter.app.adapters.voicemail import Voicemail
from callcenter.callbacks.model import Callback, CallbackState, Origin
from callcenter.callbacks.service import CallbackService
from callcenter.calls.events import CallEnded, CallRef
from callcenter.calls.model import Call
from callcenter.calls.recorded import RecordingReady
from callcenter.voicemail.model import Voicemail as Message
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from recordings.model import Recording, RecordingState
from tests.integration.callbacks.conftest import FakeDialler, FakeLaw

CALL = 7


async def _call(
    uow: UnitOfWork, clock: ManualClock, *, over: bool = True, taken: bool = False, recorded: str = "1.1.message"
) -> None:
    now = clock.now()
    async with uow.write() as work:
        work.session.add(
            Call(
                id=CALL,
                server="lab",
                direction="inbound",
                phase="ended" if over else "queued",
                phone="+79000000100",
                started_at=now,
                answered_at=now if taken else None,
                ended_at=now + timedelta(seconds=30) if over else None,
            )
        )
        work.session.add(
            Callback(
                state=CallbackState.PLANNED,
                origin=Origin.MISSED_CALL,
                phone="+79000000100",
                zone="UTC",
                window_start=now,
                window_end=now + timedelta(hours=1),
                source_call_id=CALL,
                created_by=0,
                created_at=now,
            )
        )
        work.session.add(
            Recording(
                server="lab",
                uniqueid=recorded,
                call_id=CALL,
                state=RecordingState.READY,
                created_at=now,
                duration_ms=4000,
            )
        )


def _room(uow: UnitOfWork, clock: ManualClock) -> Voicemail:
    return Voicemail(uow, clock, CallbackService(uow, clock, dialler=FakeDialler(), law=FakeLaw()))


async def _messages(uow: UnitOfWork) -> list[tuple[int, int | None, str]]:
    async with uow.read() as session:
        columns = select(Message.call_id, Message.callback_id, Callback.origin)
        rows = await session.execute(columns.join(Callback, Callback.id == Message.callback_id))
        return [(row.call_id, row.callback_id, row.origin) for row in rows]


async def test_a_message_is_received_once(uow: UnitOfWork, clock: ManualClock) -> None:
    await _call(uow, clock)
    room, ref = (
        _room(uow, clock),
        CallRef(call_id=CALL, direction="inbound", phone=None, party_id=None, case_id=None),
    )
    for _ in range(2):
        await room.on_recorded(RecordingReady(at=clock.now(), call_id=CALL, recording_id=1))
        await room.on_ended(CallEnded(at=clock.now(), call=ref, user_ids=frozenset(), needs_result=False, lost=False))
    assert await _messages(uow) == [(CALL, 1, Origin.VOICEMAIL)]


async def test_a_talk_or_a_call_that_goes_on_is_no_message(uow: UnitOfWork, clock: ManualClock) -> None:
    await _call(uow, clock, taken=True, recorded="1.1")
    await _room(uow, clock).on_recorded(RecordingReady(at=clock.now(), call_id=CALL, recording_id=1))
    await _room(uow, clock).on_recorded(RecordingReady(at=clock.now(), call_id=None, recording_id=1))
    assert await _messages(uow) == []


async def test_who_talked_and_was_passed_on_may_leave_a_message(uow: UnitOfWork, clock: ManualClock) -> None:
    await _call(uow, clock, taken=True)
    async with uow.write() as work:
        await work.session.execute(delete(Callback))
        work.session.add(
            Recording(server="lab", uniqueid="1.1", call_id=CALL, state=RecordingState.READY, created_at=clock.now())
        )
    await _room(uow, clock).overlooked()
    async with uow.read() as session:
        message = (await session.scalars(select(Message))).one()
        owed = (await session.scalars(select(Callback))).one()
    assert (message.call_id, message.duration_ms, owed.source_call_id) == (CALL, 4000, CALL)


async def test_a_recording_before_the_end_waits_for_it(uow: UnitOfWork, clock: ManualClock) -> None:
    await _call(uow, clock, over=False)
    await _room(uow, clock).on_recorded(RecordingReady(at=clock.now(), call_id=CALL, recording_id=1))
    assert await _messages(uow) == []


async def test_a_message_whose_event_was_lost_is_found(uow: UnitOfWork, clock: ManualClock) -> None:
    await _call(uow, clock)
    clock.advance(timedelta(days=3))
    room = _room(uow, clock)
    assert await room.overlooked() == 1
    assert await _messages(uow) == [(CALL, 1, Origin.VOICEMAIL)]
    assert await room.overlooked() == 0


async def test_whom_a_menu_served_first_is_called_back_for_his_message(uow: UnitOfWork, clock: ManualClock) -> None:
    await _call(uow, clock)
    async with uow.write() as work:
        await work.session.execute(delete(Callback))
    await _room(uow, clock).overlooked()
    async with uow.read() as session:
        owed = (await session.scalars(select(Callback))).one()
    assert (owed.phone, owed.source_call_id, owed.origin) == ("+79000000100", CALL, Origin.VOICEMAIL)
    assert await _messages(uow) == [(CALL, owed.id, Origin.VOICEMAIL)]


async def test_who_is_to_be_called_anyway_is_called_once(uow: UnitOfWork, clock: ManualClock) -> None:
    await _call(uow, clock)
    async with uow.write() as work:
        await work.session.execute(update(Callback).values(source_call_id=None, origin=Origin.AGREED))
    await _room(uow, clock).overlooked()
    assert await _messages(uow) == [(CALL, 1, Origin.AGREED)]
