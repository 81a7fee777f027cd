"""The process dies by -9 in the middle of posting a statement: the next run ends the work, each payment once."""

import asyncio
import os
import signal
import sys
from decimal import Decimal
from pathlib import Path

import pytest

import core
from core.importing.model import BatchState
from core.importing.service import APPLY_JOB
from core.kernel.access import PROGRAM
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from tests.factories import statements
from tests.integration.payments.house import build

LINES = 900
_PROGRAM = """
import asyncio, sys
from datetime import datetime, UTC
from callcenter.app.models import metadata
from core.importing.applying import Applying
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.db import Database
from core.kernel.uow import UnitOfWork
from core.payments.incoming.kind import PaymentsKind
from core.payments.service.effects import Effects
from tests.integration.payments.conftest import Followers

class Told(Applying):
    async def write(self, batch_id, writer, rows):
        going = await super().write(batch_id, writer, rows)
        print("one more", flush=True)
        return going

async def main(url, batch):
    uow, followers = UnitOfWork(Database(url), Bus()), Followers()
    clock = ManualClock(datetime(2026, 3, 11, 12, tzinfo=UTC))
    kind = PaymentsKind(uow, clock, Effects(followers.appropriate, followers))
    await Told(uow, clock, lambda name: kind).run({"batch": int(batch)})

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.slow
async def test_killed_half_way_and_gone_on(
    uow: UnitOfWork, clock: ManualClock, tmp_path: Path, database_url: str
) -> None:
    house = await build(uow, clock, tmp_path)
    moves = [statements.Move(amount=Decimal(1), doc_no=str(n), purpose="ДЛ-000123/24") for n in range(LINES)]
    batch = await house.bring(statements.one_c(moves), apply=False)
    await house.imports.apply(PROGRAM, batch.id, valid_only=True)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _PROGRAM,
        *(database_url, str(batch.id)),
        env={**os.environ, "PYTHONPATH": str(Path(core.__file__).parents[1])},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(90):
        assert await process.stdout.readline() == b"one more\n"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    half = len(await house.payments())
    assert 0 < half < LINES
    await house.imports.handlers[APPLY_JOB]({"batch": batch.id})
    assert (await house.batch(batch.id)).state == BatchState.DONE
    payments = await house.payments()
    assert sorted(int(one.doc_no) for one in payments) == list(range(LINES))
    assert await house.settled("ДЛ-000123/24") == sum(one.settled for one in payments) == LINES
