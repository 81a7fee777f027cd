"""What the agency earns of a repayment (domain 2.6).

Each line is rounded once, half up, to the hundredth; its VAT is reckoned from the rounded commission and rounded the
same way, so that a statement is the sum of its lines to the last hundredth and a mirrored line takes back exactly what
the line earned.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from core.kernel.i18n import Message, msg
from core.kernel.money import CENT
from core.payments.model import TermsKind

_HUNDRED = Decimal(100)
_NOTHING = Decimal(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """One row of the table. ``percent`` of a repayment is earned, or the sum ``amount`` when terms are fixed.

    ``start`` is the age in days, or the payment's sum, from which it holds, itself included; ``stage`` the key of the
    stage it is for (None: every other one).
    """

    start: Decimal = _NOTHING
    stage: str | None = None
    percent: Decimal = _NOTHING
    amount: Decimal = _NOTHING


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What a contract pays, see :class:`core.payments.model.CommissionTerms`. Percentages are of a hundred."""

    id: int
    kind: TermsKind
    bases: frozenset[str]
    bands: tuple[Band, ...]
    vat_percent: Decimal = _NOTHING
    direct_percent: Decimal = _HUNDRED
    valid_from: date = date.min
    valid_until: date | None = None

    def covers(self, component: str, day: date) -> bool:
        """Whether a repayment of the day (its value date) on ``component`` earns by these terms."""
        ended = self.valid_until is not None and day > self.valid_until
        return component in self.bases and self.valid_from <= day and not ended


@dataclass(frozen=True, kw_only=True, slots=True)
class Repaid:
    """A repayment that may earn. ``paid`` is the whole payment it is a share of, ``direct`` says that it came to the
    creditor himself; ``due_on`` is the claim's (None: its age counts as 0 days), ``stage`` the key of the case's."""

    case_id: int
    component: str
    amount: Decimal
    paid: Decimal
    value_on: date
    due_on: date | None = None
    stage: str | None = None
    direct: bool = False

    @property
    def age(self) -> int:
        """Days from the due date to the value date, never below 0."""
        return 0 if self.due_on is None else max(0, (self.value_on - self.due_on).days)


@dataclass(frozen=True, kw_only=True, slots=True)
class Earned:
    """What one repayment earned, by which terms (None: by none)."""

    commission: Decimal = _NOTHING
    vat: Decimal = _NOTHING
    terms_id: int | None = None


NOTHING = Earned()


def earned_by_all(repayments: Iterable[Repaid], terms: Sequence[Terms], paid_cases: Collection[int]) -> list[Earned]:
    """What each repayment earns, in the order given.

    The sum for a case (``FIXED``) is earned by the first repayment of it that earns anything; ``paid_cases`` are those
    that have earned it before.
    """
    done = set(paid_cases)
    found = []
    for one in repayments:
        mine = next((some for some in terms if some.covers(one.component, one.value_on)), None)
        if mine is None:
            found.append(NOTHING)
        elif mine.kind is not TermsKind.FIXED:
            found.append(_earned(mine, _share(mine, one)))
        elif one.case_id in done:
            found.append(Earned(terms_id=mine.id))
        else:
            earned = _earned(mine, mine.bands[0].amount * _factor(mine, one))
            found.append(earned)
            done |= {one.case_id} if earned.commission else set()
    return found


def opposite(earned: Earned) -> Earned:
    """What the mirror of a repayment takes back."""
    return Earned(commission=-earned.commission, vat=-earned.vat, terms_id=earned.terms_id)


def band_for(terms: Terms, repaid: Repaid) -> Band | None:
    """The row of the table that holds for a repayment. The whole repayment earns by it, not by slices."""
    match terms.kind:
        case TermsKind.BY_STAGE:
            by_stage = {band.stage: band for band in terms.bands}
            return by_stage.get(repaid.stage) or by_stage.get(None)
        case TermsKind.BY_AGE:
            reached = Decimal(repaid.age)
        case TermsKind.BY_AMOUNT:
            reached = repaid.paid
        case _:
            return terms.bands[0]
    below = [band for band in terms.bands if band.start <= reached]
    return max(below, key=lambda band: band.start, default=None)


