# ruff: noqa: E501 - bare SQL reads best on one line
"""Who is calling over a million phones, and case search over a million debtors, each beside the bare SQL."""

import asyncio
import random
import sqlite3
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.beside import ROUNDS, bare_sql, beside, make_schema
from bench.figure import Figure
from core.cases.lookup import who_is_calling
from core.cases.queries.lists import ListQuery, list_cases
from core.kernel.access import PROGRAM
from core.kernel.db import Database

DEBTORS = 1_000_000
_NOW = "2026-03-11 12:00:00.000000"
_SURNAMES = [
    f"{a}{b}{c}"
    for a in ("Ter", "Gor", "Val", "Sem", "Bor", "Lar", "Kos", "Mor")
    for b in ("en", "ov", "ach", "ly", "ud")
    for c in ("ko", "sky", "in", "uk", "yan", "ets")
]
_NAMES = ["Anna", "Boris", "Vera", "Georgy", "Daria", "Egor", "Zhanna", "Ivan", "Kira", "Lev"]

_BARE_LOOKUP = """
SELECT p.id, p.name, f.id, f.e164, f.kind, f.quality, c.id, c.number, c.state, k.name, l.role, l.relation,
       c.collector_id, c.open_amount, c.currency, f.last_contact_at
FROM phones f JOIN parties p ON p.id = f.party_id LEFT JOIN case_parties l ON l.party_id = p.id
LEFT JOIN cases c ON c.id = l.case_id LEFT JOIN creditors k ON k.id = c.creditor_id
WHERE f.number = ? ORDER BY c.state = 'open' DESC, f.id, c.id LIMIT 30
"""
_BARE_ENDING = _BARE_LOOKUP.replace("f.number", "f.tail")
_BARE_ALL = "SELECT count(*) FROM (SELECT 1 FROM cases LIMIT 10001)"
#: A first name that a tenth of all debtors bear.
_COMMON = "anna"
_BARE_LINES = """
SELECT c.id, c.number, c.debtor_name, c.open_amount, c.next_action_at, c.state, k.name, o.number FROM cases c
LEFT JOIN creditors k ON k.id = c.creditor_id LEFT JOIN orders o ON o.id = c.order_id
"""
_BARE_SEARCH = _BARE_LINES + (
    "WHERE c.id IN (SELECT rowid FROM cases_fts WHERE cases_fts MATCH ?) ORDER BY c.next_action_at, c.id LIMIT 51"
)
_BARE_COUNT = "SELECT count(*) FROM (SELECT 1 FROM cases_fts WHERE cases_fts MATCH ? LIMIT 10001)"
_BARE_PAGE = _BARE_LINES + "ORDER BY c.next_action_at, c.id LIMIT 51"


