"""Posting to the ledger: the one door through which a debt or the money for it changes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, bindparam, select, update

from core.cases.model import COMPONENTS, Account, Case, Claim, Component, LedgerEntry, LedgerTransaction, Posting
from core.kernel.access import Actor
from core.kernel.bulk import insert_many, reserve_ids
from core.kernel.types import Amount
from core.kernel.uow import Work


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One entry to post: a debit above zero, a credit below. Lines on ``DEBT`` name claim, case and component."""

    account: Account
    amount: Decimal
    currency: str
    case_id: int | None = None
    claim_id: int | None = None
    component: Component | None = None
    payment_id: int | None = None


async def lock_cases(work: Work, case_ids: Iterable[int]) -> Sequence[Case]:
    """The cases, by id, held until the transaction ends: whoever decides by a balance locks what he decides on first.

    SQLite has one writer anyway; in PostgreSQL the rows are locked, always in the order of their ids.
    """
    locked = select(Case).where(Case.id.in_(set(case_ids))).order_by(Case.id).with_for_update()
    return (await work.session.scalars(locked, execution_options={"populate_existing": True})).all()


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A transaction to post; its lines add up to zero in every currency. ``reverses_id`` is what it takes back."""

    kind: Posting
    lines: Sequence[Line]
    value_on: date
    booked_on: date
    reason: str = ""
    reverses_id: int | None = None


async def post(
    work: Work,
    actor: Actor,
    kind: Posting,
    lines: Sequence[Line],
    *,
    value_on: date,
    booked_on: date,
    at: datetime,
    reason: str = "",
    reverses_id: int | None = None,
) -> LedgerTransaction:
    """Write one transaction; see :func:`post_many`."""
    draft = Draft(
        kind=kind, lines=lines, value_on=value_on, booked_on=booked_on, reason=reason, reverses_id=reverses_id
    )
    (transaction_id,) = await post_many(work, actor, [draft], at=at)
    return await work.session.get_one(LedgerTransaction, transaction_id)


async def post_many(work: Work, actor: Actor, drafts: Sequence[Draft], *, at: datetime) -> Sequence[int]:
    """Write transactions, and bring the claims' copies up to them; their ids in the order given.

    The cases have been locked by the caller, who also refreshes them afterwards (``refresh_cases``). Raises
    ``ValueError`` for lines that do not balance: that is a fault of the program, never of a user.
    """
    for draft in drafts:
        _check_balanced(draft.lines)
    ids = list(await reserve_ids(work.session, LedgerTransaction, len(drafts)))
    posted = {"posted_at": at, "actor_id": actor.user_id or None}
    heads = [{"id": key, **_head(draft), **posted} for key, draft in zip(ids, drafts, strict=True)]
    await insert_many(work.session, LedgerTransaction, heads)
    entries = [
        entry_of(line, key, draft.value_on) for key, draft in zip(ids, drafts, strict=True) for line in draft.lines
    ]
    await insert_many(work.session, LedgerEntry, entries)
    await _copy_to_claims(work, [line for draft in drafts for line in draft.lines])
    return ids


def _head(draft: Draft) -> dict[str, Any]:
    return {
        "kind": draft.kind,
        "value_on": draft.value_on,
        "booked_on": draft.booked_on,
        "reason": draft.reason,
        "reverses_id": draft.reverses_id,
    }


def entry_of(line: Line, transaction_id: int, value_on: date) -> dict[str, Any]:
    """The row of an entry."""
    return {
        "transaction_id": transaction_id,
        "account": line.account,
        "case_id": line.case_id,
        "claim_id": line.claim_id,
        "component": line.component,
        "payment_id": line.payment_id,
        "amount": line.amount,
        "currency": line.currency,
        "value_on": value_on,
    }


async def mirror(
    work: Work, actor: Actor, transaction_id: int, kind: Posting, *, booked_on: date, at: datetime, reason: str
) -> LedgerTransaction:
    """Take a transaction back by its exact opposite, on its own value date, once: a second time breaks the unique
    ``reverses_id`` (``IntegrityError``)."""
    original = await work.session.get_one(LedgerTransaction, transaction_id)
    entries = select(LedgerEntry).where(LedgerEntry.transaction_id == transaction_id).order_by(LedgerEntry.id)
    opposite = [
        Line(
            account=Account(entry.account),
            amount=-entry.amount,
            currency=entry.currency,
            case_id=entry.case_id,
            claim_id=entry.claim_id,
            component=None if entry.component is None else Component(entry.component),
            payment_id=entry.payment_id,
        )
        for entry in await work.session.scalars(entries)
    ]
    return await post(
        work,
        actor,
        kind,
        opposite,
        value_on=original.value_on,
        booked_on=booked_on,
        at=at,
        reason=reason,
        reverses_id=transaction_id,
    )


def _check_balanced(lines: Sequence[Line]) -> None:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[line.currency] += line.amount
    if not lines or any(sums.values()):
        raise ValueError(f"a transaction must add up to zero, not {dict(sums)}")


async def _copy_to_claims(work: Work, lines: Sequence[Line]) -> None:
    """Add what was posted to the copies on the claims."""
    moved: dict[int, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(COMPONENTS, Decimal(0)))
    for line in lines:
        if line.claim_id is not None and line.component is not None:
            moved[line.claim_id][line.component] += line.amount
    if not moved:
        return
    await work.session.flush()
    await work.session.execute(_ADD_TO_CLAIM, [{"claim": key, **moved[key]} for key in sorted(moved)])
    if any(isinstance(known, Claim) for known in work.session.identity_map.values()):
        again = select(Claim).where(Claim.id.in_(moved))
        await work.session.scalars(again, execution_options={"populate_existing": True})


_CLAIMS = Claim.__table__
assert isinstance(_CLAIMS, Table)
_ADD_TO_CLAIM = (
    update(_CLAIMS)
    .where(_CLAIMS.c.id == bindparam("claim"))
    .values({name: _CLAIMS.c[name] + bindparam(name, type_=Amount()) for name in COMPONENTS})
)
