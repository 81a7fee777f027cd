"""What becomes of others while somebody keeps the database to himself."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from time import monotonic

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from core.kernel.errors import DatabaseBusy
from core.kernel.idempotency import IdempotencyKey
from core.kernel.journal import GroupCommit
from core.kernel.patience import at_most
from core.kernel.uow import UnitOfWork, Work
from tests.locking import locked

TABLE = "idempotency_keys"
SHORT, SOON, SLOW, PATIENT = 0.2, 6.0, 0.06, 5.0
NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)


def row(name: str) -> IdempotencyKey:
    return IdempotencyKey(caller="test", key=name, fingerprint="", body="", created_at=NOON)


async def write(uow: UnitOfWork, name: str, *, brief: bool = False) -> None:
    async with uow.write(brief=brief) as work:
        work.session.add(row(name))


async def written(uow: UnitOfWork) -> set[str]:
    async with uow.read() as session:
        return set((await session.scalars(select(IdempotencyKey.key))).all())


@pytest.mark.parametrize("brief", [False, True])
async def test_who_waits_a_little_is_told_soon(uow: UnitOfWork, database_url: str, brief: bool) -> None:
    await write(uow, "first")
    async with locked(database_url, TABLE):
        began = monotonic()
        with at_most(SHORT), pytest.raises(DatabaseBusy):
            await write(uow, "refused", brief=brief)
        assert monotonic() - began < SOON
    await write(uow, "later", brief=brief)
    assert await written(uow) == {"first", "later"}


async def test_a_crowd_is_told_as_soon_as_one(uow: UnitOfWork, database_url: str) -> None:
    """Who waits behind somebody who waits does not wait for the sum of both."""
    async with locked(database_url, TABLE):
        began = monotonic()
        with at_most(SHORT):
            told = await asyncio.gather(*(write(uow, str(n)) for n in range(40)), return_exceptions=True)
        assert {type(one) for one in told} == {DatabaseBusy}
        assert monotonic() - began < SOON
    await write(uow, "later")
    assert await written(uow) == {"later"}


@pytest.mark.slow
@pytest.mark.parametrize("brief", [False, True])
async def test_a_crowd_of_which_each_gets_his_turn_is_not_refused(uow: UnitOfWork, brief: bool) -> None:
    """Together they take longer than anybody is patient: but the line moves."""
    connections = 10  # PostgreSQL writes through so many at once
    abreast = 1 if uow.database.dialect == "sqlite" else connections

    async def slowly(name: str) -> None:
        async with uow.write(brief=brief) as work:
            work.session.add(row(name))
            await work.session.flush()
            await asyncio.sleep(SLOW * abreast)  # his work

    with at_most(PATIENT, in_line=60):
        await asyncio.gather(*(slowly(str(n)) for n in range(10 * connections)))
    assert len(await written(uow)) == 10 * connections


@pytest.mark.slow
async def test_refusals_are_no_movement(uow: UnitOfWork, database_url: str) -> None:
    """A crowd before a locked database is told, though each of those before it is told too and gives his place away."""
    async with locked(database_url, TABLE):
        began = monotonic()
        with at_most(SHORT, in_line=60):
            told = await asyncio.gather(*(write(uow, str(n)) for n in range(100)), return_exceptions=True)
        assert {type(one) for one in told} == {DatabaseBusy}
        assert monotonic() - began < SOON


async def test_who_has_time_waits_and_writes(uow: UnitOfWork, database_url: str) -> None:
    async with locked(database_url, TABLE):
        patient = [asyncio.create_task(write(uow, str(n))) for n in range(3)]
        with at_most(SHORT), pytest.raises(DatabaseBusy):
            await write(uow, "refused")
    await asyncio.gather(*patient)
    assert await written(uow) == {"0", "1", "2"}


async def test_who_reads_is_not_kept_waiting(uow: UnitOfWork, database_url: str) -> None:
    async with locked(database_url, TABLE), uow.read() as session:
        assert await session.scalar(text("SELECT 1")) == 1


async def test_other_faults_keep_their_names(uow: UnitOfWork) -> None:
    await write(uow, "once")
    with pytest.raises(IntegrityError):
        await write(uow, "once")


async def test_a_shared_journal_tells_all_of_a_batch_at_once(uow: UnitOfWork, database_url: str) -> None:
    async def add(work: Work, items: Sequence[str]) -> None:
        work.session.add_all([row(one) for one in items])

    journal = GroupCommit[str](uow, add)
    running = asyncio.create_task(journal.run())
    try:
        async with locked(database_url, TABLE):
            with at_most(SHORT):
                told = await asyncio.gather(*(journal.append(str(n)) for n in range(20)), return_exceptions=True)
            assert {type(one) for one in told} == {DatabaseBusy}
        await journal.append("later")
        assert "later" in await written(uow)
    finally:
        running.cancel()
