"""What pops on the screen of a collector whose phone rings: who it probably is, and whose case."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.model import Call
from core.cases.model import Case, Creditor
from core.parties.model import Party


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """The card of a call that rings. ``name``, ``case_number`` and ``creditor`` are None as far as unknown."""

    call_id: int
    direction: str
    phone: str | None
    party_id: int | None
    case_id: int | None
    name: str | None
    case_number: str | None
    creditor: str | None
    queue: str | None


_OFFERS = (
    select(
        Call.id.label("call_id"),
        Call.direction,
        Call.phone,
        Call.party_id,
        Call.case_id,
        Call.queue,
        Party.name,
        Case.number.label("case_number"),
        Creditor.name.label("creditor"),
    )
    .outerjoin(Party, Party.id == Call.party_id)
    .outerjoin(Case, Case.id == Call.case_id)
    .outerjoin(Creditor, Creditor.id == Case.creditor_id)
    .where(Call.id.in_(bindparam("calls", expanding=True)))
    .order_by(Call.id)
)


async def offers_of(session: AsyncSession, call_ids: Collection[int]) -> dict[int, Offer]:
    """The cards of the calls, by call id, in one look."""
    return _cards(await session.execute(_OFFERS, {"calls": call_ids}))


def offers_through(connection: Connection, call_ids: Collection[int]) -> dict[int, Offer]:
    """The same through a plain connection."""
    return _cards(connection.execute(_OFFERS, {"calls": call_ids}))


def _cards(rows: Iterable[Row[*tuple[Any, ...]]]) -> dict[int, Offer]:
    return {row.call_id: Offer(**row._mapping) for row in rows}
