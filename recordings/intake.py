"""From two files in the spool to one playable recording.

The files are the job: they stay until the recording is safe, and every step can be repeated. The row comes first (one
for each server and Uniqueid), the storage key follows from its id so that a second try replaces the first, the row
becomes ready in one commit, and only then the files go. A process killed anywhere in between leaves a state from which
the next sweep ends with exactly one stored file.
"""

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import delete, select, update

from callcenter.calls.events import CallMerged
from callcenter.calls.model import Call
from callcenter.calls.recorded import RecordingReady
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork, Work
from recordings.audio import CHANNELS, CODEC, OpusEncoder, Stereo, pair, sha256_of
from recordings.errors import NothingRecorded, RecordingFault, UnreadableAudio
from recordings.model import PLAYABLE, Recording, RecordingState, Waveform
from recordings.peaks import Speech, peaks, speech, voice
from recordings.ports import CallLookup
from recordings.spool import Pair, Side, Spool, channel_of
from recordings.storage import Storage, recording_key
from recordings.wav import read_track

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """What was seen in the sound."""

    debtor: bytes
    collector: bytes
    speech: Speech


def draw(stereo: Stereo) -> Drawing:
    """Peaks and speech of both sides."""
    return Drawing(
        debtor=peaks(stereo.left),
        collector=peaks(stereo.right),
        speech=speech(voice(stereo.left, stereo.rate), voice(stereo.right, stereo.rate)),
    )


def read_pair(files: Pair) -> Stereo:
    """Both sides of ``files``, as long as the longer. Raises ``UnreadableAudio``, also when there is no sound at
    all."""
    heard, sent = (read_track(path) if (path := files.path(side)) else None for side in (Side.HEARD, Side.SENT))
    stereo = pair(heard, sent)
    if not len(stereo.left):
        raise NothingRecorded(reason="no sound")
    return stereo


