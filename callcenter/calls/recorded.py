"""What the call floor and its screens know of recordings: values, one event, and the port behind which they are kept.

The recordings room implements it; pages and the live channel use it without knowing files, folders or encoders.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Select

from core.kernel.access import Actor
from core.kernel.events import Event

#: So many recordings are packed into one archive.
EXPORT_LIMIT = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingReady(Event):
    """A recording can be played, or one that could has found its call. ``call_id`` is None while the call is
    unknown."""

    call_id: int | None
    recording_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingPaused(Event):
    """Nothing of a call is recorded until ``paused_until`` at the latest; None: it is recorded again."""

    call_id: int
    paused_until: datetime | None


class Pauses(Protocol):
    """What a screen that opens now has to know of pauses."""

    async def paused_calls(self, user_id: int) -> tuple[int, ...]:
        """Ids of the calls that the user has paused."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechView:
    """For which share of the recording (0 to 1) each side spoke, both did at once, and nobody did."""

    debtor: float
    collector: float
    both: float
    nobody: float


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingView:
    """One recording. ``state`` is ``processing``, ``ready``, ``cut_off`` or ``failed``; ``speech`` is None in lists and
    until it can be played."""

    id: int
    call_id: int | None
    state: str
    started_at: datetime | None
    duration_ms: int | None
    bytes: int | None
    sha256: str | None
    speech: SpeechView | None = None

    @property
    def playable(self) -> bool:
        return self.state in ("ready", "cut_off")


@dataclass(frozen=True, kw_only=True, slots=True)
class MarkView:
    """A bookmark or comment at ``at_ms`` of a recording. ``id`` is None for a bookmark set during the call itself."""

    id: int | None
    kind: str
    at_ms: int
    text: str
    author_id: int
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PauseView:
    """An open pause of a call's recording: it ends by itself at ``due_at``."""

    call_id: int
    started_at: datetime
    due_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """An answer over HTTP as plain values: status, header fields, and the body in chunks."""

    status: int
    headers: Mapping[str, str]
    body: AsyncIterator[bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkGrant:
    """Whose link it is, and to what."""

    recording_id: int
    user_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AudioAsked:
    """How the sound was asked for: the request's ``Range`` and ``If-Range`` fields, whether only the header is
    wanted, and whether to keep it as a file."""

    range: str | None = None
    if_range: str | None = None
    head: bool = False
    download: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingQuery:
    """Which recordings. ``since`` and ``until`` (exclusive) bound their beginning, aware UTC."""

    call_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: str | None = None
    size: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingPage:
    """One page, the newest first; ``next`` is the cursor of the one behind it."""

    rows: tuple[RecordingView, ...]
    next: str | None


class Recordings(Protocol):
    """Everything a screen does with recordings. Each takes the actor first; a recording the actor may not see does not
    exist (``NotFound``), a missing right is ``Forbidden``."""

    async def get(self, actor: Actor, recording_id: int) -> RecordingView: ...

    async def page(self, actor: Actor, query: RecordingQuery) -> RecordingPage:
        """The recordings in reach, page by page. Raises ``Invalid`` for a damaged cursor."""

    async def of_calls(self, actor: Actor, call_ids: Sequence[int]) -> Mapping[int, tuple[RecordingView, ...]]:
        """Recordings by call, oldest first; calls without one are left out."""

    def recorded_calls(self, actor: Actor) -> Select[int]:
        """Ids of the calls with a recording the actor may play, as a subquery for the call log."""

    async def audio(self, actor: Actor, recording_id: int, asked: AudioAsked) -> Reply:
        """The sound, whole or a range of it. Every play and every download is written to the audit trail; the many
        ranges a player asks for in one go are one play."""

    async def peaks(self, actor: Actor, recording_id: int) -> Mapping[str, object]:
        """What the player draws, ready for JSON: ``duration_ms``, ``channels`` (debtor, collector; 0 to 255 a column),
        ``silences`` and ``pauses`` ([start, stop] in ms)."""

    async def marks(self, actor: Actor, recording_id: int) -> tuple[MarkView, ...]:
        """Bookmarks and comments in the order of the recording."""

    async def add_mark(self, actor: Actor, recording_id: int, at_ms: int, kind: str, text: str) -> MarkView: ...

    async def delete_mark(self, actor: Actor, mark_id: int) -> None:
        """Remove one's own mark; others' need the right ``recordings.moderate``."""

    async def link(self, actor: Actor, recording_id: int, minutes: int = 15) -> str:
        """A word to put into an address, good for this recording and this user until its time is over."""

    def open_link(self, word: str) -> LinkGrant:
        """What ``link`` gave: raises ``NotFound`` when it is forged or too old. The user's rights are asked for
        again."""

    async def export(self, actor: Actor, recording_ids: Sequence[int]) -> Reply:
        """A zip archive of the recordings with a manifest, made while it is sent."""

    async def pause(self, actor: Actor, call_id: int, seconds: int = 120) -> PauseView:
        """Stop recording what is said for at most ``seconds``; asked again, the time counts anew."""

    async def resume(self, actor: Actor, call_id: int) -> None:
        """Record again; no error when nothing is paused."""
