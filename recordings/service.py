"""Everything a screen does with recordings: the room's front desk, behind ``callcenter.calls.recorded.Recordings``."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from sqlalchemy import Select

from callcenter.calls.recorded import (
    EXPORT_LIMIT,
    AudioAsked,
    LinkGrant,
    MarkView,
    RecordingPage,
    RecordingQuery,
    RecordingView,
    Reply,
)
from core.audit.service import Looks, record
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.errors import NotFound
from core.kernel.uow import UnitOfWork
from recordings import queries
from recordings.errors import BadMark, MissingObject, NotReady, SoundMissing, TooMany
from recordings.export import MEDIA_TYPE, archive
from recordings.links import LinkSigner
from recordings.model import PLAYABLE, Mark, MarkKind, Recording
from recordings.pausing import Pausing
from recordings.ports import CallLookup
from recordings.rights import ANNOTATE, DOWNLOAD, LISTEN, MODERATE
from recordings.storage import Storage
from recordings.stream import reply

MARK_LENGTH = 1000
LONGEST_LINK = 24 * 60
"""Minutes a link may live."""

_ONE_PLAY = timedelta(minutes=5)
"""Requests of one user for one recording closer together than this are one play."""


class RecordingsDesk:
    """Implements ``Recordings``."""

    def __init__(
        self,
        *,
        uow: UnitOfWork,
        clock: Clock,
        storage: Storage,
        calls: CallLookup,
        looks: Looks,
        links: LinkSigner,
        pausing: Pausing,
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._storage = storage
        self._calls = calls
        self._looks = looks
        self._links = links
        self._plays = _Plays()
        self.pause = pausing.pause
        self.resume = pausing.resume

    async def get(self, actor: Actor, recording_id: int) -> RecordingView:
        async with self._uow.read() as session:
            recording = await queries.one(session, self._calls, actor, LISTEN, recording_id)
            return queries.view(recording, await queries.waveform(session, recording_id))

    async def page(self, actor: Actor, query: RecordingQuery) -> RecordingPage:
        async with self._uow.read() as session:
            return await queries.page(session, self._calls, actor, LISTEN, query)

    async def of_calls(self, actor: Actor, call_ids: Sequence[int]) -> Mapping[int, tuple[RecordingView, ...]]:
        async with self._uow.read() as session:
            return await queries.of_calls(session, self._calls, actor, LISTEN, call_ids)

    def recorded_calls(self, actor: Actor) -> Select[int]:
        return queries.recorded_calls(self._calls, actor, LISTEN)

    async def audio(self, actor: Actor, recording_id: int, asked: AudioAsked) -> Reply:
        recording = await self._playable(actor, DOWNLOAD if asked.download else LISTEN, recording_id)
        try:
            size = await self._storage.size(recording.storage_key or "")
        except MissingObject as lost:
            raise SoundMissing from lost
        if asked.download:
            await self._looks.looked(actor, ("recording", recording_id), DOWNLOAD)
        elif not asked.head:
            subject = ("recording", recording_id)
            key, now = (actor.user_id, recording_id), self._clock.now()
            await self._plays.noted(key, now, lambda: self._looks.looked(actor, subject, LISTEN))
        return reply(self._storage, recording, size, asked)

    async def peaks(self, actor: Actor, recording_id: int) -> Mapping[str, object]:
        async with self._uow.read() as session:
            recording = await queries.one(session, self._calls, actor, LISTEN, recording_id)
            drawn = await queries.waveform(session, recording_id)
            if drawn is None:
                raise NotReady
            return {
                "duration_ms": recording.duration_ms,
                "channels": [list(drawn.debtor), list(drawn.collector)],
                "silences": drawn.silences,
                "pauses": await queries.pauses(session, recording),
            }

    async def marks(self, actor: Actor, recording_id: int) -> tuple[MarkView, ...]:
        async with self._uow.read() as session:
            recording = await queries.one(session, self._calls, actor, LISTEN, recording_id)
            return await queries.marks(session, self._calls, recording)

    async def add_mark(self, actor: Actor, recording_id: int, at_ms: int, kind: str, text: str) -> MarkView:
        words = text.strip()
        async with self._uow.write() as work:
            recording = await queries.one(work.session, self._calls, actor, ANNOTATE, recording_id)
            inside = 0 <= at_ms <= (recording.duration_ms or 0)
            if not inside or not 0 < len(words) <= MARK_LENGTH or kind not in set(MarkKind):
                raise BadMark(limit=MARK_LENGTH)
            now = self._clock.now()
            row = Mark(
                recording_id=recording_id,
                at_ms=at_ms,
                kind=kind,
                text=words,
                author_id=actor.user_id,
                created_at=now,
            )
            work.session.add(row)
            await work.session.flush()
            place = {"at_ms": (None, at_ms), "kind": (None, kind)}
            record(work, actor, "recordings.mark", ("recording", recording_id), place, at=now)
        return queries.mark_view(row)

    async def delete_mark(self, actor: Actor, mark_id: int) -> None:
        async with self._uow.write() as work:
            row = await work.session.get(Mark, mark_id)
            if row is None:
                raise NotFound
            await queries.one(work.session, self._calls, actor, LISTEN, row.recording_id)
            right = ANNOTATE if row.author_id == actor.user_id else MODERATE
            await queries.one(work.session, self._calls, actor, right, row.recording_id)
            await work.session.delete(row)
            gone = {"at_ms": (row.at_ms, None), "text": (row.text, None)}
            subject = ("recording", row.recording_id)
            record(work, actor, "recordings.unmark", subject, gone, at=self._clock.now())

    async def link(self, actor: Actor, recording_id: int, minutes: int = 15) -> str:
        await self._playable(actor, LISTEN, recording_id)
        expires_at = self._clock.now() + timedelta(minutes=min(max(minutes, 1), LONGEST_LINK))
        return self._links.sign(LinkGrant(recording_id=recording_id, user_id=actor.user_id), expires_at)

    def open_link(self, word: str) -> LinkGrant:
        return self._links.open(word, self._clock.now())

    async def export(self, actor: Actor, recording_ids: Sequence[int]) -> Reply:
        wanted = set(recording_ids)
        if len(wanted) > EXPORT_LIMIT:
            raise TooMany(limit=EXPORT_LIMIT)
        statement = queries.visible(self._calls, actor, DOWNLOAD).where(Recording.id.in_(wanted))
        statement = statement.where(Recording.state.in_(PLAYABLE)).order_by(Recording.started_at, Recording.id)
        async with self._uow.read() as session:
            chosen = (await session.scalars(statement)).all()
        if not chosen:
            raise NotFound
        await asyncio.gather(*(self._looks.looked(actor, ("recording", row.id), DOWNLOAD) for row in chosen))
        now = self._clock.now()
        headers = {
            "Content-Type": MEDIA_TYPE,
            "Content-Disposition": f'attachment; filename="recordings-{now:%Y%m%d-%H%M%S}.zip"',
            "Cache-Control": "private, no-store",
        }
        return Reply(status=200, headers=headers, body=archive(self._storage, chosen, now))

    async def _playable(self, actor: Actor, right: str, recording_id: int) -> Recording:
        async with self._uow.read() as session:
            recording = await queries.one(session, self._calls, actor, right, recording_id)
        if recording.state not in PLAYABLE:
            raise NotReady
        return recording


class _Plays:
    """Tells a new play from the further ranges of one that goes on, per user and recording.

    Any first request counts, whatever range it asks for, so no way of asking avoids the trail. After a restart a play
    that goes on is counted once more, which is the right side to err on.
    """

    def __init__(self) -> None:
        self._last: dict[tuple[int, int], datetime] = {}
        self._writing: WeakValueDictionary[tuple[int, int], asyncio.Lock] = WeakValueDictionary()

    async def noted(self, key: tuple[int, int], now: datetime, write: Callable[[], Awaitable[None]]) -> None:
        """Have a new play written down before any of it is served. Who asks meanwhile for more of it waits for that,
        and where it cannot be written nobody is served."""
        async with self._writing.setdefault(key, asyncio.Lock()):
            before = self._last.get(key)
            if before is None or now - before > _ONE_PLAY:
                await write()
            self._last.pop(key, None)
            self._last[key] = now
            self._forget(now)

    def _forget(self, now: datetime) -> None:
        """Entries stand in the order of their last request."""
        while (oldest := next(iter(self._last))) and now - self._last[oldest] > _ONE_PLAY:
            del self._last[oldest]
