"""Who is calling, on both databases."""

from datetime import timedelta

import pytest

from core.cases.lookup import CallerKind, person_meant, who_is_calling
from core.cases.model import CloseReason, PartyRole
from core.cases.rules.cases import Match, Reason
from core.cases.service.cases import NewPerson, close
from core.cases.service.people import mark_quality
from core.kernel.access import PROGRAM
from core.kernel.clock import ManualClock
from core.kernel.errors import NotFound
from core.kernel.uow import UnitOfWork
from core.parties.model import PhoneQuality
from core.parties.service import NewParty, NewPhone, note_contact
from tests.integration.cases.conftest import Floor, debtor_case

NUMBER = "+79000000101"


@pytest.mark.parametrize(
    "raw", ["+79000000101", "89000000101", "8 (900) 000-01-01", "0079000000101", "79000000101", "9000000101"]
)
async def test_every_written_form_finds_the_debtor(uow: UnitOfWork, clock: ManualClock, floor: Floor, raw: str) -> None:
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov Pavel", phones=[NUMBER])
    async with uow.read() as session:
        caller = await who_is_calling(session, PROGRAM, raw, region="RU", now=clock.now())
    assert caller.kind is CallerKind.KNOWN
    assert [one.case_id for one in caller.candidates] == [case.id]
    assert caller.candidates[0].match is Match.NUMBER
    assert Reason.OWES in caller.candidates[0].reasons


async def test_a_mangled_prefix_is_found_by_its_ending(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    await debtor_case(uow, clock, floor, "A-1", "Petrov Pavel", phones=[NUMBER])
    async with uow.read() as session:
        caller = await who_is_calling(session, PROGRAM, "559000000101", region="RU", now=clock.now())
    assert [one.match for one in caller.candidates] == [Match.TAIL]
    assert caller.candidates[0].reasons[0] is Reason.NUMBER_ENDING


@pytest.mark.parametrize("raw", [None, "", "anonymous", "Restricted"])
async def test_a_hidden_number_is_hidden_not_unknown(uow: UnitOfWork, clock: ManualClock, raw: str | None) -> None:
    async with uow.read() as session:
        caller = await who_is_calling(session, PROGRAM, raw, region="RU", now=clock.now())
    assert (caller.kind, caller.e164) == (CallerKind.HIDDEN, None)


async def test_an_unknown_number_can_be_called_back(uow: UnitOfWork, clock: ManualClock) -> None:
    async with uow.read() as session:
        caller = await who_is_calling(session, PROGRAM, "8 900 000 09 99", region="RU", now=clock.now())
    assert (caller.kind, caller.e164) == (CallerKind.UNKNOWN, "+79000000999")


async def test_who_owes_comes_before_relatives_and_wrong_numbers(
    uow: UnitOfWork, clock: ManualClock, floor: Floor
) -> None:
    mother = NewPerson(
        party=NewParty(name="Petrova Maria", phones=(NewPhone(raw=NUMBER),)), role=PartyRole.RELATIVE, relation="mother"
    )
    first = await debtor_case(uow, clock, floor, "A-1", "Petrov Pavel", phones=["+79000000102"], others=[mother])
    second = await debtor_case(uow, clock, floor, "A-2", "Sidorov Semyon", phones=[NUMBER])
    wrong = await debtor_case(uow, clock, floor, "A-3", "Wrong Wladimir", phones=[NUMBER])
    async with uow.read() as session:
        before = await who_is_calling(session, PROGRAM, NUMBER, region="RU", now=clock.now())
    phone_id = next(one.phone_id for one in before.candidates if one.case_id == wrong.id)
    async with uow.write() as work:
        await mark_quality(work, PROGRAM, wrong.id, phone_id, PhoneQuality.WRONG, at=clock.now())
    async with uow.read() as session:
        caller = await who_is_calling(session, PROGRAM, NUMBER, region="RU", now=clock.now())
    assert [one.case_id for one in caller.candidates] == [second.id, first.id, wrong.id]
    assert caller.candidates[1].relation == "mother"


async def test_open_cases_and_fresh_talks_come_first(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    closed = await debtor_case(uow, clock, floor, "A-1", "Petrov Pavel", phones=[NUMBER])
    talked = await debtor_case(uow, clock, floor, "A-2", "Sidorov Semyon", phones=[NUMBER])
    silent = await debtor_case(uow, clock, floor, "A-3", "Tikhonov Taras", phones=[NUMBER])
    async with uow.write() as work:
        await close(work, PROGRAM, closed.id, CloseReason.WITHDRAWN, at=clock.now())
        assert talked.debtor_id is not None
        await note_contact(work, talked.debtor_id, NUMBER, clock.now() - timedelta(hours=1))
    async with uow.read() as session:
        caller = await who_is_calling(session, PROGRAM, NUMBER, region="RU", now=clock.now())
    assert [one.case_id for one in caller.candidates] == [talked.id, silent.id, closed.id]


async def test_a_collector_learns_nothing_of_foreign_debtors(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    own = await debtor_case(uow, clock, floor, "A-1", "Petrov Pavel", owner=floor.anna, phones=[NUMBER])
    await debtor_case(uow, clock, floor, "A-2", "Sidorov Semyon", owner=floor.boris, phones=[NUMBER])
    async with uow.read() as session:
        caller = await who_is_calling(session, floor.actor(floor.anna), NUMBER, region="RU", now=clock.now())
    assert [one.case_id for one in caller.candidates] == [own.id]


async def test_a_contact_on_a_case_is_with_somebody_of_that_case(
    uow: UnitOfWork, clock: ManualClock, floor: Floor
) -> None:
    mother = NewPerson(
        party=NewParty(name="Petrova Maria", phones=(NewPhone(raw="+79000000102"),)),
        role=PartyRole.RELATIVE,
        relation="mother",
    )
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov Pavel", phones=[NUMBER], others=(mother,))
    foreign = await debtor_case(uow, clock, floor, "A-2", "Sidorov Semyon", phones=["+79000000103"])
    async with uow.read() as session:
        assert await person_meant(session, case.id, case.debtor_id, "+79000000102") == case.debtor_id
        assert await person_meant(session, case.id, None, "+79000000102") not in (case.debtor_id, foreign.debtor_id)
        assert await person_meant(session, case.id, None, "+79000000103") == case.debtor_id
        for case_id, party_id in ((case.id, foreign.debtor_id), (0, None), (0, case.debtor_id)):
            with pytest.raises(NotFound):
                await person_meant(session, case_id, party_id, NUMBER)
