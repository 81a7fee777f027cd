"""Backup while writers write, restore into place, on both databases."""

import asyncio
import shutil
from pathlib import Path

import pytest
from sqlalchemy import delete, func, insert, select

from callcenter.app.backup import BackupFailed, backup, restore
from callcenter.app.settings import Settings
from core.kernel.clock import ManualClock
from core.kernel.jobs import Job
from core.kernel.uow import UnitOfWork


@pytest.fixture(autouse=True)
def _tools(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("pg_dump") is None:
        pytest.fail("pg_dump is missing: run 'apt-get install postgresql-client'")


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", database_url=database_url)


async def _write_jobs(uow: UnitOfWork, clock: ManualClock, count: int) -> None:
    for number in range(count):
        async with uow.write() as work:
            await work.session.execute(
                insert(Job).values(kind=f"k{number}", payload={}, run_at=clock.now(), created_at=clock.now())
            )


async def _count(uow: UnitOfWork) -> int:
    async with uow.read() as session:
        return await session.scalar(select(func.count()).select_from(Job)) or 0


async def test_a_backup_under_writes_brings_everything_of_its_moment_back(
    uow: UnitOfWork, clock: ManualClock, settings: Settings, tmp_path: Path
) -> None:
    audio = settings.data_dir / "recordings" / "ab" / "1.ogg"
    audio.parent.mkdir(parents=True)
    audio.write_bytes(b"sound")
    key = settings.key
    await _write_jobs(uow, clock, 5)
    writing = asyncio.create_task(_write_jobs(uow, clock, 30))
    target = tmp_path / "all of it.tar"
    assert await backup(settings, target) == target.stat().st_size
    await writing

    async with uow.write() as work:
        await work.session.execute(delete(Job))
    audio.unlink()
    with pytest.raises(BackupFailed, match="--replace"):
        await restore(settings, target, replace=False)
    await restore(settings, target, replace=True)
    assert 5 <= await _count(uow) <= 35
    assert audio.read_bytes() == b"sound"
    assert (settings.data_dir / "secret.key").read_bytes() == key


async def test_a_damaged_backup_changes_nothing(
    uow: UnitOfWork, clock: ManualClock, settings: Settings, tmp_path: Path
) -> None:
    await _write_jobs(uow, clock, 3)
    target = tmp_path / "b.tar"
    await backup(settings, target)
    target.write_bytes(target.read_bytes()[:1500])
    with pytest.raises(BackupFailed, match="not a whole backup"):
        await restore(settings, target, replace=True)
    assert await _count(uow) == 3
