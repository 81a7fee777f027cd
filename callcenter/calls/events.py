"""What happened to calls. Published after the commit; each carries what a screen needs to know where to look."""

from dataclasses import dataclass

from callcenter.calls.offers import Offer
from core.kernel.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRef:
    """Which call it is about, and whom."""

    call_id: int
    direction: str
    phone: str | None
    party_id: int | None
    case_id: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallEvent(Event):
    """Something about one call. ``user_ids`` are the collectors it concerns: nobody else gets to see it pop."""

    call: CallRef
    user_ids: frozenset[int]


@dataclass(frozen=True, kw_only=True, slots=True)
class CallOffered(CallEvent):
    """It rings at the phones of ``user_ids`` since now. ``offer`` is what to show them: nobody has to look again while
    they wait."""

    offer: Offer


@dataclass(frozen=True, kw_only=True, slots=True)
class CallWithdrawn(CallEvent):
    """It no longer rings at the phones of ``user_ids``: another answered (``taken``), or the caller gave up."""

    taken: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CallAnswered(CallEvent):
    """The collectors ``user_ids`` now talk with the other side. ``others`` have been in the call, and it may be theirs
    no more: a supervisor took it over, or a colleague to whom they passed it on."""

    others: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class CallHeld(CallEvent):
    """The other side of the collectors ``user_ids`` hears music (``held``) or is back (not ``held``)."""

    held: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CallEnded(CallEvent):
    """It is over. ``needs_result`` says that the collector ``user_ids`` must still say how it went."""

    needs_result: bool
    lost: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CallMerged(CallEvent):
    """The calls ``merged_ids`` turned out to be part of this one (a transfer)."""

    merged_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CallChanged(CallEvent):
    """Its note, bookmarks, parties or result were changed by a person."""
