"""Append-only, chained, sealed exactly once, and every kind of tampering found."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from core.audit import queries
from core.audit.model import APPEND_ONLY_DDL, DROP_DDL, AuditEntry, AuditHead
from core.audit.queries import Search, verify
from core.audit.service import Looks, Sealer, record
from core.kernel.access import PROGRAM, Actor, Scope
from core.kernel.clock import ManualClock
from core.kernel.errors import Forbidden
from core.kernel.uow import UnitOfWork

ANNA = Actor(user_id=3, login="anna", rights={})
ADMIN = Actor(user_id=1, login="admin", rights={"audit.view": Scope.ALL})


async def _write(uow: UnitOfWork, clock: ManualClock, count: int) -> None:
    async with uow.write() as work:
        for number in range(count):
            changes = {"stage": ("soft", "hard"), "same": (1, 1)}
            record(work, ANNA, "cases.edit", ("case", number), changes, at=clock.now())


async def _ids(uow: UnitOfWork) -> list[int]:
    async with uow.read() as session:
        return list(await session.scalars(select(AuditEntry.id).order_by(AuditEntry.seq)))


async def _tamper(uow: UnitOfWork, *statements: object) -> None:
    """What somebody with the database's password can do: the triggers do not stop them, the chain tells."""
    dialect = uow.database.dialect
    async with uow.database.writer_engine.begin() as connection:
        for line in DROP_DDL[dialect]:
            await connection.execute(text(line))
        for statement in statements:
            await connection.execute(statement)  # type: ignore[call-overload]
        for line in APPEND_ONLY_DDL[dialect]:
            await connection.execute(text(line))


async def test_an_entry_comes_with_its_change_or_not_at_all(uow: UnitOfWork, clock: ManualClock) -> None:
    with suppress(RuntimeError):
        async with uow.write() as work:
            record(work, ANNA, "cases.edit", ("case", 1), at=clock.now())
            raise RuntimeError
    assert await _ids(uow) == []


async def test_only_what_changed_is_kept(uow: UnitOfWork, clock: ManualClock) -> None:
    await _write(uow, clock, 1)
    async with uow.read() as session:
        entry = (await session.scalars(select(AuditEntry))).one()
    assert entry.changes == {"stage": ["soft", "hard"]}
    assert (entry.actor_login, entry.subject_kind, entry.subject_id) == ("anna", "case", "0")


async def test_the_chain_holds_over_many_batches(uow: UnitOfWork, clock: ManualClock) -> None:
    await _write(uow, clock, 1203)
    sealer = Sealer(uow)
    assert [await sealer.seal() for _ in range(4)] == [500, 500, 203, 0]
    verdict = await verify(uow)
    assert verdict.whole
    assert verdict.length == 1203


async def test_an_empty_trail_is_whole(uow: UnitOfWork) -> None:
    assert (await verify(uow)).whole


async def test_two_sealers_seal_each_entry_once(uow: UnitOfWork, clock: ManualClock) -> None:
    await _write(uow, clock, 10)
    await Sealer(uow).seal()
    await _write(uow, clock, 900)
    done = await asyncio.gather(*(Sealer(uow).seal() for _ in range(4)))
    assert sum(done) == 900
    verdict = await verify(uow)
    assert (verdict.whole, verdict.length) == (True, 910)


async def test_two_sealers_may_start_the_chain_at_once(uow: UnitOfWork, clock: ManualClock) -> None:
    await _write(uow, clock, 5)
    assert sum(await asyncio.gather(*(Sealer(uow).seal() for _ in range(4)))) == 5
    assert (await verify(uow)).whole


async def test_an_entry_committed_late_takes_a_later_place(uow: UnitOfWork, clock: ManualClock) -> None:
    await _write(uow, clock, 3)
    async with uow.write() as work:
        first = (await work.session.scalars(select(AuditEntry).order_by(AuditEntry.id))).first()
        assert first is not None
    await Sealer(uow).seal()
    await _write(uow, clock, 1)
    await Sealer(uow).seal()
    assert (await verify(uow)).length == 4


