"""What the disk and SQLite alone can do: rows that the product wrote, written again into a copy of what was there
before, with the product's settings, by one connection that does nothing else."""

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

#: Where notes, results and states leave rows; what they change beside is a row of each collector's.
TABLES = ("case_events", "audit_entries", "agent_states")
#: As ``core.kernel.db`` sets its writer.
_SETTINGS = (
    "foreign_keys=ON",
    "temp_store=MEMORY",
    "cache_size=-65536",
    "journal_mode=WAL",
    "synchronous=FULL",
    "wal_autocheckpoint=8000",
)
GROUP = 256


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """Rows of one table, in the order they were written."""

    table: str
    rows: Sequence[tuple[object, ...]]

    def share(self, number: int, of: int) -> Sequence[tuple[object, ...]]:
        """The part of the rows that belongs to write ``number`` of so many."""
        return self.rows[number * len(self.rows) // of : (number + 1) * len(self.rows) // of]


def copy(database: Path, to: Path) -> Path:
    """The database as it is now, in another file."""
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
    return to


def added(before: Path, after: Path) -> list[Rows]:
    """The rows that ``after`` has and ``before`` had not."""
    with closing(sqlite3.connect(before)) as old, closing(sqlite3.connect(after)) as new:
        found = []
        for table in TABLES:
            (last,) = old.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()
            rows = new.execute(f"SELECT * FROM {table} WHERE id > ? ORDER BY id", (last,)).fetchall()
            found.append(Rows(table=table, rows=rows))
        return found


def rate(database: Path, rows: Sequence[Rows], writes: int, *, group: int) -> float:
    """Writes a second, so many of them in each transaction. A write is its share of the rows and one row changed."""
    scratch = database.with_suffix(".bare")
    shutil.copy(database, scratch)
    with closing(sqlite3.connect(scratch, isolation_level=None)) as connection:
        for setting in _SETTINGS:
            connection.execute(f"PRAGMA {setting}")
        began = perf_counter()
        for first in range(0, writes, group):
            connection.execute("BEGIN IMMEDIATE")
            for number in range(first, min(first + group, writes)):
                _write(connection, rows, number, writes)
            connection.execute("COMMIT")
        spent = perf_counter() - began
    scratch.unlink()
    return writes / spent


def _write(connection: sqlite3.Connection, rows: Sequence[Rows], number: int, of: int) -> None:
    for table, own in _shares(rows, number, of):
        marks = ", ".join("?" * len(own[0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", own)
    connection.execute("UPDATE calls SET result_at = ? WHERE id = ?", (str(number), 1 + number % 500))


def _shares(rows: Sequence[Rows], number: int, of: int) -> Iterator[tuple[str, Sequence[tuple[object, ...]]]]:
    for one in rows:
        if own := one.share(number, of):
            yield one.table, own
