"""Trees of organisations and contact data, reached through the cases their top stands on."""

import pytest

from core.cases.errors import TreeLoop, TreeTooDeep
from core.cases.model import Case
from core.cases.queries.debtors import DEEPEST, debtor_card
from core.cases.queries.lists import ListQuery, list_cases
from core.cases.service.entities import EntityData, add_below, add_contact, edit_entity, move_below, remove_contact
from core.kernel.access import PROGRAM, Actor
from core.kernel.clock import ManualClock
from core.kernel.errors import NotFound
from core.kernel.uow import UnitOfWork
from core.parties.errors import BadPhone, PhoneKnown
from core.parties.model import Address, Party, PartyKind, Phone
from core.parties.service import NewParty, NewPhone
from tests.integration.cases.conftest import Floor, debtor_case

BRANCH = NewParty(name="Works, East branch", kind=PartyKind.ORGANISATION)
CLERK = NewParty(name="Polina Accountant", phones=(NewPhone(raw="+79000000777"),))


@pytest.fixture
async def works(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> Case:
    """Anna's case against an organisation."""
    case = await debtor_case(uow, clock, floor, "A-1", "Works", owner=floor.anna)
    async with uow.write() as work:
        (await work.session.get_one(Party, case.debtor_id)).kind = PartyKind.ORGANISATION
    return case


def _debtor(case: Case) -> int:
    assert case.debtor_id is not None
    return case.debtor_id


async def _drawn(uow: UnitOfWork, actor: Actor, party_id: int) -> list[tuple[int, str]]:
    async with uow.read() as session:
        return [(one.depth, one.party.name) for one in (await debtor_card(session, actor, party_id)).tree]


async def test_branches_and_people_hang_below(uow: UnitOfWork, clock: ManualClock, floor: Floor, works: Case) -> None:
    anna, boris, now = floor.actor(floor.anna), floor.actor(floor.boris), clock.now()
    assert await _drawn(uow, anna, _debtor(works)) == []
    async with uow.write() as work:
        branch = await add_below(work, anna, _debtor(works), BRANCH, at=now)
        clerk = await add_below(work, anna, branch.id, CLERK, at=now)
        with pytest.raises(NotFound):
            await add_below(work, anna, clerk.id, BRANCH, at=now)  # nothing hangs below a person
        with pytest.raises(NotFound):
            await add_below(work, boris, branch.id, CLERK, at=now)
    whole = [(0, "Works"), (1, "Works, East branch"), (2, "Polina Accountant")]
    assert await _drawn(uow, anna, clerk.id) == whole
    with pytest.raises(NotFound):
        await _drawn(uow, boris, clerk.id)
    async with uow.write() as work:
        with pytest.raises(TreeLoop):
            await move_below(work, anna, _debtor(works), branch.id, at=now)
        await move_below(work, anna, clerk.id, _debtor(works), at=now)
    assert await _drawn(uow, anna, branch.id) == [(0, "Works"), (1, "Polina Accountant"), (1, "Works, East branch")]


async def test_a_tree_has_a_bottom(uow: UnitOfWork, clock: ManualClock, works: Case) -> None:
    async with uow.write() as work:
        last = _debtor(works)
        for _ in range(DEEPEST - 1):
            last = (await add_below(work, PROGRAM, last, BRANCH, at=clock.now())).id
        with pytest.raises(TreeTooDeep):
            await add_below(work, PROGRAM, last, BRANCH, at=clock.now())


async def test_contacts_come_and_go_and_are_found(
    uow: UnitOfWork, clock: ManualClock, floor: Floor, works: Case
) -> None:
    anna, now, party_id = floor.actor(floor.anna), clock.now(), _debtor(works)
    number = NewPhone(raw="+79000000778")
    async with uow.write() as work:
        await add_contact(
            work, anna, party_id, phone=number, email="Office@Example.org", address="1 Wharf Road", at=now
        )
        await add_contact(work, anna, party_id, email="office@example.org", at=now)  # twice is once
        with pytest.raises(PhoneKnown):
            await add_contact(work, anna, party_id, phone=number, at=now)
        with pytest.raises(BadPhone):
            await add_contact(work, anna, party_id, phone=NewPhone(raw="no number"), at=now)
        await edit_entity(work, anna, party_id, EntityData(name="Works Ltd", timezone="Europe/Moscow"), at=now)
    async with uow.read() as session:
        card = await debtor_card(session, anna, party_id)
        for words in ("works ltd", "office@example.org", "900 000 07 78"):
            assert [row.number for row in (await list_cases(session, anna, ListQuery(search=words))).rows] == ["A-1"]
    assert ([one.address for one in card.emails], [one.text for one in card.addresses]) == (
        ["office@example.org"],
        ["1 Wharf Road"],
    )
    async with uow.write() as work:
        await remove_contact(work, anna, party_id, Phone, card.phones[-1].id, at=now)
        await remove_contact(work, anna, party_id, Address, card.addresses[0].id, at=now)
        with pytest.raises(NotFound):
            await remove_contact(work, anna, party_id, Address, card.addresses[0].id, at=now)
