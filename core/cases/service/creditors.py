"""Creditors and their orders."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError

from core.audit.service import altered, record
from core.cases import rights
from core.cases.errors import CreditorNameTaken, OrderNumberTaken, OrderUsed
from core.cases.model import Case, Creditor, InterestGroup, Jurisdiction, Order
from core.kernel.access import Actor
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, msg
from core.kernel.uow import Work
from core.parties.model import PartyKind
from core.parties.service import NewParty, add_party


@dataclass(frozen=True, kw_only=True, slots=True)
class CreditorData:
    """What is known of a creditor; see :class:`core.cases.model.Creditor`. ``own_numbers`` are E.164, ``scheme_key`` is
    how its debtors' payments are settled (None: as the law has it).

    Another ``interest_group_id`` is how new claims bear interest; those that are there keep theirs.
    """

    name: str
    jurisdiction: Jurisdiction
    region: str
    currency: str
    own_numbers: tuple[str, ...] = ()
    recording_notice: str = ""
    script: tuple[str, ...] = ()
    interest_group_id: int | None = None
    scheme_key: str | None = None
    active: bool = True

    def columns(self) -> dict[str, Any]:
        return {**asdict(self), "own_numbers": list(self.own_numbers), "script": list(self.script)}


async def add_creditor(work: Work, actor: Actor, data: CreditorData, *, at: datetime) -> Creditor:
    """Record a creditor and the organisation it is. Raises ``CreditorNameTaken``."""
    actor.require(rights.CREDITORS)
    await _name_free(work, data.name, None)
    await _group_there(work, data.interest_group_id)
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
    await _group_there(work, data.interest_group_id)
    changes = altered(creditor, data.columns())
    record(work, actor, "creditor.changed", ("creditor", creditor_id), changes, at=at)
    return creditor


async def _name_free(work: Work, name: str, own_id: int | None) -> None:
    taken = await work.session.scalar(select(Creditor.id).where(Creditor.name == name))
    if taken is not None and taken != own_id:
        raise CreditorNameTaken(name=name)


async def _group_there(work: Work, group_id: int | None) -> None:
    if group_id is not None and await work.session.get(InterestGroup, group_id) is None:
        raise Invalid({"interest_group_id": msg("Choose one of the list.")})


async def ensure_order(
    work: Work, actor: Actor, creditor_id: int, number: str, placed_on: date, *, at: datetime, name: str = ""
) -> Order:
    """The creditor's order of that number, opened if it is new."""
    known = select(Order).where(Order.creditor_id == creditor_id, Order.number == number)
    order = await work.session.scalar(known)
    if order is None:
        actor.require(rights.ORDERS)
        order = await _add(work, actor, creditor_id, OrderData(number=number, name=name, placed_on=placed_on), at)
    return order


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderData:
    """What is known of an order: the creditor's number of it, a name of one's own, when it was placed and ends."""

    number: str
    placed_on: date
    name: str = ""
    ends_on: date | None = None
    note: str = ""

    def faults(self) -> dict[str, Message]:
        """What is wrong with it, by field."""
        if self.ends_on is not None and self.ends_on < self.placed_on:
            return {"ends_on": msg("It cannot end before it was placed.")}
        return {}


async def add_order(work: Work, actor: Actor, creditor_id: int, data: OrderData, *, at: datetime) -> Order:
    """Enter an order by hand. Raises ``NotFound``, ``Invalid`` or ``OrderNumberTaken``."""
    actor.require(rights.ORDERS)
    if await work.session.get(Creditor, creditor_id) is None:
        raise NotFound
    if faults := data.faults():
        raise Invalid(faults)
    try:
        async with work.session.begin_nested():
            return await _add(work, actor, creditor_id, data, at)
    except IntegrityError as error:  # the unique number decides, also between two who enter it at once
        raise OrderNumberTaken(number=data.number) from error


async def change_order(work: Work, actor: Actor, order_id: int, data: OrderData, *, at: datetime) -> Order:
    """Change what is known of an order. Raises ``NotFound``, ``Invalid`` or ``OrderNumberTaken``."""
    actor.require(rights.ORDERS)
    order = await work.session.get(Order, order_id, with_for_update=True)
    if order is None:
        raise NotFound
    if faults := data.faults():
        raise Invalid(faults)
    try:
        async with work.session.begin_nested():
            changes = altered(order, asdict(data))
    except IntegrityError as error:
        raise OrderNumberTaken(number=data.number) from error
    record(work, actor, "order.changed", ("order", order_id), changes, at=at)
    return order


async def delete_order(work: Work, actor: Actor, order_id: int, *, at: datetime) -> None:
    """Take back an order that holds no case. Raises ``OrderUsed``."""
    actor.require(rights.ORDERS)
    order = await work.session.get(Order, order_id, with_for_update=True)
    if order is None:
        raise NotFound
    if await work.session.scalar(select(exists().where(Case.order_id == order_id))):
        raise OrderUsed(number=order.number)
    await work.session.delete(order)
    record(work, actor, "order.deleted", ("order", order_id), {"number": (order.number, None)}, at=at)


async def _add(work: Work, actor: Actor, creditor_id: int, data: OrderData, at: datetime) -> Order:
    order = Order(creditor_id=creditor_id, created_by_id=actor.user_id or None, created_at=at, **asdict(data))
    work.session.add(order)
    await work.session.flush()
    record(work, actor, "order.added", ("order", order.id), {"number": (None, data.number)}, at=at)
    return order
