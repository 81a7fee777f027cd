"""Predictive pacing in simulated days, beside progressive dialling, fixed ratios and the dialler that knows the future.

The setting is the one of ``callcenter.campaigns.simulation.setting.Setting``; ``troubled`` days drift by a quarter and
have a drop of up to half of the agents and a spike of up to twice the answers each. ``final`` attempts ring until they
are answered or given up, all others may be withdrawn. A thousand days are run by ``bench.pacing_days``.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from bench.figure import Figure
from callcenter.campaigns.pacing import Pacer, Policy
from callcenter.campaigns.simulation.others import FixedRatio, foreseen_busy
from callcenter.campaigns.simulation.setting import Dialler, Setting, trouble
from callcenter.campaigns.simulation.trial import Outcome, trial

DAYS = 6
SEED = 20_000
_DAY = 8 * 3600.0
TEAMS = ((20, 0.03, 0.88), (20, 0.01, 0.84), (100, 0.01, 0.94))
"""Agents, ceiling, busy share aimed at."""


def setting(agents: int, *, troubled: bool) -> Setting:
    if not troubled:
        return Setting(agents=agents, day=_DAY)
    return Setting(agents=agents, day=_DAY, drift=0.25, spells=trouble(_DAY))


async def run(*, small: bool = False, days: int = 0) -> list[Figure]:
    days = days or (1 if small else DAYS)
    with ProcessPoolExecutor(2) as pool:
        others = {agents: pool.submit(_others, agents) for agents in (20, 100)}
        ours = {
            (team, troubled, withdraws): pool.submit(_ours, team[0], team[1], days, troubled, withdraws)
            for team in TEAMS
            for troubled in (False, True)
            for withdraws in (True, False)
        }
        figures = [figure for other in others.values() for figure in other.result()]
        for (team, troubled, withdraws), outcome in ours.items():
            figures += _figures(team, outcome.result(), troubled=troubled, withdraws=withdraws)
    return figures


def pacer(ceiling: float, withdraws: bool) -> Dialler:
    return Pacer(Policy(ceiling=ceiling, withdraws=withdraws))


def _ours(agents: int, ceiling: float, days: int, troubled: bool, withdraws: bool) -> Outcome:
    floor, dialler = setting(agents, troubled=troubled), partial(pacer, ceiling, withdraws)
    return trial(floor, dialler, ceiling=ceiling, days=days, seed=SEED)


def _others(agents: int) -> list[Figure]:
    calm = setting(agents, troubled=False)
    figures = [
        Figure(
            name=f"{agents} agents, knowing the future: busy",
            value=foreseen_busy(calm, SEED),
            unit="share",
            aim="nobody abandoned",
        )
    ]
    for lines in (1.0, 1.5, 2.0, 3.0):
        ratio: Callable[[], Dialler] = partial(FixedRatio, lines)
        outcome = trial(calm, ratio, ceiling=0.03, days=1, seed=SEED)
        name = "progressive" if lines == 1.0 else f"{lines:g} lines per waiting agent"
        figures.append(
            Figure(
                name=f"{agents} agents, {name}: busy",
                value=outcome.busy,
                unit="share",
                aim=f"{outcome.abandoned:.2%} abandoned, worst hour {outcome.worst.share:.1%}",
            )
        )
    return figures


def _figures(team: tuple[int, float, float], outcome: Outcome, *, troubled: bool, withdraws: bool) -> list[Figure]:
    agents, ceiling, aim = team
    who = f"{agents} agents, ceiling {ceiling:.0%}, {outcome.days} {'troubled' if troubled else 'calm'} days"
    who += "" if withdraws else ", final"
    return [
        Figure(name=f"{who}: busy", value=outcome.busy, unit="share", aim=f"{aim} on calm days"),
        Figure(name=f"{who}: idle", value=1 - outcome.busy, unit="share"),
        Figure(
            name=f"{who}: withdrawn", value=100 * outcome.recalled, unit="%", aim=f"of {outcome.attempts:,} attempts"
        ),
        Figure(
            name=f"{who}: abandoned",
            value=100 * outcome.abandoned,
            unit="%",
            reference=100 * ceiling,
            reference_name="% ceiling",
            aim=f"of {outcome.answered:,} answered",
        ),
        Figure(
            name=f"{who}: worst hour",
            value=100 * outcome.worst.share,
            unit="%",
            reference=100 * ceiling,
            reference_name="% ceiling",
            aim=f"1x; {outcome.broken_days} days with an hour above, {outcome.worst.calls} calls in the worst",
        ),
    ]
