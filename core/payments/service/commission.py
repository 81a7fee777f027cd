"""What the agency earns, written into repayments as they are posted, and reckoned again when terms change back-dated.

A repayment earns by its creditor's terms of its value date. A mirror is never reckoned: it takes back what its line
earned. What a statement to the creditor has taken up, a draft included, stays as it is.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, Table, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.audit.service import record
from core.cases.model import Claim, Stage
from core.kernel.access import Actor
from core.kernel.bulk import execute_all
from core.kernel.locks import BOOKS, own
from core.kernel.types import Amount
from core.kernel.uow import Work
from core.payments import rights
from core.payments.model import AccountKind, Allocation, CommissionTerms, MoneyAccount, Payment, TermsKind
from core.payments.rules.commission import Earned, Repaid, Terms, bands_from, earned_by_all, opposite

_FACTS = ("payment_id", "case_id", "claim_id", "creditor_id", "component", "amount", "value_on", "stage_id")
_KEPT = ("id", "currency", "commission", "commission_vat", "terms_id")


@dataclass(frozen=True, kw_only=True, slots=True)
class Recounted:
    """What reckoning again changes, or has changed, in one currency: commission and VAT together before and after, over
    the ``lines`` that differ."""

    currency: str
    lines: int
    before: Decimal
    after: Decimal


async def earn(session: AsyncSession, repayments: Sequence[dict[str, Any]]) -> None:
    """Write into rows of repayments, before they are inserted, what each earns. A handful of statements for any
    number."""
    terms = await _terms(session, {row["creditor_id"] for row in repayments})
    if not terms:
        return
    paid_cases = await _paid_cases(session, {row["case_id"] for row in repayments}, terms)
    for row, earned in zip(repayments, await _earned(session, repayments, terms, paid_cases), strict=True):
        row["commission"], row["commission_vat"], row["terms_id"] = earned.commission, earned.vat, earned.terms_id


async def preview_recount(session: AsyncSession, actor: Actor, creditor_id: int, from_on: date) -> Sequence[Recounted]:
    """What :func:`recount` would change now."""
    actor.require(rights.COMMISSION)
    return _summed(await _changes(session, creditor_id, from_on))


async def recount(work: Work, actor: Actor, creditor_id: int, from_on: date, *, at: datetime) -> Sequence[Recounted]:
    """Reckon again what a creditor's repayments with value dates from ``from_on`` on earned, except those in a
    statement; nobody posts meanwhile."""
    actor.require(rights.COMMISSION)
    await own(work.session, BOOKS)
    changes = await _changes(work.session, creditor_id, from_on)
    rows = [row for change in changes for row in change.rows()]
    await execute_all(work.session, _REWRITE, rows)
    found = _summed(changes)
    for one in found:
        told = {"currency": (None, one.currency), "commission": (one.before, one.after), "from": (None, from_on)}
        record(work, actor, "commission.recounted", ("creditor", creditor_id), told, at=at)
    return found


def terms_from(row: CommissionTerms) -> Terms:
    """The terms as the rules read them."""
    return Terms(
        id=row.id,
        kind=TermsKind(row.kind),
        bases=frozenset(row.bases),
        bands=bands_from(row.bands),
        vat_percent=row.vat_percent,
        direct_percent=row.direct_percent,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Change:
    line_id: int
    mirror_id: int | None
    currency: str
    before: Earned
    after: Earned

    def rows(self) -> list[dict[str, object]]:
        """The line, and its mirror with the exact opposite."""
        found = [_rewritten(self.line_id, self.after)]
        return found if self.mirror_id is None else [*found, _rewritten(self.mirror_id, opposite(self.after))]


def _rewritten(line_id: int, earned: Earned) -> dict[str, object]:
    return {"key": line_id, "earned": earned.commission, "vat": earned.vat, "terms": earned.terms_id}


_LINES = Allocation.__table__
assert isinstance(_LINES, Table)
_REWRITE = (
    update(_LINES)
    .where(_LINES.c.id == bindparam("key"), _LINES.c.remittance_id.is_(None))
    .values(
        commission=bindparam("earned", type_=Amount()),
        commission_vat=bindparam("vat", type_=Amount()),
        terms_id=bindparam("terms"),
    )
)


async def _changes(session: AsyncSession, creditor_id: int, from_on: date) -> list[_Change]:
    """Lines that would earn something else, in the order of their value dates."""
    lines = (await session.execute(_open_lines(creditor_id, from_on))).all()
    facts = [{name: getattr(line, name) for name in _FACTS} for line in lines]
    terms = await _terms(session, {creditor_id})
    standing = [(line, fact) for line, fact in zip(lines, facts, strict=True) if line.mirror_id is None]
    gone = [(line, fact) for line, fact in zip(lines, facts, strict=True) if line.mirror_id is not None]
    mine = {line.id for line in lines}
    paid_cases = await _paid_cases(session, {fact["case_id"] for fact in facts}, terms, without=mine)
    # A line that was withdrawn earns nothing in the end: it must not use up a sum that is earned once.
    after = await _earned(session, [fact for _line, fact in standing], terms, paid_cases)
    every_case = {fact["case_id"] for fact in facts}
    after += await _earned(session, [fact for _line, fact in gone], terms, every_case)
    found = (_change(line, earned) for (line, _fact), earned in zip((*standing, *gone), after, strict=True))
    return [change for change in found if change.before != change.after]


def _change(line: Any, after: Earned) -> _Change:
    before = Earned(commission=line.commission, vat=line.commission_vat, terms_id=line.terms_id)
    return _Change(line_id=line.id, mirror_id=line.mirror_id, currency=line.currency, before=before, after=after)


def _open_lines(creditor_id: int, from_on: date) -> Select[*tuple[Any, ...]]:
    """Lines that no statement has taken up, with their mirrors; neither one whose mirror is in a statement."""
    mirror = aliased(Allocation)
    return (
        select(*(getattr(Allocation, name) for name in (*_FACTS, *_KEPT)), mirror.id.label("mirror_id"))
        .outerjoin(mirror, mirror.reverses_id == Allocation.id)
        .where(
            Allocation.creditor_id == creditor_id,
            Allocation.value_on >= from_on,
            Allocation.reverses_id.is_(None),
            Allocation.remittance_id.is_(None),
            or_(mirror.id.is_(None), mirror.remittance_id.is_(None)),
        )
        .order_by(Allocation.value_on, Allocation.settlement_id, Allocation.id)
    )


def _summed(changes: Sequence[_Change]) -> list[Recounted]:
    by_currency: dict[str, list[_Change]] = defaultdict(list)
    for change in changes:
        if change.mirror_id is None:
            by_currency[change.currency].append(change)
    return [
        Recounted(
            currency=currency,
            lines=len(found),
            before=sum((one.before.commission + one.before.vat for one in found), Decimal(0)),
            after=sum((one.after.commission + one.after.vat for one in found), Decimal(0)),
        )
        for currency, found in sorted(by_currency.items())
    ]


async def _terms(session: AsyncSession, creditor_ids: Collection[int]) -> Mapping[int, Sequence[Terms]]:
    found: dict[int, list[Terms]] = defaultdict(list)
    wanted = select(CommissionTerms).where(CommissionTerms.creditor_id.in_(creditor_ids))
    for row in await session.scalars(wanted.order_by(CommissionTerms.id)):
        found[row.creditor_id].append(terms_from(row))
    return found


async def _paid_cases(
    session: AsyncSession,
    case_ids: Collection[int],
    terms: Mapping[int, Sequence[Terms]],
    *,
    without: Collection[int] = (),
) -> set[int]:
    """Cases whose sum has been earned by repayments that stand, other than ``without`` those."""
    fixed = [one.id for mine in terms.values() for one in mine if one.kind is TermsKind.FIXED]
    if not fixed:
        return set()
    columns = select(Allocation.id, Allocation.reverses_id, Allocation.case_id, Allocation.commission)
    earned: dict[int, Decimal] = defaultdict(Decimal)
    for row in await session.execute(columns.where(Allocation.terms_id.in_(fixed), Allocation.case_id.in_(case_ids))):
        if (row.reverses_id or row.id) not in without:
            earned[row.case_id] += row.commission
    return {case_id for case_id, sum_of in earned.items() if sum_of}


async def _earned(
    session: AsyncSession,
    facts: Sequence[Mapping[str, Any]],
    terms: Mapping[int, Sequence[Terms]],
    paid_cases: Collection[int],
) -> list[Earned]:
    """What each earns, creditor by creditor, in the order given."""
    repaid = await _repaid(session, facts, terms)
    found = [Earned()] * len(facts)
    for creditor_id, mine in terms.items():
        places = [place for place, fact in enumerate(facts) if fact["creditor_id"] == creditor_id]
        earned = earned_by_all([repaid[place] for place in places], mine, paid_cases)
        for place, one in zip(places, earned, strict=True):
            found[place] = one
    return found


async def _repaid(
    session: AsyncSession, facts: Sequence[Mapping[str, Any]], terms: Mapping[int, Sequence[Terms]]
) -> list[Repaid]:
    kinds = {one.kind for mine in terms.values() for one in mine}
    paid = select(Payment.id, Payment.amount, MoneyAccount.kind).join(MoneyAccount)
    payments = {
        row.id: row for row in await session.execute(paid.where(Payment.id.in_({fact["payment_id"] for fact in facts})))
    }
    due = select(Claim.id, Claim.due_on).where(Claim.id.in_({fact["claim_id"] for fact in facts}))
    dues = {row.id: row.due_on for row in await session.execute(due)} if TermsKind.BY_AGE in kinds else {}
    keys = {row.id: row.key for row in await session.execute(select(Stage.id, Stage.key))}
    return [
        Repaid(
            case_id=fact["case_id"],
            component=fact["component"],
            amount=fact["amount"],
            paid=payments[fact["payment_id"]].amount,
            value_on=fact["value_on"],
            due_on=dues.get(fact["claim_id"]),
            stage=keys.get(fact["stage_id"]),
            direct=payments[fact["payment_id"]].kind == AccountKind.DIRECT,
        )
        for fact in facts
    ]
