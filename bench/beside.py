"""The product's answer beside the same question as bare SQL, on one SQLite file."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import aiosqlite
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bench.figure import Figure, percentile
from callcenter.app.models import metadata
from core.kernel.db import Database

ROUNDS = 300
WARMING = 20


async def timed_each(action: Callable[[int], Awaitable[object]], rounds: int = ROUNDS) -> list[float]:
    spent = []
    for n in range(rounds):
        start = perf_counter()
        await action(n)
        spent.append((perf_counter() - start) * 1000)
    return spent


@dataclass(frozen=True, slots=True)
class Bare:
    """The same question as bare SQL, without the product: through the product's engine, and past it through the raw
    driver, which keeps no transaction."""

    engine: AsyncEngine
    driver: aiosqlite.Connection

    async def through_engine(self, *statements: tuple[str, tuple[Any, ...]]) -> None:
        async with self.engine.connect() as connection:
            for sql, values in statements:
                (await connection.exec_driver_sql(sql, values)).all()

    async def through_driver(self, *statements: tuple[str, tuple[Any, ...]]) -> None:
        for sql, values in statements:
            await (await self.driver.execute(sql, values)).fetchall()


@asynccontextmanager
async def bare_sql(path: Path) -> AsyncIterator[Bare]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    async with aiosqlite.connect(path) as driver:
        yield Bare(engine, driver)
    await engine.dispose()


Asks = Callable[[int], Sequence[tuple[str, tuple[Any, ...]]]]


async def beside(
    name: str, bare: Bare, ours: Callable[[int], Awaitable[object]], asks: Asks, rounds: int = ROUNDS
) -> list[Figure]:
    """The product and the bare SQL for the same rounds, each warmed up first."""
    for action in (ours, lambda n: bare.through_engine(*asks(n)), lambda n: bare.through_driver(*asks(n))):
        await timed_each(action, min(WARMING, rounds))
    spent = await timed_each(ours, rounds)
    engine = await timed_each(lambda n: bare.through_engine(*asks(n)), rounds)
    driver = await timed_each(lambda n: bare.through_driver(*asks(n)), rounds)
    named = f"the bare SQL, same driver (raw: {percentile(driver, 0.5):.3f})"

    def figure(share: float, word: str, aim: str) -> Figure:
        return Figure(
            name=f"{name} ({word})",
            value=percentile(spent, share),
            unit="ms",
            reference=percentile(engine, share),
            reference_name=named if aim else "",
            aim=aim,
        )

    return [figure(0.5, "p50", "≤ 3×"), figure(0.99, "p99", "")]


async def make_schema(path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{path}")
    async with database.writer_engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await database.close()
