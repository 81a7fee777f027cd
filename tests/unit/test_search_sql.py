"""The search as the databases read it."""

from sqlalchemy import select
from sqlalchemy.dialects import sqlite

from core.cases.model import CASES, Case
from core.parties.search import Matches


def test_sqlite_is_asked_in_a_form_its_index_serves() -> None:
    """``x IN (…) = 1`` reads a million rows; ``x IN (…)`` reads those that match."""
    statement = select(Case.id).where(Matches(CASES, ["anna"]), Case.state == "open")
    text = str(statement.compile(dialect=sqlite.dialect()))
    assert "cases_fts MATCH ?) AND" in text