class Intake:
    """Takes finished pairs of one or more spools into the storage and the index."""

    def __init__(
        self,
        *,
        uow: UnitOfWork,
        clock: Clock,
        storage: Storage,
        calls: CallLookup,
        encoder: OpusEncoder,
        scratch: Path,
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._storage = storage
        self._calls = calls
        self._encoder = encoder
        self._scratch = scratch

    async def take(self, spool: Spool, files: Pair) -> None:
        """Make ``files`` a recording and remove them. Unreadable files are put aside and the row says why; any other
        failure is raised, leaves everything as it was, and may be tried again."""
        recording = await self._claim(spool.server, files)
        if recording.state in PLAYABLE:
            await self._left_over(spool, files, recording)
            return
        try:
            await self._process(recording.id, files)
        except NothingRecorded:
            await self._forget(recording.id)
        except UnreadableAudio as problem:
            await self.give_up(spool, files, problem)
            return
        await asyncio.to_thread(spool.discard, files)

    async def _forget(self, recording_id: int) -> None:
        async with self._uow.write() as work:
            await work.session.execute(delete(Recording).where(Recording.id == recording_id))

    async def give_up(self, spool: Spool, files: Pair, problem: RecordingFault) -> None:
        """Put ``files`` aside for a human and say so in the row."""
        statement = update(Recording).where(Recording.server == spool.server, Recording.uniqueid == files.uniqueid)
        statement = statement.where(Recording.state == RecordingState.PROCESSING)
        async with self._uow.write() as work:
            await work.session.execute(statement.values(state=RecordingState.FAILED, error=problem.reason[:500]))
        await asyncio.to_thread(spool.refuse, files)
        _log.error("recording put aside", server=spool.server, reason=problem.reason)

    async def _left_over(self, spool: Spool, files: Pair, recording: Recording) -> None:
        """Files of a recording that is already safe: those it was made of go, a side that came too late is kept."""
        known = all(file.side in (recording.sides or "") for file in files.files)
        await asyncio.to_thread(spool.discard if known else spool.refuse, files)
        if not known:
            _log.error("a side of a recording came too late and was put aside", recording_id=recording.id)

    async def _claim(self, server: str, files: Pair) -> Recording:
        """The row of this channel, made if it is the first time. One process sweeps a spool, so there is no race."""
        same = select(Recording).where(Recording.server == server, Recording.uniqueid == files.uniqueid)
        async with self._uow.write() as work:
            recording = await work.session.scalar(same)
            if recording is None:
                recording = Recording(
                    server=server,
                    uniqueid=files.uniqueid,
                    state=RecordingState.PROCESSING,
                    created_at=self._clock.now(),
                )
                work.session.add(recording)
            elif recording.state == RecordingState.FAILED:
                recording.state = RecordingState.PROCESSING
                recording.error = None
            await work.session.flush()
        return recording

    async def _process(self, recording_id: int, files: Pair) -> None:
        stereo = await asyncio.to_thread(read_pair, files)
        key = recording_key(recording_id)
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            target = Path(folder) / "audio.opus"
            drawing, _ = await asyncio.gather(asyncio.to_thread(draw, stereo), self._encoder.encode(stereo, target))
            digest = await asyncio.to_thread(sha256_of, target)
            length = target.stat().st_size
            await self._storage.put(key, target)
        ended = datetime.fromtimestamp(files.modified, UTC)
        values = {
            "state": RecordingState.CUT_OFF if files.cut_off else RecordingState.READY,
            "started_at": ended - timedelta(milliseconds=stereo.duration_ms),
            "duration_ms": stereo.duration_ms,
            "bytes": length,
            "sha256": digest,
            "codec": CODEC,
            "channels": CHANNELS,
            "sides": files.sides,
            "storage_key": key,
            "error": None,
        }
        async with self._uow.write() as work:
            await self._finish(work, recording_id, values, drawing)

    async def _finish(self, work: Work, recording_id: int, values: Mapping[str, object], drawing: Drawing) -> None:
        recording = await work.session.get_one(Recording, recording_id)
        for name, value in values.items():
            setattr(recording, name, value)
        await work.session.merge(_waveform(recording_id, drawing))
        found = await self._calls.by_uniqueid(work.session, recording.server, channel_of(recording.uniqueid))
        recording.call_id = recording.call_id or found
        work.emit(RecordingReady(at=self._clock.now(), call_id=recording.call_id, recording_id=recording_id))

    async def link(self, limit: int = 100, within: timedelta = timedelta(days=7)) -> int:
        """Find the calls of recordings that came before their call was logged; how many were found."""
        since = self._clock.now() - within
        unlinked = (
            select(Recording)
            .where(Recording.call_id.is_(None), Recording.created_at >= since)
            .where(Recording.state.in_(PLAYABLE))
            .order_by(Recording.created_at.desc())
            .limit(limit)
        )
        found: dict[int, int] = {}
        async with self._uow.read() as session:
            for recording in (await session.scalars(unlinked)).all():
                call_id = await self._calls.by_uniqueid(session, recording.server, channel_of(recording.uniqueid))
                if call_id is not None:
                    found[recording.id] = call_id
        for recording_id, call_id in found.items():
            await self._link(recording_id, call_id)
        return len(found)

    async def on_merged(self, event: CallMerged) -> None:
        """Bus subscriber: recordings follow their call into the one that swallowed it."""
        mine = update(Recording).where(Recording.call_id.in_(event.merged_ids))
        async with self._uow.write() as work:
            await work.session.execute(mine.values(call_id=event.call.call_id))

    async def follow_merges(self) -> None:
        """The same for merges whose event was lost; for the start of the watch."""
        into = select(Call.merged_into).where(Call.id == Recording.call_id).scalar_subquery()
        swallowed = select(Call.id).where(Call.merged_into.is_not(None))
        mine = update(Recording).where(Recording.call_id.in_(swallowed))
        async with self._uow.write() as work:
            await work.session.execute(mine.values(call_id=into).execution_options(synchronize_session=False))

    async def _link(self, recording_id: int, call_id: int) -> None:
        mine = update(Recording).where(Recording.id == recording_id, Recording.call_id.is_(None))
        async with self._uow.write() as work:
            linked = await work.session.execute(mine.values(call_id=call_id).returning(Recording.id))
            if linked.scalar_one_or_none() is not None:
                work.emit(RecordingReady(at=self._clock.now(), call_id=call_id, recording_id=recording_id))


def _waveform(recording_id: int, drawing: Drawing) -> Waveform:
    seen = drawing.speech
    return Waveform(
        recording_id=recording_id,
        debtor=drawing.debtor,
        collector=drawing.collector,
        silences=[list(silence) for silence in seen.silences],
        debtor_speaks=seen.debtor,
        collector_speaks=seen.collector,
        both_speak=seen.both,
        nobody_speaks=seen.neither,
    )
