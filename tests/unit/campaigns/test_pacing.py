"""Rules of pacing."""

from hypothesis import given
from hypothesis import strategies as st

from callcenter.campaigns.pacing import Pacer, Policy, View

_PAST = st.lists(st.floats(min_value=0, max_value=1000), max_size=40).map(tuple)


@given(
    idle=st.integers(0, 50),
    talking=_PAST,
    wrapping=_PAST,
    ringing=_PAST,
    waiting=st.integers(0, 5),
    most=st.floats(0, 6),
)
def test_never_negative_never_more_than_the_bound(
    idle: int,
    talking: tuple[float, ...],
    wrapping: tuple[float, ...],
    ringing: tuple[float, ...],
    waiting: int,
    most: float,
) -> None:
    view = View(now=1000.0, idle=idle, talking=talking, wrapping=wrapping, ringing=ringing, waiting=waiting)
    new = Pacer(Policy(ceiling=0.03, most_per_agent=most)).decide(view)
    assert new >= 0
    assert new == 0 or new + len(ringing) <= most * view.staffed
