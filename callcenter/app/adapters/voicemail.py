"""A caller's message is why he is called back: the callback of a missed call that has a recording says so."""

from sqlalchemy import exists, select, update

from callcenter.callbacks.model import OPEN, Callback, Origin
from callcenter.calls.events import CallEnded
from callcenter.calls.facts import Direction
from callcenter.calls.model import Call
from callcenter.calls.recorded import RecordingReady
from core.kernel.uow import UnitOfWork
from recordings.model import PLAYABLE, Recording


class Voicemail:
    """Told of ended calls and of recordings, whichever comes last. Nobody talked, and yet there is a recording: the
    caller left a message."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def on_ended(self, event: CallEnded) -> None:
        await self._look(event.call.call_id)

    async def on_recorded(self, event: RecordingReady) -> None:
        if event.call_id is not None:
            await self._look(event.call_id)

    async def _look(self, call_id: int) -> None:
        """Once, whatever is told how often: the callback is still one of a missed call."""
        unanswered = select(Call.id).where(
            Call.id == call_id,
            Call.direction == Direction.INBOUND,
            Call.answered_at.is_(None),
            Call.ended_at.is_not(None),
        )
        owed = select(Callback.id).where(
            Callback.source_call_id == call_id, Callback.origin == Origin.MISSED_CALL, Callback.state.in_(OPEN)
        )
        recorded = exists().where(Recording.call_id == call_id, Recording.state.in_(PLAYABLE))
        async with self._uow.read(brief=True) as session:
            wanted = select(unanswered.exists() & owed.exists() & recorded)
            if not await session.scalar(wanted):
                return
        mine = update(Callback).where(Callback.id.in_(owed)).values(origin=Origin.VOICEMAIL)
        async with self._uow.write(brief=True) as work:
            await work.session.execute(mine.execution_options(synchronize_session=False))
