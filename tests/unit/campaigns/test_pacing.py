"""Rules of pacing, and the ceiling kept in simulated hours."""

from bisect import bisect_right
from functools import partial
from math import floor

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from callcenter.campaigns.budget import Budget
from callcenter.campaigns.forecast import Accidents, Bearable, Moment, breaks
from callcenter.campaigns.learning import Answers, Durations, pack, unpack
from callcenter.campaigns.pacing import Pacer, Policy, View, verdict
from callcenter.campaigns.simulation.floor import Floor
from callcenter.campaigns.simulation.hours import worst_hour
from callcenter.campaigns.simulation.others import FixedRatio, foreseen_busy
from callcenter.campaigns.simulation.setting import Setting, trouble
from callcenter.campaigns.simulation.trial import trial

_AT = 7300.0
_PAST = st.lists(st.floats(min_value=_AT - 600, max_value=_AT), max_size=40).map(tuple)
_VIEWS = st.builds(
    View,
    now=st.just(_AT),
    idle=st.integers(0, 50),
    talking=_PAST,
    wrapping=_PAST,
    ringing=_PAST,
    waiting=st.integers(0, 5),
)


def _experienced(policy: Policy) -> Pacer:
    """A pacer with two hours of 20 agents behind it."""
    pacer = Pacer(policy)
    Floor(Setting(agents=20, day=7200.0), pacer, seed=3).run()
    return pacer


@pytest.fixture(scope="module")
def experienced() -> Pacer:
    return _experienced(Policy(ceiling=0.03))


@given(view=_VIEWS, most=st.floats(0, 6), ceiling=st.floats(0, 1))
def test_a_newcomer_never_dials_more_than_the_agents_who_wait(view: View, most: float, ceiling: float) -> None:
    new = Pacer(Policy(ceiling=ceiling, most_per_agent=most)).decide(view).start
    assert 0 <= new <= max(0, view.idle - view.waiting - len(view.ringing))
    assert new == 0 or new + len(view.ringing) <= most * view.staffed


@given(view=_VIEWS)
def test_never_negative_never_more_than_the_bound(experienced: Pacer, view: View) -> None:
    new = experienced.decide(view).start
    assert new >= 0
    assert new == 0 or new + len(view.ringing) <= Policy(ceiling=0.03).most_per_agent * view.staffed


def test_a_ceiling_of_nothing_is_progressive_dialling() -> None:
    calm = Setting(agents=20, day=7200.0)
    ours, plain = (Floor(calm, dialler, seed=3).run() for dialler in (Pacer(Policy(ceiling=0.0)), FixedRatio(1.0)))
    assert (ours.busy, ours.attempts, ours.abandoned) == (plain.busy, plain.attempts, [])


@pytest.mark.parametrize(("agents", "ceiling", "predictive"), [(3, 0.03, False), (20, 0.01, True), (8, 0.01, False)])
def test_small_teams_are_told_what_can_be_promised(agents: int, ceiling: float, predictive: bool) -> None:
    found = verdict(ceiling, agents=agents, handling=105.0)
    assert found.predictive is predictive
    assert verdict(found.lowest, agents=agents, handling=105.0).predictive


def test_a_team_too_small_for_its_ceiling_dials_progressively() -> None:
    outcome = trial(Setting(agents=8, day=7200.0), partial(Pacer, Policy(ceiling=0.01)), ceiling=0.01, days=1, seed=8)
    assert outcome.abandoned == 0


@pytest.mark.parametrize(("agents", "ceiling"), [(3, 0.05), (5, 0.03), (8, 0.02), (10, 0.015)])
def test_a_small_team_keeps_what_it_is_promised(agents: int, ceiling: float) -> None:
    assert verdict(ceiling, agents=agents, handling=105.0).predictive
    setting = Setting(agents=agents, day=9000.0, drift=0.25, spells=trouble(9000.0))
    outcome = trial(setting, partial(Pacer, Policy(ceiling=ceiling)), ceiling=ceiling, days=1, seed=4)
    assert outcome.broken_days == 0


