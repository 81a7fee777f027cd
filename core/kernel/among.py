"""``column IN (many values)`` as one parameter.

SQLAlchemy writes a parameter for every value of an ``IN``, which for a thousand of them takes longer than the database
needs to find the rows, and for one of them writes the statement anew. Here they go as one: JSON on SQLite, an array on
PostgreSQL. Both still look them up by index.
"""

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Boolean, String, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import BindParameter, ColumnElement
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeDecorator, TypeEngine


class _Many(TypeDecorator[Any]):
    """Whole numbers, or ``texts``, as one value."""

    impl = Text
    cache_ok = True

    def __init__(self, *, texts: bool) -> None:
        super().__init__()
        self.texts = texts

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        element = Text() if self.texts else BigInteger()
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(element))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        many = sorted(set(value))
        return msgspec.json.encode(many).decode() if dialect.name == "sqlite" else many


class Among(ColumnElement[bool]):
    """True where ``column``, a whole number or a text, is one of ``values``, or of those given under that name when the
    statement is executed."""

    inherit_cache = True
    type = Boolean()
    _traverse_internals = [
        ("column", InternalTraversal.dp_clauseelement),
        ("values", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: Any, values: str | Collection[int] | Collection[str]) -> None:
        self.column = column.expression if hasattr(column, "expression") else column
        kind = _Many(texts=isinstance(self.column.type, String))
        self.values: BindParameter[Any] = (
            BindParameter(values, type_=kind, required=True)
            if isinstance(values, str)
            else BindParameter(None, tuple(values), type_=kind, unique=True)
        )

    def self_group(self, against: Any = None) -> "Among":
        """As it stands, without the ``= 1`` that SQLAlchemy adds to booleans."""
        return self


@compiles(Among, "sqlite")
def _in_json(element: Among, compiler: Any, **keywords: Any) -> str:
    column, values = compiler.process(element.column, **keywords), compiler.process(element.values, **keywords)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - compiled


@compiles(Among, "postgresql")
def _in_array(element: Among, compiler: Any, **keywords: Any) -> str:
    column, values = compiler.process(element.column, **keywords), compiler.process(element.values, **keywords)
    return f"{column} = ANY ({values})"
