"""Splitting a payment into repayments: pure, exact, the same for the same input however it is ordered."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any

from core.cases.model import Component
from core.cases.queries.balance import OpenItem
from core.kernel.i18n import Message, msg
from core.kernel.types import AMOUNT_SCALE
from core.payments.rules.schemes import MANUAL, Rank, SchemeRules, Scope, Split

_PLACE = {component: place for place, component in enumerate(Component)}
#: Hundredths in the units amounts are kept in: no share of a proportion is finer.
_STEP = int(AMOUNT_SCALE) // 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A repayment to be: ``amount`` of the payment on ``item``. ``rule`` is JSON that :mod:`explain` puts in words."""

    item: OpenItem
    amount: Decimal
    rank: int
    rule: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """How a payment splits; ``remainder`` is what nothing was open for."""

    lines: tuple[Line, ...]
    remainder: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A line chosen by hand."""

    claim_id: int
    component: Component
    amount: Decimal


@dataclass(frozen=True, slots=True)
class _Pool:
    """Sums that the ranks are gone through for together. ``place`` orders pools; equal places are a tie."""

    place: tuple[bool, int, date]
    named: bool
    ranked: tuple[tuple[OpenItem, ...], ...]

    @property
    def total(self) -> Decimal:
        return sum((item.amount for rank in self.ranked for item in rank), Decimal(0))


def allocate(
    amount: Decimal,
    items: Collection[OpenItem],
    scheme: SchemeRules,
    *,
    designated: Collection[int] = (),
    as_of: date,
) -> Result:
    """Split ``amount`` over what is open by ``scheme``.

    ``designated`` are the claims the debtor named; ``as_of`` tells claims that are due (oldest first, then those
    without a day, which are due on demand) from those not yet due. Sums of zero and below take nothing. ``scheme``
    must have ranks.
    """
    lines: list[Line] = []
    left = amount
    pools = _pools(items, scheme, frozenset(designated) if scheme.designation else frozenset(), as_of)
    for nth, tied in enumerate(_tied(pools, scheme), start=1):
        shares = pro_rata(left, [pool.total for pool in tied])
        for pool, share in zip(tied, shares, strict=True):
            lines += _fill(share, pool, scheme, nth=nth, tie=len(tied) > 1)
        left -= sum(shares)
    return Result(lines=tuple(lines), remainder=left)


def pro_rata(amount: Decimal, opens: Sequence[Decimal]) -> list[Decimal]:
    """``amount`` by the proportion of ``opens``, none above its own, in hundredths by the largest remainder.

    Each share is rounded down to the hundredth; what is left goes hundredth by hundredth to those that lost most by
    it, the earlier first. When there is enough for all, each gets all of its own.
    """
    whole, spent = [_units(one) for one in opens], _units(amount)
    total = sum(whole)
    if spent >= total:
        return list(opens)
    shares = [spent * one // total // _STEP * _STEP for one in whole]
    by_loss = sorted(range(len(whole)), key=lambda n: (shares[n] * total - spent * whole[n], n))
    left = spent - sum(shares)
    while left:
        for n in by_loss:
            more = min(_STEP, left, whole[n] - shares[n])
            shares[n] += more
            left -= more
    return [Decimal(share) / AMOUNT_SCALE for share in shares]


def by_hand(amount: Decimal, items: Collection[OpenItem], wanted: Sequence[Wanted]) -> Result:
    """The lines somebody chose; they have no faults (:func:`faults_by_hand`)."""
    open_by_key = {(item.claim_id, item.component): item for item in items}
    rule = {"scheme": MANUAL.key, "order": "manual"}
    lines = tuple(
        Line(item=open_by_key[one.claim_id, one.component], amount=one.amount, rank=0, rule=rule) for one in wanted
    )
    return Result(lines=lines, remainder=amount - sum((line.amount for line in lines), Decimal(0)))


def faults_by_hand(amount: Decimal, items: Collection[OpenItem], wanted: Sequence[Wanted]) -> dict[str, Message]:
    """What is wrong with lines chosen by hand, by ``lines.<number>`` from 0."""
    open_by_key = {(item.claim_id, item.component): item.amount for item in items}
    faults: dict[str, Message] = {}
    for n, one in enumerate(wanted):
        left = open_by_key.get((one.claim_id, one.component), Decimal(0))
        if one.amount <= 0:
            faults[f"lines.{n}"] = msg("Enter a sum above zero.")
        elif one.amount > left:
            faults[f"lines.{n}"] = msg("Only {open} is open there.", open=str(left))
        open_by_key[one.claim_id, one.component] = left - one.amount
    if sum((one.amount for one in wanted), Decimal(0)) > amount:
        faults["lines"] = msg("The lines are more than the {rest} left of the payment.", rest=str(amount))
    return faults


def _units(amount: Decimal) -> int:
    return int(amount * AMOUNT_SCALE)


def _pools(items: Collection[OpenItem], scheme: SchemeRules, named: frozenset[int], as_of: date) -> list[_Pool]:
    found: dict[tuple[Any, ...], list[OpenItem]] = defaultdict(list)
    for item in sorted(items, key=lambda item: (_due(item, as_of), item.claim_id, not item.overdue)):
        if item.amount > 0:
            found[_pool_key(item, scheme, item.claim_id in named)].append(item)
    pools = [_pool(members, scheme, members[0].claim_id in named, as_of) for members in found.values()]
    return sorted((pool for pool in pools if pool.total), key=lambda pool: pool.place)


def _pool_key(item: OpenItem, scheme: SchemeRules, named: bool) -> tuple[Any, ...]:
    if scheme.scope is Scope.POOL:
        return (named,)
    if scheme.scope is Scope.CONTRACT and item.contract_no:
        return (named, item.case_id, item.contract_no)
    return (named, item.claim_id)


def _pool(members: Sequence[OpenItem], scheme: SchemeRules, named: bool, as_of: date) -> _Pool:
    """``members`` come by due day and claim, so that the first of them is the oldest."""
    ranked = tuple(tuple(_ranked(members, rank)) for rank in scheme.ranks)
    return _Pool((not named, *_due(members[0], as_of)), named, ranked)


def _ranked(members: Sequence[OpenItem], rank: Rank) -> Iterator[OpenItem]:
    """The members of a rank: claim by claim, and within a claim in the rank's own order of components."""
    taken = [item for item in members if rank.takes(item.component, overdue=item.overdue)]
    if len(taken) < 2:
        yield from taken
        return
    for _, claim in groupby(taken, key=attrgetter("claim_id")):
        yield from sorted(claim, key=lambda item: (rank.components.index(item.component), not item.overdue))