@pytest.mark.slow
@pytest.mark.slow
@settings(max_examples=8, deadline=None, derandomize=True, phases=[Phase.generate])
@given(
    agents=st.integers(12, 40),
    ceiling=st.floats(0.02, 0.05),
    rate=st.floats(0.15, 0.6),
    wrap=st.floats(0, 15),
    seed=st.integers(0, 9999),
    withdraws=st.booleans(),
)
def test_the_ceiling_holds_in_every_hour(
    agents: int, ceiling: float, rate: float, wrap: float, seed: int, withdraws: bool
) -> None:
    day = 9000.0
    setting = Setting(
        agents=agents, day=day, answer_rate=rate, wrap_spread=wrap, drift=0.2, spells=trouble(day), talk_shape=1.2
    )
    pacer = partial(Pacer, Policy(ceiling=ceiling, withdraws=withdraws))
    outcome = trial(setting, pacer, ceiling=ceiling, days=2, seed=seed)
    assert outcome.worst.share <= ceiling


@pytest.mark.slow
def test_busier_than_progressive_and_than_a_ratio_as_gentle() -> None:
    calm = Setting(agents=20, day=4 * 3600.0)
    ours = trial(calm, partial(Pacer, Policy(ceiling=0.03)), ceiling=0.03, days=2, seed=11)
    plain = trial(calm, partial(FixedRatio, 1.0), ceiling=0.03, days=1, seed=11)
    assert plain.busy == pytest.approx(0.60, abs=0.02)
    assert ours.busy > 0.85
    assert ours.worst.share <= 0.03
    assert foreseen_busy(calm, 11) > 0.99


def test_the_same_seed_is_the_same_day() -> None:
    first, second = (
        Floor(
            Setting(agents=15, day=3600.0, drift=0.3, spells=trouble(3600.0)), Pacer(Policy(ceiling=0.05)), seed=5
        ).run()
        for _ in range(2)
    )
    assert first == second


_MOMENTS = st.lists(st.floats(0, 7200), max_size=60).map(sorted)


@given(answered=_MOMENTS, data=st.data(), ceiling=st.floats(0.01, 0.3))
def test_what_is_left_never_breaks_the_hour_ending_now(
    answered: list[float], data: st.DataObject, ceiling: float
) -> None:
    abandoned = [at for at in answered if data.draw(st.integers(0, 9)) == 0]
    budget = Budget(ceiling)
    for at in answered:
        budget.answered(at)
    for at in abandoned:
        budget.abandoned(at)
    left = floor(budget.left(_AT, 0.65))
    calls = len(answered) - bisect_right(answered, _AT - 3600)
    lost = len(abandoned) - bisect_right(abandoned, _AT - 3600)
    if left >= 0:
        assert lost + left <= ceiling * calls + 1e-6


def test_a_cluster_is_held_against_the_hours_it_will_stand_in() -> None:
    """An hour of 600 calls may hold 6 abandoned; should a third go home, the hour that begins may hold 3 of them,
    and 4 in the last minute leave nothing."""
    budget = Budget(0.01)
    for number in range(600):
        budget.answered(number * 6.0)
    assert floor(budget.left(3600.0, 0.65)) == 3
    for _ in range(4):
        budget.abandoned(3590.0)
    assert budget.left(3600.0, 0.65) < 1


