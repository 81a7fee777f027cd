"""``column IN (many ids)`` as one parameter.

SQLAlchemy writes a parameter for every id of an ``IN``, which for a thousand of them takes longer than the database
needs to find the rows. Here they go as one: JSON on SQLite, an array on PostgreSQL. Both still look them up by index.
"""

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Boolean, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import BindParameter, ColumnElement
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeDecorator, TypeEngine


class _Ids(TypeDecorator[Any]):
    """Ids as one value."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(BigInteger))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return msgspec.json.encode(value).decode() if dialect.name == "sqlite" else value


class Among(ColumnElement[bool]):
    """True where ``column``, a whole number, is one of ``ids``."""

    inherit_cache = True
    type = Boolean()
    _traverse_internals = [
        ("column", InternalTraversal.dp_clauseelement),
        ("ids", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: Any, ids: Collection[int]) -> None:
        self.column = column.expression if hasattr(column, "expression") else column
        self.ids: BindParameter[Any] = BindParameter(None, sorted(set(ids)), type_=_Ids(), unique=True)

    def self_group(self, against: Any = None) -> "Among":
        """As it stands, without the ``= 1`` that SQLAlchemy adds to booleans."""
        return self


@compiles(Among, "sqlite")
def _in_json(element: Among, compiler: Any, **keywords: Any) -> str:
    column, ids = compiler.process(element.column, **keywords), compiler.process(element.ids, **keywords)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 - compiled


@compiles(Among, "postgresql")
def _in_array(element: Among, compiler: Any, **keywords: Any) -> str:
    column, ids = compiler.process(element.column, **keywords), compiler.process(element.ids, **keywords)
    return f"{column} = ANY ({ids})"
