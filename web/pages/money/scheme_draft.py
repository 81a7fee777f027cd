"""A scheme while it is being edited: its ranks as the form carries them, and what each button does to them."""

from msgspec.structs import replace
from starlette.datastructures import FormData

from core.cases.model import Component
from core.kernel.errors import Invalid
from core.kernel.i18n import msg
from core.payments.rules.schemes import Rank, SchemeRules, Scope, Split, When

Ranks = tuple[Rank, ...]
_MOST = 2 * len(Component)


def drafted(sent: FormData, before: SchemeRules) -> SchemeRules:
    """The scheme as the form has it now; what is not in the form stays as ``before``. Raises ``Invalid``."""
    try:
        ranks = tuple(_rank(sent, n) for n in range(min(int(str(sent.get("count", 0))), _MOST)))
        return replace(
            before,
            scope=Scope(str(sent.get("scope"))),
            ties=Split(str(sent.get("ties"))),
            designation="designation" in sent,
            ranks=ranks,
        )
    except ValueError as error:
        raise Invalid({"ranks": msg("This page is damaged. Open the scheme anew.")}) from error


def _rank(sent: FormData, n: int) -> Rank:
    return Rank(
        components=tuple(Component(str(one)) for one in sent.getlist(f"components-{n}")),
        when=When(str(sent.get(f"when-{n}"))),
        split=Split(str(sent.get(f"split-{n}"))),
    )


def edited(ranks: Ranks, wish: str) -> Ranks:
    """The ranks after a button: ``up-2``, ``down-2``, ``join-2`` (with the one above), ``due-2`` (what is overdue
    before the rest), ``part-2-penalty`` (into a rank of its own), ``first-2-penalty`` (one place earlier in its rank).

    A wish that makes no sense changes nothing.
    """
    verb, _, where = wish.partition("-")
    place, _, component = where.partition("-")
    n = int(place) if place.isdigit() else len(ranks)
    if n >= len(ranks):
        return ranks
    above, rank, below = ranks[:n], ranks[n], ranks[n + 1 :]
    match verb:
        case "up" if above:
            return (*above[:-1], rank, above[-1], *below)
        case "down" if below:
            return (*above, below[0], rank, *below[1:])
        case "join" if above:
            joined = dict.fromkeys((*above[-1].components, *rank.components))
            return (*above[:-1], replace(above[-1], components=tuple(joined)), *below)
        case "due" if rank.when is When.ANY:
            return (*above, replace(rank, when=When.OVERDUE), replace(rank, when=When.CURRENT), *below)
        case "part" if component in rank.components and len(rank.components) > 1:
            rest = tuple(one for one in rank.components if one != component)
            return (*above, replace(rank, components=rest), replace(rank, components=(Component(component),)), *below)
        case "first" if component in rank.components[1:]:
            return (*above, replace(rank, components=_earlier(rank.components, Component(component))), *below)
    return ranks


def _earlier(components: tuple[Component, ...], one: Component) -> tuple[Component, ...]:
    n = components.index(one)
    return (*components[: n - 1], one, components[n - 1], *components[n + 1 :])
