"""500 collectors flat out beside the bare writer, and slow and dead screens beside the others.

Notes, results and states go through HTTP to the product as its users have it, a process of its own, as fast as it
answers; every collector has an open screen. The reference writes the same rows into a copy of the same database with
the same settings, by a connection that does nothing else: a commit for each write, and one for 256. Then rings on 500
screens, first alone and then with fifty more that read seldom or never.
"""

import asyncio
import json
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import insert

from bench import bare_writer
from bench.audience import audience, live
from bench.bench_pop import EACH_SECOND, Heard, Load, heard, running_product
from bench.figure import Figure, percentile
from bench.floor import Seat, furnish
from callcenter.calls.facts import CallPhase, Direction
from callcenter.calls.model import Call
from core.kernel.bus import Bus
from core.kernel.clock import SystemClock
from core.kernel.db import Database
from core.kernel.uow import UnitOfWork
from tests.fakes.ami_server import AmiServer
from tests.plugins.product import ROOT

COLLECTORS, SECONDS = 500, 20
DEAF = 50
_PATIENCE_SECONDS = 90
#: The first debtor: party 1 is the creditor.
_FIRST_CASE = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """Milliseconds of each acknowledged write by kind, how many were refused, and the same rows bare: writes a second
    with a commit for each, and with one for many."""

    waits: Mapping[str, Sequence[float]]
    refused: int
    seconds: float
    single: float
    grouped: float

    @property
    def all(self) -> list[float]:
        return [wait for waits in self.waits.values() for wait in waits]


async def _flat_out(folder: Path, collectors: int, seconds: int) -> Written:
    file = folder / "callcenter.db"
    url = f"sqlite+aiosqlite:///{file}"
    seats = await furnish(url, collectors, collectors)
    await _talked(url, collectors)
    before = bare_writer.copy(file, folder / "before.db")
    async with AmiServer() as manager, running_product(folder, manager.port) as product:
        await manager.until(lambda: bool(manager.actions("BridgeList")), _PATIENCE_SECONDS)
        async with audience(live(product.url, seats)):
            told = await _typed(product.url, seats, seconds)
    rows = bare_writer.added(before, file)
    waits = {kind: told[kind] for kind in ("note", "result", "state")}
    writes = sum(map(len, waits.values()))
    return Written(
        waits=waits,
        refused=told["refused"],
        seconds=seconds,
        single=await asyncio.to_thread(bare_writer.rate, before, rows, writes, group=1),
        grouped=await asyncio.to_thread(bare_writer.rate, before, rows, writes, group=bare_writer.GROUP),
    )


async def _talked(url: str, collectors: int) -> None:
    """Each collector has talked with a debtor of his and not said yet how it went."""
    now, database = SystemClock().now(), Database(url)
    ended = {"server": "bench", "direction": Direction.INBOUND, "phase": CallPhase.ENDED, "needs_result": True}
    times = {"started_at": now, "answered_at": now, "ended_at": now, "talk_seconds": 60}
    calls = [
        {**ended, **times, "id": user, "user_id": user, "case_id": case, "party_id": case}
        for user in range(1, collectors + 1)
        for case in [_case_of(user, collectors)]
    ]
    try:
        async with UnitOfWork(database, Bus()).write() as work:
            await work.session.execute(insert(Call), calls)
    finally:
        await database.close()


def _case_of(user: int, collectors: int) -> int:
    """The case of ``bench.floor`` that is this collector's: it belongs to user ``1 + case % collectors``."""
    case = user - 1
    return case if case >= _FIRST_CASE else case + collectors


async def _typed(url: str, seats: Sequence[Seat], seconds: int) -> dict[str, Any]:
    """What a process of typists was answered."""
    parts = urlsplit(url)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.typists", str(parts.hostname), str(parts.port), str(seconds),
        cwd=ROOT, stdin=PIPE, stdout=PIPE, limit=2**26,
    )  # fmt: skip
    own = [(f"callcenter_session={seat.token}", _case_of(user, len(seats)), user) for user, seat in enumerate(seats, 1)]
    out, _ = await asyncio.wait_for(process.communicate(json.dumps(own).encode() + b"\n"), seconds + _PATIENCE_SECONDS)
    told: dict[str, Any] = json.loads(out)
    return told


async def _rung(folder: Path, load: Load, deaf: int) -> Heard:
    """Rings on all screens; ``deaf`` of the collectors have a second one that reads seldom or never."""
    seats = await furnish(f"sqlite+aiosqlite:///{folder / 'callcenter.db'}", load.screens, load.debtors)
    async with AmiServer() as manager, running_product(folder, manager.port) as product:
        await manager.until(lambda: bool(manager.actions("BridgeList")), _PATIENCE_SECONDS)
        assert product.process is not None
        addresses = live(product.url, [*seats, *seats[:deaf]])
        extensions = [seat.extension for seat in seats]
        return await heard(manager, product.process.pid, '"call.offered"', addresses, extensions, load, deaf=deaf)


async def run(*, small: bool = False) -> list[Figure]:
    """The writing, then the rings without and with screens that do not read."""
    collectors, seconds, deaf = (50, 4, 10) if small else (COLLECTORS, SECONDS, DEAF)
    load = Load(screens=50, seconds=4) if small else Load()
    with tempfile.TemporaryDirectory(prefix="cc-bench-") as folder:
        written = await _flat_out(Path(folder), collectors, seconds)
    with tempfile.TemporaryDirectory(prefix="cc-bench-") as folder:
        alone = await _rung(Path(folder), load, 0)
    with tempfile.TemporaryDirectory(prefix="cc-bench-") as folder:
        beside = await _rung(Path(folder), load, deaf)
    return [*_writing(written, collectors), *_ringing(alone, beside, load.screens, deaf)]


def _writing(written: Written, collectors: int) -> list[Figure]:
    name = f"acknowledged writes over HTTP, {collectors} collectors flat out"
    rate = len(written.all) / written.seconds
    return [
        Figure(
            name=name,
            value=rate,
            unit="1/s",
            reference=written.single,
            reference_name="the same rows bare, a commit each",
        ),
        Figure(
            name=name,
            value=rate,
            unit="1/s",
            reference=written.grouped,
            reference_name=f"the same rows bare, {bare_writer.GROUP} a commit",
        ),
        *(
            Figure(name=f"{kind} written, {collectors} at a time ({word})", value=percentile(waits, share), unit="ms")
            for kind, waits in written.waits.items()
            for word, share in (("p50", 0.5), ("p99", 0.99))
        ),
        Figure(name="writes refused", value=written.refused, unit="", aim="0"),
    ]


def _ringing(alone: Heard, beside: Heard, screens: int, deaf: int) -> list[Figure]:
    return [
        *(
            Figure(
                name=f"ring to message, {screens} screens, {EACH_SECOND} rings/s, {deaf} slow or dead beside ({word})",
                value=percentile(beside.waits, share),
                unit="ms",
                reference=percentile(alone.waits, share),
                reference_name="the same without them",
                aim="about 1×",
            )
            for word, share in (("p50", 0.5), ("p99", 0.99))
        ),
        Figure(name="rings that reached no screen", value=beside.missing, unit="rings", aim="0"),
    ]
