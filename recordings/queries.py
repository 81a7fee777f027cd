"""Questions about recordings. Who may see a call by a right may see its recordings by it."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.recorded import MarkView, RecordingPage, RecordingQuery, RecordingView, SpeechView
from core.kernel.access import Actor, Scope
from core.kernel.errors import NotFound
from core.kernel.paging import Sort, fetch_page
from recordings.model import PLAYABLE, Mark, MarkKind, Pause, Recording, Waveform
from recordings.ports import CallLookup


def visible(calls: CallLookup, actor: Actor, right: str) -> Select[Recording]:
    """Recordings the actor may see by ``right``. Those whose call is not known yet need the right over everything."""
    scope = actor.require(right)
    mine = Recording.call_id.in_(calls.visible_ids(actor, right))
    condition = or_(mine, Recording.call_id.is_(None)) if scope is Scope.ALL else mine
    return select(Recording).where(condition)


async def one(session: AsyncSession, calls: CallLookup, actor: Actor, right: str, recording_id: int) -> Recording:
    """The recording, or ``NotFound`` when there is none or it is not for this actor."""
    found = await session.scalar(visible(calls, actor, right).where(Recording.id == recording_id))
    if found is None:
        raise NotFound
    return found


async def page(
    session: AsyncSession, calls: CallLookup, actor: Actor, right: str, query: RecordingQuery
) -> RecordingPage:
    """The recordings in reach, the newest first; those whose beginning is unknown come last."""
    statement = visible(calls, actor, right)
    if query.call_id is not None:
        statement = statement.where(Recording.call_id == query.call_id)
    if query.since is not None:
        statement = statement.where(Recording.started_at >= query.since)
    if query.until is not None:
        statement = statement.where(Recording.started_at < query.until)
    sort = Sort(column=Recording.started_at.expression, id=Recording.id.expression, descending=True)
    found = await fetch_page(session, statement, sort, size=query.size, after=query.after)
    return RecordingPage(rows=tuple(view(row.Recording, None) for row in found.rows), next=found.next)


async def of_calls(
    session: AsyncSession, calls: CallLookup, actor: Actor, right: str, call_ids: Sequence[int]
) -> Mapping[int, tuple[RecordingView, ...]]:
    """Views of the recordings of each call, oldest first."""
    actor.require(right)
    seen = calls.visible_ids(actor, right)
    among = seen.where(seen.selected_columns[0].in_(call_ids))  # or SQLite would look through the whole log
    statement = select(Recording).where(Recording.call_id.in_(among)).order_by(Recording.started_at, Recording.id)
    found: dict[int, tuple[RecordingView, ...]] = {}
    for recording in (await session.scalars(statement)).all():
        if recording.call_id is not None:
            found[recording.call_id] = (*found.get(recording.call_id, ()), view(recording, None))
    return found


def recorded_calls(calls: CallLookup, actor: Actor, right: str) -> Select[int]:
    """Ids of the calls with something to play."""
    playable = visible(calls, actor, right).where(Recording.state.in_(PLAYABLE), Recording.call_id.is_not(None))
    return playable.with_only_columns(Recording.call_id)


async def waveform(session: AsyncSession, recording_id: int) -> Waveform | None:
    return await session.get(Waveform, recording_id)


def view(recording: Recording, drawn: Waveform | None) -> RecordingView:
    """The recording as others see it."""
    return RecordingView(
        id=recording.id,
        call_id=recording.call_id,
        state=recording.state,
        started_at=recording.started_at,
        duration_ms=recording.duration_ms,
        bytes=recording.bytes,
        sha256=recording.sha256,
        speech=_speech(drawn) if drawn else None,
    )


def _speech(drawn: Waveform) -> SpeechView:
    return SpeechView(
        debtor=drawn.debtor_speaks,
        collector=drawn.collector_speaks,
        both=drawn.both_speak,
        nobody=drawn.nobody_speaks,
    )


async def pauses(session: AsyncSession, recording: Recording) -> list[list[int]]:
    """Where the recording was paused, as [start, stop] in ms, cut to its length."""
    if recording.call_id is None or recording.started_at is None:
        return []
    began, length = recording.started_at, recording.duration_ms or 0
    rows = await session.scalars(select(Pause).where(Pause.call_id == recording.call_id).order_by(Pause.started_at))
    spans = []
    for row in rows.all():
        start = max(0, round((row.started_at - began).total_seconds() * 1000))
        stop = min(length, round(((row.ended_at or row.due_at) - began).total_seconds() * 1000))
        if start < stop:
            spans.append([start, stop])
    return spans


async def marks(session: AsyncSession, calls: CallLookup, recording: Recording) -> tuple[MarkView, ...]:
    """Marks made while listening and bookmarks made while talking, in the order of the recording."""
    rows = await session.scalars(select(Mark).where(Mark.recording_id == recording.id))
    found = [mark_view(row) for row in rows.all()]
    if recording.call_id is not None:
        found += [
            MarkView(
                id=None,
                kind=MarkKind.BOOKMARK,
                at_ms=mark.at_ms,
                text=mark.label,
                author_id=mark.author_id,
                created_at=mark.created_at,
            )
            for mark in await calls.marks(session, recording.call_id)
        ]
    return tuple(sorted(found, key=lambda mark: (mark.at_ms, mark.created_at)))


def mark_view(row: Mark) -> MarkView:
    return MarkView(
        id=row.id,
        kind=row.kind,
        at_ms=row.at_ms,
        text=row.text,
        author_id=row.author_id,
        created_at=row.created_at,
    )
