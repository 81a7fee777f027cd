"""Many rows at once are stored as one by one, on both databases."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.cases.model import Case, CaseEvent, Claim, Creditor, EventKind, Order
from core.kernel.among import Among
from core.kernel.bulk import execute_all, insert_many, insert_missing, reread, reserve_ids
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from core.parties.model import Consent, Email, Party, PartyKind


async def test_rows_come_back_as_they_were_given(uow: UnitOfWork, clock: ManualClock) -> None:
    now = clock.now()
    given = [
        {
            "kind": PartyKind.PERSON,
            "name": f"Долгов {n}",
            "name_key": f"долгов {n}",
            "birth_date": born,
            "created_at": now,
        }
        for n, born in enumerate((date(1980, 2, 29), None, date(1999, 12, 31)))
    ]
    async with uow.write() as work:
        await insert_many(work.session, Party, given)
    async with uow.read() as session:
        found = (await session.scalars(select(Party).order_by(Party.id))).all()
    assert [(one.name, one.birth_date, one.created_at, one.search_text) for one in found] == [
        (one["name"], one["birth_date"], now, "") for one in given
    ]


async def test_what_is_there_is_passed_over_or_refused(uow: UnitOfWork, clock: ManualClock) -> None:
    async with uow.write() as work:
        ids = await reserve_ids(work.session, Party, 1)
        party = {"id": ids[0], "kind": "person", "name": "A", "name_key": "a", "created_at": clock.now()}
        await insert_many(work.session, Party, [party])
        mail = {"party_id": ids[0], "address": "a@example.org", "quality": "unverified", "created_at": clock.now()}
        await insert_missing(work.session, Email, [mail, mail])
    async with uow.read() as session:
        assert [one.consent for one in await session.scalars(select(Email))] == [Consent.UNKNOWN]
    with pytest.raises(IntegrityError):
        async with uow.write() as work:
            await insert_many(work.session, Email, [mail])


async def test_one_statement_for_many_rows(uow: UnitOfWork, clock: ManualClock) -> None:
    parties = Party.__table__
    naming = update(Party).where(parties.c.id == bindparam("which")).values(name=bindparam("new"), language="uk")
    async with uow.write() as work:
        ids = await reserve_ids(work.session, Party, 3)
        rows = [{"id": one, "kind": "person", "name": "A", "name_key": "a", "created_at": clock.now()} for one in ids]
        await insert_many(work.session, Party, rows)
        await execute_all(work.session, naming, [{"which": one, "new": f"N{one}"} for one in list(ids)[:2]])
    async with uow.read() as session:
        found = (await session.scalars(select(Party).order_by(Party.id))).all()
    assert [(one.name, one.language) for one in found] == [(f"N{ids[0]}", "uk"), (f"N{ids[1]}", "uk"), ("A", None)]


async def test_sums_and_json_are_stored_whole(uow: UnitOfWork, clock: ManualClock) -> None:
    now = clock.now()
    async with uow.write() as work:
        session = work.session
        (party,) = await reserve_ids(session, Party, 1)
        await insert_many(
            session, Party, [{"id": party, "kind": "person", "name": "A", "name_key": "a", "created_at": now}]
        )
        creditor = await session.scalar(
            insert(Creditor).values(party_id=party, name="C", currency="RUB", created_at=now).returning(Creditor.id)
        )
        placed = insert(Order).values(creditor_id=creditor, number="1", placed_on=now.date(), created_at=now)
        order = await session.scalar(placed.returning(Order.id))
        (case,) = await reserve_ids(session, Case, 1)
        opened = {"id": case, "creditor_id": creditor, "order_id": order, "number": "1", "currency": "RUB"}
        await insert_many(session, Case, [{**opened, "opened_at": now}])
        claims = [{"case_id": case, "number": str(n), "principal": Decimal(n) / 8} for n in range(3)]
        await insert_many(session, Claim, claims)
        told = {"case_id": case, "kind": EventKind.IMPORT, "at": now, "data": {"row": 1, "source": "«ё»"}}
        await insert_many(session, CaseEvent, [told])
    async with uow.read() as session:
        sums = (await session.scalars(select(Claim.principal).order_by(Claim.id))).all()
        data = (await session.scalars(select(CaseEvent.data))).all()
    assert sums == [Decimal(0), Decimal("0.125"), Decimal("0.25")]
    assert data == [{"row": 1, "source": "«ё»"}]


async def _people(uow: UnitOfWork, clock: ManualClock, count: int) -> list[int]:
    rows = [
        {"kind": PartyKind.PERSON, "name": f"P{n}", "name_key": f"p{n}", "created_at": clock.now()}
        for n in range(count)
    ]
    async with uow.write() as work:
        await insert_many(work.session, Party, rows)
    async with uow.read() as session:
        return list(await session.scalars(select(Party.id).order_by(Party.id)))


async def test_many_ids_are_asked_for_as_one(uow: UnitOfWork, clock: ManualClock) -> None:
    ids = await _people(uow, clock, 5)
    async with uow.read() as session:
        for asked in ([], ids[1:3], [*ids, *ids, ids[-1] + 1]):
            found = await session.scalars(select(Party.id).where(Among(Party.id, asked)).order_by(Party.id))
            assert found.all() == sorted(set(asked) & set(ids))


async def test_many_texts_are_given_by_name(uow: UnitOfWork, clock: ManualClock) -> None:
    await _people(uow, clock, 4)
    named = select(Party.name).where(Among(Party.name, "names")).order_by(Party.name)
    async with uow.read() as session:
        for asked, found in (((), []), (("P1",), ["P1"]), (("P3", "P1", "P1", "P';--"), ["P1", "P3"])):
            assert (await session.scalars(named, {"names": asked})).all() == found


async def test_what_the_session_holds_says_what_the_rows_say(uow: UnitOfWork, clock: ManualClock) -> None:
    first, second = await _people(uow, clock, 2)
    renamed = update(Party.__table__).where(Party.id == bindparam("key")).values(name=bindparam("new"))  # type: ignore[arg-type]
    async with uow.write() as work:
        held = await work.session.get_one(Party, first)
        await execute_all(work.session, renamed, [{"key": key, "new": "Q"} for key in (first, second)])
        assert held.name == "P0"
        await reread(work.session, Party, {first, second})
        assert held.name == "Q"