def _share(terms: Terms, repaid: Repaid) -> Decimal:
    band = band_for(terms, repaid)
    return _NOTHING if band is None else repaid.amount * band.percent / _HUNDRED * _factor(terms, repaid)


def _factor(terms: Terms, repaid: Repaid) -> Decimal:
    return terms.direct_percent / _HUNDRED if repaid.direct else Decimal(1)


def _earned(terms: Terms, exact: Decimal) -> Earned:
    commission = exact.quantize(CENT, ROUND_HALF_UP)
    vat = (commission * terms.vat_percent / _HUNDRED).quantize(CENT, ROUND_HALF_UP)
    return Earned(commission=commission, vat=vat, terms_id=terms.id)


def bands_from(data: Iterable[Mapping[str, str]]) -> tuple[Band, ...]:
    """The table as it is stored. Raises ``decimal.InvalidOperation`` for what is no number."""
    return tuple(
        Band(
            start=Decimal(row.get("from", "0")),
            stage=row.get("stage") or None,
            percent=Decimal(row.get("percent", "0")),
            amount=Decimal(row.get("amount", "0")),
        )
        for row in data
    )


def bands_to(kind: TermsKind, bands: Iterable[Band]) -> list[dict[str, str]]:
    """The table as ``kind`` reads it, to be stored."""
    match kind:
        case TermsKind.FIXED:
            return [{"amount": str(band.amount)} for band in bands]
        case TermsKind.BY_STAGE:
            return [{"stage": band.stage or "", "percent": str(band.percent)} for band in bands]
        case TermsKind.FLAT:
            return [{"percent": str(band.percent)} for band in bands]
        case _:
            return [{"from": str(band.start), "percent": str(band.percent)} for band in bands]


def terms_faults(terms: Terms) -> dict[str, Message]:
    """What is wrong with terms, by field."""
    faults = {}
    if not terms.bases:
        faults["bases"] = msg("Choose at least one part of the debt.")
    if terms.valid_until is not None and terms.valid_until < terms.valid_from:
        faults["valid_until"] = msg("The last day is before the first.")
    for name in ("vat_percent", "direct_percent"):
        if not 0 <= getattr(terms, name) <= _HUNDRED:
            faults[name] = msg("Give a percentage from 0 to 100.")
        elif getattr(terms, name) != round(getattr(terms, name), 4):
            faults[name] = msg("Use at most four decimals.")
    if (wrong := _bands_fault(terms)) is not None:
        faults["bands"] = wrong
    return faults


def _bands_fault(terms: Terms) -> Message | None:
    bands = terms.bands
    if not bands or (terms.kind in (TermsKind.FLAT, TermsKind.FIXED) and len(bands) != 1):
        return msg("Fill in the table.")
    if any(not 0 <= band.percent <= _HUNDRED for band in bands):
        return msg("Give percentages from 0 to 100.")
    if terms.kind is TermsKind.FIXED and (bands[0].amount <= 0 or bands[0].amount != bands[0].amount.quantize(CENT)):
        return msg("Give a sum above zero, at most in hundredths.")
    if terms.kind is TermsKind.BY_STAGE:
        return msg("A stage is named twice.") if len({band.stage for band in bands}) < len(bands) else None
    if bands[0].start != 0 and terms.kind in (TermsKind.BY_AGE, TermsKind.BY_AMOUNT):
        return msg("The first row begins at 0.")
    if any(later.start <= earlier.start for earlier, later in pairwise(bands)):
        return msg("Each row begins above the one before it.")
    return None


def overlap(one: Terms, other: Terms) -> bool:
    """Whether some repayment would be covered by both."""
    apart = _before(one, other) or _before(other, one)
    return not apart and bool(one.bases & other.bases)


def _before(one: Terms, other: Terms) -> bool:
    return one.valid_until is not None and one.valid_until < other.valid_from


def to_remit(collected: Decimal, commission: Decimal, vat: Decimal) -> Decimal:
    """What is passed on to the creditor: collected to the agency − commission − VAT, both of direct payments included.

    Below zero it is what the creditor owes the agency.
    """
    return collected - commission - vat
