"""Where a caller goes, decided while he waits: from the dialplan's question to the answer on the manager's wire, beside
a bare program that answers the same question with a constant over the same wire.

Fifty callers at once are the worst second of a busy floor.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bench.figure import Figure, percentile
from bench.floor import furnish
from bench.rings import caller_of
from callcenter.app.adapters.cases import CallerLookup
from callcenter.app.adapters.routing import KnownDebtors
from callcenter.ivr.attendant import Attendant, Told
from callcenter.ivr.ports import Caller
from callcenter.ivr.walk import Heard, Question
from callcenter.queues.routing import Onward, Route, Router
from callcenter.queues.service import ship_queues
from core.kernel.bus import Bus
from core.kernel.clock import SystemClock
from core.kernel.db import Database
from core.kernel.uow import UnitOfWork
from telephony.ami.client import AmiAccount, AmiClient
from telephony.asking import Asking, Menus, Routing
from telephony.voice import EspeakVoice
from tests.fakes.ami_server import AmiServer

COLLECTORS, DEBTORS = 200, 20_000
ONE_BY_ONE, AT_ONCE, BURSTS = 1_000, 50, 20


class Constant:
    """Everybody goes to the main queue, at once."""

    async def entered(self, caller: Caller, queue: str, language: str | None) -> bool:
        return False

    async def step(self, channel: str, keys: str) -> tuple[Caller, Told] | None:
        return None

    async def into(self, number: str | None, code: str) -> Route:
        return Route(queue=code)

    async def arrived(self, number: str | None, dialled: str | None) -> Route:
        return Route(queue="main")

    async def waited(self, code: str) -> Onward:
        return Onward()


class Nothing:
    """No menu stands before any queue here, so nothing is asked."""

    async def answer(self, question: Question, caller: Caller) -> Heard:
        raise AssertionError(question)

    async def served(self, caller: Caller) -> None: ...


async def run(*, small: bool) -> list[Figure]:
    debtors, calls, bursts = (
        (DEBTORS // 100, ONE_BY_ONE // 20, BURSTS // 10) if small else (DEBTORS, ONE_BY_ONE, BURSTS)
    )
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'routing.db'}"
        await furnish(url, COLLECTORS, debtors)
        database = Database(url)
        try:
            uow = UnitOfWork(database, Bus())
            async with uow.write() as work:
                await ship_queues(work)
            router = Router(uow, SystemClock(), KnownDebtors(CallerLookup(), "RU"))
            menus = Attendant(uow, SystemClock(), world=Nothing(), voice=EspeakVoice(uow, [Path(folder)]))
            ours = await _measured(router, menus, calls, bursts, debtors)
            bare = await _measured(Constant(), Constant(), calls, bursts, debtors)
        finally:
            await database.close()
    return [
        Figure(
            name=f"routing decision, {what}, {part}",
            value=percentile(one, share),
            unit="ms",
            reference=percentile(other, share),
            reference_name="a constant answer",
            aim="p99 below 100 ms",
        )
        for what, one, other in (("one by one", ours[0], bare[0]), (f"{AT_ONCE} at once", ours[1], bare[1]))
        for part, share in (("p50", 0.5), ("p99", 0.99))
    ]


async def _measured(
    routing: Routing, menus: Menus, calls: int, bursts: int, debtors: int
) -> tuple[Sequence[float], Sequence[float]]:
    """Milliseconds of each decision: one by one, and many at once."""
    async with AmiServer() as exchange, _answering(exchange, routing, menus):
        alone = [took for number in range(calls) for took in await _asked(exchange, [number], debtors)]
        together: list[float] = []
        for burst in range(bursts):
            together += await _asked(exchange, range(burst * AT_ONCE, (burst + 1) * AT_ONCE), debtors)
    return alone, together


@asynccontextmanager
async def _answering(exchange: AmiServer, routing: Routing, menus: Menus) -> AsyncIterator[None]:
    account = AmiAccount(host="127.0.0.1", port=exchange.port, username="bench", secret="bench")
    client = AmiClient(account, SystemClock())
    asking = Asking(client, routing, menus, within=10)
    tasks = [asyncio.create_task(client.run()), asyncio.create_task(asking.run())]
    async with asyncio.timeout(10):
        while not client.status().up:
            await client.batch()
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _asked(exchange: AmiServer, numbers: Sequence[int], debtors: int) -> list[float]:
    """Ask for all at once; how long each waited."""
    exchange.heard.clear()
    waiting = {f"1763.{number}": time.perf_counter() for number in numbers}
    took: list[float] = []

    def all_answered() -> bool:
        for action in exchange.actions("Setvar"):
            if (began := waiting.pop(action["Channel"], None)) is not None:
                took.append((time.perf_counter() - began) * 1000)
        return not waiting

    for number in numbers:
        exchange.event(
            Event="UserEvent",
            UserEvent="CallcenterAsk",
            Uniqueid=f"1763.{number}",
            CallerIDNum=caller_of(number % debtors),
            About="arrived",
            Subject="5550100",
        )
    await exchange.until(all_answered, timeout=30)
    return took
