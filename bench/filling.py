"""Rows written past the product, for scenarios whose tables are large: what a table has come to need beside what
matters is filled in blank."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any


def fill(bare: sqlite3.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert ``rows`` of ``columns``; every other column that must not be null and has no default is 0 or empty."""
    blank = {name: value for name, value in _required(bare, table).items() if name not in columns}
    names = [*columns, *blank]
    statement = f"INSERT INTO {table}({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    bare.executemany(statement, ((*row, *blank.values()) for row in rows))


def _required(bare: sqlite3.Connection, table: str) -> dict[str, object]:
    described = bare.execute(f"PRAGMA table_info({table})")
    return {
        name: 0 if any(word in kind for word in ("INT", "BOOL", "NUM")) else ""
        for _, name, kind, needed, default, key in described
        if needed and default is None and not key
    }
