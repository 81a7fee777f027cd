"""Interest on a claim: simple daily accrual, recomputed from the ledger whenever it is asked for.

**Which days count.** Interest of a day is reckoned on what was owed when the day began: on the entries with an earlier
value date. So it begins on the day after the debt is due, the day of payment is counted in full, and from the next day
on less is owed (RU: Plenum of the Supreme Court 24.03.2016 No. 7, p. 48 counts the day of actual payment in; the same
rule is applied everywhere). The day as of which is asked counts too.

**On what.** Only entries bear interest, never accrued interest (no compounding). A base component below zero counts as
zero: what was overpaid on one is not set off against another.

**How exactly.** Every line is an exact fraction; each component is rounded once, half up, to the hundredth.
"""

from bisect import bisect_right
from calendar import isleap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import NamedTuple

from core.cases.model import DayRule, RateKind

ZERO = Decimal(0)
_DAY = timedelta(days=1)
_UNITS = 10_000  # sums and rates have at most four decimals
_CENTS = 100
_HUNDREDTHS_OF_UNITS = _UNITS * _UNITS * 100  # a sum times a percentage


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """A table of rates: (first day, percent) rising by day. An index is listed on the first day of its month."""

    name: str
    kind: RateKind = RateKind.ANNUAL
    steps: tuple[tuple[date, Decimal], ...]
    clause: str = ""
    confirmed: bool = False

    def on(self, day: date) -> Decimal | None:
        """The rate of a day; None before the first."""
        found = bisect_right(self.steps, day, key=lambda step: step[0])
        return self.steps[found - 1][1] if found else None

    def of_month(self, first: date) -> Decimal | None:
        """The index of the month that begins on ``first``; None when it is not listed: indices do not go on."""
        found = bisect_right(self.steps, first, key=lambda step: step[0])
        return self.steps[found - 1][1] if found and self.steps[found - 1][0] == first else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """One kind of interest, as :class:`core.cases.model.InterestTerm` has it, with its rates at hand."""

    id: int
    bases: tuple[str, ...]
    accrues_to: str
    rates: Rates | None = None
    percent: Decimal | None = None
    margin: Decimal = ZERO
    day_rule: DayRule = DayRule.FIXED_365
    cap_percent: Decimal | None = None
    cap_amount: Decimal | None = None
    grace_days: int = 0
    valid_from: date | None = None
    valid_until: date | None = None

    @property
    def monthly(self) -> bool:
        return self.rates is not None and self.rates.kind == RateKind.MONTHLY_INDEX

    def rate_on(self, day: date) -> Decimal | None:
        """Percent a year on a day; None when the table says nothing of it yet."""
        if self.rates is None:
            return (self.percent or ZERO) + self.margin
        listed = self.rates.on(day)
        return None if listed is None else max(ZERO, listed + self.margin)


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """What was posted on a component of the claim with a value date; several of one day may be one sum."""

    on: date
    component: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Days:
    """Days, both included. ``until`` None: without end."""

    since: date
    until: date | None = None

    def __contains__(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


class AccrualLine(NamedTuple):
    """Interest of consecutive days in which nothing changed: ``parts`` / ``whole``, exactly.

    ``percent`` is a year's, ``divisor`` the days of that year. On a line of a monthly index ``divisor`` is 0 and
    ``percent`` is what the prices rose by in those months. ``capped``: cut off by the term's cap. ``amount`` is the
    line's share of the rounded sum of its component, once it is :func:`explained`.
    """

    since: date
    until: date
    base: Decimal
    percent: Decimal
    divisor: int
    parts: int
    whole: int
    capped: bool = False
    amount: Decimal = ZERO

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    @property
    def exact(self) -> Fraction:
        return Fraction(self.parts, self.whole)


@dataclass(frozen=True, kw_only=True, slots=True)
class Accrual:
    """What one term accrued. ``unknown`` are days on which something was owed but the table lists no rate."""

    term: Term
    lines: tuple[AccrualLine, ...]
    unknown: tuple[Days, ...] = ()

    @property
    def exact(self) -> Fraction:
        return sum((line.exact for line in self.lines), Fraction(0))


@dataclass(frozen=True, kw_only=True, slots=True)
class Interest:
    """What accrued on a claim: the rounded sum by component, and how it came about."""

    parts: Mapping[str, Decimal]
    accruals: tuple[Accrual, ...]


NOTHING = Interest(parts={}, accruals=())


def interest(
    terms: Sequence[Term], movements: Iterable[Movement], *, begins: date | None, blocks: Sequence[Days], as_of: date
) -> Interest:
    """The interest on a claim from ``begins`` (None: it bears none) through ``as_of``, by all ``terms``."""
    if begins is None or begins > as_of or not terms:
        return NOTHING
    posted = sorted(movements, key=lambda one: one.on)
    accruals = [accrue(term, posted, begins=begins, blocks=blocks, as_of=as_of) for term in terms]
    sums: dict[str, dict[int, int]] = {}
    for accrual in accruals:
        sum_ = sums.setdefault(accrual.term.accrues_to, defaultdict(int))
        for line in accrual.lines:
            sum_[line.whole] += line.parts
    parts = {component: _half_up(*_together(sum_)) for component, sum_ in sums.items()}
    return Interest(parts=parts, accruals=tuple(accruals))


def _together(sum_: Mapping[int, int]) -> tuple[int, int]:
    """The sum of parts, by what they are parts of, as one fraction."""
    whole = lcm(*sum_)
    return sum(parts * (whole // one) for one, parts in sum_.items()), whole


def explained(found: Interest) -> tuple[Accrual, ...]:
    """The lines with hundredths that add up to the rounded sum of their component: by the largest remainder."""
    shares: dict[tuple[int, int], Decimal] = {}
    for component, total in found.parts.items():
        exact = {
            (a, n): line.exact
            for a, accrual in enumerate(found.accruals)
            if accrual.term.accrues_to == component
            for n, line in enumerate(accrual.lines)
        }
        shares.update(_largest_remainder(exact, total))
    return tuple(
        replace(accrual, lines=tuple(line._replace(amount=shares[a, n]) for n, line in enumerate(accrual.lines)))
        for a, accrual in enumerate(found.accruals)
    )


def begins_on(due_on: date | None, interest_from: date | None) -> date | None:
    """The first day a claim bears interest: as agreed, else the day after it was due; None when neither is known."""
    return interest_from or (due_on + _DAY if due_on else None)


def starts_after_handover(
    stated: Mapping[str, Decimal], terms: Sequence[Term], due_on: date | None, today: date
) -> date | None:
    """From when a claim handed over ``today`` bears interest, when that is not agreed otherwise.

    Where the creditor states a sum of what the terms accrue, he has reckoned it up to now: the terms go on from the
    next day, so that nothing is asked for twice. Else None: they begin when the claim is due.
    """
    if not any(stated.get(term.accrues_to) for term in terms):
        return None
    return max(today, due_on or today) + _DAY


def accrue(term: Term, posted: Sequence[Movement], *, begins: date, blocks: Sequence[Days], as_of: date) -> Accrual:
    """What one term accrues on the movements, which rise by day."""
    first = max(begins + timedelta(days=term.grace_days), term.valid_from or begins)
    last = min(as_of, term.valid_until or as_of)
    if first > last:
        return Accrual(term=term, lines=())
    bases = _bases(term, posted)
    by_kind = _by_months if term.monthly else _by_days
    lines, unknown = by_kind(term, bases, first, last, blocks)
    return Accrual(term=term, lines=_capped(term, lines), unknown=tuple(unknown))


def rounded(exact: Fraction) -> Decimal:
    """To the hundredth, half away from zero."""
    return _half_up(*exact.as_integer_ratio())


def _half_up(parts: int, whole: int) -> Decimal:
    cents = (2 * abs(parts) * _CENTS + whole) // (2 * whole)
    return Decimal(cents if parts >= 0 else -cents).scaleb(-2)


#: What interest is reckoned on, from a day on, until the next one; the days rise.
_Bases = Sequence[tuple[date, Decimal]]
_Found = tuple[list[AccrualLine], list[Days]]


def _bases(term: Term, posted: Sequence[Movement]) -> _Bases:
    """What a day's interest is reckoned on: entries take effect on the day after their value date."""
    owed = dict.fromkeys(term.bases, ZERO)
    found: list[tuple[date, Decimal]] = [(date.min, ZERO)]
    for one in posted:
        if one.component not in owed:
            continue
        owed[one.component] += one.amount
        base = sum((amount for amount in owed.values() if amount > 0), ZERO)
        since = one.on + _DAY
        if found[-1][0] == since:
            found.pop()
        if found[-1][1] != base:
            found.append((since, base))
    return found


def _base_on(bases: _Bases, day: date) -> Decimal:
    return bases[bisect_right(bases, day, key=lambda step: step[0]) - 1][1]


def _by_days(term: Term, bases: _Bases, first: date, last: date, blocks: Sequence[Days]) -> _Found:
    lines: list[AccrualLine] = []
    unknown: list[Days] = []
    days_of_bases = [day for day, _ in bases]
    for since, until in _spans(term, bases, first, last, blocks):
        base = bases[bisect_right(days_of_bases, since) - 1][1]
        if not base or (blocks and any(since in block for block in blocks)):
            continue
        percent = term.rate_on(since)
        if percent is None:
            unknown.append(Days(since, until))
            continue
        divisor = _divisor(term.day_rule, since)
        days = (until - since).days + 1
        parts = _units(base) * _units(percent) * days
        lines.append(AccrualLine(since, until, base, percent, divisor, parts, _HUNDREDTHS_OF_UNITS * divisor))
    return lines, unknown


def _spans(term: Term, bases: _Bases, first: date, last: date, blocks: Sequence[Days]) -> Iterator[tuple[date, date]]:
    """The days from ``first`` to ``last``, cut wherever anything changes."""
    cuts = {day for day, _ in bases}
    cuts.update(day for day, _ in (term.rates.steps if term.rates else ()))
    cuts.update(block.since for block in blocks)
    cuts.update(block.until + _DAY for block in blocks if block.until)
    if term.day_rule == DayRule.ACTUAL:
        years = range(first.year + 1, last.year + 1)
        cuts.update(date(year, 1, 1) for year in years if _year_days(year) != _year_days(year - 1))
    starts = [first, *sorted(day for day in cuts if first < day <= last), last + _DAY]
    return ((since, following - _DAY) for since, following in pairwise(starts))


def _by_months(term: Term, bases: _Bases, first: date, last: date, blocks: Sequence[Days]) -> _Found:
    """Loss by inflation (UA: art. 625 of the Civil Code): on what was owed through the whole of a month.

    Indices of consecutive months on one base are multiplied; when the base changes, reckoning begins anew. A month
    counts when all of it accrues and its index is known.
    """
    assert term.rates is not None
    lines: list[AccrualLine] = []
    unknown: list[Days] = []
    for month in _whole_months(first, last):
        base = _lowest(bases, month)
        if not base or any(_meet(block, month) for block in blocks):
            continue
        index = term.rates.of_month(month.since)
        if index is None:
            unknown.append(month)
        else:
            _lengthen(lines, month, base, Fraction(_units(index), _UNITS * 100))
    return lines, unknown


def _lengthen(lines: list[AccrualLine], month: Days, base: Decimal, index: Fraction) -> None:
    """Add a month to the line it continues, or begin a new one."""
    assert month.until is not None
    since, factor = month.since, index
    if lines and lines[-1].base == base and lines[-1].until + _DAY == month.since:
        before = lines.pop()
        since, factor = before.since, index * (1 + before.exact / Fraction(base))
    percent = Decimal(((factor - 1) * 100 * _UNITS * 100).__round__()).scaleb(-6)
    parts, whole = (Fraction(base) * (factor - 1)).as_integer_ratio()
    lines.append(AccrualLine(since, month.until, base, percent, 0, parts, whole))


def _whole_months(first: date, last: date) -> Iterator[Days]:
    month = first if first.day == 1 else _next_month(first)
    while (following := _next_month(month)) - _DAY <= last:
        yield Days(month, following - _DAY)
        month = following


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _lowest(bases: _Bases, month: Days) -> Decimal:
    """What was owed on every day of the month."""
    within = (base for day, base in bases if month.since < day and day in month)
    return min([_base_on(bases, month.since), *within])


def _meet(block: Days, month: Days) -> bool:
    assert month.until is not None
    return block.since <= month.until and (block.until is None or month.since <= block.until)


def _capped(term: Term, lines: Sequence[AccrualLine]) -> tuple[AccrualLine, ...]:
    """Cut the lines off where the cap is reached. A share is of the sum that interest began on."""
    caps = [] if term.cap_amount is None else [Fraction(term.cap_amount)]
    if term.cap_percent is not None and lines:
        caps.append(Fraction(lines[0].base) * Fraction(term.cap_percent) / 100)
    if not caps:
        return tuple(lines)
    left = min(caps)
    kept: list[AccrualLine] = []
    for line in lines:
        within = min(line.exact, left)
        parts, whole = within.as_integer_ratio()
        kept.append(line if within == line.exact else line._replace(parts=parts, whole=whole, capped=True))
        left -= within
    return tuple(kept)


def _largest_remainder(exact: Mapping[tuple[int, int], Fraction], total: Decimal) -> dict[tuple[int, int], Decimal]:
    floors = {key: (value * _CENTS).__floor__() for key, value in exact.items()}
    missing = int(total * _CENTS) - sum(floors.values())
    nearest = sorted(exact, key=lambda key: (floors[key] - exact[key] * _CENTS, key))
    for key in nearest[:missing]:
        floors[key] += 1
    return {key: Decimal(cents).scaleb(-2) for key, cents in floors.items()}


def _units(amount: Decimal) -> int:
    return int(amount * _UNITS)


def _divisor(rule: DayRule, day: date) -> int:
    return _year_days(day.year) if rule == DayRule.ACTUAL else int(rule)


def _year_days(year: int) -> int:
    return 365 + isleap(year)
