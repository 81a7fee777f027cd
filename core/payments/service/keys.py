"""Keeps the numbers by which payments find their cases beside the cases and claims they belong to."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import Case, Claim
from core.kernel.bulk import insert_missing
from core.kernel.uow import UnitOfWork
from core.payments.model import CaseKey
from core.payments.rules.references import SHORTEST_KEY, key_of

_CHUNK = 5_000
#: Ids are given out before they are committed: this many behind the last one seen are looked at again.
_LOOK_BACK = 10_000

#: (session, id) → the rows of the next cases or claims behind the id, and the last id looked at (None: there are none).
_News = Callable[[AsyncSession, int], Awaitable[tuple[Sequence[dict[str, Any]], int | None]]]


async def refresh_keys(uow: UnitOfWork) -> None:
    """Add the numbers of cases and claims that came since the last time."""
    async with uow.read() as session:
        case_id = await session.scalar(select(func.max(CaseKey.case_id)))
        claim_id = await session.scalar(select(func.max(CaseKey.claim_id)))
    await _follow(uow, _of_cases, case_id or 0)
    await _follow(uow, _of_claims, claim_id or 0)


async def _follow(uow: UnitOfWork, news: _News, seen: int) -> None:
    last: int | None = max(seen - _LOOK_BACK, 0)
    while last is not None:
        async with uow.read() as session:
            rows, last = await news(session, last)
        if rows:
            async with uow.write() as work:
                await insert_missing(work.session, CaseKey, rows)


async def _of_cases(session: AsyncSession, after: int) -> tuple[Sequence[dict[str, Any]], int | None]:
    known = exists().where(CaseKey.case_id == Case.id, CaseKey.claim_id == 0)
    wanted = select(Case.id, Case.number, known.label("known")).where(Case.id > after).order_by(Case.id).limit(_CHUNK)
    found = (await session.execute(wanted)).all()
    rows = [row for one in found if not one.known for row in _rows(one.id, 0, one.number)]
    return rows, found[-1].id if found else None


async def _of_claims(session: AsyncSession, after: int) -> tuple[Sequence[dict[str, Any]], int | None]:
    known = exists().where(CaseKey.case_id == Claim.case_id, CaseKey.claim_id == Claim.id)
    wanted = select(Claim.id, Claim.case_id, Claim.number, Claim.contract_no, known.label("known"))
    found = (await session.execute(wanted.where(Claim.id > after).order_by(Claim.id).limit(_CHUNK))).all()
    rows = [
        row
        for one in found
        if not one.known
        for number in sorted({one.number, one.contract_no or one.number})
        for row in _rows(one.case_id, one.id, number)
    ]
    return rows, found[-1].id if found else None


def _rows(case_id: int, claim_id: int, number: str) -> list[dict[str, Any]]:
    key = key_of(number)
    if len(key) < SHORTEST_KEY:
        return []
    return [{"key": key, "case_id": case_id, "claim_id": claim_id, "number": number}]
