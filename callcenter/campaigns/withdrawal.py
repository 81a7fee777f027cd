"""Which attempts are hung up while they still ring, so that no answer of theirs finds nobody. Pure.

What was lawful when it was dialled is not when half of the agents have left since, or when three debtors answered in
the same second. Until the next look only the answers of the coming second count, for what still rings then can be hung
up then: that is why a dialler that may withdraw can begin far more attempts at the same risk.
"""

from collections.abc import Sequence

from callcenter.campaigns.forecast import Bearable, Moment, Odds, breaks


def surplus(soon: Moment, chances: Sequence[float], odds: Odds, bearable: Bearable) -> tuple[int, ...]:
    """The places in ``chances`` (each attempt's probability of being answered soon) of as few attempts as will do, so
    that without them more than ``bearable.left`` calls are lost no oftener than ``bearable.breach``; to be asked where
    ``forecast.breaks`` says that more are.

    The likeliest to be answered go first; those that cannot be answered so soon are never among them.
    """
    gone: list[int] = []
    for place in sorted(range(len(chances)), key=chances.__getitem__, reverse=True):
        chance = chances[place]
        if chance <= 0.0:
            break
        soon = soon._replace(answers=max(0.0, soon.answers - chance), squares=max(0.0, soon.squares - chance * chance))
        gone.append(place)
        if not breaks(soon, odds, 0, bearable):
            break
    return tuple(gone)
