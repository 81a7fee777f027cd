"""The cast: two collectors of different teams, and the cases each of them owns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from core.cases import rights
from core.cases.model import Case, Creditor, Jurisdiction, Order, PartyRole
from core.cases.service.cases import NewCase, NewClaim, NewPerson, assign, open_case
from core.cases.service.creditors import CreditorData, add_creditor, ensure_order
from core.kernel.access import PROGRAM, Actor, Scope
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from core.parties.model import PhoneKind
from core.parties.service import NewParty, NewPhone
from core.people.model import Role, Unit, User
from tests.integration.cases.ledger import bearing_case, group_of


@dataclass
class Floor:
    """Who works here and for whom."""

    creditor: Creditor
    order: Order
    anna: User
    boris: User

    def actor(self, user: User, scope: Scope = Scope.OWN, *extra: str) -> Actor:
        held = {rights.VIEW, rights.EDIT, rights.PROMISE, rights.EXPORT, *extra}
        return Actor(
            user_id=user.id,
            login=user.login,
            rights=dict.fromkeys(held, scope),
            team=frozenset({user.unit_id} if user.unit_id else ()),
        )


@pytest.fixture
async def floor(uow: UnitOfWork, clock: ManualClock) -> Floor:
    now = clock.now()
    async with uow.write() as work:
        role, red, blue = Role(key=None, name="Collector"), Unit(name="Red"), Unit(name="Blue")
        work.session.add_all([role, red, blue])
        await work.session.flush()
        anna = User(login="anna", password_hash="x", role_id=role.id, unit_id=red.id, created_at=now, surname="Ahn")
        boris = User(login="boris", password_hash="x", role_id=role.id, unit_id=blue.id, created_at=now)
        work.session.add_all([anna, boris])
        data = CreditorData(name="Northern Loans", jurisdiction=Jurisdiction.RU, region="RU", currency="RUB")
        creditor = await add_creditor(work, PROGRAM, data, at=now)
        order = await ensure_order(work, PROGRAM, creditor.id, "2026-01", date(2026, 1, 15), at=now)
    return Floor(creditor, order, anna, boris)


async def debtor_case(
    uow: UnitOfWork,
    clock: ManualClock,
    floor: Floor,
    number: str,
    name: str,
    *,
    owner: User | None = None,
    phones: Sequence[str] = (),
    amount: str = "1000.00",
    others: Sequence[NewPerson] = (),
) -> Case:
    """A case with one debtor and one claim."""
    numbers = tuple(NewPhone(raw=raw, kind=PhoneKind.MOBILE) for raw in phones)
    debtor = NewPerson(party=NewParty(name=name, phones=numbers), role=PartyRole.DEBTOR)
    claim = NewClaim(number="1", principal=Decimal(amount), contract_no=f"K-{number}", due_on=date(2025, 11, 1))
    async with uow.write() as work:
        return await open_case(
            work,
            PROGRAM,
            NewCase(
                order_id=floor.order.id,
                number=number,
                people=(debtor, *others),
                claims=(claim,),
                collector_id=owner.id if owner else None,
            ),
            at=clock.now(),
        )


@pytest.fixture
async def case(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> Case:
    """Anna's case: 36,500.00 at 10 % since 01.01.2026, so 10.00 a day and 700.00 by today."""
    async with uow.write() as work:
        group = await group_of(work, clock, [(date(2025, 1, 1), "10")])
        claim = NewClaim(number="1", principal=Decimal(36500), due_on=date(2025, 12, 31), interest_group_id=group)
        made = await bearing_case(work, clock, floor.order.id, "D-1", [claim])
        await assign(work, PROGRAM, [made.id], floor.anna.id, at=clock.now())
    return made
