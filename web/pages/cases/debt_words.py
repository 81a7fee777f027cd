"""A debt in words: entries and lines of interest as the sheet and its print show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.cases.model import Claim, Component, DayRule, Posting
from core.cases.queries.debt import DebtSheet, PostedLine
from core.cases.rules.balance import ClaimBalance
from core.cases.rules.interest import Accrual, AccrualLine, Days, Term, explained
from core.cases.rules.limitation import PERIODS
from core.kernel.i18n import Message, msg
from web.pages.cases.case_words import COMPONENT_LABELS

POSTINGS: Mapping[str, Message] = {
    Posting.OPENING: msg("Handed over"),
    Posting.ADJUSTMENT: msg("Correction"),
    Posting.FEE: msg("Fee or cost"),
    Posting.WRITE_OFF: msg("Write-off"),
    Posting.PAYMENT: msg("Payment"),
    Posting.SETTLEMENT: msg("Repayment"),
    Posting.WITHDRAWAL: msg("Repayment withdrawn"),
    Posting.REVERSAL: msg("Payment reversed"),
    Posting.REFUND: msg("Refund"),
}
DAY_RULES: Mapping[str, Message] = {
    DayRule.FIXED_365: msg("365 days a year"),
    DayRule.FIXED_360: msg("360 days a year"),
    DayRule.ACTUAL: msg("as many days as the year has"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class PartLine:
    """A component of a claim: what was posted and what accrued."""

    label: Message
    posted: Decimal
    accrued: Decimal

    @property
    def total(self) -> Decimal:
        return self.posted + self.accrued


@dataclass(frozen=True, kw_only=True, slots=True)
class InterestSheet:
    """What one term accrued, line by line. ``unconfirmed``: nobody has checked its rates against the law."""

    title: Message
    clause: str
    unconfirmed: bool
    monthly: bool
    lines: tuple[AccrualLine, ...]
    total: Decimal
    unknown: tuple[Days, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimSheet:
    """A claim of the sheet."""

    claim_id: int
    number: str
    contract_no: str | None
    due_on: date | None
    barred: Message | None
    total: Decimal
    group: str | None
    parts: tuple[PartLine, ...]
    posted: tuple[tuple[PostedLine, Message, Message], ...]
    interest: tuple[InterestSheet, ...]


def claim_sheet(balance: ClaimBalance, sheet: DebtSheet) -> ClaimSheet:
    """The claim as the sheet shows it."""
    claim: Claim = sheet.claims[balance.claim_id]
    group = sheet.groups.get(claim.interest_group_id or 0)
    return ClaimSheet(
        claim_id=claim.id,
        number=balance.claim_number,
        contract_no=balance.contract_no,
        due_on=balance.due_on,
        barred=limitation_told(claim),
        total=balance.total,
        group=group.name if group else None,
        parts=tuple(_parts(balance)),
        posted=tuple(
            (line, POSTINGS[line.kind], COMPONENT_LABELS[line.component])
            for line in sheet.posted.get(balance.claim_id, [])
        ),
        interest=tuple(_interest(accrual) for accrual in explained(balance.accrued)),
    )


def limitation_told(claim: Claim) -> Message | None:
    """From when the claim is time-barred, and by which clause where nobody stated it."""
    if claim.limitation_on is None:
        return None
    period = PERIODS.get(claim.limitation_by or "")
    if period is None:
        return msg("Time-barred from {day}, as stated", day=claim.limitation_on)
    told = msg("Time-barred from {day} by {clause}", day=claim.limitation_on, clause=period.clause)
    return told if period.confirmed else msg("{told} (not confirmed by a lawyer)", told=told)


def _parts(balance: ClaimBalance) -> list[PartLine]:
    zero = Decimal(0)
    lines = [
        PartLine(
            label=COMPONENT_LABELS[part],
            posted=balance.posted.get(part, zero),
            accrued=balance.accrued.parts.get(part, zero),
        )
        for part in Component
    ]
    return [line for line in lines if line.posted or line.accrued]


def _interest(accrual: Accrual) -> InterestSheet:
    rates = accrual.term.rates
    return InterestSheet(
        title=term_title(accrual.term),
        clause=rates.clause if rates else "",
        unconfirmed=rates is not None and not rates.confirmed,
        monthly=accrual.term.monthly,
        lines=accrual.lines,
        total=sum((line.amount for line in accrual.lines), Decimal(0)),
        unknown=accrual.unknown,
    )


def term_title(term: Term) -> Message:
    """What a term is: into which component, at which rate, by which days."""
    into = COMPONENT_LABELS[term.accrues_to]
    if term.rates is None:
        rate = msg("{percent} % a year", percent=_plain(term.percent or Decimal(0)))
    elif term.monthly:
        return msg("{component}: {rate}", component=into, rate=term.rates.name)
    elif term.margin:
        rate = msg("{table} + {margin} points", table=term.rates.name, margin=_plain(term.margin))
    else:
        rate = msg("{table}", table=term.rates.name)
    return msg("{component}: {rate}, {days}", component=into, rate=rate, days=DAY_RULES[term.day_rule])


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
