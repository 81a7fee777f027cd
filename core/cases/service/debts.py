"""Changes of a debt by hand: corrected, forgiven, a fee charged. Each is a transaction with its reason."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from core.audit.service import record
from core.cases import rights
from core.cases.model import Account, Case, Claim, ClaimState, Component, EventKind, Posting
from core.cases.queries.agency import agency_day
from core.cases.queries.balance import open_items
from core.cases.service.access import case_for
from core.cases.service.balances import refresh_balances
from core.cases.service.ledger import Line, lock_cases, post
from core.cases.service.timeline import add_event
from core.kernel.access import Actor
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, msg
from core.kernel.money import CENT
from core.kernel.uow import Work

#: What may be charged as a fee: costs of getting the debt, never interest on it.
FEES = (Component.CREDITOR_FEES, Component.COURT_COSTS, Component.AGENCY_FEES)


@dataclass(frozen=True, kw_only=True, slots=True)
class DebtChange:
    """A sum on one component of one claim, in the case's currency, and why. ``value_on`` None: today."""

    claim_id: int
    component: Component
    amount: Decimal
    reason: str
    value_on: date | None = None


async def adjust(work: Work, actor: Actor, case_id: int, change: DebtChange, *, at: datetime) -> None:
    """Correct what was handed over, up or down. Raises ``NotFound`` or ``Invalid``."""
    await _change(work, actor, case_id, change, _Way(Posting.ADJUSTMENT, Account.PLACEMENT, "adjusted"), at=at)


async def write_off(work: Work, actor: Actor, case_id: int, change: DebtChange, *, at: datetime) -> None:
    """Forgive a part of what is open, accrued interest included. Raises ``NotFound`` or ``Invalid``."""
    await _change(work, actor, case_id, change, _Way(Posting.WRITE_OFF, Account.WRITE_OFF, "written_off"), at=at)


async def charge_fee(work: Work, actor: Actor, case_id: int, change: DebtChange, *, at: datetime) -> None:
    """Charge the debtor a fee or a cost (:data:`FEES`). Raises ``NotFound`` or ``Invalid``."""
    await _change(work, actor, case_id, change, _Way(Posting.FEE, Account.FEES, "charged"), at=at)


@dataclass(frozen=True, slots=True)
class _Way:
    """How a kind of change is posted and told."""

    kind: Posting
    against: Account
    word: str


async def _change(work: Work, actor: Actor, case_id: int, change: DebtChange, way: _Way, *, at: datetime) -> None:
    await case_for(work.session, actor, case_id, rights.LEDGER)
    (case,) = await lock_cases(work, [case_id])
    claim = await work.session.get(Claim, change.claim_id)
    if claim is None or claim.case_id != case_id or claim.state == ClaimState.WITHDRAWN:
        raise NotFound
    today = await agency_day(work.session, at)
    value_on = change.value_on or today
    faults = _faults(change, way, today)
    if not faults and way.kind is Posting.WRITE_OFF:
        faults = await _beyond(work, case_id, change, value_on)
    if faults:
        raise Invalid(faults)
    signed = -change.amount if way.kind is Posting.WRITE_OFF else change.amount
    lines = _lines(case, change, way, signed)
    posted = await post(work, actor, way.kind, lines, value_on=value_on, booked_on=today, at=at, reason=change.reason)
    await refresh_balances(work, [case_id], at=at)
    told = {
        "change": way.word,
        "claim": claim.number,
        "component": change.component.value,
        "amount": str(signed),
        "currency": case.currency,
    }
    kind = EventKind.INTEREST if way.kind is Posting.FEE else EventKind.CLAIM
    add_event(work, case_id, kind, at, actor=actor, text=change.reason, data={**told, "transaction": posted.id})
    kept = {**{name: told[name] for name in ("claim", "component", "amount", "currency")}, "reason": change.reason}
    changes: dict[str, tuple[object, object]] = {name: (None, value) for name, value in kept.items()}
    record(work, actor, f"debt.{way.word}", ("case", case_id), {**changes, "value_on": (None, value_on)}, at=at)


def _faults(change: DebtChange, way: _Way, today: date) -> dict[str, Message]:
    faults: dict[str, Message] = {}
    if not change.amount:
        faults["amount"] = msg("Enter a sum other than zero.")
    elif change.amount < 0 and way.kind is not Posting.ADJUSTMENT:
        faults["amount"] = msg("Enter a sum above zero.")
    elif change.amount != change.amount.quantize(CENT):
        faults["amount"] = msg("A sum has at most two decimals.")
    if way.kind is Posting.FEE and change.component not in FEES:
        faults["component"] = msg("Only fees and costs can be charged.")
    if not change.reason.strip():
        faults["reason"] = msg("Say why.")
    if change.value_on is not None and change.value_on > today:
        faults["value_on"] = msg("This day is yet to come.")
    return faults


async def _beyond(work: Work, case_id: int, change: DebtChange, value_on: date) -> dict[str, Message]:
    """No more can be forgiven than is open."""
    is_open = sum(
        item.amount
        for item in await open_items(work.session, [case_id], value_on)
        if (item.claim_id, item.component) == (change.claim_id, change.component)
    )
    if change.amount <= is_open:
        return {}
    return {"amount": msg("Only {open} is open there on that day.", open=str(Decimal(is_open).quantize(CENT)))}


def _lines(case: Case, change: DebtChange, way: _Way, signed: Decimal) -> list[Line]:
    debt = Line(
        account=Account.DEBT,
        amount=signed,
        currency=case.currency,
        case_id=case.id,
        claim_id=change.claim_id,
        component=change.component,
    )
    return [debt, Line(account=way.against, amount=-signed, currency=case.currency)]
