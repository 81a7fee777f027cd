# ruff: noqa: E501 - bare SQL reads best on one line
"""The next case and every worklist over a million cases, each beside the bare SQL."""

import asyncio
import random
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from bench.beside import ROUNDS, bare_sql, beside, make_schema
from bench.figure import Figure, percentile
from callcenter.app.adapters.law import DebtorFacts
from callcenter.app.adapters.worklists import FloorCallbacks, FloorLaw
from callcenter.compliance.service import Gate
from core.cases import rights
from core.cases.queries.lists import ListQuery, list_cases
from core.cases.queries.worklists import SORTS, Moment, Worklist, mine, within
from core.cases.service.serving import NextCase
from core.kernel.access import Actor, Scope
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.db import Database
from core.kernel.uow import UnitOfWork

CASES = 1_000_000
_HELD = 500
_NOW = datetime(2026, 3, 11, 12, tzinfo=UTC)
_TODAY = _NOW.date()
_MANY = 5

Statements = list[tuple[str, tuple[Any, ...]]]

_LINES = "SELECT c.id, c.number, c.debtor_name, c.open_amount, c.next_action_at, c.state, c.score FROM cases c WHERE c.state = 'open'"
_BARE = {
    Worklist.UNPLANNED: "AND c.next_action_at IS NULL AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.case_id = c.id AND t.state = 'open') AND c.id NOT IN (SELECT case_id FROM callbacks WHERE case_id IS NOT NULL AND state IN ('planned', 'due', 'dialling', 'missed'))",
    Worklist.BROKEN: "AND c.id IN (SELECT case_id FROM promises WHERE state IN ('broken', 'partly') AND due_on >= '2026-02-09') AND NOT EXISTS (SELECT 1 FROM promises p WHERE p.case_id = c.id AND p.state = 'open')",
    Worklist.DUE: "AND c.id IN (SELECT case_id FROM promises WHERE state = 'open' AND due_on = '2026-03-11' UNION SELECT l.case_id FROM payment_plans l JOIN instalments i ON i.plan_id = l.id WHERE i.state = 'open' AND i.due_on = '2026-03-11')",
    Worklist.CALLBACKS: "AND c.id IN (SELECT case_id FROM callbacks WHERE case_id IS NOT NULL AND state IN ('planned', 'due', 'dialling', 'missed') AND window_start < '2026-03-12 00:00:00.000000')",
    Worklist.PAID: "AND c.last_payment_at >= '2026-03-04 12:00:00.000000'",
    Worklist.LIMITATION: "AND c.limitation_on > '2026-03-11' AND c.limitation_on <= '2026-06-09'",
}
_ORDER = {
    Worklist.UNPLANNED: "score DESC, id DESC",
    Worklist.BROKEN: "score DESC, id DESC",
    Worklist.DUE: "open_amount DESC, id DESC",
    Worklist.CALLBACKS: "next_action_at, id",
    Worklist.PAID: "last_payment_at DESC, id DESC",
    Worklist.LIMITATION: "limitation_on, id",
}


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")


def _cases(count: int) -> Iterator[tuple[Any, ...]]:
    """Nine of ten open, five hundred to a collector, a tenth of them in the pool of their unit."""
    for n in range(1, count + 1):
        closed = n % 10 == 0
        collector = None if n % 10 == 1 else 1 + n // _HELD % (count // _HELD)
        planned = None if closed or n % 50 == 2 else _stamp(_NOW + timedelta(days=n % 21 - 3, minutes=n % 600))
        paid = _stamp(_NOW - timedelta(days=n % 400)) if n % 7 == 0 else None
        barred = (_TODAY + timedelta(days=n % 1500 - 100)).isoformat()
        yield (
            n, f"C-{n:07}", "closed" if closed else "open", collector, 1 + n % 50, _stamp(_NOW), planned, n,
            f"Debtor {n:07}", n * 37 % 9_000_000 * 100, barred, paid, n * 7919 % 1000, 9 + n % 12,
        )  # fmt: skip


