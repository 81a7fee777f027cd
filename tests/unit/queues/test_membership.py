"""Whatever the exchange has, the orders lead it to what memberships and states demand, and then nothing is left."""

from hypothesis import given
from hypothesis import strategies as st

from callcenter.queues.ports import Seat, Standing
from callcenter.queues.rules import Membership, Order, Pause, PutIn, SetPenalty, TakeOut, is_rung, orders, seats_of

QUEUES = st.sampled_from(["main", "night", "campaign-1"])
USERS = st.integers(1, 4)
STATES = st.sampled_from(["offline", "available", "ringing", "talking", "hold", "wrap_up", "pause"])
ENDPOINTS = st.sampled_from(["101", "101d", "102", "104d", "alice"])
SEATS = st.builds(Seat, queue=QUEUES, endpoint=ENDPOINTS)
STANDINGS = st.builds(Standing, penalty=st.integers(0, 2), paused=st.booleans(), fixed=st.booleans())


def _memberships(levels: dict[tuple[str, int], int]) -> list[Membership]:
    return [
        Membership(queue=queue, user_id=user, extension=str(100 + user), penalty=level)
        for (queue, user), level in levels.items()
    ]


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
            seats[order.seat] = Standing(penalty=order.penalty, paused=was.paused, fixed=was.fixed)
        case Pause():
            for seat, was in list(seats.items()):
                if seat.endpoint == order.endpoint:
                    seats[seat] = Standing(penalty=was.penalty, paused=order.paused, fixed=was.fixed)


@given(
    st.dictionaries(st.tuples(QUEUES, USERS), st.integers(0, 2)),
    st.dictionaries(USERS, STATES),
    st.dictionaries(SEATS, STANDINGS),
)
def test_orders_lead_to_what_is_wanted(
    levels: dict[tuple[str, int], int], states: dict[int, str], seats: dict[Seat, Standing]
) -> None:
    before = dict(seats)
    memberships = _memberships(levels)
    wanted = seats_of(memberships)
    for order in list(orders(wanted, states, seats)):
        _take(seats, order)
    assert list(orders(wanted, states, seats)) == []
    for one in memberships:
        for endpoint in (one.extension, f"{one.extension}d"):
            standing = seats[Seat(queue=one.queue, endpoint=endpoint)]
            assert standing.penalty == one.penalty
            assert standing.paused != is_rung(states.get(one.user_id, "offline"))
    strangers = {seat for seat in before if seat.endpoint == "alice"}
    assert strangers <= seats.keys(), "members that somebody else put in are left alone"
