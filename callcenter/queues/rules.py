"""Which phones stand in which queues, and what must be ordered to get there. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from callcenter.queues.ports import Seat, Standing

DESK = "d"
"""The ending of a collector's second endpoint, an ordinary desk phone."""

_RUNG = frozenset({"available", "ringing", "talking", "hold"})
"""States in which queues may ring a collector: one who rings or talks is left alone by his phone's own state."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Membership:
    """A collector serves a queue at a level."""

    queue: str
    user_id: int
    extension: str
    penalty: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PutIn:
    seat: Seat
    extension: str
    standing: Standing
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeOut:
    seat: Seat


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    """For all queues of the phone at once."""

    endpoint: str
    paused: bool
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SetPenalty:
    seat: Seat
    penalty: int


@dataclass(frozen=True, kw_only=True, slots=True)
class IsFree:
    """A collector is done with his last talk."""

    extension: str


Order = PutIn | TakeOut | Pause | SetPenalty | IsFree


def is_rung(state: str) -> bool:
    """Whether queues may ring a collector in that state."""
    return state in _RUNG


def is_done(before: str | None, state: str) -> bool:
    """Whether a collector has just ended his wrap-up. That he is available while his call is just ending says nothing:
    the customer's end of it may still be on the line, and only then does wrap-up begin."""
    return (before, state) == ("wrap_up", "available")


def endpoints(extension: str) -> tuple[str, str]:
    """A collector's two phones: the browser and the desk."""
    return extension, f"{extension}{DESK}"


def is_ours(endpoint: str) -> bool:
    """Whether an endpoint is named like a collector's phone; others are members that somebody else put in."""
    return endpoint.removesuffix(DESK).isdecimal()


def seats_of(memberships: Iterable[Membership]) -> dict[Seat, Membership]:
    """The seats that collectors have by their memberships: two in each queue, one for each phone."""
    return {
        Seat(queue=one.queue, endpoint=endpoint): one for one in memberships for endpoint in endpoints(one.extension)
    }


def orders(
    wanted: Mapping[Seat, Membership], states: Mapping[int, str], seats: Mapping[Seat, Standing]
) -> Iterator[Order]:
    """What leads from the ``seats`` the exchange has to those ``wanted``, as the states say."""
    pauses: dict[str, Pause] = {}
    for seat, one in wanted.items():
        state = states.get(one.user_id, "offline")
        paused, has = not is_rung(state), seats.get(seat)
        if has is None:
            standing = Standing(penalty=one.penalty, paused=paused)
            yield PutIn(seat=seat, extension=one.extension, standing=standing, reason=state if paused else "")
            continue
        if has.penalty != one.penalty:
            yield SetPenalty(seat=seat, penalty=one.penalty)
        if has.paused != paused:
            pauses[seat.endpoint] = Pause(endpoint=seat.endpoint, paused=paused, reason=state if paused else "")
    yield from pauses.values()
    for seat, standing in seats.items():
        if seat not in wanted and not standing.fixed and is_ours(seat.endpoint):
            yield TakeOut(seat=seat)
