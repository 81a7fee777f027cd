"""Whatever the exchange has, the orders lead it to what memberships and states demand, and then nothing is left."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from callcenter.queues.ports import Seat, Standing
from callcenter.queues.rules import PUT_DOWN, Membership, Order, Pause, PutIn, SetPenalty, TakeOut, orders, rests

QUEUES = st.sampled_from(["main", "night", "campaign-1"])
USERS = st.integers(1, 4)
STATES = st.sampled_from(["offline", "available", "ringing", "talking", "hold", "wrap_up", "pause"])
ENDPOINTS = st.sampled_from(["101", "101d", "102", "104d", "alice"])
SEATS = st.builds(Seat, queue=QUEUES, endpoint=ENDPOINTS)
STANDINGS = st.builds(
    Standing,
    penalty=st.integers(0, 2),
    paused=st.booleans(),
    fixed=st.booleans(),
    reason=st.sampled_from(["", "pause", PUT_DOWN]),
)


def _memberships(levels: dict[tuple[str, int], int]) -> dict[tuple[str, int], Membership]:
    return {
        (queue, user): Membership(queue=queue, user_id=user, extension=str(100 + user), penalty=level)
        for (queue, user), level in levels.items()
    }


def _take(seats: dict[Seat, Standing], order: Order) -> None:
    """What an exchange does with an order."""
    match order:
        case PutIn():
            assert order.seat not in seats
            seats[order.seat] = order.standing
        case TakeOut():
            assert not seats.pop(order.seat).fixed
        case SetPenalty():
            was = seats[order.seat]
            seats[order.seat] = replace(was, penalty=order.penalty)
        case Pause():
            for seat, was in list(seats.items()):
                if seat.endpoint == order.endpoint:
                    seats[seat] = replace(was, paused=order.paused)


@given(
    st.dictionaries(st.tuples(QUEUES, USERS), st.integers(0, 2)),
    st.dictionaries(USERS, STATES),
    st.dictionaries(SEATS, STANDINGS),
)
def test_orders_lead_to_what_is_wanted(
    levels: dict[tuple[str, int], int], states: dict[int, str], seats: dict[Seat, Standing]
) -> None:
    before = dict(seats)
    wanted = _memberships(levels)
    for order in list(orders(wanted, states, seats)):
        _take(seats, order)
    assert list(orders(wanted, states, seats)) == []
    for one in wanted.values():
        for endpoint in (one.extension, f"{one.extension}d"):
            standing = seats[Seat(queue=one.queue, endpoint=endpoint)]
            assert standing.penalty == one.penalty
            if (rested := rests(states.get(one.user_id, "offline"))) is not None:
                assert standing.paused is rested
            elif (was := before.get(Seat(queue=one.queue, endpoint=endpoint))) is not None:
                assert standing.paused is was.paused, "a busy phone leaves him alone; his pause is not touched"
    strangers = {seat for seat in before if seat.endpoint == "alice"}
    assert strangers <= seats.keys(), "members that somebody else put in are left alone"
    ruled = {endpoint for one in wanted.values() for endpoint in (one.extension, f"{one.extension}d")}
    for seat, standing in seats.items():
        if seat.endpoint not in ruled | {"alice"}:
            assert not (standing.paused and standing.reason == PUT_DOWN), "whom nobody else rules is let go on"
