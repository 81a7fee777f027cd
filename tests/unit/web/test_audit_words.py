"""Everything that the sources write into the audit trail has a word on its page."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from web.pages.people.audit_actions import ACTIONS
from web.pages.people.audit_fields import FIELDS
from web.pages.people.audit_words import SUBJECTS, word

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("callcenter", "core", "recordings", "web")
_RECORDERS = {"record", "record_many"}


@cache
def _recorders() -> tuple[ast.Module, ...]:
    """The modules that record, read once."""
    sources = (source.read_text(encoding="utf-8") for room in ROOMS for source in (ROOT / room).rglob("*.py"))
    trees = [ast.parse(text) for text in sources if "record" in text]
    return tuple(tree for tree in trees if any(_recorder(node) for node in ast.walk(tree)))


def _recorder(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in _RECORDERS


def _records() -> Iterator[ast.Call]:
    """Every call of ``record`` and ``record_many``."""
    nodes = (node for tree in _recorders() for node in ast.walk(tree))
    return (node for node in nodes if isinstance(node, ast.Call) and _recorder(node.func))


def _changes() -> Iterator[ast.Dict]:
    """Every table of (old, new) in a module that records: not only those written at the call itself."""
    nodes = (node for tree in _recorders() for node in ast.walk(tree))
    return (node for node in nodes if isinstance(node, ast.Dict) and _is_change(node))


def _is_change(table: ast.Dict) -> bool:
    return bool(table.values) and all(isinstance(one, ast.Tuple) and len(one.elts) == 2 for one in table.values)


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def test_actions_have_words() -> None:
    said = {_text(call.args[2]) for call in _records()} - {None}
    assert len(said) > 40
    assert said <= ACTIONS.keys()


def test_kinds_of_records_have_words() -> None:
    pairs = [call.args[3] for call in _records() if len(call.args) > 3]
    said = {_text(pair.elts[0]) for pair in pairs if isinstance(pair, ast.Tuple)} - {None}
    assert len(said) > 15
    assert said <= SUBJECTS.keys()


def test_fields_have_words() -> None:
    said = {_text(key) for table in _changes() for key in table.keys if key is not None} - {None}
    assert len(said) > 15
    assert said <= FIELDS.keys()


def test_what_has_no_word_is_shown_as_it_is() -> None:
    assert word(ACTIONS, "plugin.thing") == "plugin.thing"