@given(
    ceiling=st.floats(0.01, 0.1),
    every=st.floats(4.0, 12.0),
    falls_at=st.floats(0.0, 9000.0),
    remains=st.floats(0.68, 1.0),
    losses=st.dictionaries(st.integers(0, 1200), st.integers(1, 9), max_size=30),
)
def test_who_never_loses_more_than_is_left_keeps_every_hour(
    ceiling: float, every: float, falls_at: float, remains: float, losses: dict[int, int]
) -> None:
    """However the losses are bunched, and though a third of the agents leave for good at the worst moment."""
    budget, now = Budget(ceiling), 0.0
    answered: list[float] = []
    abandoned: list[float] = []
    for number in range(1200):
        now += every if now < falls_at else every / remains
        answered.append(now)
        budget.answered(now)
        for _ in range(min(losses.get(number, 0), floor(budget.left(now, 0.65)))):
            now += 1e-3
            answered.append(now)
            abandoned.append(now)
            budget.answered(now)
            budget.abandoned(now)
    assert worst_hour(answered, abandoned, ceiling=ceiling, ends=now).share <= ceiling


@given(
    answered=st.lists(st.integers(0, 7200), max_size=60, unique=True).map(sorted),
    data=st.data(),
)
def test_the_worst_hour_is_the_worst_of_all_windows(answered: list[int], data: st.DataObject) -> None:
    abandoned = [at for at in answered if data.draw(st.booleans())]
    found = worst_hour(answered, abandoned, ceiling=0.2, ends=7200.0)
    shares = [0.0]
    for ends in {*answered, *(at + 3600 for at in answered)}:
        calls = sum(ends - 3600 < at <= ends for at in answered)
        if calls >= 5 and ends <= 7200:
            shares.append(sum(ends - 3600 < at <= ends for at in abandoned) / calls)
    assert found.share == max(shares)


@given(rows=st.lists(st.lists(st.floats(0, 1), min_size=5, max_size=5), min_size=1, max_size=200))
def test_rows_are_added_field_by_field(rows: list[list[float]]) -> None:
    sums = unpack(sum(pack(row) for row in rows), 5)
    assert sums == pytest.approx([sum(column) for column in zip(*rows, strict=True)], abs=len(rows) * 1e-6)


def _exact(answer: list[float], free: list[float], surely: int, more_than: int) -> float:
    """Probability that of unlike coins more than so many answers show heads beyond the agents sure and unsure."""
    odds = [1.0]
    for chance in [*answer, *(1.0 - one for one in free)]:
        odds = [a * (1 - chance) + b * chance for a, b in zip([*odds, 0.0], [0.0, *odds], strict=True)]
    return sum(odds[more_than + 1 + surely + len(free) :])


@given(
    answer=st.lists(st.floats(0.02, 0.4), min_size=4, max_size=40),
    free=st.lists(st.floats(0.02, 0.3), max_size=15),
    spare=st.integers(0, 8),
    left=st.integers(0, 5),
)
def test_what_may_be_lacking_is_the_tail_of_answers_less_agents(
    answer: list[float], free: list[float], spare: int, left: int
) -> None:
    """Never judged much rarer than it is, nor, where it is not rare, much more frequent."""
    surely = int(sum(answer)) + spare
    moment = Moment(
        free=surely + sum(free),
        doubt=sum(one - one * one for one in free),
        answers=sum(answer),
        squares=sum(one * one for one in answer),
        chance=0.3,
    )
    exact = _exact(answer, free, surely, left)
    found = moment.lacking(left, 0)
    assert found >= exact / 3 - 1e-7
    assert exact > 0.01 or found < 0.05


_BEARABLE = Bearable(
    lack=0.005,
    left=16,
    if_half_leave=10,
    missed=3e-3,
    breach=6e-6,
    accidents=Accidents(staying=0.5, surge=2.0, deviations=2.3),
)


def test_quiet_seconds_that_may_be_chance_do_not_double_the_attempts() -> None:
    """A hundred agents, ten seconds without answers: expected is half of the usual rate, the usual one is one in
    twenty. So many lines lost 24 calls in as many seconds when it was."""
    moment = Moment(free=31.0, doubt=0.0, answers=14.6, squares=1.5, chance=0.12)
    assert moment.lacking(16, 0) < 1e-9
    assert not breaks(moment, [(2.6, 1e-12), (1.0, 1.0)], 0, _BEARABLE)
    assert breaks(moment, [(2.6, 0.02), (2.1, 0.05), (1.0, 0.93)], 0, _BEARABLE)