def _fill(path: Path, count: int) -> None:
    """A million cases by the shortest way, in the schema of the product."""
    random.seed(7)
    bare = sqlite3.connect(path, isolation_level=None)
    for pragma in ("synchronous=OFF", "journal_mode=OFF", "cache_size=-200000"):
        bare.execute(f"PRAGMA {pragma}")
    triggers = bare.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%_fts_%'"
    ).fetchall()
    for name, _ in triggers:
        bare.execute(f"DROP TRIGGER {name}")
    bare.execute("BEGIN")
    bare.execute(
        "INSERT INTO parties(id, kind, name, name_key, search_text, created_at) VALUES (1, 'organisation', 'Bank', 'bank', 'bank', ?)",
        (_NOW,),
    )
    bare.execute(
        "INSERT INTO creditors(id, party_id, name, jurisdiction, region, currency, own_numbers, recording_notice, script, "
        "import_mapping, active, created_at) VALUES (1, 1, 'Bank', 'RU', 'RU', 'RUB', '[]', '', '[]', '{}', 1, ?)",
        (_NOW,),
    )
    bare.execute(
        "INSERT INTO orders(id, creditor_id, number, name, placed_on, created_at, note) VALUES (1, 1, 'O', '', '2026-01-01', ?, '')",
        (_NOW,),
    )
    people = [(n, f"{random.choice(_SURNAMES)} {random.choice(_NAMES)} {n:07}") for n in range(2, count + 2)]
    number = 79_000_000_000
    bare.executemany(
        "INSERT INTO parties(id, kind, name, name_key, search_text, created_at) VALUES (?, 'person', ?, ?, ?, ?)",
        ((n, name, name.lower(), f"{name.lower()} {number + n}", _NOW) for n, name in people),
    )
    bare.executemany(
        "INSERT INTO phones(party_id, number, tail, e164, kind, quality, consent, attempts, contacts, created_at) "
        "VALUES (?, ?, ?, ?, 'mobile', 'unverified', 'unknown', 0, 0, ?)",
        ((n, number + n, n, f"+{number + n}", _NOW) for n, _ in people),
    )
    bare.executemany(
        "INSERT INTO cases(id, creditor_id, order_id, number, state, priority, currency, opened_at, next_action_at, debtor_id,"
        " debtor_name, open_amount, broken_promises, score, search_text) "
        "VALUES (?, 1, 1, ?, 'open', 0, 'RUB', ?, ?, ?, ?, ?, 0, 0, ?)",
        (
            (
                n,
                f"C-{n:07}",
                _NOW,
                f"2026-03-{1 + n % 28:02} 10:{n % 60:02}:00.000000",
                n,
                name,
                n * 1000,
                f"c-{n:07} {name.lower()} {number + n}",
            )
            for n, name in people
        ),
    )
    bare.executemany(
        "INSERT INTO case_parties(case_id, party_id, role, liability) VALUES (?, ?, 'debtor', 'full')",
        ((n, n) for n, _ in people),
    )
    for table in ("parties", "cases"):
        bare.execute(f"INSERT INTO {table}_fts({table}_fts) VALUES ('rebuild')")
    for _, sql in triggers:
        bare.execute(sql)
    bare.execute("COMMIT")
    bare.close()


async def _measure(path: Path, count: int) -> list[Figure]:
    database = Database(f"sqlite+aiosqlite:///{path}")
    now = datetime.now(UTC)
    random.seed(11)
    known = [random.randrange(2, count) for _ in range(ROUNDS)]
    words = [
        f"{random.choice(_SURNAMES)} {random.choice(_NAMES)} {random.randrange(100, 999)}".lower()
        for _ in range(ROUNDS)
    ]

    async def ring(n: int) -> None:
        async with database.read() as session:
            found = await who_is_calling(session, PROGRAM, f"+{79_000_000_000 + known[n]}", region="RU", now=now)
        assert len(found.candidates) == 1

    async def mangled(n: int) -> None:
        async with database.read() as session:
            found = await who_is_calling(session, PROGRAM, f"55{known[n]:09}", region="RU", now=now)
        assert found.candidates

    async def search(n: int) -> None:
        async with database.read() as session:
            await list_cases(session, PROGRAM, ListQuery(search=words[n]))

    async def common(_n: int) -> None:
        async with database.read() as session:
            await list_cases(session, PROGRAM, ListQuery(search=_COMMON))

    async def first_page(_n: int) -> None:
        async with database.read() as session:
            await list_cases(session, PROGRAM, ListQuery())

    def searched(text: str) -> Sequence[tuple[str, tuple[Any, ...]]]:
        match = (" AND ".join(f'"{word}"' for word in text.split()),)
        return (_BARE_SEARCH, match), (_BARE_COUNT, match)

    million = f"{count:,}"
    async with bare_sql(path) as bare:
        figures = [
            *await beside(
                f"who is calling, {million} phones",
                bare,
                ring,
                lambda n: [(_BARE_LOOKUP, (79_000_000_000 + known[n],))],
            ),
            *await beside(
                "who is calling by the number's ending", bare, mangled, lambda n: [(_BARE_ENDING, (known[n],))]
            ),
            *await beside(f"case search, {million} debtors", bare, search, lambda n: searched(words[n])),
            *await beside("case search for a word in many", bare, common, lambda _: searched(_COMMON), 10),
            *await beside("first page of all cases", bare, first_page, lambda _: [(_BARE_PAGE, ()), (_BARE_ALL, ())]),
        ]
    await database.close()
    return figures


async def run(*, small: bool = False) -> list[Figure]:
    """Build the database in a temporary folder, measure, throw it away."""
    debtors = 5_000 if small else DEBTORS
    with tempfile.TemporaryDirectory(prefix="cc-bench-") as folder:
        path = Path(folder) / "lookup.db"
        await make_schema(path)
        await asyncio.to_thread(_fill, path, debtors)
        return await _measure(path, debtors)
