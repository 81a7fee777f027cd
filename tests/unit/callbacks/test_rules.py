"""Windows move to lawful moments, tries end with the window."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from callcenter.callbacks.rules import Patience, Window, is_abandoned, moved, next_try
from tests.fakes.floor import at

minutes = st.integers(0, 3000)


@given(minutes, st.integers(1, 600), minutes)
def test_a_moved_window_begins_lawfully_and_never_vanishes(start: int, length: int, later: int) -> None:
    window = Window(start=at(start * 60), end=at((start + length) * 60))
    allowed = at((start + later) * 60)
    new = moved(window, allowed)
    assert new.start == allowed >= window.start
    assert timedelta(0) < new.end - new.start <= window.end - window.start


@given(minutes, st.integers(1, 600), minutes)
def test_what_is_lawful_when_it_begins_stays_as_it_was_agreed(start: int, length: int, earlier: int) -> None:
    window = Window(start=at(start * 60), end=at((start + length) * 60))
    assert moved(window, at((start - earlier) * 60)) == window


@given(minutes, minutes)
def test_a_try_never_falls_out_of_the_window(now: int, end: int) -> None:
    again = next_try(at(now * 60), Window(start=at(0), end=at(end * 60)), Patience())
    assert again is None or at(now * 60) < again < at(end * 60)


def test_patience_is_for_owners_who_are_free() -> None:
    patience = Patience()
    long = at(0) + patience.escalate_after
    assert is_abandoned(at(0), long, owner_free=False, patience=patience)
    assert not is_abandoned(at(0), long, owner_free=True, patience=patience)
    assert not is_abandoned(at(0), long - timedelta(seconds=1), owner_free=False, patience=patience)
