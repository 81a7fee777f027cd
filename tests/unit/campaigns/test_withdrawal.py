"""Attempts that are hung up while they ring: as few as will do, and the ceiling is kept by them."""

from functools import partial

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from callcenter.campaigns.forecast import Accidents, Bearable, Moment, breaks
from callcenter.campaigns.pacing import Move, Pacer, Policy, View
from callcenter.campaigns.simulation.floor import Floor
from callcenter.campaigns.simulation.others import FixedRatio
from callcenter.campaigns.simulation.setting import Setting, Spell, trouble
from callcenter.campaigns.simulation.trial import trial
from callcenter.campaigns.withdrawal import surplus

_ODDS = [(1.5, 0.1), (1.0, 0.9)]


def _bearable(left: int) -> Bearable:
    return Bearable(lack=1.0, left=left, if_half_leave=0, missed=1.0, breach=1e-6, accidents=Accidents(0.5, 1.0, 0.0))


def _moment(free: float, chances: list[float]) -> Moment:
    return Moment(free=free, doubt=0.0, answers=sum(chances), squares=sum(one * one for one in chances), chance=0.0)


@given(
    chances=st.lists(st.floats(0, 0.1), max_size=60),
    free=st.floats(-3, 12),
    left=st.integers(0, 6),
)
def test_as_few_as_will_do_and_the_likeliest_first(chances: list[float], free: float, left: int) -> None:
    assume(breaks(_moment(free, chances), _ODDS, 0, _bearable(left)))
    gone = surplus(_moment(free, chances), chances, _ODDS, _bearable(left))
    kept = [one for place, one in enumerate(chances) if place not in gone]
    assert len(set(gone)) == len(gone)
    assert all(chances[place] > 0 for place in gone)
    if gone:
        assert min(chances[place] for place in gone) >= max(kept, default=0.0)
        one_more = [*kept, chances[gone[-1]]]
        assert breaks(_moment(free, one_more), _ODDS, 0, _bearable(left)), "the last one was not needed"
    if any(kept) and free + left > 0:
        assert not breaks(_moment(free, kept), _ODDS, 0, _bearable(left))


@pytest.mark.parametrize(("withdraws", "places"), [(True, (0, 1, 2)), (False, ())])
def test_where_everybody_has_left_nothing_rings_on(withdraws: bool, places: tuple[int, ...]) -> None:
    view = View(now=100.0, idle=0, talking=(), wrapping=(), ringing=(98.0, 99.0, 99.5), waiting=0)
    assert Pacer(Policy(ceiling=0.03, withdraws=withdraws)).decide(view) == Move(withdraw=places)


class _Quits(FixedRatio):
    """Three lines for each agent; at the tenth second everything that rings is withdrawn."""

    def decide(self, view: View) -> Move:
        return Move(withdraw=tuple(range(len(view.ringing)))) if view.now == 10.0 else super().decide(view)


def test_what_was_withdrawn_is_never_answered() -> None:
    calm = Setting(agents=20, day=11.0, answer_rate=1.0, answer_first=11.0, ring_limit=25.0)
    day = Floor(calm, _Quits(3.0), seed=1).run()
    assert (day.attempts - day.withdrawn, day.answered) == (60, []), "sixty ring anew"


@pytest.mark.slow
def test_a_team_that_may_withdraw_is_busier_under_the_same_ceiling() -> None:
    day = Setting(agents=20, day=4 * 3600.0)
    final, revocable = (
        trial(day, partial(Pacer, Policy(ceiling=0.01, withdraws=withdraws)), ceiling=0.01, days=1, seed=6)
        for withdraws in (False, True)
    )
    assert final.withdrawn == 0
    assert revocable.busy > final.busy + 0.05
    assert revocable.broken_days == 0
    assert 0 < revocable.recalled < 0.12


@pytest.mark.slow
def test_half_of_the_agents_leave_in_the_worst_second() -> None:
    """Without withdrawals a drop is borne by dialling less all day; with them when it happens, whenever that is."""
    gone = tuple(Spell(begins=600.0 * n, ends=600.0 * n + 300.0, gone=0.5) for n in range(2, 14))
    drops = Setting(agents=20, day=9000.0, drift=0.25, spells=lambda _random: gone)
    often = trial(drops, partial(Pacer, Policy(ceiling=0.03, withdraws=True)), ceiling=0.03, days=2, seed=8)
    assert often.broken_days == 0


@pytest.mark.slow
def test_a_small_team_keeps_its_ceiling_with_withdrawals() -> None:
    setting = Setting(agents=10, day=9000.0, drift=0.25, spells=trouble(9000.0))
    outcome = trial(setting, partial(Pacer, Policy(ceiling=0.015, withdraws=True)), ceiling=0.015, days=2, seed=4)
    assert outcome.broken_days == 0
