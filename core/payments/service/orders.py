"""Orders to settle: what is asked for, whether it can be done, and how the money would split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import Case, Creditor
from core.cases.queries.balance import OpenItem
from core.kernel.among import Among
from core.kernel.db import Base
from core.kernel.errors import DomainError, NotFound
from core.kernel.i18n import msg
from core.payments.errors import BadSettlement, NothingLeft, NothingOpen, PaymentIsReversed
from core.payments.model import Payment, PaymentState
from core.payments.rules.allocation import Result, Wanted, allocate, by_hand, faults_by_hand
from core.payments.rules.schemes import MANUAL, SchemeRules, default_key, to_data
from core.payments.service.schemes import schemes_by_key

T = TypeVar("T")

_NOTHING = Result(lines=(), remainder=Decimal(0))


@dataclass(frozen=True, kw_only=True, slots=True)
class SettleOrder:
    """What to settle: ``amount`` of the payment (None: all that is left) on ``case_ids`` (none: the case it was matched
    to) or some claims of them (None: all), by a scheme (None: the creditor's, else the law's) or by ``lines``.
    ``currency``, if given, must be the payment's."""

    payment_id: int
    case_ids: tuple[int, ...] = ()
    claim_ids: frozenset[int] | None = None
    amount: Decimal | None = None
    scheme_key: str | None = None
    lines: tuple[Wanted, ...] = ()
    currency: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """What became of an order: ``result`` by ``scheme``; without a ``settlement_id`` nothing was written, because of
    ``refusal`` or because it was only a preview."""

    payment_id: int
    scheme: SchemeRules = MANUAL
    result: Result = _NOTHING
    settlement_id: int | None = None
    refusal: DomainError | None = None


@dataclass(kw_only=True, slots=True)
class Money:
    """A payment as far as settling goes by it. ``settled`` and ``state`` follow what is spent of it."""

    id: int
    state: str
    amount: Decimal
    settled: Decimal
    refunded: Decimal
    currency: str
    value_on: date
    case_id: int | None
    claim_id: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Debtor:
    """A case as far as settling goes by it."""

    id: int
    creditor_id: int
    currency: str
    jurisdiction: str | None
    collector_id: int | None
    unit_id: int | None
    stage_id: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """An order that can be carried out, at place ``n`` among the orders."""

    n: int
    order: SettleOrder
    payment: Money
    cases: tuple[Debtor, ...]
    case_ids: tuple[int, ...]
    scheme: SchemeRules

    def kept(self) -> dict[str, Any]:
        """The scheme as it is now and what was asked for, to be read and done again later."""
        claims, amount = self.order.claim_ids, self.order.amount
        asked = {
            "cases": list(self.case_ids),
            "claims": None if claims is None else sorted(claims),
            "amount": None if amount is None else str(amount),
        }
        return {**_data(self.scheme), "asked": asked}


#: A scheme as data, made once for all the payments that are split by it.
_data = lru_cache(maxsize=64)(to_data)


async def cases_named(session: AsyncSession, orders: Sequence[SettleOrder]) -> set[int]:
    """Every case that money could come on."""
    named = {case_id for order in orders for case_id in order.case_ids}
    wanted = {order.payment_id for order in orders if not order.case_ids}
    matched = await session.scalars(select(Payment.case_id).where(Among(Payment.id, wanted)))
    return named | {case_id for case_id in matched if case_id is not None}


async def prepare(
    session: AsyncSession, orders: Sequence[SettleOrder], *, locked: bool = False
) -> list[Job | DomainError]:
    """A job for each order, or why there can be none. ``locked``: its cases, then its payments, are held until the
    transaction ends."""
    cases = await _read(session, Case, Debtor, await cases_named(session, orders), locked=locked)
    payments = await _read(session, Payment, Money, {order.payment_id for order in orders}, locked=locked)
    creditor_ids = {case.creditor_id for case in cases.values()}
    creditors = {one.id: one for one in await session.scalars(select(Creditor).where(Creditor.id.in_(creditor_ids)))}
    defaults = {case.id: _default(case, creditors[case.creditor_id]) for case in cases.values()}
    named = {order.scheme_key for order in orders if order.scheme_key}
    schemes = await schemes_by_key(session, {*defaults.values(), *named})
    jobs: list[Job | DomainError] = []
    for n, order in enumerate(orders):
        try:
            payment, wanted = _payment(order, payments), _cases(order, payments, cases)
            scheme = _scheme(order, schemes, defaults[wanted[0].id])
        except DomainError as refusal:
            jobs.append(refusal)
        else:
            case_ids = tuple(case.id for case in wanted)
            jobs.append(Job(n=n, order=order, payment=payment, cases=wanted, case_ids=case_ids, scheme=scheme))
    return jobs


