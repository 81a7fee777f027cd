# ruff: noqa: E501 - bare SQL reads best on one line
"""Reports over a year of ten million calls, each beside the bare SQL over the same sums.

Two days are lived through: their calls are written as rows, and the product's own recomputation sums them. The other
days of the year are copies of those sums, moved by whole days, so that every day has as many rows as the real ones; what
a collector did for creditors that are not his own goes to another one every day, as it would. Other work on the machine
lengthens answers, so the processor's time stands beside them.
"""

import asyncio
import random
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from zoneinfo import ZoneInfo

from bench.beside import bare_sql, make_schema
from bench.figure import Figure
from bench.filling import fill
from callcenter.app.adapters.figures import FloorFigures
from callcenter.productivity.asking import Ask, By, pieces
from callcenter.productivity.counters import BLOCKS, CALL_DIMENSIONS, CLOCK, CUBES, DAYS, FULL, SLOT_COUNTERS
from callcenter.productivity.kpis import BY_KEY
from callcenter.productivity.report import read
from callcenter.productivity.rights import VIEW
from callcenter.productivity.rollups import Rollups
from callcenter.productivity.slots import slot_of
from core.kernel.access import Actor, Scope
from core.kernel.bus import Bus
from core.kernel.db import Database
from core.kernel.uow import UnitOfWork

CALLS = 10_000_000
WORKDAYS = 250
COLLECTORS, TEAMS, CREDITORS, STAGES, CAMPAIGNS = 200, 20, 12, 5, 4
#: Cases of one collector: of two creditors, at one stage or the next.
OWN_CASES = 20
CASES = COLLECTORS * OWN_CASES
ROUNDS = 3
_ZONE = ZoneInfo("Europe/Moscow")
_FIRST = date(2025, 3, 3)
_LIVED = (date(2026, 3, 2), date(2026, 3, 3))
_NOW = datetime(2026, 3, 3, 21, tzinfo=UTC)
_FIGURES = (
    "attempts",
    "contact_rate",
    "rpc_rate",
    "promises",
    "ptp_rate",
    "talk",
    "aht",
    "service_level",
    "abandonment",
)
#: What ``_calls`` says of each, and the phase.
_COLUMNS = (
    "id",
    "direction",
    "started_at",
    "answered_at",
    "ended_at",
    "queue",
    "queued_at",
    "campaign_id",
    "user_id",
    "case_id",
    "talk_seconds",
    "wrap_seconds",
    "result_code",
    "phase",
)
_COUNTERS = sorted({name for key in _FIGURES for name in BY_KEY[key].counters})


def _calls(day: date, count: int, chance: random.Random) -> Iterator[tuple[Any, ...]]:
    """A day of a floor with a dialler: seven in ten attempts reach nobody and have no collector, the others are talked
    by one who works for one creditor mostly; one call in twelve comes in over a queue."""
    for n in range(count):
        started = datetime(day.year, day.month, day.day, 6, tzinfo=UTC) + timedelta(seconds=chance.random() * 11 * 3600)
        inbound, answered = chance.random() < 0.08, chance.random() < 0.3
        user = chance.randrange(1, COLLECTORS + 1)
        own = chance.random() < 0.95
        case = user * OWN_CASES - chance.randrange(OWN_CASES) if own else chance.randrange(1, CASES)
        talk = int(chance.gammavariate(1.5, 60)) if answered else 0
        campaign = None if inbound or chance.random() < 0.2 else 1 + _creditor(case) % CAMPAIGNS
        yield (
            day.toordinal() * 100_000 + n,
            "inbound" if inbound else "outbound",
            started.strftime("%Y-%m-%d %H:%M:%S.%f"),
            (started + timedelta(seconds=9)).strftime("%Y-%m-%d %H:%M:%S.%f") if answered else None,
            (started + timedelta(seconds=30 + talk)).strftime("%Y-%m-%d %H:%M:%S.%f"),
            "inbound" if inbound else (f"campaign-{campaign}" if campaign else None),
            (started + timedelta(seconds=2)).strftime("%Y-%m-%d %H:%M:%S.%f") if inbound else None,
            campaign,
            user if answered or campaign is None else None,
            case,
            talk,
            15 if answered else 0,
            chance.choice(("RPC-PTP", "RPC-REFUSE", "TPC", "WRONG")) if answered else None,
        )


