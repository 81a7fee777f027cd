"""What telephony tells the call log: the whole state of a call, as a value.

The bridge never sends deltas. After each batch of events it hands over the present state of every call that changed,
and the call log writes what differs. That makes every report idempotent: the live fold, the resync after a broken link
and the repair from Asterisk's own CDR and CEL all speak this one language, in any order, as often as they like.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Direction(StrEnum):
    """Who called whom, seen from the agency."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class CallPhase(StrEnum):
    """Where a call stands. ``QUEUED`` waits for any collector; ``RINGING`` rings somebody."""

    DIALLING = "dialling"
    QUEUED = "queued"
    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"
    ENDED = "ended"


class LegKind(StrEnum):
    """``CUSTOMER`` comes over the trunk, ``AGENT`` is a collector's phone, ``OTHER`` anything else (a conference)."""

    CUSTOMER = "customer"
    AGENT = "agent"
    OTHER = "other"


class LegOutcome(StrEnum):
    """How a leg ended ringing. ``PENDING`` until it is answered or given up."""

    PENDING = "pending"
    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    FAILED = "failed"


class AnsweredBy(StrEnum):
    """Who the exchange takes for the one who answered. ``UNSURE`` is treated as a person."""

    PERSON = "person"
    MACHINE = "machine"
    UNSURE = "unsure"


class Wish(StrEnum):
    """What who answered asked for by a key: ``NO_CALLS`` to this number any more, to ``TALK`` to somebody."""

    NONE = "none"
    NO_CALLS = "no_calls"
    TALK = "talk"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answerer:
    """Who answered a call that was made without a collector, as far as the exchange can hear.

    ``because`` is its own word for the reason (``AMDCAUSE``), ``milliseconds`` how long it listened. ``left``: a
    message was played to the machine. ``wish``: what a person who heard a message asked for.
    """

    by: AnsweredBy
    because: str
    milliseconds: int
    left: bool = False
    wish: Wish = Wish.NONE


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A half-open stretch of time in aware UTC; ``end`` is None while it lasts."""

    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LegState:
    """One channel of a call, keyed by Asterisk's Uniqueid. Times are aware UTC.

    ``endpoint`` names a collector's phone (its PJSIP endpoint), ``number`` the far party's number as Asterisk gave it
    (None when hidden). ``talks`` are the stretches in a bridge with another party and off hold, ``holds`` those on
    hold. ``cause`` is the Q.850 hangup cause.
    """

    uniqueid: str
    channel: str
    kind: LegKind
    endpoint: str | None
    number: str | None
    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: LegOutcome = LegOutcome.PENDING
    cause: int | None = None
    talks: tuple[Interval, ...] = ()
    holds: tuple[Interval, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CallState:
    """One call as Asterisk knows it now.

    ``call_id`` is our own id: the one a click reserved, or one the fold drew for a call that came in. ``linkedids``
    are all that Asterisk ever used for it (a transfer merges calls; ``merged_ids`` are the own ids that were folded
    into this one). ``phone`` is the far party as given (None when hidden), ``dialled`` the number it called or was
    called by. ``queued_at`` is when the caller first began to wait in a queue, ``answered_at`` when a human of
    the other side first talked: inbound, the first agent; outbound, the customer. ``lost`` marks a call that
    ended while nobody watched and whose end could not be read from CDR or CEL. ``answerer`` is known only where the
    exchange was told to listen.
    """

    call_id: int
    server: str
    linkedids: tuple[str, ...]
    direction: Direction
    phase: CallPhase
    phone: str | None
    dialled: str | None
    queue: str | None
    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    queued_at: datetime | None = None
    cause: int | None = None
    lost: bool = False
    legs: tuple[LegState, ...] = ()
    merged_ids: tuple[int, ...] = ()
    answerer: Answerer | None = None
