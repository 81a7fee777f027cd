"""Getting the state right after events were missed: from what is remembered, CEL, and what Asterisk lists now."""

from collections.abc import Iterable
from datetime import datetime

from callcenter.calls.facts import CallState
from telephony.tracking.fold import Fold
from telephony.tracking.listing import Listing
from telephony.tracking.repair import completed


def resync(
    fold: Fold,
    *,
    logged: Iterable[CallState],
    rebuilt: Iterable[CallState],
    listing: Listing,
    seen_until: datetime,
) -> None:
    """Bring ``fold`` to the truth of ``listing``.

    ``logged`` are the calls the log believes alive, ``rebuilt`` those read from CEL, ``seen_until`` the moment up to
    which everything was reported. Calls that ended meanwhile get their end from CEL, or else end at ``seen_until`` and
    are marked lost; calls that came and went meanwhile are reported whole.
    """
    for state in logged:
        if fold.call(state.call_id) is None and fold.knows(state.linkedids) is None:
            fold.adopt(state)
    for state in rebuilt:
        _take(fold, state, seen_until)
    fold.take_stock(listing, min(seen_until, listing.at))


def _take(fold: Fold, state: CallState, seen_until: datetime) -> None:
    known = fold.knows(state.linkedids)
    if known is None:
        if state.ended_at is None or state.ended_at > seen_until:
            fold.adopt(state)
        return
    if known.ended_at is not None and not known.lost:
        return
    before = known.snapshot()
    if {leg.uniqueid for leg in before.legs} <= {leg.uniqueid for leg in state.legs}:
        fold.adopt(completed(state, before))


def unexplained(fold: Fold, rebuilt: Iterable[CallState], listing: Listing) -> bool:
    """Whether a call vanished that CEL does not show ended: its last rows may not be written yet."""
    ended = {linkedid for state in rebuilt if state.ended_at is not None for linkedid in state.linkedids}
    vanished = [fold.channel(uniqueid) for uniqueid in fold.unlisted(listing)]
    return any(channel is not None and ended.isdisjoint(channel.call.linkedids) for channel in vanished)
