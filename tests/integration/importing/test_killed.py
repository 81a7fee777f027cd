"""The process dies by -9 in the middle of applying: the next run ends the work, and nothing is there twice."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

import core
from core.cases.model import Case, CaseEvent, Claim, Creditor
from core.importing.model import BatchState, ImportBatch
from core.importing.service import Imports
from core.kernel.access import PROGRAM
from core.kernel.jobs import JobRunner
from core.kernel.uow import UnitOfWork
from core.parties.model import Phone
from tests.integration.importing.conftest import debtor, write_book
from tests.integration.importing.test_import import bring_in, reload

ROWS = 1500
_PROGRAM = """
import asyncio, sys
from callcenter.app.models import metadata
from core.importing.applying import Applying
from core.importing.registry.kind import RegistryKind
from core.kernel.bus import Bus
from core.kernel.clock import SystemClock
from core.kernel.db import Database
from core.kernel.uow import UnitOfWork

class Told(Applying):
    async def write(self, batch_id, writer, rows):
        going = await super().write(batch_id, writer, rows)
        print("one more", flush=True)
        return going

async def main(url, batch):
    uow = UnitOfWork(Database(url), Bus())
    await Told(uow, SystemClock(), lambda name: RegistryKind()).run({"batch": int(batch)})

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.slow
async def test_killed_half_way_and_gone_on(
    uow: UnitOfWork,
    imports: Imports,
    runner: JobRunner,
    creditor: Creditor,
    tmp_path: Path,
    database_url: str,
) -> None:
    path = write_book(tmp_path / "r.xlsx", [debtor(n) for n in range(1, ROWS + 1)])
    batch = await bring_in(imports, runner, creditor, path, apply=False)
    await imports.apply(PROGRAM, batch.id, valid_only=True)
    arguments = (database_url, str(batch.id))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _PROGRAM,
        *arguments,
        env={**os.environ, "PYTHONPATH": str(Path(core.__file__).parents[1])},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        assert await process.stdout.readline() == b"one more\n"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    half = await _applied(uow)
    assert 0 < half < ROWS
    await imports.handlers["import.apply"]({"batch": batch.id})
    batch = await reload(imports, batch)
    assert (batch.state, batch.applied_rows) == (BatchState.DONE, ROWS)
    async with uow.read() as session:
        counts = [await session.scalar(select(func.count()).select_from(t)) for t in (Case, Claim, Phone, CaseEvent)]
    assert counts == [ROWS] * 4


async def _applied(uow: UnitOfWork) -> int:
    async with uow.read() as session:
        return await session.scalar(select(func.max(ImportBatch.applied_rows))) or 0