def _fill(path: Path, count: int) -> None:
    """By the shortest way, in the schema of the product; nothing here is searched for, so no search text."""
    random.seed(5)
    bare = sqlite3.connect(path, isolation_level=None)
    for pragma in ("synchronous=OFF", "journal_mode=OFF", "cache_size=-200000", "foreign_keys=OFF"):
        bare.execute(f"PRAGMA {pragma}")
    for (name,) in bare.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%_fts_%'"
    ).fetchall():
        bare.execute(f"DROP TRIGGER {name}")
    bare.execute("BEGIN")
    now, since = _stamp(_NOW), _stamp(_NOW - timedelta(days=1))
    bare.execute(
        "INSERT INTO parties(id, kind, name, name_key, search_text, created_at) VALUES (0, 'organisation', 'Bank', 'bank', '', ?)",
        (now,),
    )
    bare.execute(
        "INSERT INTO creditors(id, party_id, name, jurisdiction, region, currency, own_numbers, recording_notice, script, import_mapping, active, created_at) VALUES (1, 0, 'Bank', 'RU', 'RU', 'RUB', '[]', '', '[]', '{}', 1, ?)",
        (now,),
    )
    bare.execute(
        "INSERT INTO orders(id, creditor_id, number, name, placed_on, note, created_at) VALUES (1, 1, 'O', '', '2026-01-01', '', ?)",
        (now,),
    )
    bare.execute(
        "INSERT INTO roles(id, name, salary) VALUES (1, 'Collector', 0)"
        if _has(bare, "roles", "salary")
        else "INSERT INTO roles(id, name) VALUES (1, 'Collector')"
    )
    bare.executemany(
        "INSERT INTO users(id, login, password_hash, must_change_password, active, role_id, unit_id, surname, first_name, patronymic, position, language, timezone, theme, failed_logins, created_at) VALUES (?, ?, 'x', 0, 1, 1, ?, '', '', '', '', 'en', 'UTC', 'auto', 0, ?)",
        ((n, f"u{n}", 1 + n % 50, now) for n in range(1, count // _HELD + 2)),
    )
    bare.executemany(
        "INSERT INTO parties(id, kind, name, name_key, timezone, search_text, created_at) VALUES (?, 'person', 'D', 'd', 'Europe/Moscow', '', ?)",
        ((n, now) for n in range(1, count + 1)),
    )
    bare.executemany(
        "INSERT INTO phones(party_id, number, tail, e164, kind, quality, consent, attempts, contacts, created_at) VALUES (?, ?, ?, ?, 'mobile', 'unverified', 'unknown', 0, 0, ?)",
        ((n, 79_000_000_000 + n, n, f"+{79_000_000_000 + n}", now) for n in range(1, count + 1)),
    )
    bare.executemany(
        "INSERT INTO case_parties(case_id, party_id, role, liability) VALUES (?, ?, 'debtor', 'full')",
        ((n, n) for n in range(1, count + 1)),
    )
    bare.executemany(
        "INSERT INTO cases(id, creditor_id, order_id, number, state, collector_id, unit_id, priority, currency, opened_at, next_action_at, debtor_id, debtor_name, open_amount, limitation_on, last_payment_at, broken_promises, score, best_hour, search_text) VALUES (?, 1, 1, ?, ?, ?, ?, 0, 'RUB', ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, '')",
        _cases(count),
    )
    bare.executemany(
        "INSERT INTO promises(case_id, party_id, amount, currency, due_on, grace_days, threshold_percent, paid_amount, state, created_at, settled_reason) VALUES (?, ?, 10000, 'RUB', ?, 1, 1000000, 0, ?, ?, '')",
        (
            (
                n,
                n,
                (_TODAY + timedelta(days=n // 4 % 120 - 100)).isoformat(),
                "open" if n // 4 % 120 >= 100 else "broken",
                since,
            )
            for n in range(3, count, 4)
        ),
    )
    bare.executemany(
        "INSERT INTO tasks(case_id, kind, title, due_at, state, result, created_at) VALUES (?, 'call', 't', ?, 'open', '', ?)",
        ((n, _stamp(_NOW + timedelta(days=n % 30)), now) for n in range(5, count, 20)),
    )
    bare.executemany(
        "INSERT INTO callbacks(state, origin, case_id, phone, zone, window_start, window_end, reason, automatic, attempts, created_by, created_at) VALUES ('planned', 'agreed', ?, '+79000000001', 'UTC', ?, ?, '', 0, 0, 1, ?)",
        (
            (
                n,
                _stamp(_NOW + timedelta(days=n // 100 % 10)),
                _stamp(_NOW + timedelta(days=n // 100 % 10, hours=1)),
                now,
            )
            for n in range(7, count, 100)
        ),
    )
    bare.execute("COMMIT")
    bare.close()


def _has(bare: sqlite3.Connection, table: str, column: str) -> bool:
    return any(row[1] == column for row in bare.execute(f"PRAGMA table_info({table})"))


def _collector(user_id: int, scope: Scope = Scope.OWN) -> Actor:
    return Actor(user_id=user_id, login=f"u{user_id}", rights={rights.VIEW: scope, rights.EDIT: scope})


async def _lists(path: Path, count: int) -> list[Figure]:
    database, moment, calls = (
        Database(f"sqlite+aiosqlite:///{path}"),
        Moment(now=_NOW, zone=ZoneInfo("UTC")),
        FloorCallbacks(),
    )
    people = count // _HELD
    figures = []
    async with bare_sql(path) as bare:
        for one in Worklist:
            condition, order = _BARE[one], _ORDER[one]

            async def own(n: int, one: Worklist = one) -> None:
                actor = _collector(1 + n % people)
                async with database.read() as session:
                    await list_cases(
                        session, actor, ListQuery(within=within(one, moment, calls, mine(actor)), sort=SORTS[one])
                    )

            async def every(_n: int, one: Worklist = one) -> None:
                async with database.read() as session:
                    await list_cases(
                        session, _collector(1, Scope.ALL), ListQuery(within=within(one, moment, calls), sort=SORTS[one])
                    )

            page = f"{_LINES} {condition} ORDER BY {order} LIMIT 51"
            tally = f"SELECT count(*) FROM (SELECT 1 FROM cases c WHERE c.state = 'open' {condition} LIMIT 10001)"
            whose = "AND c.collector_id = ?"
            my_page, my_tally = (
                page.replace(condition, f"{condition} {whose}"),
                tally.replace(condition, f"{condition} {whose}"),
            )

            def my_sql(n: int, page: str = my_page, tally: str = my_tally) -> Statements:
                return [(page, (1 + n % people,)), (tally, (1 + n % people,))]

            def all_sql(_n: int, page: str = page, tally: str = tally) -> Statements:
                return [(page, ()), (tally, ())]

            figures += await beside(f"worklist {one}, mine of {count:,}", bare, own, my_sql)
            figures += await beside(f"worklist {one}, everybody's", bare, every, all_sql, _MANY)
    await database.close()
    return figures


async def _next(path: Path, count: int) -> list[Figure]:
    database, clock, bus = Database(f"sqlite+aiosqlite:///{path}"), ManualClock(_NOW), Bus()
    delivering = asyncio.create_task(bus.run())
    desk = NextCase(UnitOfWork(database, bus), clock, FloorLaw(Gate(DebtorFacts(), clock)))
    people = count // _HELD
    spent, served = [], 0
    for n in range(ROUNDS + 20):
        start = perf_counter()
        found = await desk.serve(_collector(1 + n * 7 % people))
        spent.append((perf_counter() - start) * 1000)
        served += found.case_id is not None
    assert served == ROUNDS + 20
    delivering.cancel()
    await database.close()
    measured = spent[20:]
    return [
        Figure(name=f"next case of {count:,} (p50)", value=percentile(measured, 0.5), unit="ms"),
        Figure(name=f"next case of {count:,} (p95)", value=percentile(measured, 0.95), unit="ms", aim="< 50 ms"),
    ]


async def run(*, small: bool = False) -> list[Figure]:
    """Build the database in a temporary folder, measure, throw it away."""
    count = 5_000 if small else CASES
    with tempfile.TemporaryDirectory(prefix="cc-bench-") as folder:
        path = Path(folder) / "worklists.db"
        await make_schema(path)
        await asyncio.to_thread(_fill, path, count)
        return [*await _next(path, count), *await _lists(path, count)]
