"""Which phones stand in which queues, and what must be ordered to get there. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from callcenter.queues.ports import Seat, Standing

DESK = "d"
"""The ending of a collector's second endpoint, an ordinary desk phone."""

PUT_DOWN = "wrap_up"
"""The reason for which an exchange itself pauses whoever has put down, until the program says what he does next."""

_BUSY = frozenset({"ringing", "talking", "hold"})
"""States in which a collector is left alone by his phone's own state. His pause is not touched meanwhile: the
exchange itself makes one as he puts down, before the program knows of it."""


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


Order = PutIn | TakeOut | Pause | SetPenalty


def rests(state: str) -> bool | None:
    """Whether queues must leave a collector alone in that state; None: his phone does it for him."""
    return None if state in _BUSY else state != "available"


def endpoints(extension: str) -> tuple[str, str]:
    """A collector's two phones: the browser and the desk."""
    return extension, f"{extension}{DESK}"


def is_ours(endpoint: str) -> bool:
    """Whether an endpoint is named like a collector's phone; others are members that somebody else put in."""
    return endpoint.removesuffix(DESK).isdecimal()


def orders(
    memberships: Mapping[tuple[str, int], Membership], states: Mapping[int, str], seats: Mapping[Seat, Standing]
) -> Iterator[Order]:
    """What leads from the ``seats`` the exchange has to those that follow from memberships and states."""
    wanted = {
        Seat(queue=one.queue, endpoint=endpoint): one
        for one in memberships.values()
        for endpoint in endpoints(one.extension)
    }
    pauses: dict[str, Pause] = {}
    for seat, one in wanted.items():
        state = states.get(one.user_id, "offline")
        paused, has = rests(state), seats.get(seat)
        if has is None:
            standing = Standing(penalty=one.penalty, paused=paused is True)
            yield PutIn(seat=seat, extension=one.extension, standing=standing, reason=state if paused else "")
            continue
        if has.penalty != one.penalty:
            yield SetPenalty(seat=seat, penalty=one.penalty)
        if paused is not None and has.paused != paused:
            pauses[seat.endpoint] = Pause(endpoint=seat.endpoint, paused=paused, reason=state if paused else "")
    ruled = {seat.endpoint for seat in wanted}
    for seat, standing in seats.items():
        if seat in wanted or not is_ours(seat.endpoint):
            continue
        if not standing.fixed:
            yield TakeOut(seat=seat)
        elif seat.endpoint not in ruled and standing.paused and standing.reason == PUT_DOWN:
            pauses[seat.endpoint] = Pause(endpoint=seat.endpoint, paused=False, reason="")
    yield from pauses.values()
