"""A caller's message becomes a row of its own, and the reason why he is called back."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from callcenter.callbacks.model import OPEN, Callback, Origin
from callcenter.callbacks.service import CallbackService, CallWithMessage
from callcenter.calls.events import CallEnded
from callcenter.calls.model import Call
from callcenter.calls.recorded import RecordingReady
from callcenter.voicemail.model import Voicemail as Message
from core.cases.model import Case
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork, Work
from recordings.model import PLAYABLE, Recording
from recordings.spool import MESSAGE

#: A call that is over, with a message that can be heard.
_LEAVES_ONE = (
    Call.ended_at.is_not(None),
    Recording.state.in_(PLAYABLE),
    Recording.uniqueid.endswith(MESSAGE),
)
_LEFT = (
    select(Call, Recording.id.label("recording_id"), Recording.duration_ms, Case.collector_id, Case.unit_id)
    .join(Recording, Recording.call_id == Call.id)
    .outerjoin(Case, Case.id == Call.case_id)
    .where(
        Call.id == bindparam("call"),
        *_LEAVES_ONE,
        ~select(Message.id).where(Message.call_id == bindparam("call")).exists(),
    )
    .order_by(Recording.id.desc())
    .limit(1)
)
_LEFT_ANY = _LEFT.with_only_columns(Recording.id)
#: How far back is looked for messages of which nobody heard: longer than a house is closed.
_LOOK_BACK = timedelta(days=4)
_MOST = 100


class Voicemail:
    """Told of ended calls and of recordings, whichever comes last."""

    def __init__(self, uow: UnitOfWork, clock: Clock, callbacks: CallbackService) -> None:
        self._uow = uow
        self._clock = clock
        self._callbacks = callbacks

    async def on_ended(self, event: CallEnded) -> None:
        await self._look(event.call.call_id)

    async def on_recorded(self, event: RecordingReady) -> None:
        if event.call_id is not None:
            await self._look(event.call_id)

    async def overlooked(self) -> int:
        """Receive the messages whose events were lost: with the process, or while the database was busy; how many
        calls were looked at. For a ticker."""
        missing = (
            select(Call.id)
            .join(Recording, Recording.call_id == Call.id)
            .where(
                Call.started_at > self._clock.now() - _LOOK_BACK,
                *_LEAVES_ONE,
                ~select(Message.id).where(Message.call_id == Call.id).exists(),
            )
            .order_by(Call.id)
            .limit(_MOST)
        )
        async with self._uow.read() as session:
            call_ids = (await session.scalars(missing)).all()
        for call_id in call_ids:
            await self._look(call_id)
        return len(call_ids)

    async def _look(self, call_id: int) -> None:
        """Once, whatever is told how often: there is no message of that call yet."""
        asked = {"call": call_id}
        if await self._uow.database.glance(lambda connection: connection.execute(_LEFT_ANY, asked).first()) is None:
            return
        async with self._uow.write(brief=True) as work:
            row = (await work.session.execute(_LEFT, asked)).first()
            if row is not None:
                await _received(work, row, await _owed(work, call_id) or await self._owed_now(work, row))

    async def _owed_now(self, work: Work, row: Row[*tuple[Any, ...]]) -> int | None:
        """The callback of a caller whose call alone owed him none: a menu served him, or he is to be called anyway."""
        call: Call = row.Call
        if call.phone is None:
            return None
        left = CallWithMessage(
            call_id=call.id,
            phone=call.phone,
            party_id=call.party_id,
            case_id=call.case_id,
            user_id=row.collector_id,
            unit_id=row.unit_id,
        )
        return await self._callbacks.owed_for(work, left)


async def _owed(work: Work, call_id: int) -> int | None:
    """The callback of the missed call, which says from now on why."""
    mine = (
        update(Callback)
        .where(Callback.source_call_id == call_id, Callback.origin == Origin.MISSED_CALL, Callback.state.in_(OPEN))
        .values(origin=Origin.VOICEMAIL)
        .execution_options(synchronize_session=False)
    )
    await work.session.execute(mine)
    found = select(Callback.id).where(Callback.source_call_id == call_id).order_by(Callback.id.desc()).limit(1)
    callback_id: int | None = await work.session.scalar(found)
    return callback_id


async def _received(work: Work, row: Row[*tuple[Any, ...]], callback_id: int | None) -> None:
    call: Call = row.Call
    insert = sqlite.insert if work.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    message = insert(Message).values(
        call_id=call.id,
        recording_id=row.recording_id,
        callback_id=callback_id,
        received_at=call.started_at,
        duration_ms=row.duration_ms or 0,
        phone=call.phone,
        queue=call.queue,
        party_id=call.party_id,
        case_id=call.case_id,
        user_id=row.collector_id,
        unit_id=row.unit_id,
    )
    await work.session.execute(message.on_conflict_do_nothing())
