"""Joining what is stored of a call with what telephony reports of it.

Reports come live, from resync and from the repair out of CDR and CEL, in any order and more than once. Joining is
therefore a maximum: the same reports give the same call whatever their order and however often they are repeated.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from callcenter.calls.facts import Answerer, CallPhase, CallState, Interval, LegOutcome, LegState, Wish

T = TypeVar("T", str, int)


def is_ghost(state: CallState) -> bool:
    """An end without a start: no leg was ever seen, so there is no call to write."""
    return state.phase is CallPhase.ENDED and not state.legs


def join(stored: CallState, reported: CallState) -> CallState:
    """Both accounts as one: what is later, and more certain, wins; what only one of them knows is kept."""
    older, newer = _by_rank(stored, reported)
    return replace(
        newer,
        call_id=stored.call_id,
        linkedids=_union(older.linkedids, newer.linkedids),
        merged_ids=_union(older.merged_ids, newer.merged_ids),
        phone=newer.phone or older.phone,
        dialled=newer.dialled or older.dialled,
        queue=newer.queue or older.queue,
        cause=newer.cause if newer.cause is not None else older.cause,
        queued_at=_first(older.queued_at, newer.queued_at),
        started_at=min(older.started_at, newer.started_at),
        answered_at=_first(older.answered_at, newer.answered_at),
        ended_at=newer.ended_at,
        answerer=_fuller(older.answerer, newer.answerer),
        legs=_replaced(older.legs, newer.legs) if older.lost else _join_legs((*older.legs, *newer.legs)),
    )


def absorb(survivor: CallState, merged: CallState) -> CallState:
    """The survivor with the legs and links of a call that turned out to be part of it."""
    return replace(
        survivor,
        linkedids=_union(survivor.linkedids, merged.linkedids),
        phone=survivor.phone or merged.phone,
        queue=survivor.queue or merged.queue,
        queued_at=_first(survivor.queued_at, merged.queued_at),
        started_at=min(survivor.started_at, merged.started_at),
        answered_at=_first(survivor.answered_at, merged.answered_at),
        answerer=_fuller(survivor.answerer, merged.answerer),
        legs=_join_legs((*merged.legs, *survivor.legs)),
    )


def _fuller(one: Answerer | None, other: Answerer | None) -> Answerer | None:
    """Of two accounts of who answered the one that says more: a message is left, and a wish said, after the
    judgement."""
    known = [account for account in (one, other) if account is not None]
    return max(known, key=lambda account: (account.wish != Wish.NONE, account.left, repr(account)), default=None)


def _by_rank(one: CallState, other: CallState) -> tuple[CallState, CallState]:
    """The lesser first. The spelling, which takes long, is asked only when nothing else tells them apart."""
    ranks = _rank(one), _rank(other)
    alike = ranks[0] == ranks[1]
    swapped = _spelling(one) > _spelling(other) if alike and one != other else ranks[0] > ranks[1]
    return (other, one) if swapped else (one, other)


def _rank(state: CallState) -> tuple[Any, ...]:
    """A certain end beats everything; else what speaks of a later moment (every change of phase leaves one behind, so
    later means newer), and of more of them."""
    ended = state.phase is CallPhase.ENDED
    known = moments(state)
    return (ended and not state.lost, max(known), ended, len(known))


def _spelling(state: CallState) -> str:
    """Any total order: it only has to decide the same way every time."""
    return repr(replace(state, call_id=0, legs=tuple(sorted(state.legs, key=lambda leg: leg.uniqueid))))


def moments(state: CallState) -> list[datetime]:
    """When anything happened that is known of the call, in no order."""
    return [moment for moment in _moments(state) if moment is not None]


def _moments(state: CallState) -> Iterable[datetime | None]:
    yield from (state.started_at, state.queued_at, state.answered_at, state.ended_at)
    for leg in state.legs:
        yield from (leg.started_at, leg.answered_at, leg.ended_at)
        for stretch in (*leg.talks, *leg.holds):
            yield from (stretch.start, stretch.end)


def _join_legs(legs: Iterable[LegState]) -> tuple[LegState, ...]:
    joined: dict[str, LegState] = {}
    for leg in legs:
        known = joined.get(leg.uniqueid)
        joined[leg.uniqueid] = leg if known is None or known == leg else max(known, leg, key=_leg_rank)
    return tuple(sorted(joined.values(), key=lambda leg: (leg.started_at, leg.uniqueid)))


def _replaced(guessed: tuple[LegState, ...], known: tuple[LegState, ...]) -> tuple[LegState, ...]:
    """Of a lost call the legs' ends are guesses: what is known beats them, also that a leg goes on."""
    told = {leg.uniqueid for leg in known}
    return _join_legs((*(leg for leg in guessed if leg.uniqueid not in told), *known))


def _leg_rank(leg: LegState) -> tuple[Any, ...]:
    stretches: tuple[Interval, ...] = (*leg.talks, *leg.holds)
    return (
        leg.ended_at is not None,
        leg.outcome is not LegOutcome.PENDING,
        leg.answered_at is not None,
        len(stretches) * 2 - sum(1 for stretch in stretches if stretch.end is None),
        repr(leg),
    )


def _union(first: tuple[T, ...], second: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(sorted(set(first) | set(second)))


def _first(one: datetime | None, other: datetime | None) -> datetime | None:
    known = [moment for moment in (one, other) if moment is not None]
    return min(known, default=None)
