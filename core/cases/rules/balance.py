"""What is owed on a day: the entries up to it, and the interest that accrues from those same entries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from operator import attrgetter

from core.cases.model import ClaimState, Component
from core.cases.rules.interest import Days, Interest, Movement, Term, begins_on, interest

ZERO = Decimal(0)
#: As a tuple: going through an enumeration takes longer than what is done with each of its members.
_PARTS = tuple(Component)
_BY_NAME: Mapping[str, Component] = {part.value: part for part in _PARTS}


@dataclass(frozen=True, kw_only=True)
class ClaimBalance:
    """A claim on a day. ``parts`` is what is owed by component: what was posted and what accrued."""

    claim_id: int
    case_id: int
    claim_number: str
    contract_no: str | None
    due_on: date | None
    currency: str
    posted: Mapping[Component, Decimal]
    accrued: Interest

    @cached_property
    def parts(self) -> Mapping[Component, Decimal]:
        posted, accrued = self.posted, self.accrued.parts
        return {part: posted.get(part, ZERO) + accrued.get(part, ZERO) for part in _PARTS}

    @property
    def total(self) -> Decimal:
        return sum(self.parts.values(), ZERO)

    @property
    def settled(self) -> bool:
        """Something was owed and now nothing is: then nothing accrues either, and nothing was paid too much."""
        return bool(self.posted) and not any(self.parts.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsettled:
    """A component that more was paid on than is owed, by ``amount``: its case has to be settled again."""

    claim_id: int
    component: Component
    amount: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseBalance:
    """A case on a day, claim by claim."""

    case_id: int
    as_of: date
    currency: str
    claims: tuple[ClaimBalance, ...]

    @property
    def parts(self) -> Mapping[Component, Decimal]:
        owed = [claim.parts for claim in self.claims]
        return {part: sum((parts[part] for parts in owed), ZERO) for part in _PARTS}

    @property
    def total(self) -> Decimal:
        return sum((claim.total for claim in self.claims), ZERO)

    @property
    def bears(self) -> bool:
        """Whether any claim has terms of interest that have begun."""
        return any(claim.accrued.accruals for claim in self.claims)

    @property
    def to_resettle(self) -> tuple[Unsettled, ...]:
        return tuple(
            Unsettled(claim_id=claim.claim_id, component=part, amount=-amount)
            for claim in self.claims
            for part, amount in claim.parts.items()
            if amount < 0
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenItem:
    """What a payment may be settled on: an amount above zero, in hundredths, interest included."""

    case_id: int
    claim_id: int
    component: Component
    amount: Decimal
    due_on: date | None
    overdue: bool
    currency: str
    claim_number: str
    contract_no: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimDebt:
    """A claim with everything its balance is reckoned from. ``movements`` are its entries, in the order of days."""

    claim_id: int
    case_id: int
    number: str
    state: str
    contract_no: str | None
    due_on: date | None
    limitation_on: date | None
    interest_from: date | None
    currency: str
    terms: Sequence[Term]
    blocks: Sequence[Days]
    movements: Sequence[Movement]

    def on(self, as_of: date) -> ClaimBalance:
        """The claim as of the end of a day."""
        posted: dict[Component, Decimal] = defaultdict(Decimal)
        known = [one for one in self.movements if one.on <= as_of]
        for one in known:
            posted[_BY_NAME[one.component]] += one.amount
        begins = begins_on(self.due_on, self.interest_from)
        return ClaimBalance(
            claim_id=self.claim_id,
            case_id=self.case_id,
            claim_number=self.number,
            contract_no=self.contract_no,
            due_on=self.due_on,
            currency=self.currency,
            posted=dict(posted),
            accrued=interest(self.terms, known, begins=begins, blocks=self.blocks, as_of=as_of),
        )

    @property
    def last_on(self) -> date:
        """The value date of the newest entry."""
        return self.movements[-1].on if self.movements else date.min

    def after(self, more: Sequence[Movement]) -> "ClaimDebt":
        """The claim once these entries have been posted too."""
        return replace(self, movements=sorted((*self.movements, *more), key=attrgetter("on")))


def case_balance_of(case_id: int, currency: str, debts: Iterable[ClaimDebt], as_of: date) -> CaseBalance:
    """The balance of a case from its claims that stand."""
    return CaseBalance(case_id=case_id, as_of=as_of, currency=currency, claims=tuple(one.on(as_of) for one in debts))


def open_items_of(debt: ClaimDebt, as_of: date) -> list[OpenItem]:
    """What of a claim can be paid with a value date of ``as_of``: what was open then and has not been paid since.

    Entries with a later value date may have paid it already, so no more is open than on the day of the last of them.
    """
    if debt.state != ClaimState.OPEN:
        return []
    parts = debt.on(as_of).parts
    if debt.last_on > as_of:
        later = debt.on(debt.last_on).parts
        parts = {part: min(parts[part], later[part]) for part in _PARTS}
    return [
        OpenItem(
            case_id=debt.case_id,
            claim_id=debt.claim_id,
            component=part,
            amount=parts[part],
            due_on=debt.due_on,
            overdue=debt.due_on is None or debt.due_on < as_of,
            currency=debt.currency,
            claim_number=debt.number,
            contract_no=debt.contract_no,
        )
        for part in _PARTS
        if parts[part] > 0
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Copies:
    """What a case copies of its claims: the balance, the oldest due day and the first day one is time-barred."""

    open_amount: Decimal
    due_since: date | None
    limitation_on: date | None


def copies_of(debts: Sequence[ClaimDebt], standing: Sequence[ClaimBalance]) -> Copies:
    """The copies of one case from its claims and their balances, in the same order."""
    unpaid = [debt for debt, balance in zip(debts, standing, strict=True) if not balance.settled]
    return Copies(
        open_amount=sum((balance.total for balance in standing), ZERO),
        due_since=min((debt.due_on for debt in unpaid if debt.due_on), default=None),
        limitation_on=min((debt.limitation_on for debt in unpaid if debt.limitation_on), default=None),
    )