def _creditor(case: int) -> int:
    return 1 + ((case - 1) // OWN_CASES + case % 2) % CREDITORS


def _stage(case: int) -> int:
    return 1 + ((case - 1) // OWN_CASES + case // 2 % 2) % STAGES


def _people(bare: sqlite3.Connection) -> None:
    stamp = "2025-01-01 00:00:00.000000"
    bare.execute("PRAGMA foreign_keys=OFF")
    fill(bare, "units", ("id", "name"), ((n, f"Team {n}") for n in range(1, TEAMS + 1)))
    collectors = ((n, f"c{n}", 1, stamp, 1 + n % TEAMS, 1) for n in range(1, COLLECTORS + 1))
    fill(bare, "users", ("id", "login", "role_id", "created_at", "unit_id", "active"), collectors)
    fill(
        bare,
        "cases",
        ("id", "creditor_id", "order_id", "number", "state", "currency", "opened_at", "stage_id", "collector_id"),
        (
            (n, _creditor(n), 1, f"C-{n}", "open", "RUB", stamp, _stage(n), 1 + (n - 1) // OWN_CASES)
            for n in range(1, CASES + 1)
        ),
    )
    codes = (("RPC-PTP", 1, 1, 1), ("RPC-REFUSE", 1, 1, 1), ("TPC", 1, 0, 1), ("WRONG", 1, 0, 1))
    fill(bare, "call_result_codes", ("code", "contact", "rpc", "active"), codes)


def _live(path: Path, per_day: int) -> None:
    """The calls of the two days, as rows."""
    chance = random.Random(5)
    bare = sqlite3.connect(path)
    with bare:
        _people(bare)
        for day in _LIVED:
            fill(bare, "calls", _COLUMNS, ((*call, "ended") for call in _calls(day, per_day, chance)))
    bare.close()


def _copies() -> Iterator[tuple[int, int, int]]:
    """For every other working day of the year: which lived day it repeats, by how many days moved, how far exchanged."""
    done = 0
    day = _FIRST
    while done < WORKDAYS - len(_LIVED):
        if day.weekday() < 5:
            source = _LIVED[done % 2]
            yield (source - date(1970, 1, 1)).days, (day - source).days, 1 + done
            done += 1
        day += timedelta(days=1)


def _copy(path: Path) -> None:
    """Fill the year. Blocks of thirty days are summed from the days, hours of ten days from the slots."""
    bare = sqlite3.connect(path, isolation_level=None)
    for pragma in ("synchronous=OFF", "journal_mode=OFF", "cache_size=-200000"):
        bare.execute(f"PRAGMA {pragma}")
    own = f"creditor_id IN (1 + (user_id - 1) % {CREDITORS}, 1 + user_id % {CREDITORS})"
    foreign = f"CASE WHEN user_id = 0 OR creditor_id = 0 OR {own} THEN creditor_id ELSE 1 + (creditor_id + :by) % {CREDITORS} END"
    exchanged = {"creditor_id": foreign}
    columns = ", ".join(exchanged.get(name, name) for name in CALL_DIMENSIONS)
    names = ", ".join((*CALL_DIMENSIONS, *SLOT_COUNTERS))
    cubes = ", ".join(str(cube.number) for cube in CUBES if cube not in (BLOCKS, CLOCK))
    summed = ", ".join(f"sum({name})" for name in SLOT_COUNTERS)
    bare.execute("BEGIN")
    for source, moved, by in _copies():
        bare.execute(
            f"INSERT INTO rollups(cube, slot, {names}) SELECT cube, slot + :moved * 48 AS moved, {columns}, {summed} FROM rollups "
            f"WHERE cube IN ({cubes}) AND slot >= :source * 48 AND slot < :source * 48 + 48 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9",
            {"source": source, "moved": moved, "by": by},
        )
    grouped = ", ".join(CALL_DIMENSIONS)
    bare.execute(f"DELETE FROM rollups WHERE cube IN ({BLOCKS.number}, {CLOCK.number})")
    bare.execute(
        f"INSERT INTO rollups(cube, slot, {names}) SELECT {BLOCKS.number}, slot / {BLOCKS.size} * {BLOCKS.size} AS block, {grouped}, {summed} "
        f"FROM rollups WHERE cube = {DAYS.number} GROUP BY block, {grouped}"
    )
    kept = ", ".join(CLOCK.dimensions)
    left_out = [name for name in CALL_DIMENSIONS if name not in CLOCK.dimensions]
    nothing = ", ".join("''" if name == "queue" else "0" for name in left_out)
    bare.execute(
        f"INSERT INTO rollups(cube, slot, {kept}, {', '.join(left_out)}, {', '.join(SLOT_COUNTERS)}) "
        f"SELECT {CLOCK.number}, slot / {CLOCK.size} * {CLOCK.size} + slot % 48 AS clock, {kept}, {nothing}, {summed} "
        f"FROM rollups WHERE cube = {FULL.number} GROUP BY clock, {kept}"
    )
    bare.execute("COMMIT")
    bare.execute("ANALYZE")
    bare.close()


def _reader(scope: Scope) -> Actor:
    return Actor(user_id=1, login="reader", rights={VIEW: scope}, team=frozenset({3}), timezone=_ZONE.key)


def _year(*by: By, **filters: int) -> Ask:
    wanted: dict[By, int | str] = {By(name): number for name, number in filters.items()}
    return Ask(first=_FIRST, last=_LIVED[-1], zone=_ZONE, by=by, filters=wanted)


def _bare(ask: Ask) -> list[tuple[str, tuple[Any, ...]]]:
    """The same question, by hand, over the same pieces."""
    sums = ", ".join(f"sum({name})" for name in _COUNTERS)
    filters = "".join(f" AND {by} = {number}" for by, number in ask.filters.items())
    asked = []
    for piece in pieces(ask, slot_of(_NOW), by_user=False):
        local = f"(slot + {piece.offset})"
        clock = {
            By.HOUR: f"{local} % 48 / 2",
            By.WEEKDAY: f"({local} / 48 + 3) % 7",
            By.DAY: f"{local} / 48",
            By.WEEK: f"({local} / 48 + 3) / 7",
        }
        shown = [clock.get(by, by.value) for by in ask.by if by is not By.MONTH]
        grouped = f" GROUP BY {', '.join(shown)}" if shown else ""
        only = f" AND slot IN ({', '.join(map(str, piece.only))})" if piece.only is not None else ""
        where = f"cube = {piece.cube.number} AND slot >= {piece.span.start} AND slot < {piece.span.end}{only}{filters}"
        asked.append((f"SELECT {', '.join([*shown, sums])} FROM rollups WHERE {where}{grouped}", ()))
    return asked


_ASKS: Sequence[tuple[str, Ask, Scope]] = (
    ("by collector", _year(By.USER), Scope.ALL),
    ("by creditor and stage", _year(By.CREDITOR, By.STAGE), Scope.ALL),
    ("by month", _year(By.MONTH), Scope.ALL),
    ("by day", _year(By.DAY), Scope.ALL),
    ("by hour and day of the week", _year(By.HOUR, By.WEEKDAY), Scope.ALL),
    ("by queue and hour", _year(By.QUEUE, By.HOUR), Scope.ALL),
    ("by creditor and hour", _year(By.CREDITOR, By.HOUR), Scope.ALL),
    ("of one collector, by hour", _year(By.HOUR, user_id=7), Scope.ALL),
    ("a team head's, by collector", _year(By.USER), Scope.TEAM),
    ("by collector and hour", _year(By.USER, By.HOUR), Scope.ALL),
    ("by collector and day of the week", _year(By.USER, By.WEEKDAY), Scope.ALL),
    ("by collector and week", _year(By.USER, By.WEEK), Scope.ALL),
    ("by collector and day", _year(By.USER, By.DAY), Scope.ALL),
    ("of one creditor, by team and hour", _year(By.UNIT, By.HOUR, creditor_id=3), Scope.ALL),
    ("a team head's, by hour and day of the week", _year(By.HOUR, By.WEEKDAY), Scope.TEAM),
)


async def _measure(path: Path, calls: int) -> list[Figure]:
    database, raw = Database(f"sqlite+aiosqlite:///{path}"), FloorFigures()
    figures = []
    async with bare_sql(path) as bare:
        for name, ask, scope in _ASKS:
            viewer, questions = _reader(scope), _bare(ask)

            async def ours(ask: Ask = ask, viewer: Actor = viewer) -> None:
                async with database.read() as session:
                    found = await read(session, viewer, raw, ask, _COUNTERS, now=_NOW)
                assert found.lines

            async def by_hand(questions: list[tuple[str, tuple[Any, ...]]] = questions) -> None:
                await bare.through_engine(*questions)

            mine, busy = await _best(ours)
            reference, _ = await _best(by_hand)
            title = f"a year of {calls:,} calls {name}"
            told = f"the bare SQL (of ours the processor: {busy:,.0f})"
            figures.append(
                Figure(name=title, value=mine, unit="ms", reference=reference, reference_name=told, aim="≤ 1000 ms")
            )
    await database.close()
    return figures


async def _best(ask: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    """The quickest of a few answers, and the least time the processor worked for one, both in ms."""
    waited, worked = [], []
    for _ in range(ROUNDS):
        start, busy = perf_counter(), process_time()
        await ask()
        waited.append(perf_counter() - start)
        worked.append(process_time() - busy)
    return min(waited) * 1000, min(worked) * 1000


async def run(*, small: bool = False) -> list[Figure]:
    """Build the year in a temporary folder, measure, throw it away."""
    calls = CALLS // 1000 if small else CALLS
    per_day = calls // WORKDAYS
    with tempfile.TemporaryDirectory(prefix="cc-bench-") as folder:
        path = Path(folder) / "reports.db"
        await make_schema(path)
        await asyncio.to_thread(_live, path, per_day)
        database = Database(f"sqlite+aiosqlite:///{path}")
        start = perf_counter()
        await Rollups(UnitOfWork(database, Bus()), FloorFigures()).catch_up()
        spent = perf_counter() - start
        await database.close()
        await asyncio.to_thread(_copy, path)
        with sqlite3.connect(path) as bare:
            rows, summed = bare.execute(
                "SELECT count(*), sum(CASE WHEN cube = 0 THEN calls END) FROM rollups"
            ).fetchone()
        bare.close()
        size = path.stat().st_size / 2**20
        return [
            Figure(name="calls summed by the product itself", value=2 * per_day / spent, unit="calls/s"),
            Figure(name=f"sums of {summed:,} calls", value=rows, unit="rows"),
            Figure(name="their file, with two days of raw calls", value=size, unit="MiB"),
            *await _measure(path, calls),
        ]
