"""How soon the next look for cycles comes."""

from hypothesis import given
from hypothesis import strategies as st

from callcenter.app.collector import next_pause

_PAUSES = st.floats(0.5, 20)


@given(pause=_PAUSES, took=st.floats(0, 10))
def test_pauses_keep_their_bounds_and_grow_slowly(pause: float, took: float) -> None:
    following = next_pause(pause, took)
    assert 0.5 <= following <= min(20, pause * 2)


@given(pause=_PAUSES, took=st.floats(0.011, 10))
def test_after_a_long_round_the_next_comes_sooner(pause: float, took: float) -> None:
    assert next_pause(pause, took) < pause or pause == 0.5
