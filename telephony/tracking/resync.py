"""Getting the state right after events were missed: from what is remembered, CEL, and what Asterisk lists now."""

from collections.abc import Iterable, Sequence, Set
from datetime import datetime

from callcenter.calls.facts import CallState
from telephony.tracking.fold import Fold
from telephony.tracking.listing import Listing
from telephony.tracking.repair import CelRow, completed


def resync(
    fold: Fold,
    *,
    logged: Iterable[CallState],
    rebuilt: Iterable[CallState],
    listing: Listing,
    began: datetime,
    seen_until: datetime,
) -> None:
    """Bring ``fold`` to the truth of ``listing``.

    ``logged`` are the calls the log believes alive, ``rebuilt`` those read from CEL. ``began`` is the moment after
    which something may have been missed, ``seen_until`` when anything was last heard. Calls that ended meanwhile get
    their end from CEL, or else end at ``seen_until`` and are marked lost; calls that came and went meanwhile are
    reported whole.
    """
    for state in logged:
        if fold.call(state.call_id) is None and fold.knows(state.linkedids) is None:
            fold.adopt(state)
    for state in rebuilt:
        _take(fold, state, began)
    fold.take_stock(listing, min(seen_until, listing.at))


def _take(fold: Fold, state: CallState, began: datetime) -> None:
    known = fold.knows(state.linkedids)
    if known is None:
        if state.ended_at is None or state.ended_at > began:
            fold.adopt(state)
        return
    if known.ended_at is not None and not known.lost:
        return
    before = known.snapshot()
    if {leg.uniqueid for leg in before.legs} <= {leg.uniqueid for leg in state.legs}:
        fold.adopt(completed(state, before, fold.guessed(known)))


def come_late(fold: Fold, rebuilt: Iterable[CallState], began: datetime) -> None:
    """Take over ended calls of a gap whose rows CEL was told after the gap had been repaired."""
    for state in rebuilt:
        known = fold.knows(state.linkedids)
        if state.ended_at is not None and (known is None or known.ended_at is not None):
            _take(fold, state, began)


def unexplained(
    fold: Fold,
    rows: Sequence[CelRow],
    rebuilt: Iterable[CallState],
    listing: Listing,
    died_at: datetime | None = None,
) -> bool:
    """Whether CEL is behind what is listed: its last rows may not be written yet.

    It is when a telephone vanished that CEL does not show ended, when CEL shows a telephone alive that is not listed,
    and when a telephone is listed in a bridge that CEL has not seen it enter. Those of an Asterisk that ``died_at`` a
    moment ended with it, and nothing more is written of them.
    """
    rebuilt = tuple(rebuilt)
    ended = {row.uniqueid for row in rows if row.event == "HANGUP"}
    if died_at is not None:
        ended |= {row.uniqueid for row in rows if row.at <= died_at}
        ended |= {channel.uniqueid for channel in fold.live_channels() if channel.started_at <= died_at}
    return (
        not fold.unlisted(listing) <= ended
        or _unfinished(ended, rebuilt, listing)
        or _bridged_unseen(fold, rows, rebuilt, listing)
    )


def _unfinished(ended: Set[str], rebuilt: Iterable[CallState], listing: Listing) -> bool:
    finished = {line.uniqueid for line in listing.channels} | ended
    return any(leg.ended_at is None and leg.uniqueid not in finished for state in rebuilt for leg in state.legs)


def _bridged_unseen(fold: Fold, rows: Iterable[CelRow], rebuilt: Iterable[CallState], listing: Listing) -> bool:
    """A bridge entered before listening stopped is known; one entered lately must be in CEL."""
    entered = {(row.uniqueid, row.extra.get("bridge_id")) for row in rows if row.event == "BRIDGE_ENTER"}
    telephones = {leg.uniqueid for state in rebuilt for leg in state.legs}
    entered |= {(channel.uniqueid, channel.bridge) for channel in fold.live_channels()}
    telephones |= {channel.uniqueid for channel in fold.live_channels() if channel.kind is not None}
    return any(
        line.bridge is not None and (line.uniqueid, line.bridge) not in entered
        for line in listing.channels
        if line.uniqueid in telephones
    )
