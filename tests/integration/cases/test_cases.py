"""Cases on both databases: found by any field, seen only within reach, promised once."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.audit.model import AuditEntry
from core.cases import rights
from core.cases.card import case_card, case_timeline
from core.cases.errors import BadPromise, CaseNotOpen, CaseNumberTaken, PromiseOpen
from core.cases.fields import FIELDS, SORTS, Asked, FieldKind
from core.cases.model import CaseState, CloseReason, EventKind, PartyRole
from core.cases.queries.lists import ListQuery, list_cases, list_debtors
from core.cases.service.cases import NewPerson, add_note, assign, close, reopen
from core.cases.service.people import PartyData, PhoneData, add_phone, edit_person, edit_phone, remove_phone
from core.cases.service.promises import NewPromise, cancel_promise, take_promise
from core.kernel.access import PROGRAM, Scope
from core.kernel.clock import ManualClock
from core.kernel.errors import Forbidden, Invalid, NotFound
from core.kernel.uow import UnitOfWork
from core.parties.errors import BadPhone, PhoneKnown
from core.parties.model import Consent, PhoneKind, PhoneQuality
from core.parties.service import NewParty, NewPhone
from tests.integration.cases.conftest import Floor, debtor_case

TODAY = date(2026, 3, 11)


async def numbers(uow: UnitOfWork, floor: Floor, query: ListQuery, scope: Scope = Scope.ALL) -> list[str]:
    async with uow.read() as session:
        found = await list_cases(session, floor.actor(floor.anna, scope), query)
    return [row.number for row in found.rows]


async def test_cases_are_found_by_every_piece_of_them(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    mother = NewPerson(party=NewParty(name="Ґалаґан Орися"), role=PartyRole.RELATIVE)
    await debtor_case(uow, clock, floor, "A-1", "Снегирёв Пётр", phones=["+79000000101"], others=[mother])
    await debtor_case(uow, clock, floor, "B-2", "Łąkowski Jan", phones=["+48500000101"])
    for words, expected in {
        "снегирев": ["A-1"],
        "ПЁТР снегир": ["A-1"],
        "галаган": ["A-1"],
        "8 900 000 01 01": ["A-1"],
        "lakowski": ["B-2"],
        "k-b-2": ["B-2"],
        "B-2": ["B-2"],
        "nobody": [],
        "100% _": [],
        '" OR 1': [],
    }.items():
        assert await numbers(uow, floor, ListQuery(search=words)) == expected, words


async def test_every_field_can_be_asked_for(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    await debtor_case(uow, clock, floor, "A-1", "Petrov Pavel", owner=floor.anna, phones=["+79000000101"])
    for key, field in FIELDS.items():
        ranged = field.kind in (FieldKind.DAY, FieldKind.MOMENT, FieldKind.AMOUNT, FieldKind.NUMBER)
        low = "2020-01-01" if field.kind in (FieldKind.DAY, FieldKind.MOMENT) else "0"
        asked = (
            Asked(low=low, high="9") if ranged and low == "0" else Asked(low=low) if ranged else Asked(values=("1",))
        )
        assert isinstance(await numbers(uow, floor, ListQuery(filters={key: asked})), list), key
    expected = {
        "number": Asked(values=("a-",)),
        "phone": Asked(values=("8 900 000-01-01",)),
        "amount": Asked(low="999,5", high="1000"),
        "collector": Asked(values=(str(floor.anna.id),)),
        "contract": Asked(values=("K-A",)),
        "due": Asked(low="2025-11-01", high="2025-11-01"),
        "role": Asked(values=("debtor", "heir")),
        "opened": Asked(low="2026-03-11", high="2026-03-11"),
        "has_phone": Asked(values=("1",)),
        "close_reason": Asked(values=("none",)),
    }
    assert await numbers(uow, floor, ListQuery(filters=expected)) == ["A-1"]
    with pytest.raises(Invalid):
        await numbers(uow, floor, ListQuery(filters={"due": Asked(low="yesterday")}))


@pytest.mark.parametrize("key", [key for name in sorted(SORTS) for key in (name, f"-{name}")])
async def test_pages_join_without_gap_or_overlap_in_both_directions(
    uow: UnitOfWork, clock: ManualClock, floor: Floor, key: str
) -> None:
    for n in range(7):
        case = await debtor_case(uow, clock, floor, f"A-{n}", f"Debtor {n % 3}", amount=f"{n % 2 + 1}.00")
        if n % 3 == 0:
            async with uow.write() as work:  # closing takes the next action away: rows without a value come last
                await close(work, PROGRAM, case.id, CloseReason.WITHDRAWN, at=clock.now())
    whole = await numbers(uow, floor, ListQuery(sort=key))
    assert len(whole) == 7
    walked: list[str] = []
    after: str | None = None
    cursors = []
    async with uow.read() as session:
        while True:
            page = await list_cases(session, PROGRAM, ListQuery(sort=key, after=after, size=2))
            walked += [row.number for row in page.rows]
            cursors.append(page)
            if page.next is None:
                break
            after = page.next
        assert walked == whole
        back = await list_cases(session, PROGRAM, ListQuery(sort=key, before=cursors[2].previous, size=2))
    assert [row.number for row in back.rows] == whole[2:4]
    assert cursors[0].previous is None


async def test_a_collector_sees_and_changes_own_cases_only(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    own = await debtor_case(uow, clock, floor, "A-1", "Petrov Pavel", owner=floor.anna, phones=["+79000000101"])
    foreign = await debtor_case(uow, clock, floor, "A-2", "Sidorov S", owner=floor.boris, phones=["+79000000102"])
    anna = floor.actor(floor.anna)
    assert await numbers(uow, floor, ListQuery(), Scope.OWN) == ["A-1"]
    assert await numbers(uow, floor, ListQuery(), Scope.TEAM) == ["A-1"]
    assert await numbers(uow, floor, ListQuery(search="sidorov"), Scope.OWN) == []
    async with uow.read() as session:
        assert (await case_card(session, anna, own.id)).case.number == "A-1"
        for refused in (case_card(session, anna, foreign.id), case_timeline(session, anna, foreign.id)):
            with pytest.raises(NotFound):
                await refused
        assert [row.name for row in (await list_debtors(session, anna, ListQuery())).rows] == ["Petrov Pavel"]
        theirs = (await case_card(session, PROGRAM, foreign.id)).people[0]
    now = clock.now()
    new = NewPhone(raw="+79000000999")
    data = PhoneData(kind=PhoneKind.HOME, quality=PhoneQuality.WRONG, consent=Consent.UNKNOWN)
    phone_id, party_id = theirs.phones[0].id, theirs.party.id
    async with uow.write() as work:
        for attempt in (
            add_note(work, anna, foreign.id, "mine now", at=now),
            add_phone(work, anna, foreign.id, party_id, new, at=now),
            add_phone(work, anna, own.id, party_id, new, at=now),  # by way of an own case
            edit_phone(work, anna, own.id, phone_id, data, at=now),
            remove_phone(work, anna, own.id, phone_id, at=now),
            edit_person(work, anna, own.id, party_id, PartyData(name="Hacked"), at=now),
        ):
            with pytest.raises(NotFound):
                await attempt
        with pytest.raises(Forbidden):
            await assign(work, anna, [foreign.id], floor.anna.id, at=now)


async def test_a_change_of_people_is_found_at_once_and_audited(
    uow: UnitOfWork, clock: ManualClock, floor: Floor
) -> None:
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov Pavel", owner=floor.anna, phones=["+79000000101"])
    anna, now = floor.actor(floor.anna), clock.now()
    assert case.debtor_id is not None
    async with uow.write() as work:
        phone = await add_phone(work, anna, case.id, case.debtor_id, NewPhone(raw="8 900 000 07 77"), at=now)
        await edit_person(work, anna, case.id, case.debtor_id, PartyData(name="Smirnov Pavel"), at=now)
    for bad, error in (("8 900 000 07 77", PhoneKnown), ("12", BadPhone)):
        async with uow.write() as work:
            with pytest.raises(error):
                await add_phone(work, anna, case.id, case.debtor_id, NewPhone(raw=bad), at=now)
    assert await numbers(uow, floor, ListQuery(search="+7 900 000 07 77")) == ["A-1"]
    assert await numbers(uow, floor, ListQuery(search="smirnov")) == ["A-1"]
    assert await numbers(uow, floor, ListQuery(search="petrov")) == []
    async with uow.write() as work:
        await remove_phone(work, anna, case.id, phone.id, at=now)
    assert await numbers(uow, floor, ListQuery(search="+7 900 000 07 77")) == []
    async with uow.read() as session:
        actions = set(await session.scalars(select(AuditEntry.action)))
        card = await case_card(session, anna, case.id)
    assert {"case.opened", "phone.added", "phone.removed", "party.changed"} <= actions
    assert card.case.debtor_name == "Smirnov Pavel"
    assert card.timeline.events[0].kind == EventKind.CONTACT
    assert card.users == {floor.anna.id: "Ahn"}


async def test_a_promise_keeps_the_rules(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    mother = NewPerson(party=NewParty(name="Petrova Maria"), role=PartyRole.RELATIVE)
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov Pavel", owner=floor.anna, others=[mother])
    anna, now = floor.actor(floor.anna), clock.now()
    async with uow.read() as session:
        card = await case_card(session, anna, case.id)
    debtor_id, mother_id = card.people[0].party.id, card.people[1].party.id
    due = TODAY + timedelta(days=5)
    for party_id, amount, day, field in (
        (debtor_id, "1000.01", due, "amount"),
        (debtor_id, "0", due, "amount"),
        (debtor_id, "10", TODAY - timedelta(days=1), "due_on"),
        (debtor_id, "10", TODAY + timedelta(days=15), "due_on"),
        (mother_id, "10", due, "party_id"),
    ):
        new = NewPromise(party_id=party_id, amount=Decimal(amount), due_on=day)
        async with uow.write() as work:
            with pytest.raises(BadPromise) as refused:
                await take_promise(work, anna, case.id, new, today=TODAY, at=now)
        assert list(refused.value.fields) == [field]
    good = NewPromise(party_id=debtor_id, amount=Decimal("1000.00"), due_on=due, call_id=77)

    async def take() -> int:
        async with uow.write() as work:
            return (await take_promise(work, anna, case.id, good, today=TODAY, at=now)).id

    raced = await asyncio.gather(take(), take(), return_exceptions=True)
    taken = [one for one in raced if isinstance(one, int)]
    assert len(taken) == 1
    assert [type(one) for one in raced if not isinstance(one, int)] == [PromiseOpen]
    async with uow.write() as work:
        await cancel_promise(work, anna, taken[0], "agreed anew", at=now)
    await take()
    async with uow.read() as session:
        promises = (await case_card(session, anna, case.id)).promises
    assert [one.state for one in promises] == ["open", "cancelled"]
    assert promises[0].call_id == 77


async def test_a_closed_case_takes_no_promise_until_it_is_reopened(
    uow: UnitOfWork, clock: ManualClock, floor: Floor
) -> None:
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov Pavel")
    now = clock.now()
    async with uow.write() as work:
        await close(work, PROGRAM, case.id, CloseReason.PAID_IN_FULL, at=now)
        new = NewPromise(party_id=case.debtor_id or 0, amount=Decimal(1), due_on=TODAY)
        with pytest.raises(CaseNotOpen):
            await take_promise(work, PROGRAM, case.id, new, today=TODAY, at=now)
        with pytest.raises(CaseNotOpen):
            await close(work, PROGRAM, case.id, CloseReason.SETTLED, at=now)
        await reopen(work, PROGRAM, case.id, at=now)
        await take_promise(work, PROGRAM, case.id, new, today=TODAY, at=now)
    assert await numbers(uow, floor, ListQuery(filters={"state": Asked(values=(CaseState.OPEN,))})) == ["A-1"]


async def test_a_number_is_one_case_of_a_creditor(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    await debtor_case(uow, clock, floor, "A-1", "Petrov Pavel")
    with pytest.raises(CaseNumberTaken):
        await debtor_case(uow, clock, floor, "A-1", "Sidorov Semyon")


async def test_assigning_moves_a_case_into_the_collectors_team(
    uow: UnitOfWork, clock: ManualClock, floor: Floor
) -> None:
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov Pavel")
    boss = floor.actor(floor.boris, Scope.ALL, rights.ASSIGN)
    async with uow.write() as work:
        assert await assign(work, boss, [case.id, 999], floor.anna.id, at=clock.now()) == [case.id]
    assert await numbers(uow, floor, ListQuery(), Scope.TEAM) == ["A-1"]
    async with uow.read() as session:
        assert await session.scalar(
            select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "case.assigned")
        )
