"""Who is in a call, and who was."""

from dataclasses import replace

from callcenter.calls.changes import putting_down
from callcenter.calls.facts import CallPhase, CallState, Direction
from tests.fakes.floor import answered, ended, held, incoming, phone_of, put_down, ringing

USERS = {"101": 1, "102": 2}


def leaves(call: CallState, whole: CallState | None = None) -> int | None:
    return putting_down(call, USERS, whole or call)


def test_who_puts_down_while_the_customers_line_is_there_wraps_up() -> None:
    talk = answered(ringing(incoming(1), 1), 1)
    alone = put_down(talk, 1, 20)
    assert leaves(alone) == 1
    assert leaves(talk) is None
    assert leaves(held(talk, 20)) is None
    assert leaves(ended(alone, 21)) is None
    assert leaves(replace(alone, direction=Direction.INTERNAL)) is None


def test_who_passes_the_customer_on_does_not() -> None:
    alone = put_down(answered(ringing(incoming(1), 1), 1), 1, 20)
    assert leaves(replace(alone, phase=CallPhase.QUEUED)) is None
    rung = replace(alone, legs=(*alone.legs, phone_of(1, 2)))
    assert leaves(rung) is None
    assert leaves(alone, answered(rung, 2, since=30)) is None, "afterwards it is known that another had him"