async def _read(
    session: AsyncSession, table: type[Base], shape: type[T], ids: set[int], *, locked: bool
) -> dict[int, T]:
    """Rows as ``shape`` has them, by id; locked in the order of their ids."""
    columns = [getattr(table, field.name) for field in fields(shape)]  # type: ignore[arg-type]
    wanted = select(*columns).where(Among(columns[0], ids)).order_by(columns[0])
    found = await session.execute(wanted.with_for_update() if locked else wanted)
    return {row.id: shape(**row._mapping) for row in found}


def split(job: Job, items: Sequence[OpenItem]) -> Result | DomainError:
    """How what is left of the payment splits over what is open (``items``, of any cases), or why it does not."""
    cases, claims, payment = set(job.case_ids), job.order.claim_ids, job.payment
    mine = [item for item in items if item.case_id in cases and (claims is None or item.claim_id in claims)]
    try:
        amount = _amount(job.order, payment)
    except DomainError as refusal:
        return refusal
    if not job.scheme.manual:
        named = () if payment.claim_id is None else (payment.claim_id,)
        found = allocate(amount, mine, job.scheme, designated=named, as_of=payment.value_on)
        return found if found.lines else NothingOpen()
    faults = faults_by_hand(amount, mine, job.order.lines)
    return BadSettlement(faults) if faults else by_hand(amount, mine, job.order.lines)


def _default(case: Debtor, creditor: Creditor) -> str:
    return default_key(creditor.scheme_key, case.jurisdiction or creditor.jurisdiction)


def _payment(order: SettleOrder, payments: Mapping[int, Money]) -> Money:
    payment = payments.get(order.payment_id)
    if payment is None:
        raise NotFound()
    if payment.state == PaymentState.REVERSED:
        raise PaymentIsReversed()
    if order.currency not in (None, payment.currency):
        raise BadSettlement({"amount": msg("The payment is in {currency}.", currency=payment.currency)})
    return payment


def _cases(order: SettleOrder, payments: Mapping[int, Money], cases: Mapping[int, Debtor]) -> tuple[Debtor, ...]:
    payment = payments[order.payment_id]
    wanted = tuple(dict.fromkeys(order.case_ids)) or ((payment.case_id,) if payment.case_id is not None else ())
    if not wanted:
        raise BadSettlement({"case_ids": msg("Choose a case.")})
    if any(case_id not in cases for case_id in wanted):
        raise NotFound()
    for case_id in wanted:
        if cases[case_id].currency != payment.currency:
            raise BadSettlement({"case_ids": msg("The debt is in {currency}.", currency=cases[case_id].currency)})
    return tuple(cases[case_id] for case_id in wanted)


def _scheme(order: SettleOrder, schemes: Mapping[str, SchemeRules], default: str) -> SchemeRules:
    if order.lines:
        return MANUAL
    scheme = schemes.get(order.scheme_key or default)
    if scheme is None:
        raise BadSettlement({"scheme": msg("Choose a scheme that is in use.")})
    if scheme.manual:
        raise BadSettlement({"lines": msg("Enter the sums line by line.")})
    return scheme


def _amount(order: SettleOrder, payment: Money) -> Decimal:
    """The most that may be spent: earlier orders of the same round may have taken from the payment too."""
    rest = payment.amount - payment.settled - payment.refunded
    if not rest:
        raise NothingLeft()
    if order.amount is None:
        return rest
    if not 0 < order.amount <= rest:
        raise BadSettlement({"amount": msg("Enter a sum above zero, at most the {rest} left.", rest=str(rest))})
    return order.amount