@given(
    weights=st.lists(st.floats(1e-6, 1), min_size=5, max_size=5),
    free=st.floats(0, 60),
    doubt=st.floats(0, 5),
    answers=st.floats(0.1, 40),
    alike=st.floats(0.01, 0.3),
    new=st.integers(0, 20),
    left=st.integers(0, 20),
)
def test_the_rates_left_out_of_the_sum_would_not_turn_it(
    weights: list[float], free: float, doubt: float, answers: float, alike: float, new: int, left: int
) -> None:
    moment = Moment(free=free, doubt=doubt, answers=answers, squares=alike * answers, chance=alike)
    odds = [(factor, one / sum(weights)) for factor, one in zip((2.0, 1.6, 1.25, 1.0, 0.8), weights, strict=True)]
    risk = sum(odd * moment.lacking(left, new, factor) for factor, odd in odds)
    bearable = _BEARABLE._replace(left=left)
    if not 0.999 < risk / bearable.breach < 1.001:
        assert breaks(moment, odds, new, bearable) is (risk > bearable.breach)


@given(free=st.floats(0, 60), answers=st.floats(0.1, 40), left=st.integers(0, 20))
def test_fewer_agents_never_lack_less(free: float, answers: float, left: int) -> None:
    moment = Moment(free=free, doubt=0.1 * free, answers=answers, squares=0.1 * answers, chance=0.1)
    assert moment.if_only(0.5).lacking(left, 0) >= moment.lacking(left, 0) - 1e-12


def test_answers_are_learned_with_those_that_ended_otherwise() -> None:
    """Half of the attempts are cut off by a machine after 2 s; of those that ring on, a half are answered at 10 s."""
    answers = Answers(25.0)
    for _ in range(100):
        for rang, human in ((2.1, False), (10.1, True), (2.1, False), (25.0, False)):
            answers.note(rang, answered=human)
    answers.learn()
    assert answers.rate == pytest.approx(0.25, abs=0.01)
    assert answers.rows([12.0])[10][0] == pytest.approx(0.5, abs=0.01)


def test_the_level_follows_a_jump_of_the_answer_rate() -> None:
    answers = Answers(25.0)
    for number in range(2000):
        answers.note(10.0 if number % 4 == 0 else 25.0, answered=number % 4 == 0)
        if number % 100 == 0:
            answers.learn()
        answers.look(0.0)
    assert answers.level == pytest.approx(1.0, abs=0.15)
    for number in range(300):
        answers.note(10.0 if number % 2 == 0 else 25.0, answered=number % 2 == 0)
        answers.look(0.0)
    assert answers.level > 1.5


def test_a_batch_of_attempts_does_not_move_the_level() -> None:
    """Of sixty dialled at once every fourth answers after ten seconds: known long before who does not answer."""
    answers = Answers(25.0)
    seen = []
    for batch in range(60):
        gone = [row[-1] for row in answers.rows([1.0])]
        for at in range(25):
            for _ in range(15 if at == 10 else 0):
                answers.note(10.0, answered=True)
            answers.look((60 if at < 10 else 45) * gone[2 * at])
            seen += [answers.level] * (batch > 30)
        for _ in range(45):
            answers.note(25.0, answered=False)
        answers.look(0.0)
        answers.learn()
    assert 0.8 < min(seen) <= max(seen) < 1.3


def test_a_wrap_up_of_fifteen_seconds_ends_after_fifteen_seconds() -> None:
    wrap = Durations()
    for _ in range(100):
        wrap.note(15.0)
    wrap.learn()
    table = wrap.ends([4.0, 8.0], 0.5, 60)
    assert table[20] == pytest.approx([0.0, 1.0], abs=0.02)
    assert table[24] == pytest.approx([1.0, 1.0], abs=0.02)
    assert table[-1] == [0.0, 0.0]
