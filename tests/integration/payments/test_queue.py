"""The queue of payments without a sure case: what is suggested, what is learned from a person, what is forgotten."""

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from core.kernel.access import PROGRAM, Actor, Scope
from core.kernel.clock import ManualClock
from core.kernel.errors import Forbidden
from core.kernel.uow import UnitOfWork
from core.payments import rights
from core.payments.model import KnownPayer, Settlement
from core.payments.queries.queue import count_queue, queue
from core.payments.rules.matching import Why
from core.payments.service.orders import SettleOrder
from tests.factories import statements
from tests.integration.payments.house import House, build

STRANGER = "40817810000000000999"


@pytest.fixture
async def house(uow: UnitOfWork, clock: ManualClock, tmp_path: Path) -> House:
    return await build(uow, clock, tmp_path)


def _unknown(doc_no: str, purpose: str = "Долг") -> statements.Move:
    return statements.Move(
        amount=Decimal("10.00"), doc_no=doc_no, purpose=purpose, payer="Кто-то", payer_account=STRANGER, tax_id=""
    )


async def _known(house: House) -> list[tuple[str, int]]:
    async with house.uow.read() as session:
        return [(row.payer_account, row.times) for row in await session.scalars(select(KnownPayer))]


async def test_what_a_person_settles_is_learned_and_suggested_next_time(house: House) -> None:
    await house.bring(statements.one_c((_unknown("1"), _unknown("2"))))
    async with house.uow.read() as session:
        first, second = await queue(session, PROGRAM)
        assert await count_queue(session, PROGRAM) == 2
    assert (first.suggestions, second.suggestions) == ((), ())
    case = house.cases["77-001"]
    await house.desk.settle(PROGRAM, SettleOrder(payment_id=first.payment.id, case_ids=(case.id,)))
    assert await _known(house) == [(STRANGER, 1)]
    async with house.uow.read() as session:
        (left,) = await queue(session, PROGRAM)
    (suggestion,) = left.suggestions
    assert (suggestion.number, suggestion.score) == ("77-001", 60)
    assert [reason.why for reason in suggestion.reasons] == [Why.KNOWN_PAYER]


async def test_what_is_taken_back_is_forgotten(house: House) -> None:
    await house.bring(statements.one_c((_unknown("1"), _unknown("2"))))
    case = house.cases["77-001"]
    for payment in await house.payments():
        await house.desk.settle(PROGRAM, SettleOrder(payment_id=payment.id, case_ids=(case.id,)))
    assert await _known(house) == [(STRANGER, 2)]
    async with house.uow.read() as session:
        settlements = (await session.scalars(select(Settlement.id).order_by(Settlement.id))).all()
    await house.desk.withdraw(PROGRAM, settlements[0], "wrong case")
    assert await _known(house) == [(STRANGER, 1)]
    await house.desk.withdraw(PROGRAM, settlements[1], "wrong case")
    assert await _known(house) == []


async def test_what_the_program_settles_teaches_it_nothing(house: House) -> None:
    await house.bring(statements.one_c())
    assert await house.settled("77-001") > 0
    assert await _known(house) == []


async def test_the_queue_is_searched_paged_and_shows_only_cases_in_reach(house: House) -> None:
    both = "ДЛ-000123/24 или дело № 77-001"
    await house.bring(statements.one_c((_unknown("1", both), _unknown("2", "100%"), _unknown("3"))))
    none_of_them = Actor(user_id=999, login="x", rights={rights.SETTLE: Scope.OWN})
    async with house.uow.read() as session:
        (found,) = await queue(session, PROGRAM, search="100%")
        assert found.payment.doc_no == "2"
        (one,) = await queue(session, PROGRAM, search="77-001")
        assert {case.number for case in one.suggestions} == {"ДЛ-000123/24", "77-001"}
        (blind,) = await queue(session, none_of_them, search="77-001")
        assert blind.suggestions == ()
        page = await queue(session, PROGRAM, size=2)
        rest = await queue(session, PROGRAM, after=page[-1].payment.id)
        assert [one.payment.doc_no for one in (*page, *rest)] == ["1", "2", "3"]
        with pytest.raises(Forbidden):
            await queue(session, Actor(user_id=1, login="x", rights={}))
