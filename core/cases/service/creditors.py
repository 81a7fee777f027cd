"""Creditors and their orders."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from core.audit.service import record
from core.cases import rights
from core.cases.errors import CreditorNameTaken
from core.cases.model import Creditor, Jurisdiction, Order
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.kernel.uow import Work
from core.parties.model import PartyKind
from core.parties.service import NewParty, add_party


@dataclass(frozen=True, kw_only=True, slots=True)
class CreditorData:
    """What is known of a creditor; see :class:`core.cases.model.Creditor`. ``own_numbers`` are E.164."""

    name: str
    jurisdiction: Jurisdiction
    region: str
    currency: str
    own_numbers: tuple[str, ...] = ()
    recording_notice: str = ""
    script: tuple[str, ...] = ()
    active: bool = True

    def columns(self) -> dict[str, Any]:
        return {**asdict(self), "own_numbers": list(self.own_numbers), "script": list(self.script)}


async def add_creditor(work: Work, actor: Actor, data: CreditorData, *, at: datetime) -> Creditor:
    """Record a creditor and the organisation it is. Raises ``CreditorNameTaken``."""
    actor.require(rights.CREDITORS)
    await _name_free(work, data.name, None)
    party = await add_party(work, NewParty(name=data.name, kind=PartyKind.ORGANISATION), at)
    creditor = Creditor(party_id=party.id, created_at=at, import_mapping={}, **data.columns())
    work.session.add(creditor)
    await work.session.flush()
    record(work, actor, "creditor.added", ("creditor", creditor.id), {"name": (None, data.name)}, at=at)
    return creditor


async def edit_creditor(work: Work, actor: Actor, creditor_id: int, data: CreditorData, *, at: datetime) -> Creditor:
    """Change a creditor. Raises ``NotFound`` or ``CreditorNameTaken``."""
    actor.require(rights.CREDITORS)
    creditor = await work.session.get(Creditor, creditor_id)
    if creditor is None:
        raise NotFound()
    await _name_free(work, data.name, creditor_id)
    changes = {name: (getattr(creditor, name), value) for name, value in data.columns().items()}
    for name, value in data.columns().items():
        setattr(creditor, name, value)
    record(work, actor, "creditor.changed", ("creditor", creditor_id), changes, at=at)
    return creditor


async def _name_free(work: Work, name: str, own_id: int | None) -> None:
    taken = await work.session.scalar(select(Creditor.id).where(Creditor.name == name))
    if taken is not None and taken != own_id:
        raise CreditorNameTaken(name=name)


async def ensure_order(
    work: Work, actor: Actor, creditor_id: int, number: str, placed_on: date, *, at: datetime, name: str = ""
) -> Order:
    """The creditor's order of that number, opened if it is new."""
    known = select(Order).where(Order.creditor_id == creditor_id, Order.number == number)
    order = await work.session.scalar(known)
    if order is None:
        actor.require(rights.ORDERS)
        order = Order(creditor_id=creditor_id, number=number, name=name, placed_on=placed_on, created_at=at)
        work.session.add(order)
        await work.session.flush()
        record(work, actor, "order.added", ("order", order.id), {"number": (None, number)}, at=at)
    return order
