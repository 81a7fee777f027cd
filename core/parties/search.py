"""Finding rows by any piece of their text, on both databases.

A searchable row carries ``search_text``: everything one may look it up by, folded (``core.parties.folding``). A trigram
index stands beside it (FTS5 on SQLite, pg_trgm on PostgreSQL), kept up by the database itself. Results come in the
order of the rows: ranking by relevance costs more than it tells.
"""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, ColumnElement, FromClause, Table, event
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDL
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.visitors import InternalTraversal

from core.parties.folding import fold

#: A trigram index knows nothing of shorter pieces.
SHORTEST = 3
_LONGEST_QUERY = 200
_MOST_TERMS = 8
_PHONE_TAIL = 9
#: A plus, a trunk prefix, or groups of digits: a case number has none of these.
_PHONE = re.compile(r"\+[\d ().-]+|00[\d ().-]+|8\d{10}|[\d(][\d.-]*[ )][\d ().-]+")


def terms(query: str) -> list[str]:
    """The pieces that must all occur: the words of ``query`` of at least three letters, folded.

    What is written like a telephone number is one piece, its last nine digits, however it is grouped and prefixed.
    """
    text = fold(query[:_LONGEST_QUERY])
    digits = re.sub(r"\D", "", text)
    if _PHONE.fullmatch(text) and len(digits) >= _PHONE_TAIL:
        return [digits[-_PHONE_TAIL:]]
    return [word for word in text.split(" ") if len(word) >= SHORTEST][:_MOST_TERMS]


class Matches(ColumnElement[bool]):
    """True for rows of ``table`` whose ``search_text`` holds every one of ``pieces`` (see :func:`terms`)."""

    inherit_cache = True
    type = Boolean()
    _traverse_internals = [
        ("table", InternalTraversal.dp_clauseelement),
        ("fts", InternalTraversal.dp_clauseelement),
        ("likes", InternalTraversal.dp_clauseelement_list),
    ]

    def __init__(self, table: FromClause, pieces: Sequence[str]) -> None:
        assert isinstance(table, Table)
        self.table = table
        quoted = " AND ".join('"' + piece.replace('"', '""') + '"' for piece in pieces)
        self.fts: BindParameter[str] = BindParameter(None, quoted, unique=True)
        self.likes: list[BindParameter[str]] = [
            BindParameter(None, like_pattern(piece), unique=True) for piece in pieces
        ]

    def self_group(self, against: Any = None) -> "Matches":
        """As it stands: the ``= 1`` that SQLAlchemy adds to booleans keeps SQLite from using the index."""
        return self


def like_pattern(piece: str) -> str:
    """The LIKE pattern (escaped by a backslash) of texts that hold ``piece``."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", piece) + "%"


@compiles(Matches, "sqlite")
def _match_fts(element: Matches, compiler: Any, **keywords: Any) -> str:
    name = element.table.name
    query = compiler.process(element.fts, **keywords)
    return f"{name}.id IN (SELECT rowid FROM {name}_fts WHERE {name}_fts MATCH {query})"  # noqa: S608 - a table's name


@compiles(Matches, "postgresql")
def _match_trigrams(element: Matches, compiler: Any, **keywords: Any) -> str:
    name = element.table.name
    likes = [f"{name}.search_text LIKE {compiler.process(like, **keywords)}" for like in element.likes]
    return "(" + " AND ".join(likes) + ")"


def index_ddl(table: str) -> dict[str, tuple[str, ...]]:
    """The statements, by dialect, that put a trigram index on ``search_text`` of ``table``."""
    insert = f"INSERT INTO {table}_fts(rowid, search_text) VALUES (new.id, new.search_text); "  # noqa: S608 - no input
    forget = (
        f"INSERT INTO {table}_fts({table}_fts, rowid, search_text) "  # noqa: S608 - no input
        "VALUES ('delete', old.id, old.search_text); "
    )
    sqlite = (
        f"CREATE VIRTUAL TABLE {table}_fts USING fts5("
        f"search_text, content='{table}', content_rowid='id', tokenize='trigram')",
        f"CREATE TRIGGER {table}_fts_insert AFTER INSERT ON {table} BEGIN {insert}END",
        f"CREATE TRIGGER {table}_fts_delete AFTER DELETE ON {table} BEGIN {forget}END",
        f"CREATE TRIGGER {table}_fts_update AFTER UPDATE OF search_text ON {table} "
        f"WHEN old.search_text IS NOT new.search_text BEGIN {forget}{insert}END",
    )
    postgresql = (
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        f"CREATE INDEX ix_{table}_search_text ON {table} USING gin (search_text gin_trgm_ops)",
    )
    return {"sqlite": sqlite, "postgresql": postgresql}


def drop_ddl(table: str) -> dict[str, tuple[str, ...]]:
    """The statements, by dialect, that take the index of :func:`index_ddl` away again."""
    triggers = tuple(f"DROP TRIGGER IF EXISTS {table}_fts_{kind}" for kind in ("insert", "delete", "update"))
    return {
        "sqlite": (*triggers, f"DROP TABLE IF EXISTS {table}_fts"),
        "postgresql": (f"DROP INDEX IF EXISTS ix_{table}_search_text",),
    }


def make_searchable(table: Table) -> None:
    """Have the trigram index come and go with ``table``."""
    for moment, statements in (("after_create", index_ddl(table.name)), ("before_drop", drop_ddl(table.name))):
        for dialect, lines in statements.items():
            for line in lines:
                event.listen(table, moment, DDL(line).execute_if(dialect=dialect))  # type: ignore[no-untyped-call]