async def test_the_database_refuses_changes_and_deletions(uow: UnitOfWork, clock: ManualClock) -> None:
    await _write(uow, clock, 2)
    await Sealer(uow).seal()
    await _write(uow, clock, 1)
    sealed, _, unsealed = sorted(await _ids(uow))
    refused = (
        update(AuditEntry).where(AuditEntry.id == sealed).values(action="other"),
        update(AuditEntry).where(AuditEntry.id == sealed).values(hash="0" * 64),
        update(AuditEntry).where(AuditEntry.id == unsealed).values(action="other"),
        update(AuditEntry).where(AuditEntry.id == unsealed).values(action="other", seq=9, hash="0" * 64),
        delete(AuditEntry).where(AuditEntry.id == sealed),
        delete(AuditEntry).where(AuditEntry.id == unsealed),
        delete(AuditHead),
        update(AuditHead).values(seq=1),
    )
    for statement in refused:
        with pytest.raises(DBAPIError, match="append-only"):
            async with uow.write() as work:
                await work.session.execute(statement)
    assert (await verify(uow)).length == 2


@pytest.mark.parametrize("field", ["action", "actor_login", "subject_id", "changes", "hash"])
async def test_a_changed_entry_is_named(uow: UnitOfWork, clock: ManualClock, field: str) -> None:
    await _write(uow, clock, 5)
    await Sealer(uow).seal()
    third = (await _ids(uow))[2]
    value: object = {"stage": ["soft", "legal"]} if field == "changes" else "f" * 40
    await _tamper(uow, update(AuditEntry).where(AuditEntry.id == third).values({field: value}))
    assert (await verify(uow)).broken_seq == 3


async def test_a_removed_and_a_cut_off_entry_are_found(uow: UnitOfWork, clock: ManualClock) -> None:
    await _write(uow, clock, 5)
    await Sealer(uow).seal()
    ids = await _ids(uow)
    await _tamper(uow, delete(AuditEntry).where(AuditEntry.id == ids[4]))
    assert (await verify(uow)).broken_seq == 5
    await _tamper(uow, delete(AuditEntry).where(AuditEntry.id == ids[1]))
    assert (await verify(uow)).broken_seq == 2


async def test_entries_swapped_are_found(uow: UnitOfWork, clock: ManualClock) -> None:
    await _write(uow, clock, 4)
    await Sealer(uow).seal()
    _, second, third, _ = await _ids(uow)
    await _tamper(
        uow,
        update(AuditEntry).where(AuditEntry.id == second).values(seq=99),
        update(AuditEntry).where(AuditEntry.id == third).values(seq=2),
        update(AuditEntry).where(AuditEntry.id == second).values(seq=3),
    )
    assert (await verify(uow)).broken_seq == 2


async def test_a_look_is_on_disk_before_the_data_is_shown(uow: UnitOfWork, clock: ManualClock) -> None:
    looks = Looks(uow, clock)
    task = asyncio.create_task(looks.run())
    await asyncio.gather(*(looks.looked(ANNA, ("party", number)) for number in range(50)))
    async with uow.read() as session:
        found = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "looked"))).all()
    assert {entry.subject_id for entry in found} == {str(number) for number in range(50)}
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_search_by_who_what_and_when(uow: UnitOfWork, clock: ManualClock) -> None:
    await _write(uow, clock, 3)
    clock.advance(timedelta(hours=1))
    async with uow.write() as work:
        record(work, PROGRAM, "jobs.clean", ("case", "1"), at=clock.now())
    async with uow.read() as session:

        async def found(**wanted: object) -> list[str]:
            rows = await queries.search(session, ADMIN, Search(**wanted))  # type: ignore[arg-type]
            return [f"{row.actor_login}:{row.subject_id}" for row in rows]

        assert await found() == ["program:1", "anna:2", "anna:1", "anna:0"]
        assert await found(text="ann") == ["anna:2", "anna:1", "anna:0"]
        assert await found(text="%") == []
        assert await found(subject_kind="case", subject_id="1") == ["program:1", "anna:1"]
        assert await found(actor_id=3, subject_id="2") == ["anna:2"]
        assert await found(since=clock.now()) == ["program:1"]
        assert await found(until=clock.now(), action="cases.edit") == ["anna:2", "anna:1", "anna:0"]
        first = await queries.search(session, ADMIN, Search(), limit=2)
        following = await queries.search(session, ADMIN, Search(), before=first[-1].id, limit=2)
        assert [row.subject_id for row in following] == ["1", "0"]
        with pytest.raises(Forbidden):
            await queries.search(session, ANNA, Search())