def _due(item: OpenItem, as_of: date) -> tuple[int, date]:
    if item.due_on is None:
        return 1, date.min
    return (0 if item.due_on <= as_of else 2), item.due_on


def _tied(pools: Sequence[_Pool], scheme: SchemeRules) -> list[list[_Pool]]:
    """Pools that share by proportion stand together; the others alone, the lower claim id first."""
    if scheme.ties is Split.SEQUENTIAL:
        return [[pool] for pool in pools]
    return [list(tied) for _, tied in groupby(pools, key=lambda pool: pool.place)]


def _fill(share: Decimal, pool: _Pool, scheme: SchemeRules, *, nth: int, tie: bool) -> Iterator[Line]:
    left = share
    for number, (rank, members) in enumerate(zip(scheme.ranks, pool.ranked, strict=True), start=1):
        if not (members and left):
            continue
        rule = {
            "scheme": scheme.key,
            "rank": number,
            "components": [component.value for component in rank.components],
            "when": rank.when.value,
            "split": rank.split.value,
            "order": _order(scheme, pool, tie=tie),
            "nth": nth,
        }
        for item, amount in zip(members, _rank_shares(left, members, rank), strict=True):
            if amount:
                yield Line(item=item, amount=amount, rank=number, rule=rule)
                left -= amount


def _rank_shares(left: Decimal, members: Sequence[OpenItem], rank: Rank) -> list[Decimal]:
    if rank.split is Split.PRO_RATA:
        return pro_rata(left, [item.amount for item in members])
    shares = []
    for item in members:
        shares.append(min(left, item.amount))
        left -= shares[-1]
    return shares


def _order(scheme: SchemeRules, pool: _Pool, *, tie: bool) -> str:
    if pool.named:
        return "designated"
    if scheme.scope is Scope.POOL:
        return "pool"
    return "same_day" if tie else "oldest"
