"""The call log as values: what is asked of it, and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select


class Fate(StrEnum):
    """What became of a call, as people ask for it. ``CONTACT`` and ``RIGHT_PARTY`` follow the result code, and the
    answer where the code leaves it open."""

    ANSWERED = "answered"
    MISSED = "missed"
    CONTACT = "contact"
    RIGHT_PARTY = "right_party"
    PROMISE = "promise"
    LIVE = "live"
    NO_RESULT = "no_result"


@dataclass(frozen=True, kw_only=True, slots=True)
class CallQuery:
    """Which calls. ``since`` and ``until`` (exclusive) bound the start, aware UTC; ``user_id`` is a collector who took
    part in it, ``owner_id`` the one whose call it is. ``number`` matches in any written form, ``search`` numbers,
    names, notes; ``among`` narrows to the ids another room names."""

    since: datetime | None = None
    until: datetime | None = None
    user_id: int | None = None
    owner_id: int | None = None
    number: str | None = None
    case_id: int | None = None
    party_id: int | None = None
    direction: str | None = None
    result: str | None = None
    queue: str | None = None
    campaign_id: int | None = None
    fate: Fate | None = None
    search: str = ""
    sort: str = "-started_at"
    after: str | None = None
    before: str | None = None
    size: int = 50
    call_ids: Sequence[int] = field(default=())
    among: Select[int] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRow:
    """A line of the call log."""

    id: int
    direction: str
    phase: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    ring_seconds: int
    talk_seconds: int
    hold_seconds: int
    wrap_seconds: int
    cause: int | None
    lost: bool
    phone: str | None
    party_id: int | None
    party: str | None
    case_id: int | None
    case_number: str | None
    user_id: int | None
    user: str | None
    queue: str | None
    campaign_id: int | None
    result_code: str | None
    result_label: str | None
    result_shipped: bool
    needs_result: bool
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LegRow:
    """One phone of a call."""

    uniqueid: str
    kind: str
    user_id: int | None
    user: str | None
    endpoint: str | None
    number: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    outcome: str
    cause: int | None
    ring_seconds: int
    talk_seconds: int
    hold_seconds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BookmarkRow:
    """A place in the call."""

    id: int
    at_ms: int
    label: str
    user: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallDetail:
    """A call whole."""

    call: CallRow
    server: str
    dialled: str | None
    linkedids: tuple[str, ...]
    result_reason: str
    result_at: datetime | None
    wrap_started_at: datetime | None
    wrap_ended_at: datetime | None
    legs: tuple[LegRow, ...]
    bookmarks: tuple[BookmarkRow, ...]
