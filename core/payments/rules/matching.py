"""Which case a payment is for: a score with its reasons for each candidate, and when the first may be taken unasked.

Every reason is worth so many points; the points of a candidate add up to at most a hundred. The candidates are found
set-wise (:mod:`core.payments.queries.candidates`); here they are only weighed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import SequenceMatcher
from enum import StrEnum

from core.kernel.i18n import Message, msg
from core.parties.rules import name_key
from core.payments.rules.references import Reference, parts_of

#: A candidate that scores this and is ``MARGIN`` ahead of the next is taken without asking anybody.
AUTOMATIC = 80
MARGIN = 20
_MOST = 100
_SIMILAR = 0.75
#: So many digits are a number by themselves; fewer may be anything.
_LONG_ENOUGH = 6


class Why(StrEnum):
    """Why a candidate may be the right one, strongest first."""

    CHOSEN = "chosen"
    NUMBER = "number"
    VIRTUAL_ACCOUNT = "virtual_account"
    TAX_ID = "tax_id"
    KNOWN_PAYER = "known_payer"
    NUMBER_LIKE = "number_like"
    NAME = "name"
    NAME_LIKE = "name_like"
    PROMISE = "promise"
    INSTALMENT = "instalment"
    BALANCE = "balance"
    CLOSED = "closed"


POINTS: Mapping[Why, int] = {
    Why.NUMBER: 85,
    Why.VIRTUAL_ACCOUNT: 85,
    Why.TAX_ID: 80,
    Why.KNOWN_PAYER: 60,
    Why.NUMBER_LIKE: 45,
    Why.NAME: 40,
    Why.NAME_LIKE: 25,
    Why.PROMISE: 20,
    Why.INSTALMENT: 20,
    Why.BALANCE: 20,
    Why.CLOSED: -30,
}
_EACH_TIME = 5

WORDS: Mapping[Why, Message] = {
    Why.CHOSEN: msg("Chosen by hand"),
    Why.NUMBER: msg("Number {value} is in the purpose"),
    Why.VIRTUAL_ACCOUNT: msg("Paid to the account that ends in {value}"),
    Why.TAX_ID: msg("The payer's tax number is the debtor's"),
    Why.KNOWN_PAYER: msg("This account has paid for the case before ({value}×)"),
    Why.NUMBER_LIKE: msg("Something like number {value} is in the purpose"),
    Why.NAME: msg("The payer is called like {value}"),
    Why.NAME_LIKE: msg("The payer's name resembles {value}"),
    Why.PROMISE: msg("The sum is what was promised"),
    Why.INSTALMENT: msg("The sum is an instalment"),
    Why.BALANCE: msg("The sum is the balance"),
    Why.CLOSED: msg("The case is closed"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Clues:
    """What a payment tells of its purpose. ``virtual`` are the digits of the account it was paid to, if not ours."""

    amount: Decimal
    currency: str
    references: Sequence[Reference]
    payer_name: str = ""
    payer_tax_id: str = ""
    virtual: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A case a payment may be for. ``numbers`` goes from a number to its claim (None: the case's own);
    ``names`` are those of who answers for the debt, ``promised`` and ``instalments`` sums still due."""

    case_id: int
    currency: str
    numbers: Mapping[str, int | None] = field(default_factory=dict)
    names: Sequence[str] = ()
    tax_ids: frozenset[str] = frozenset()
    paid_before: int = 0
    balance: Decimal = Decimal(0)
    promised: frozenset[Decimal] = frozenset()
    instalments: frozenset[Decimal] = frozenset()
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: what it is worth, and the number or name it is about."""

    why: Why
    points: int
    value: str = ""

    @property
    def message(self) -> Message:
        return Message(WORDS[self.why].msgid, {"value": self.value})


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """A candidate weighed. ``claim_id`` is the only claim whose number the payer named."""

    case_id: int
    claim_id: int | None
    reasons: tuple[Reason, ...]

    @property
    def score(self) -> int:
        return max(0, min(_MOST, sum(reason.points for reason in self.reasons)))


def rank(clues: Clues, candidates: Iterable[Candidate]) -> list[Match]:
    """The candidates that anything speaks for, best first; equal ones in the order of their ids."""
    weighed = (weigh(clues, candidate) for candidate in candidates if candidate.currency == clues.currency)
    return sorted((match for match in weighed if match.score > 0), key=lambda match: (-match.score, match.case_id))


def automatic(ranked: Sequence[Match], limit: int = AUTOMATIC, margin: int = MARGIN) -> Match | None:
    """The match that may be taken unasked: above the limit, and the runner-up clearly below."""
    if not ranked or ranked[0].score < limit:
        return None
    if len(ranked) > 1 and ranked[0].score - ranked[1].score < margin:
        return None
    return ranked[0]


def weigh(clues: Clues, candidate: Candidate) -> Match:
    """What speaks for a candidate. A sum or a likeness alone never speaks for a case: it only adds to something."""
    numbers, claims = _numbers(clues.references, candidate.numbers)
    reasons = [*numbers, *_virtual(clues, candidate), *_payer(clues, candidate)]
    if reasons:
        reasons += _sums(clues.amount, candidate)
    if reasons and candidate.closed:
        reasons.append(_reason(Why.CLOSED))
    claim_id = next(iter(claims)) if len(claims) == 1 else None
    return Match(case_id=candidate.case_id, claim_id=claim_id, reasons=tuple(reasons))


def _reason(why: Why, value: str = "", extra: int = 0) -> Reason:
    return Reason(why, POINTS[why] + extra, value)


def _numbers(told: Sequence[Reference], numbers: Mapping[str, int | None]) -> tuple[list[Reason], set[int]]:
    """The best of the numbers that are named, and the claims named exactly."""
    best: Reason | None = None
    claims: set[int] = set()
    for number, claim_id in numbers.items():
        why = _likeness(told, parts_of(number))
        if why is None:
            continue
        if why is Why.NUMBER and claim_id is not None:
            claims.add(claim_id)
        if best is None or POINTS[why] > best.points:
            best = _reason(why, number)
    return ([best] if best else []), claims


def _likeness(told: Sequence[Reference], parts: tuple[str, ...]) -> Why | None:
    """Exactly, when the groups are the same and it is no bare short number; alike, when only the joined text is."""
    key = "".join(parts)
    found: Why | None = None
    for reference in told:
        if reference.key != key:
            continue
        sure = reference.announced or reference.written >= _LONG_ENOUGH or not key.isdecimal()
        if reference.parts == parts and sure:
            return Why.NUMBER
        found = Why.NUMBER_LIKE
    return found


def _virtual(clues: Clues, candidate: Candidate) -> list[Reason]:
    """A virtual account ends in the number of the case, filled up with zeros."""
    for number in candidate.numbers:
        digits = "".join(part for part in parts_of(number) if part.isdecimal())
        if len(digits) >= 3 and clues.virtual[-12:].lstrip("0") == digits:
            return [_reason(Why.VIRTUAL_ACCOUNT, digits)]
    return []


def _payer(clues: Clues, candidate: Candidate) -> list[Reason]:
    reasons = []
    if clues.payer_tax_id and clues.payer_tax_id in candidate.tax_ids:
        reasons.append(_reason(Why.TAX_ID))
    elif candidate.paid_before:
        extra = _EACH_TIME * min(candidate.paid_before - 1, 4)
        reasons.append(_reason(Why.KNOWN_PAYER, str(candidate.paid_before), extra))
    if clues.payer_name and (name := _name(clues.payer_name, candidate.names)):
        reasons.append(name)
    return reasons


def _name(payer: str, names: Sequence[str]) -> Reason | None:
    key = name_key(payer)
    likeness = [(similarity(key, name_key(name)), name) for name in names]
    best, name = max(likeness, default=(0.0, ""))
    if best >= 1:
        return _reason(Why.NAME, name)
    return _reason(Why.NAME_LIKE, name) if best >= _SIMILAR else None


def similarity(one: str, other: str) -> float:
    """How alike two name keys are, from 0 to 1. An initial stands for a name; a surname alone is never enough."""
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    ones, others = one.split(), other.split()
    if _initials(ones, others) or _initials(others, ones):
        return 0.9
    return min(SequenceMatcher(None, one, other).ratio(), 0.99)


def _initials(short: Sequence[str], full: Sequence[str]) -> bool:
    """Whether every word of ``short`` is a word of ``full`` or the initial of another, and one is a whole word."""
    whole = [word for word in short if len(word) > 1]
    letters = [word for word in short if len(word) == 1]
    rest = [word for word in full if word not in whole]
    if not whole or not letters or len(rest) != len(full) - len(whole):
        return False
    return set(letters) <= {word[0] for word in rest}


def _sums(amount: Decimal, candidate: Candidate) -> list[Reason]:
    """The first of promise, instalment and balance that the sum is."""
    if amount in candidate.promised:
        return [_reason(Why.PROMISE)]
    if amount in candidate.instalments:
        return [_reason(Why.INSTALMENT)]
    if amount == candidate.balance > 0:
        return [_reason(Why.BALANCE)]
    return []
