"""A recordings process that kills itself at a named step: ``dying.py DATABASE_URL FOLDER STEP``."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from sqlalchemy import event

from core.kernel.bus import Bus
from core.kernel.clock import SystemClock
from core.kernel.db import Database
from core.kernel.uow import UnitOfWork
from recordings.audio import OpusEncoder, Stereo
from recordings.intake import Intake
from recordings.spool import Pair, Spool
from recordings.storage import LocalStorage
from tests.integration.recordings.conftest import FakeCalls


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DyingStorage(LocalStorage):
    """Dies while it writes, or right after."""

    step = ""

    def _put(self, path: Path, source: Path) -> None:
        if self.step == "half stored":
            (self._root / "tmphalf.part").write_bytes(source.read_bytes()[:100])
            die()
        super()._put(path, source)
        if self.step == "stored":
            die()


class DyingEncoder(OpusEncoder):
    """Dies while the encoder works."""

    step = ""

    async def encode(self, stereo: Stereo, target: Path) -> None:
        if self.step == "encoding":
            asyncio.get_running_loop().call_later(0.05, die)
        await super().encode(stereo, target)
        if self.step == "encoded":
            die()


class DyingSpool(Spool):
    """Dies before, between or after the two deletions."""

    step = ""

    def discard(self, pair: Pair) -> None:
        if self.step == "ready":
            die()
        if self.step == "half discarded":
            pair.files[0].path.unlink()
            die()
        super().discard(pair)
        if self.step == "discarded":
            die()


async def main(url: str, folder: Path, step: str) -> None:
    DyingStorage.step = DyingEncoder.step = DyingSpool.step = step
    database = Database(url)
    uow = UnitOfWork(database, Bus())
    if step in ("before the row", "row"):
        moment = "begin" if step == "before the row" else "commit"
        event.listen(database.writer_engine.sync_engine, moment, lambda _: moment == "begin" and die())
    if step == "row":
        event.listen(database.writer_engine.sync_engine, "checkin", lambda *_: die())
    spool = DyingSpool("lab", folder / "spool")
    storage = DyingStorage(folder / "store")
    storage.sweep_parts()
    intake = Intake(
        uow=uow, clock=SystemClock(), storage=storage, calls=FakeCalls(), encoder=DyingEncoder(), scratch=folder
    )
    for files in spool.finished():
        await intake.take(spool, files)
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
